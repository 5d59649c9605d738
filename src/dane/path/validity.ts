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
  const text = Buffer.from(reader.content(element)).toString('latin1')
  const match = (element.tag === Tag.UtcTime ? UTC_TIME : GENERALIZED_TIME).exec(text)
  if (match === null || (element.tag !== Tag.UtcTime && element.tag !== Tag.GeneralizedTime)) {
    throw reader.malformed('the validity holds no time')
  }
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  // Two digits of a year mean 1950 to 2049 (RFC 5280 section 4.1.2.5.1).
  const full = element.tag === Tag.UtcTime ? year + (year < 50 ? 2000 : 1900) : year
  const date = new Date(0)
  date.setUTCFullYear(full, month - 1, day)
  date.setUTCHours(hour, minute, second)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw reader.malformed('the validity holds a time that does not exist')
  }
  return date.getTime() / 1000
}

const UTC_TIME = /^([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z$/
const GENERALIZED_TIME = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z$/
