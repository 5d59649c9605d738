import { DanelawError } from '../errors.ts'
import { DANE_LIMITS } from '../limits.ts'
import { DerReader, Tag } from './der.ts'

/**
 * Takes the certificates out of a PEM file (RFC 7468), in the order of the file. Text around the blocks and blocks of
 * other kinds are passed over. What a certificate holds is not looked at, only that each is one whole DER value.
 * @param file its name, for messages
 * @throws {DanelawError} `bad-certificate` with file and line where a block is broken or no certificate is there.
 */
export function readPemCertificates(text: string, file: string): Uint8Array[] {
  const certificates: Uint8Array[] = []
  let sawPrivateKey = false
  let block: Block | undefined
  let line = 0
  for (const raw of lines(text.replace(/^\ufeff/, ''))) {
    line++
    const boundary = BOUNDARY.exec(raw)
    if (boundary === null) {
      if (block?.base64 !== undefined) addLine(block, raw.trim(), file, line)
      continue
    }
    const [, kind, label] = boundary as unknown as [string, 'BEGIN' | 'END', string]
    if (kind === 'BEGIN') {
      if (block !== undefined) throw bad(`a new block begins before END ${block.label}`, file, line)
      sawPrivateKey ||= label.endsWith('PRIVATE KEY')
      block = { label, line, base64: CERTIFICATE_LABELS.has(label) ? [] : undefined, length: 0 }
      continue
    }
    if (block === undefined) throw bad(`END ${label} without BEGIN`, file, line)
    if (block.label !== label) throw bad(`END ${label} where END ${block.label} is due`, file, line)
    if (block.base64 !== undefined) certificates.push(decode(block.base64.join(''), file, block.line))
    block = undefined
  }
  if (block !== undefined) throw bad(`no END ${block.label} to the block`, file, block.line)
  if (certificates.length > 0) return certificates
  if (sawPrivateKey) {
    throw new DanelawError('bad-certificate', 'holds a private key and no certificate', {
      place: { file },
      hint: 'give the certificate chain instead; a private key is never needed here',
    })
  }
  throw new DanelawError('bad-certificate', 'holds no certificate', {
    place: { file },
    hint: "a PEM certificate begins with '-----BEGIN CERTIFICATE-----'; for DER, use 'openssl x509 -inform der' first",
  })
}

interface Block {
  readonly label: string
  readonly line: number
  /** Undefined in a block that is no certificate. */
  readonly base64: string[] | undefined
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

function addLine(block: Block, content: string, file: string, line: number): void {
  const wrong = /[^A-Za-z0-9+/=]/.exec(content)
  if (wrong !== null) throw bad('the certificate is not base64', file, line, wrong[0])
  block.length += content.length
  const limit = DANE_LIMITS.certificateOctets.value
  if (block.length > Math.ceil(limit / 3) * 4) throw bad(`a certificate above the limit of ${limit} octets`, file, line)
  block.base64?.push(content)
}

function decode(base64: string, file: string, line: number): Uint8Array {
  if (base64.length % 4 !== 0 || !/^[^=]+={0,2}$/.test(base64)) {
    throw bad('the base64 of the certificate is cut short', file, line)
  }
  const der = Uint8Array.from(Buffer.from(base64, 'base64'))
  try {
    const reader = new DerReader(der)
    reader.expect(Tag.Sequence, 'the certificate')
    reader.finish('the certificate')
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    throw bad(`not a certificate: ${error.message}`, file, line)
  }
  return der
}

function bad(message: string, file: string, line: number, token?: string): DanelawError {
  return new DanelawError('bad-certificate', message, {
    place: token === undefined ? { file, line } : { file, line, token },
  })
}

const BOUNDARY = /^-----(BEGIN|END) ([A-Z0-9 ]{1,64})-----\s*$/
const CERTIFICATE_LABELS = new Set(['CERTIFICATE', 'X509 CERTIFICATE'])
