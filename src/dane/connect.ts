import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { SMTP_LIMITS, within } from '../limits.ts'
import { Name } from '../wire/name.ts'
import { discover } from './destination.ts'
import type { Lookup } from './lookup.ts'
import { peerChain } from './peer-chain.ts'
import type { DanePolicy, HostPolicy } from './policy.ts'
import { openTls, type TlsOptions } from './tls-client.ts'
import { type TlsaSettings, tlsaRules } from './usability.ts'
import { type DaneReasonCode, type DaneVerdict, verifyDane } from './verify.ts'

export interface DaneConnectOptions extends TlsaSettings {
  /** A name, or an address, to which DANE does not apply. */
  readonly host: string | Name
  /** Also in `_port._tcp`. */
  readonly port: number
  readonly resolver: Lookup
  /**
   * Where there are no secure TLSA records, or none usable: `pkix` (default) leaves the server to the platform's
   * authorities (RFC 6698 section 4.1), `refuse` does not connect.
   */
  readonly otherwise?: 'pkix' | 'refuse'
  /** See `VerifyOptions`; default false. */
  readonly checkNames?: boolean
  /** In place of `port`, as through a tunnel; the TLSA records stay those of `port`. */
  readonly connectPort?: number
  /** Authorities in `ca` count under `pkix` alone. */
  readonly tls?: TlsOptions
  /** Milliseconds for one address; defaults 30 s and 60 s. */
  readonly connectTimeout?: number
  readonly handshakeTimeout?: number
  /** The time certificates are judged at under DANE; default: when they are seen. */
  readonly at?: Date | number
  readonly signal?: AbortSignal
}

/** What came of it. A socket has neither read nor written any octet of the application. */
export type DaneConnection =
  | {
      readonly outcome: 'dane'
      readonly socket: TLSSocket
      readonly address: string
      readonly policy: DanePolicy
      readonly verdict: Extract<DaneVerdict, { authenticated: true }>
    }
  /** Authenticated by the platform's authorities, as DANE says nothing. */
  | { readonly outcome: 'pkix'; readonly socket: TLSSocket; readonly address: string; readonly policy: HostPolicy }
  | {
      readonly outcome: 'refused'
      readonly socket: null
      readonly policy: HostPolicy
      readonly reason: { readonly code: RefusalCode; readonly text: string }
    }

export type RefusalCode =
  | DaneReasonCode
  /** A lookup failed or was bogus: nothing may be concluded from it. */
  | 'lookup-failed'
  /** DANE does not apply, and nothing else was to be tried. */
  | 'no-dane'
  | 'no-address'
  | 'no-connection'
  | 'no-tls'
  /** The platform's authorities say no. */
  | 'pkix-failed'

/**
 * Connects to a TLS server by DANE (RFC 7671): finds its TLSA records and addresses, connects, and compares before an
 * octet is written. A server with usable secure records is authenticated by them or not at all.
 *
 * What the DNS and the network say is a value; no session is resumed, as a resumed one shows no certificate.
 *
 * @throws {TypeError | RangeError} that names the option which is not what it should be
 * @throws {DanelawError} `bad-name`; what the resolver throws. Rejects with the signal's reason.
 */
export async function daneConnect(options: DaneConnectOptions): Promise<DaneConnection> {
  const { resolver, port, signal, otherwise = 'pkix', checkNames = false } = options
  if (otherwise !== 'pkix' && otherwise !== 'refuse') throw new TypeError(`otherwise: '${otherwise}' is not known`)
  tlsaRules(options)
  const target = {
    port: readPort('connectPort', options.connectPort ?? readPort('port', port)),
    tls: options.tls ?? {},
    connectTimeout: within('connectTimeout', SMTP_LIMITS.connectTimeout, options.connectTimeout),
    handshakeTimeout: within('handshakeTimeout', SMTP_LIMITS.handshakeTimeout, options.handshakeTimeout),
    signal,
  }
  const { digests, pkix } = options
  const tlsa = { ...(digests !== undefined && { digests }), ...(pkix !== undefined && { pkix }) }
  const hop = readHost(options.host)
  const found = await discover(resolver, hop, { mx: false, port, ...tlsa, ...(signal !== undefined && { signal }) })
  signal?.throwIfAborted()
  const policy = found.hosts[0]!
  if (policy.level === 'defer') return refused(policy, 'lookup-failed', policy.reason.text)
  if (policy.addresses.length === 0) return refused(policy, 'no-address', `${policy.host} has no address`)
  const isLiteral = typeof hop === 'string'
  if (policy.level !== 'dane' && otherwise === 'refuse') {
    return refused(policy, 'no-dane', policy.level === 'may' ? policy.why : 'none of the TLSA records is usable')
  }

  let failure: Extract<DaneConnection, { outcome: 'refused' }> | undefined
  for (const address of policy.addresses) {
    const name = policy.level === 'dane' ? policy.tlsaBase : policy.host
    const attempt = await openTls({
      ...target,
      address,
      serverName: isLiteral ? null : name.toCanonicalString().slice(0, -1),
      judgedBy: policy.level === 'dane' ? 'octets' : 'authorities',
    })
    if (attempt.socket === null) {
      failure ??= refused(policy, attempt.code, attempt.text)
      continue
    }
    const { socket } = attempt
    if (policy.level !== 'dane') return { outcome: 'pkix', socket, address, policy }
    const settings = { ...tlsa, checkNames, at: options.at ?? new Date() }
    const verdict = judge(socket, policy, settings)
    if (verdict.authenticated) return { outcome: 'dane', socket, address, policy, verdict }
    socket.destroy()
    // What the server shows says more than what another address does not.
    failure = refused(policy, verdict.reason.code, `${address}: ${verdict.reason.text}`)
  }
  return failure!
}

function judge(socket: TLSSocket, policy: DanePolicy, options: Parameters<typeof verifyDane>[3]): DaneVerdict {
  const chain = socket.isSessionReused() ? [] : peerChain(socket)
  const records = policy.tlsa.flatMap(({ tlsa }) => tlsa ?? [])
  return verifyDane(chain, records, policy.referenceIdentifiers, options)
}

function refused(policy: HostPolicy, code: RefusalCode, text: string): Extract<DaneConnection, { outcome: 'refused' }> {
  return { outcome: 'refused', socket: null, policy, reason: { code, text } }
}

/** An address as a next hop in brackets, anything else as a name. */
function readHost(host: string | Name): string | Name {
  if (host instanceof Name) return host
  if (typeof host !== 'string') throw new TypeError('host: neither a name nor an address')
  const bare = /^\[.*\]$/.test(host) ? host.slice(1, -1) : host
  return isIP(bare) === 0 ? Name.parse(host) : `[${bare}]`
}

function readPort(option: string, port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`${option}: ${port} is not a port`)
  return port
}
