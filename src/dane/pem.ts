import { DanelawError } from '../errors.ts'
import { DANE_LIMITS } from '../limits.ts'
import { DerReader, Tag } from './der.ts'

/** What one block of a PEM file holds. */
export interface PemBlock {
  readonly kind: PemKind
  readonly der: Uint8Array
  /** That of BEGIN. */
  readonly line: number
}

export type PemKind = 'certificate' | 'certificate request' | 'public key'

/**
 * Takes the certificates out of a PEM file (RFC 7468), in the order of the file. Text around the blocks and blocks of
 * other kinds are passed over. What a certificate holds is not looked at, only that each is one whole DER value.
 * @param file its name, for messages
 * @throws {DanelawError} `bad-certificate` with file and line where a block is broken or no certificate is there.
 */
export function readPemCertificates(text: string, file: string): Uint8Array[] {
  return readPem(text, file, ['certificate']).map(({ der }) => der)
}

/** The same for blocks of several kinds. @throws {DanelawError} as above. */
export function readPem(text: string, file: string, kinds: readonly PemKind[]): PemBlock[] {
  const found: PemBlock[] = []
  let sawPrivateKey = false
  let block: Block | undefined
  let line = 0
  for (const raw of lines(text.replace(/^\ufeff/, ''))) {
    line++
    const boundary = BOUNDARY.exec(raw)
    if (boundary === null) {
      if (block?.kind !== undefined) addLine(block, block.kind, raw.trim(), file, line)
      continue
    }
    const [, edge, label] = boundary as unknown as [string, 'BEGIN' | 'END', string]
    if (edge === 'BEGIN') {
      if (block !== undefined) throw bad(`a new block begins before END ${block.label}`, file, line)
      sawPrivateKey ||= label.endsWith('PRIVATE KEY')
      const kind = KINDS.get(label)
      block = {
        label,
        line,
        kind: kind !== undefined && kinds.includes(kind) ? kind : undefined,
        base64: [],
        length: 0,
      }
      continue
    }
    if (block === undefined) throw bad(`END ${label} without BEGIN`, file, line)
    if (block.label !== label) throw bad(`END ${label} where END ${block.label} is due`, file, line)
    const { kind, base64, line: start } = block
    if (kind !== undefined) found.push({ kind, der: decode(base64.join(''), kind, file, start), line: start })
    block = undefined
  }
  if (block !== undefined) throw bad(`no END ${block.label} to the block`, file, block.line)
  if (found.length > 0) return found
  if (sawPrivateKey) {
    throw new DanelawError('bad-certificate', `holds a private key and no ${kinds.join(' or ')}`, {
      place: { file },
      hint: 'give the certificate chain instead; a private key is never needed here',
    })
  }
  throw new DanelawError('bad-certificate', `holds no ${kinds.join(' or ')}`, {
    place: { file },
    hint: "a PEM certificate begins with '-----BEGIN CERTIFICATE-----'; for DER, use 'openssl x509 -inform der' first",
  })
}

interface Block {
  readonly label: string
  readonly line: number
  /** Undefined in a block that is passed over. */
  readonly kind: PemKind | undefined
  readonly base64: string[]
  length: number
}

function* lines(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    yield text.slice(at, end)
    at = end + 1
  }
}

function addLine(block: Block, kind: PemKind, content: string, file: string, line: number): void {
  const wrong = /[^A-Za-z0-9+/=]/.exec(content)
  if (wrong !== null) throw bad(`the ${kind} is not base64`, file, line, wrong[0])
  block.length += content.length
  const limit = DANE_LIMITS.certificateOctets.value
  if (block.length > Math.ceil(limit / 3) * 4) throw bad(`a ${kind} above the limit of ${limit} octets`, file, line)
  block.base64.push(content)
}

function decode(base64: string, kind: PemKind, file: string, line: number): Uint8Array {
  if (base64.length % 4 !== 0 || !/^[^=]+={0,2}$/.test(base64)) {
    throw bad(`the base64 of the ${kind} is cut short`, file, line)
  }
  const der = Uint8Array.from(Buffer.from(base64, 'base64'))
  try {
    const reader = new DerReader(der)
    reader.expect(Tag.Sequence, `the ${kind}`)
    reader.finish(`the ${kind}`)
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    throw bad(`not a ${kind}: ${error.message}`, file, line)
  }
  return der
}

function bad(message: string, file: string, line: number, token?: string): DanelawError {
  return new DanelawError('bad-certificate', message, {
    place: token === undefined ? { file, line } : { file, line, token },
  })
}

const BOUNDARY = /^-----(BEGIN|END) ([A-Z0-9 ]{1,64})-----\s*$/
const KINDS: ReadonlyMap<string, PemKind> = new Map([
  ['CERTIFICATE', 'certificate'],
  ['X509 CERTIFICATE', 'certificate'],
  ['CERTIFICATE REQUEST', 'certificate request'],
  ['NEW CERTIFICATE REQUEST', 'certificate request'],
  ['PUBLIC KEY', 'public key'],
])
