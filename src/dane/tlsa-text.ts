import { DanelawError } from '../errors.ts'
import type { Tlsa } from '../wire/rdata/tlsa.ts'

/**
 * Reads TLSA RDATA in presentation form (RFC 6698 section 2.2): three fields as numbers or by the acronyms of
 * RFC 7218, then hexadecimal digits that may be spread over several words.
 * @throws {DanelawError} `bad-tlsa` that names the field.
 */
export function parseTlsaText(text: string): Tlsa {
  const [usage, selector, matchingType, ...words] = text.split(/[ \t\r\n]+/).filter((word) => word !== '')
  return {
    usage: readField(usage, 'certificate usage', USAGES),
    selector: readField(selector, 'selector', SELECTORS),
    matchingType: readField(matchingType, 'matching type', MATCHING_TYPES),
    data: readData(words.join('')),
  }
}

function readField(word: string | undefined, field: string, acronyms: ReadonlyMap<string, number>): number {
  if (word === undefined) throw bad(`the ${field} is missing`)
  const known = acronyms.get(word.toUpperCase())
  if (known !== undefined) return known
  const value = /^[0-9]{1,3}$/.test(word) ? Number(word) : Number.NaN
  if (!(value <= 255)) throw bad(`the ${field} is not a number from 0 to 255`, word)
  return value
}

function readData(digits: string): Uint8Array {
  const field = 'certificate association data'
  if (digits === '') throw bad(`the ${field} is missing`)
  if (digits.length > 2 * MAX_DATA_OCTETS) throw bad(`the ${field} is longer than a DNS record can be`)
  const wrong = /[^0-9a-fA-F]/u.exec(digits)
  if (wrong !== null) throw bad(`the ${field} holds '${wrong[0]}', which is no hexadecimal digit`)
  if (digits.length % 2 === 1) throw bad(`the ${field} has an odd number of hexadecimal digits, ${digits.length}`)
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

function bad(message: string, token?: string): DanelawError {
  return new DanelawError('bad-tlsa', message, {
    ...(token === undefined ? {} : { place: { token: token.slice(0, 64) } }),
    hint: "a TLSA record is written 'USAGE SELECTOR MTYPE HEX', as in '3 1 1 5f0e…'",
  })
}

/** RDLENGTH without the three numbers in front. */
const MAX_DATA_OCTETS = 65_535 - 3

const USAGES: ReadonlyMap<string, number> = new Map([
  ['PKIX-TA', 0],
  ['PKIX-EE', 1],
  ['DANE-TA', 2],
  ['DANE-EE', 3],
  ['PRIVCERT', 255],
])

const SELECTORS: ReadonlyMap<string, number> = new Map([
  ['CERT', 0],
  ['SPKI', 1],
  ['PRIVSEL', 255],
])

const MATCHING_TYPES: ReadonlyMap<string, number> = new Map([
  ['FULL', 0],
  ['SHA2-256', 1],
  ['SHA2-512', 2],
  ['PRIVMATCH', 255],
])
