import type { Message } from './message.ts'

/**
 * Whether the author asks for delivery without regard to what the recipient's domain wants of TLS, as in `TLS-Required:
 * No` (RFC 8689 section 3): policies by DANE and MTA-STS then do not count, while TLS is used where it can be had. A
 * field that is there twice or says anything else asks for nothing. It does not count either for a message that is
 * under REQUIRETLS (section 4.1).
 * @param message a message, or the octets of one, or of its header, with lines that end in CRLF or LF
 */
export function tlsRequiredNo(message: Pick<Message, 'header'> | Uint8Array): boolean {
  const octets = message instanceof Uint8Array ? message : message.header
  const values = fieldValues(header(octets), 'tls-required')
  return values.length === 1 && /^[ \t]*no[ \t]*$/i.test(values[0]!)
}

/** What a delivery report about a message under REQUIRETLS has to keep to (RFC 8689 section 5). */
export interface ReportUnderRequireTls {
  /** Of the message no more than its header, whatever RET says. */
  readonly returned: 'headers'
  /** REQUIRETLS for the report itself, where the next host knows it. */
  readonly requireTls: 'where-offered'
}

/**
 * What a delivery report is bound to: it tells of a message, so that it is owed what the message was owed. It is not
 * held back from a host that does not know REQUIRETLS, as nobody could be told of that. Null for other messages.
 */
export function reportRules(message: { readonly requireTls: boolean }): ReportUnderRequireTls | null {
  return message.requireTls ? { returned: 'headers', requireTls: 'where-offered' } : null
}

/** The header as text, one character an octet, with the lines of each field in one. */
function header(octets: Uint8Array): string[] {
  const fields: string[] = []
  let start = 0
  while (start < octets.length) {
    const lf = octets.indexOf(LF, start)
    const end = lf < 0 ? octets.length : lf
    const text = latin1(octets.subarray(start, octets[end - 1] === CR && end > start ? end - 1 : end))
    if (text === '') break
    // RFC 5322 section 2.2.3: what was folded is put together by taking the line end away.
    if (/^[ \t]/.test(text) && fields.length > 0) fields[fields.length - 1] += text
    else fields.push(text)
    start = end + 1
  }
  return fields
}

function fieldValues(fields: readonly string[], name: string): string[] {
  return fields.flatMap((field) => {
    const colon = field.indexOf(':')
    // Spaces before the colon are obsolete, and still seen (RFC 5322 section 4.5.8).
    const found =
      colon > 0 &&
      field
        .slice(0, colon)
        .replace(/[ \t]+$/, '')
        .toLowerCase() === name
    return found ? [field.slice(colon + 1)] : []
  })
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
}

const LF = 0x0a
const CR = 0x0d
