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
    usage: readField(usage, 'certificate usage'),
    selector: readField(selector, 'selector'),
    matchingType: readField(matchingType, 'matching type'),
    data: readData(words.join('')),
  }
}

/**
 * Reads one of the three, of a record that is to be published: a number or acronym with a meaning.
 * @throws {DanelawError} `bad-tlsa`
 */
export function parseTlsaField(word: string, field: TlsaField): number {
  const value = readField(word, field)
  if (value <= LARGEST[field]) return value
  throw new DanelawError('bad-tlsa', `${field} ${value} has no meaning that others know`, {
    place: { token: word.slice(0, 64) },
    hint: `the ${field} is one of ${[...ACRONYMS[field]]
      .slice(0, -1)
      .map(([name, number]) => `${number} ${name}`)
      .join(', ')}`,
  })
}

export type TlsaField = 'certificate usage' | 'selector' | 'matching type'

function readField(word: string | undefined, field: TlsaField): number {
  if (word === undefined) throw bad(`the ${field} is missing`)
  const known = ACRONYMS[field].get(word.toUpperCase())
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

/** RFC 7218 section 2. */
const ACRONYMS: Readonly<Record<TlsaField, ReadonlyMap<string, number>>> = {
  'certificate usage': new Map([
    ['PKIX-TA', 0],
    ['PKIX-EE', 1],
    ['DANE-TA', 2],
    ['DANE-EE', 3],
    ['PRIVCERT', 255],
  ]),
  selector: new Map([
    ['CERT', 0],
    ['SPKI', 1],
    ['PRIVSEL', 255],
  ]),
  'matching type': new Map([
    ['FULL', 0],
    ['SHA2-256', 1],
    ['SHA2-512', 2],
    ['PRIVMATCH', 255],
  ]),
}

const LARGEST: Readonly<Record<TlsaField, number>> = { 'certificate usage': 3, selector: 1, 'matching type': 2 }
