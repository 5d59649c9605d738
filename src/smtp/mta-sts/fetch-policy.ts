import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { checkServerIdentity, type TLSSocket } from 'node:tls'
import { MTA_STS_LIMITS } from '../../limits.ts'
import { danelawLookup, type LookupResolver } from '../../resolver/node-dns/lookup.ts'
import { CERTIFICATE_ERRORS } from '../../resolver/transport/certificate-errors.ts'
import type { StsFailure, StsFailureKind } from './policy.ts'
import { readPolicyBody, type StsPolicyBody } from './policy-body.ts'

export interface FetchOptions {
  readonly resolver: LookupResolver
  /** Certificates of authorities in PEM in place of those Node.js knows. */
  readonly ca: string | readonly string[] | undefined
  readonly port: number
  /** Milliseconds for all of it. */
  readonly timeout: number
  readonly signal: AbortSignal
}

/** What came of one fetch. */
export type Fetched =
  | { readonly kind: 'policy'; readonly body: StsPolicyBody }
  | { readonly kind: 'failure'; readonly failure: StsFailure }

/**
 * Fetches the policy of a domain (RFC 8461 section 3.3): over HTTPS, from the one host that can have it, which has to
 * show a certificate for its name by an authority that is known. No redirection is followed and nothing comes from a
 * cache. Rejects with the reason of `signal` alone.
 * @param host `mta-sts.` and the domain, in lower case without the final dot
 */
export async function fetchPolicy(host: string, options: FetchOptions): Promise<Fetched> {
  const { signal, timeout } = options
  signal.throwIfAborted()
  const fetched = new Promise<Fetched>((resolve) => {
    const fail = (kind: StsFailureKind, why: string): void => {
      resolve({ kind: 'failure', failure: { kind, text: `${host} gives no policy: ${why}` } })
      call.destroy()
    }
    const stop = new AbortController()
    const call = request({
      host,
      servername: host,
      port: options.port,
      path: '/.well-known/mta-sts.txt',
      headers: {
        accept: 'text/plain',
        'accept-encoding': 'identity',
        'cache-control': 'no-cache',
        'user-agent': 'danelaw',
      },
      // One connection for one policy: nothing is resumed, so that every fetch sees a certificate.
      agent: false,
      lookup: danelawLookup(options.resolver, { signal: stop.signal }),
      minVersion: 'TLSv1.2',
      // Whatever the environment says (NODE_TLS_REJECT_UNAUTHORIZED): a policy from anybody would be worse than none.
      rejectUnauthorized: true,
      checkServerIdentity: (name, certificate) =>
        // Only DNS names of the subjectAltName count (RFC 8461 section 3.3).
        /(?:^|, )DNS:/.test(certificate.subjectaltname ?? '')
          ? checkServerIdentity(name, certificate)
          : Object.assign(new Error('it names no host'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
      ...(options.ca !== undefined && { ca: typeof options.ca === 'string' ? options.ca : [...options.ca] }),
    })
    const ended = (): void => {
      stop.abort()
      clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
    }
    const aborted = (): void => fail('sts-policy-fetch-error', 'called off')
    const timer = setTimeout(() => fail('sts-policy-fetch-error', 'it takes too long'), timeout)
    signal.addEventListener('abort', aborted, { once: true })
    call.on('close', ended)
    call.on('error', (error) => {
      const [kind, why] = failureOf(error, call.socket)
      fail(kind, why)
    })
    call.on('response', (response) => readResponse(response, resolve, fail))
    call.end()
  })
  const result = await fetched
  signal.throwIfAborted()
  return result
}

function readResponse(
  response: IncomingMessage,
  done: (fetched: Fetched) => void,
  fail: (kind: StsFailureKind, why: string) => void,
): void {
  const objection = objectionTo(response)
  if (objection !== undefined) {
    fail(...objection)
    return
  }
  const chunks: Uint8Array[] = []
  let length = 0
  response.on('data', (chunk: Uint8Array) => {
    length += chunk.length
    if (length > MTA_STS_LIMITS.policyOctets.value) fail('sts-policy-invalid', 'what it sends is larger than 64 KiB')
    else chunks.push(chunk)
  })
  // An answer that is cut off ends in an error, never in `end`.
  response.on('error', () => fail('sts-policy-fetch-error', 'the connection broke'))
  response.on('end', () => {
    const body = readPolicyBody(Buffer.concat(chunks))
    if (typeof body === 'string') fail('sts-policy-invalid', body)
    else done({ kind: 'policy', body })
  })
}

function objectionTo({ statusCode, headers }: IncomingMessage): [StsFailureKind, string] | undefined {
  // Redirections are not followed: they would lead to a server that the domain does not vouch for.
  if (statusCode !== 200) return ['sts-policy-fetch-error', `it answers with status ${statusCode}`]
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
  // A host that lets users store pictures or pages does not let them store policies by it (RFC 8461 section 3.2).
  if (type !== 'text/plain') return ['sts-policy-invalid', 'what it sends is not text/plain']
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding !== 'identity') return ['sts-policy-invalid', 'what it sends has a coding nobody asked for']
  // Where the end of the connection ends the text, whoever can cut the one can cut the other.
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    return ['sts-policy-fetch-error', 'it does not say where its answer ends']
  }
  return undefined
}

function failureOf(error: NodeJS.ErrnoException, socket: unknown): [StsFailureKind, string] {
  const code = error.code ?? 'unknown'
  // Set where the handshake came to its end and the certificate did not pass.
  const certificate = (socket as TLSSocket | null | undefined)?.authorizationError
  if (certificate) return ['sts-webpki-invalid', `its certificate does not do: ${CERTIFICATE_ERRORS.get(code) ?? code}`]
  return ['sts-policy-fetch-error', NETWORK_ERRORS.get(code) ?? code]
}

const NETWORK_ERRORS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'it has no address'],
  ['EAI_AGAIN', 'the lookup of its addresses failed'],
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EHOSTUNREACH', 'no route to host'],
  ['ENETUNREACH', 'network unreachable'],
  ['ETIMEDOUT', 'connection timed out'],
])
