import { DanelawError } from '../../errors.ts'
import { RRClass } from '../codes/rrclass.ts'
import { rrTypeName } from '../codes/rrtype.ts'
import type { Name } from '../name.ts'
import { checkRdata } from '../rdata/check.ts'
import { Reader } from '../reader.ts'
import { fromHex, toHex } from './encodings.ts'
import { Fields } from './fields.ts'
import { LAYOUTS, type Layout, ONLY_IN } from './layouts.ts'
import { Scanner } from './scanner.ts'

/**
 * RDATA in presentation form on one line: names absolute, hexadecimal in upper case, strings in quotes. Unknown
 * types, and RDATA that is malformed for its type, in the form of RFC 3597 section 5: `\# 4 C0000201`.
 * What comes out reads back to the same octets with `parseRdata`, unless they are malformed.
 */
export function formatRdata(type: number, rdata: Uint8Array): string {
  return formatRdataIn(RRClass.IN, type, rdata)
}

/** As `formatRdata`, of a record of any class. */
export function formatRdataIn(rrclass: number, type: number, rdata: Uint8Array): string {
  const layout = layoutOf(rrclass, type)
  if (layout === undefined) return generic(rdata)
  try {
    checkRdata(type, rdata)
    return format(layout, rdata)
  } catch (error) {
    if (error instanceof DanelawError) return generic(rdata)
    throw error
  }
}

/**
 * The octets of RDATA in presentation form: that of the type, or `\# n hex` for every type (RFC 3597 section 5).
 * Relative names are completed by `origin`, by the root where it is left out.
 * @throws {DanelawError} `bad-record` with the token.
 */
export function parseRdata(type: number, text: string, origin?: Name): Uint8Array {
  const scanner = new Scanner(text, { lines: false })
  scanner.next()
  const rdata = readRdataFields(RRClass.IN, type, new Fields(scanner, origin))
  if (scanner.next()) throw scanner.fail(0, 'more than one line of RDATA', { hint: 'Parentheses continue a line' })
  return rdata
}

/** Reads what is left of an entry as RDATA. @throws {DanelawError} `bad-record` */
export function readRdataFields(rrclass: number, type: number, fields: Fields): Uint8Array {
  const layout = layoutOf(rrclass, type)
  const rdata = fields.peek() === '\\#' ? readGeneric(fields) : readKnown(type, layout, fields)
  if (layout === undefined) return rdata
  try {
    checkRdata(type, rdata)
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    throw fields.fail(`this is no ${rrTypeName(type)} RDATA: ${error.message}`, { cause: error })
  }
  return rdata
}

function layoutOf(rrclass: number, type: number): Layout | undefined {
  return rrclass !== RRClass.IN && ONLY_IN.has(type) ? undefined : LAYOUTS.get(type)
}

function format(layout: Layout, rdata: Uint8Array): string {
  const reader = new Reader(rdata)
  const texts: string[] = []
  for (const field of layout) {
    const text = field.format(reader)
    if (text !== '') texts.push(text)
  }
  reader.finish('the RDATA')
  return texts.join(' ')
}

function readKnown(type: number, layout: Layout | undefined, fields: Fields): Uint8Array {
  if (layout === undefined) {
    throw fields.fail(`RDATA of ${rrTypeName(type)} can be read in the form of RFC 3597 only`, {
      hint: 'Write \\#, the number of octets, and the octets in hexadecimal',
    })
  }
  const writer = fields.writer.clear()
  for (const field of layout) field.parse(fields, writer)
  fields.finish('the RDATA')
  if (writer.length > 0xffff) throw fields.fail('the RDATA has more than 65535 octets')
  return writer.finish()
}

function generic(rdata: Uint8Array): string {
  return rdata.length === 0 ? '\\# 0' : `\\# ${rdata.length} ${toHex(rdata).toUpperCase()}`
}

function readGeneric(fields: Fields): Uint8Array {
  fields.word('the RDATA')
  const length = fields.decimal('the length of the RDATA', 0xffff)
  const octets =
    fields.remaining === 0
      ? new Uint8Array()
      : fields.decoded('the RDATA', 'hexadecimal', fromHex, fields.joined('the RDATA'))
  if (octets.length !== length)
    throw fields.fail(`the RDATA has ${octets.length} octets, where ${length} are announced`)
  return octets
}
