import { DerReader, type Element, Tag } from '../der.ts'

/** When a certificate is valid, in Unix seconds, both ends included (RFC 5280 section 4.1.2.5). */
export interface Validity {
  readonly notBefore: number
  readonly notAfter: number
}

/** @throws {DanelawError} `bad-certificate` for any form but those of RFC 5280: in UTC, with seconds. */
export function readValidity(octets: Uint8Array): Validity {
  const reader = new DerReader(octets).enter(Tag.Sequence, 'the validity')
  const validity = { notBefore: readTime(reader), notAfter: readTime(reader) }
  reader.finish('the validity')
  return validity
}

function readTime(reader: DerReader): number {
  const element: Element = reader.read('a time')
  const isUtc = element.tag === Tag.UtcTime
  const octets = reader.content(element)
  if (!isUtc && element.tag !== Tag.GeneralizedTime) throw reader.malformed('the validity holds no time')
  const [year, month, day, hour, minute, second] = readFields(octets, isUtc ? 2 : 4, reader)
  // Two digits of a year mean 1950 to 2049 (RFC 5280 section 4.1.2.5.1).
  const full = isUtc ? year + (year < 50 ? 2000 : 1900) : year
  const date = new Date(0)
  date.setUTCFullYear(full, month - 1, day)
  date.setUTCHours(hour, minute, second)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw reader.malformed('the validity holds a time that does not exist')
  }
  return date.getTime() / 1000
}

type Fields = [year: number, month: number, day: number, hour: number, minute: number, second: number]

/** Digits, two for all but the year, and a Z. */
function readFields(octets: Uint8Array, yearDigits: number, reader: DerReader): Fields {
  if (octets.length !== yearDigits + 11 || octets[yearDigits + 10] !== LETTER_Z) {
    throw reader.malformed('the validity holds no time')
  }
  const fields: Fields = [0, 0, 0, 0, 0, 0]
  for (let i = 0; i < octets.length - 1; i++) {
    const digit = octets[i]! - DIGIT_0
    if (digit < 0 || digit > 9) throw reader.malformed('the validity holds no time')
    const field = i < yearDigits ? 0 : ((i - yearDigits) >> 1) + 1
    fields[field] = fields[field]! * 10 + digit
  }
  return fields
}

const DIGIT_0 = 0x30
const LETTER_Z = 0x5a
