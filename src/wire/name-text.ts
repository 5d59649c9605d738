import { DanelawError } from '../errors.ts'

/** Longest name on the wire, in octets, the root label included (RFC 1035 section 2.3.4). */
export const MAX_NAME_OCTETS = 255
/** Longest label, without its length octet (RFC 1035 section 2.3.4). */
export const MAX_LABEL_OCTETS = 63

/** Uncompressed wire form, and labels without the root. */
interface WireName {
  readonly wire: Uint8Array
  readonly labelCount: number
}

/**
 * Reads presentation form (RFC 1035 section 5.1), all but `.`; a relative name is completed by `origin`.
 * @throws {DanelawError} `bad-name` that names the text.
 */
export function parseNameText(text: string, origin: WireName): WireName {
  const wire = PARSED
  let labelCount = 0
  // The length octet of the label being read, and where its next octet goes.
  let label = 0
  let at = 1
  let i = 0
  while (i < text.length) {
    let octet = text.charCodeAt(i)
    if (octet === DOT) {
      if (at === label + 1) throw badName(text, 'it has an empty label')
      wire[label] = at - label - 1
      labelCount++
      label = at++
      i++
      continue
    }
    if (octet === BACKSLASH) {
      octet = escapedOctet(text, i)
      i += isDigit(text.charCodeAt(i + 1)) ? 4 : 2
    } else if (octet > 0x7e || octet <= 0x20) {
      const how = 'other than printable US-ASCII is written \\DDD, and an internationalised name as A-labels (xn--…)'
      throw badName(text, how)
    } else {
      i++
    }
    if (at - label > MAX_LABEL_OCTETS) throw badName(text, `a label has more than ${MAX_LABEL_OCTETS} octets`)
    // One octet is kept for the root.
    if (at >= MAX_NAME_OCTETS - 1) throw badName(text, `it has more than ${MAX_NAME_OCTETS} octets`)
    wire[at++] = octet
  }
  if (text.length === 0) throw badName(text, 'it is empty')
  const absolute = at === label + 1
  if (absolute) {
    wire[label] = 0
    return { wire: wire.slice(0, at), labelCount }
  }
  wire[label] = at - label - 1
  labelCount++
  const suffix = origin.wire
  if (at + suffix.length > MAX_NAME_OCTETS) throw badName(text, `it has more than ${MAX_NAME_OCTETS} octets`)
  wire.set(suffix, at)
  return { wire: wire.slice(0, at + suffix.length), labelCount: labelCount + origin.labelCount }
}

/** Absolute presentation form of a name's wire form, with the escapes of RFC 1035 section 5.1. */
export function formatNameText(wire: Uint8Array): string {
  if (wire[0] === 0) return '.'
  // What needs no escapes, as nearly all names, is put together at once: a character at a time takes four times as long.
  let next = 0
  let plain = true
  for (let i = 1; i < wire.length; i++) {
    const octet = wire[i]!
    if (i === next + 1 + wire[next]!) {
      next = i
      CODES[i - 1] = DOT
    } else if (PRESENTATION[octet]!.length === 1) CODES[i - 1] = octet
    else plain = false
  }
  if (plain) return String.fromCharCode.apply(null, CODES.subarray(0, wire.length - 1) as unknown as number[])
  let text = ''
  for (let at = 0; wire[at] !== 0; ) {
    const end = at + 1 + wire[at]!
    for (let i = at + 1; i < end; i++) text += PRESENTATION[wire[i]!]!
    text += '.'
    at = end
  }
  return text
}

/** The octet of the escape at `at` (RFC 1035 section 5.1). */
function escapedOctet(text: string, at: number): number {
  const next = text.charCodeAt(at + 1)
  if (Number.isNaN(next)) throw badName(text, 'it ends in a backslash')
  if (!isDigit(next)) {
    if (next < 0x20 || next > 0x7e) throw badName(text, 'a backslash before what is not printable US-ASCII')
    return next
  }
  const digits = text.slice(at + 1, at + 4)
  if (!/^[0-9]{3}$/.test(digits)) throw badName(text, 'a backslash and digits that are not three')
  if (Number(digits) > 255) throw badName(text, `\\${digits} is not an octet`)
  return Number(digits)
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function badName(text: string, why: string): DanelawError {
  return new DanelawError('bad-name', `'${printable(text)}' is not a domain name: ${why}`)
}

/** Fit for a message: printable US-ASCII, cut where it is long. */
function printable(text: string): string {
  const cut = text.length > 300 ? `${text.slice(0, 300)}...` : text
  return cut.replace(/[^ -~]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

/** Where `parseNameText` puts a name before its length is known: one for all, since most files hold many names. */
const PARSED = new Uint8Array(MAX_NAME_OCTETS)
/** Where the characters of a text stand before they are one. */
const CODES = new Uint8Array(MAX_NAME_OCTETS)
const DOT = 0x2e
const BACKSLASH = 0x5c

/** Each octet as it is printed, those with a meaning in master files escaped (RFC 1035 section 5.1). */
const PRESENTATION: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  if (octet <= 0x20 || octet >= 0x7f) return `\\${String(octet).padStart(3, '0')}`
  const character = String.fromCharCode(octet)
  return '.\\";()@$'.includes(character) ? `\\${character}` : character
})
