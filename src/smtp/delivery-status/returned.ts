import { base64, quotedPrintable } from './encode.ts'
import type { DeliveryStatus } from './report-types.ts'

/** The third part, header and content: what goes back of the original. */
export function returnedPart({ original }: DeliveryStatus): { octets: Uint8Array; eightBit: boolean } {
  const { header, whole } = split(original.octets)
  // In a header it is UTF-8: a message of any other kind is not taken.
  const global = header.some((octet) => octet > 0x7f)
  if (original.kind === 'headers') {
    // RFC 6533 section 6.3: encoded, it goes where there is no SMTPUTF8.
    if (global) return part(['Content-Type: message/global-headers', QUOTED], Buffer.from(quotedLines(header)), false)
    return part(['Content-Type: text/rfc822-headers'], header, false)
  }
  // RFC 6532 section 3.7 allows an encoding, RFC 2046 section 5.2.1 does not.
  if (global) return part(['Content-Type: message/global', BASE64], Buffer.from(`${base64(whole).join('\r\n')}`), false)
  const eightBit = whole.some((octet) => octet > 0x7f)
  return part(['Content-Type: message/rfc822', ...(eightBit ? [EIGHT_BIT] : [])], whole, eightBit)
}

/** The header of a message, with CRLF: all there is where it has no end, such as in the first octets of a message. */
export function headerOf(octets: Uint8Array): Uint8Array {
  // Cut between CR and LF, the CR alone would not be allowed to leave.
  return split(octets.at(-1) === CR ? octets.subarray(0, -1) : octets).header
}

/** The Message-ID of a message, if it is one that can be repeated in a header. */
export function messageIdOf(octets: Uint8Array): string | null {
  // Octets as characters: only US-ASCII is looked for.
  const fields = Buffer.from(headerOf(octets))
    .toString('latin1')
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n')
  const messageId = fields.flatMap((field) => /^message-id[ \t]*:[ \t]*(<.*>)[ \t]*$/i.exec(field)?.[1] ?? [])[0] ?? ''
  return isMessageId(messageId) ? messageId : null
}

export function isMessageId(text: string): boolean {
  return /^<[\u0021-\u003b\u003d\u003f-\u007e]{1,240}>$/.test(text)
}

function part(fields: readonly string[], octets: Uint8Array, eightBit: boolean) {
  const header = Buffer.from(`${[...fields, 'Content-Description: The message'].join('\r\n')}\r\n\r\n`)
  return { octets: Buffer.concat([header, octets]), eightBit }
}

function split(octets: Uint8Array): { header: Uint8Array; whole: Uint8Array } {
  const whole = Buffer.from(Buffer.from(octets).toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
  const end = whole.indexOf('\r\n\r\n')
  return { header: end < 0 ? whole : whole.subarray(0, end + 2), whole }
}

function quotedLines(octets: Uint8Array): string {
  return quotedPrintable(octets).join('\r\n')
}

const CR = 0x0d
const QUOTED = 'Content-Transfer-Encoding: quoted-printable'
const BASE64 = 'Content-Transfer-Encoding: base64'
const EIGHT_BIT = 'Content-Transfer-Encoding: 8bit'
