import { get } from 'node:https'
import { DanelawError } from '../../errors.ts'
import { CLI_LIMITS } from '../../limits.ts'
import { readOctets } from '../../resolver/read-text.ts'
import { packageFile } from '../package-file.ts'

/** A document with trust anchors or a signature over one, as octets: what is signed is octets, not text. */
export interface Source {
  /** The path or URL, as it was given. */
  readonly name: string
  readonly octets: Uint8Array
}

/** The document that came with the package. */
export const PACKAGED_ANCHORS = packageFile('trust-anchors/root-anchors.xml')
/** The certificate of ICANN's authority that came with it. */
export const PACKAGED_AUTHORITIES = packageFile('trust-anchors/icann-root-ca.pem')

/** Where the signature over a document stands: beside it, by the name that IANA gives it. */
export function signatureBeside(name: string): string {
  return /\.xml$/i.test(name) ? name.replace(/\.xml$/i, '.p7s') : `${name}.p7s`
}

/** @throws {DanelawError} `file` where it cannot be had */
export async function fetchSource(name: string, signal: AbortSignal): Promise<Source> {
  return { name, octets: isUrl(name) ? await download(name, signal) : readFile(name) }
}

/** @throws {DanelawError} `file` */
export function readFile(path: string): Uint8Array {
  return readOctets(path, CLI_LIMITS.anchorDocumentOctets.value)
}

function isUrl(name: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(name)
}

/**
 * Over HTTPS only: trust rests on the signature, but whoever can read and change what passes could hold an update back
 * for ever. A redirection is not followed, as IANA has none.
 */
function download(name: string, signal: AbortSignal): Promise<Uint8Array> {
  const { anchorDocumentOctets, anchorFetchTimeout } = CLI_LIMITS
  if (!URL.canParse(name) || new URL(name).protocol !== 'https:') {
    throw failed(name, 'is no https URL', undefined, 'only https is used; a file can be given by its path')
  }
  return new Promise((resolve, reject) => {
    const deadline = AbortSignal.timeout(anchorFetchTimeout.value)
    const fail = (error: Error): void => {
      if (signal.aborted) reject(signal.reason)
      else if (deadline.aborted) reject(failed(name, `was not there after ${anchorFetchTimeout.value} ms`, error))
      else if (error instanceof DanelawError) reject(error)
      else reject(failed(name, `cannot be fetched: ${error.message}`, error))
    }
    const request = get(
      name,
      { signal: AbortSignal.any([signal, deadline]), headers: { connection: 'close' } },
      (response) => {
        const chunks: Buffer[] = []
        let length = 0
        if (response.statusCode !== 200) {
          request.destroy(failed(name, `cannot be fetched: the server answered ${response.statusCode}`))
          return
        }
        response.on('error', fail)
        response.on('data', (chunk: Buffer) => {
          length += chunk.length
          chunks.push(chunk)
          if (length > anchorDocumentOctets.value) {
            request.destroy(failed(name, `has more than ${anchorDocumentOctets.value} octets`))
          }
        })
        response.on('end', () => {
          if (response.complete) resolve(Buffer.concat(chunks))
        })
      },
    )
    request.on('error', fail)
  })
}

function failed(name: string, why: string, cause?: unknown, hint?: string): DanelawError {
  return new DanelawError('file', why, { place: { file: name }, cause, ...(hint !== undefined && { hint }) })
}
