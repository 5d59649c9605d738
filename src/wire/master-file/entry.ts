import { RRClass, rrClassFromName } from '../codes/rrclass.ts'
import { RRType, rrTypeFromName, rrTypeName } from '../codes/rrtype.ts'
import type { Name } from '../name.ts'
import type { Fields } from '../presentation/fields.ts'
import { parseTtl } from '../presentation/numbers.ts'
import { readRdataFields } from '../presentation/rdata.ts'
import { readSoa } from '../rdata/target.ts'
import type { ResourceRecord } from '../record.ts'

/** What an entry leaves out is taken from those before it in the file (RFC 1035 section 5.1, RFC 2308 section 4). */
export interface Defaults {
  owner: Name | undefined
  /** The owner as written, under `origin`: many entries in a row repeat it. */
  ownerText: string
  origin: Name | undefined
  /** Of the $TTL directive. */
  defaultTtl: number | undefined
  /** Stated last by a record. */
  lastTtl: number | undefined
  class: number
}

/** Largest TTL (RFC 2181 section 8). */
export const MAX_TTL = 0x7fffffff

/** Reads the scanner's entry as a record and updates `defaults`. @throws {DanelawError} `bad-record` */
export function readEntry(fields: Fields, defaults: Defaults): ResourceRecord {
  const name = readOwner(fields, defaults)
  const { ttl, rrclass, type } = readHead(fields, defaults)
  const rdata = readRdataFields(rrclass, type, fields)
  return { name, type, class: rrclass, ttl: ttl ?? impliedTtl(fields, defaults, type, rdata), rdata }
}

/** Whatever stands at the start of a line is the owner, also where it looks like a TTL, a class or a type. */
function readOwner(fields: Fields, defaults: Defaults): Name {
  if (fields.scanner.blankStart) {
    if (defaults.owner === undefined) {
      throw fields.fail('no owner, and no record before whose owner this could have', {
        hint: 'A line that starts with a blank continues the owner before it',
      })
    }
    return defaults.owner
  }
  const text = fields.scanner.token(0)
  if (defaults.owner !== undefined && text === defaults.ownerText && fields.peek() !== undefined) {
    fields.at++
    return defaults.owner
  }
  defaults.owner = fields.name('the owner')
  defaults.ownerText = text
  return defaults.owner
}

/** TTL and class in either order, each at most once, and the type. */
function readHead(fields: Fields, defaults: Defaults): { ttl: number | undefined; rrclass: number; type: number } {
  let ttl: number | undefined
  let rrclass: number | undefined
  for (;;) {
    const word = fields.word('the type')
    const type = rrTypeFromName(word)
    // `ANY` is a class and a type, and stands in no master file as either.
    const asClass = rrclass === undefined ? rrClassFromName(word) : undefined
    if (asClass !== undefined && type === undefined) {
      if (asClass === RRClass.NONE || asClass === 0) throw fields.fail(`class ${word} in a record`)
      rrclass = asClass
      defaults.class = asClass
    } else if (type !== undefined) {
      if (META_TYPES.has(type)) throw fields.fail(`${rrTypeName(type)} is not a type that a zone has records of`)
      return { ttl, rrclass: rrclass ?? defaults.class, type }
    } else if (ttl === undefined && isTtl(word)) {
      ttl = parseTtl(word, MAX_TTL)
      if (ttl === undefined) throw fields.fail(`a TTL above ${MAX_TTL} (RFC 2181 section 8)`)
      defaults.lastTtl = ttl
    } else {
      throw fields.fail('neither a TTL nor a class nor a type that is known, or one of them twice', {
        hint: 'An unknown type is written TYPE and its number, an unknown class CLASS and its number',
      })
    }
  }
}

function isTtl(word: string): boolean {
  return parseTtl(word, Number.MAX_SAFE_INTEGER) !== undefined || /^\d+$/.test(word)
}

function impliedTtl(fields: Fields, defaults: Defaults, type: number, rdata: Uint8Array): number {
  const ttl = defaults.defaultTtl ?? defaults.lastTtl
  if (ttl !== undefined) return ttl
  // RFC 1035 section 5.1 knows no other default at a zone's first record than the SOA's own field.
  if (type === RRType.SOA) {
    const { minimum } = readSoa(rdata)
    if (minimum <= MAX_TTL) {
      defaults.lastTtl = minimum
      return minimum
    }
  }
  throw fields.fail('no TTL, and none stated before', { hint: 'Put a $TTL line in front' })
}

/** Types of questions and messages, never of data (RFC 6895 section 3.1, RFC 6891 section 6.1.1, RFC 9824 section 3.1). */
export const META_TYPES: ReadonlySet<number> = new Set([
  0,
  RRType.OPT,
  RRType.NXNAME,
  RRType.TKEY,
  RRType.TSIG,
  RRType.IXFR,
  RRType.AXFR,
  RRType.MAILB,
  RRType.MAILA,
  RRType.ANY,
])
