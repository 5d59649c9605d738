import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../address.ts'
import { SvcParamKey, svcParamKeyFromName, svcParamKeyName } from '../codes/svc-param.ts'
import { readSvcParams } from '../rdata/svcb.ts'
import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'
import { quote, unescapeString } from './character-string.ts'
import { fromBase64, toBase64 } from './encodings.ts'
import type { FieldKind } from './field-kinds.ts'
import type { Fields } from './fields.ts'
import { parseDecimal } from './numbers.ts'

/** SvcParams to the end, perhaps none, in any order when read (RFC 9460 section 2.1). */
export const svcParams: FieldKind = {
  format: (reader) =>
    readSvcParams(reader)
      .map(({ key, value }) => {
        const name = svcParamKeyName(key)
        const format = VALUES.get(key)?.format ?? quote
        return value.length === 0 && format === quote ? name : `${name}${prefixed(format(value))}`
      })
      .join(' '),
  parse: (fields, writer) => {
    const params = new Map<number, Uint8Array>()
    while (fields.remaining > 0) {
      const [key, value] = readParam(fields)
      if (params.has(key)) throw fields.fail(`SvcParam ${svcParamKeyName(key)} twice`)
      params.set(key, value)
    }
    for (const [key, value] of [...params].sort(([a], [b]) => a - b)) {
      if (value.length > 0xffff) throw fields.fail(`SvcParam ${svcParamKeyName(key)} has more than 65535 octets`)
      writer.u16(key).u16(value.length).bytes(value)
    }
  },
}

function prefixed(value: string): string {
  return value === '' ? '' : `=${value}`
}

function readParam(fields: Fields): [number, Uint8Array] {
  const index = fields.at++
  const token = fields.scanner.token(index)
  if (fields.scanner.kind(index) === 'quoted') throw fields.fail('a SvcParam in quotation marks')
  const equals = token.indexOf('=')
  const name = equals < 0 ? token : token.slice(0, equals)
  const key = svcParamKeyFromName(name)
  if (key === undefined) throw fields.fail(`no SvcParamKey has the name ${name}`, { hint: 'Write key and its number' })
  let text = equals < 0 ? '' : token.slice(equals + 1)
  if (fields.scanner.kind(index) === 'pair') {
    // Only what stands right behind the first `=` is the value's opening quotation mark.
    if (!text.startsWith('"')) throw fields.fail('a quotation mark inside a SvcParamValue')
    text = text.slice(1, -1)
  }
  const octets = unescapeString(text)
  if (octets === undefined) throw fields.fail(`the value of ${name} has an escape that is none`)
  // A value behind `keyN` is the wire form itself, also where the key has a name (RFC 9460 section 2.1).
  const parse = name === svcParamKeyName(key) ? VALUES.get(key)?.parse : undefined
  const value = parse === undefined ? octets : parse(octets)
  if (value === undefined) throw fields.fail(`the value of ${name} is malformed`)
  return [key, value]
}

/** The value of a key between its wire form and the octets of its presentation form, escapes of strings resolved. */
interface ValueForm {
  format(value: Uint8Array): string
  parse(text: Uint8Array): Uint8Array | undefined
}

const mandatory: ValueForm = {
  format: (value) => u16s(value).map(svcParamKeyName).join(','),
  parse: (text) => {
    const keys = ascii(text).split(',').map(svcParamKeyFromName)
    if (!keys.every((key) => key !== undefined) || new Set(keys).size !== keys.length) return undefined
    return writeU16s(keys.sort((a, b) => a - b))
  },
}

const port: ValueForm = {
  format: (value) => String(u16s(value)[0]),
  parse: (text) => {
    const number = parseDecimal(ascii(text), 0xffff)
    return number === undefined ? undefined : writeU16s([number])
  },
}

const groups: ValueForm = {
  format: (value) => u16s(value).join(','),
  parse: (text) => {
    const numbers = ascii(text)
      .split(',')
      .map((word) => parseDecimal(word, 0xffff))
    return numbers.every((number) => number !== undefined) ? writeU16s(numbers) : undefined
  },
}

/** A comma-separated list (RFC 9460 appendix A.1) of length-prefixed strings. */
const stringList: ValueForm = {
  format: (value) => {
    const list: number[] = []
    for (const reader = new Reader(value); reader.remaining > 0; ) {
      if (reader.offset > 0) list.push(COMMA)
      for (const octet of reader.characterString()) {
        if (octet === COMMA || octet === BACKSLASH) list.push(BACKSLASH)
        list.push(octet)
      }
    }
    return quote(Uint8Array.from(list))
  },
  parse: (text) => {
    const writer = new Writer()
    const items = splitList(text)
    if (items === undefined) return undefined
    for (const item of items) {
      if (item.length > 255) return undefined
      writer.characterString(Uint8Array.from(item))
    }
    return writer.finish()
  },
}

/** As `stringList`, but with nothing in the list where there is no value at all. */
const pathList: ValueForm = {
  format: (value) => (value.length === 0 ? '' : stringList.format(value)),
  parse: (text) => (text.length === 0 ? new Uint8Array() : stringList.parse(text)),
}

const ech: ValueForm = {
  format: (value) => toBase64(value),
  parse: (text) => fromBase64(ascii(text)),
}

function addresses(
  octets: number,
  format: (value: Uint8Array) => string,
  parse: (text: string) => Uint8Array | undefined,
): ValueForm {
  return {
    format: (value) => {
      const texts: string[] = []
      for (let at = 0; at < value.length; at += octets) texts.push(format(value.subarray(at, at + octets)))
      return texts.join(',')
    },
    parse: (text) => {
      const writer = new Writer()
      for (const word of ascii(text).split(',')) {
        const address = parse(word)
        if (address === undefined) return undefined
        writer.bytes(address)
      }
      return writer.finish()
    },
  }
}

/** Items between commas; only commas and backslashes are escaped, nothing else is (RFC 9460 appendix A.1). */
function splitList(text: Uint8Array): number[][] | undefined {
  const items: number[][] = [[]]
  for (let i = 0; i < text.length; i++) {
    let octet = text[i]!
    if (octet === COMMA) {
      items.push([])
      continue
    }
    if (octet === BACKSLASH) {
      octet = text[++i] ?? 0
      if (octet !== COMMA && octet !== BACKSLASH) return undefined
    }
    items.at(-1)!.push(octet)
  }
  return items
}

function u16s(value: Uint8Array): number[] {
  const numbers: number[] = []
  for (const reader = new Reader(value); reader.remaining > 0; ) numbers.push(reader.u16())
  return numbers
}

function writeU16s(numbers: readonly number[]): Uint8Array {
  const writer = new Writer()
  for (const number of numbers) writer.u16(number)
  return writer.finish()
}

function ascii(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) text += String.fromCharCode(octet)
  return text
}

const COMMA = 0x2c
const BACKSLASH = 0x5c

/** Keys whose value has a form of its own; the others' is the octets themselves as a string (RFC 9460 section 2.1). */
const VALUES: ReadonlyMap<number, ValueForm> = new Map<number, ValueForm>([
  [SvcParamKey.mandatory, mandatory],
  [SvcParamKey.alpn, stringList],
  [SvcParamKey.port, port],
  [SvcParamKey.ipv4hint, addresses(4, formatIpv4, parseIpv4)],
  [SvcParamKey.ech, ech],
  [SvcParamKey.ipv6hint, addresses(16, formatIpv6, parseIpv6)],
  [SvcParamKey['tls-supported-groups'], groups],
  [SvcParamKey.docpath, pathList],
])
