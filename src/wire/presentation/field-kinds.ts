import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../address.ts'
import { rrTypeFromName, rrTypeName } from '../codes/rrtype.ts'
import type { Mnemonics } from '../codes/mnemonic.ts'
import { readTypeBitMap, TypeBitMap, writeTypeBitMap } from '../rdata/type-bit-map.ts'
import type { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'
import { quote } from './character-string.ts'
import { fromBase32Hex, fromBase64, fromHex, toBase32Hex, toBase64, toHex } from './encodings.ts'
import type { Fields } from './fields.ts'
import { formatSignatureTime, parseSignatureTime } from './numbers.ts'

/** One field of RDATA, from octets to text and back. */
export interface FieldKind {
  /** @throws {DanelawError} `bad-wire` where the octets are malformed, or no text stands for them. */
  format(reader: Reader): string
  /** @throws {DanelawError} `bad-record` */
  parse(fields: Fields, writer: Writer): void
}

export function u8(what: string, mnemonics?: Mnemonics): FieldKind {
  return {
    format: (reader) => String(reader.u8()),
    parse: (fields, writer) => {
      writer.u8(mnemonics === undefined ? fields.decimal(what, 0xff) : fields.mnemonic(what, mnemonics, 0xff))
    },
  }
}

export function u16(what: string, mnemonics?: Mnemonics): FieldKind {
  return {
    format: (reader) => String(reader.u16()),
    parse: (fields, writer) => {
      writer.u16(mnemonics === undefined ? fields.decimal(what, 0xffff) : fields.mnemonic(what, mnemonics, 0xffff))
    },
  }
}

export function u32(what: string): FieldKind {
  return {
    format: (reader) => String(reader.u32()),
    parse: (fields, writer) => {
      writer.u32(fields.decimal(what, 0xffffffff))
    },
  }
}

/** Seconds, with units where the writer liked them. */
export function seconds(what: string): FieldKind {
  return {
    format: (reader) => String(reader.u32()),
    parse: (fields, writer) => {
      writer.u32(fields.ttl(what, 0xffffffff))
    },
  }
}

/** The time of a signature (RFC 4034 section 3.2). */
export function signatureTime(what: string): FieldKind {
  return {
    format: (reader) => formatSignatureTime(reader.u32()),
    parse: (fields, writer) => {
      const time = parseSignatureTime(fields.word(what))
      if (time === undefined) {
        throw fields.fail(`${what} is not a time`, { hint: 'Write YYYYMMDDHHmmSS in UTC, or seconds since 1970' })
      }
      writer.u32(time)
    },
  }
}

export function name(what: string): FieldKind {
  return {
    format: (reader) => reader.name().toString(),
    parse: (fields, writer) => {
      writer.name(fields.name(what))
    },
  }
}

/** A `<character-string>`, printed in quotes. */
export function characterString(what: string): FieldKind {
  return {
    format: (reader) => quote(reader.characterString()),
    parse: (fields, writer) => {
      writer.characterString(fields.string(what))
    },
  }
}

/** One or more `<character-string>`s to the end. */
export function characterStrings(what: string): FieldKind {
  return {
    format: (reader) => {
      const strings = [quote(reader.characterString())]
      while (reader.remaining > 0) strings.push(quote(reader.characterString()))
      return strings.join(' ')
    },
    parse: (fields, writer) => {
      do writer.characterString(fields.string(what))
      while (fields.remaining > 0)
    },
  }
}

/** A `<character-string>` of letters and digits, printed bare: the tag of CAA (RFC 8659 section 4.1.1). */
export function tag(what: string): FieldKind {
  return {
    format: (reader) => {
      const text = String.fromCharCode(...reader.characterString())
      if (!/^[0-9A-Za-z]+$/.test(text)) throw reader.malformed(`${what} other than letters and digits`)
      return text
    },
    parse: (fields, writer) => {
      writer.characterString(fields.string(what))
    },
  }
}

/** One string to the end, without a length octet. */
export function stringToEnd(what: string): FieldKind {
  return {
    format: (reader) => quote(reader.rest()),
    parse: (fields, writer) => {
      writer.bytes(fields.string(what, 0xffff))
    },
  }
}

/** Hexadecimal to the end, at least one octet. */
export function hexToEnd(what: string): FieldKind {
  return {
    format: (reader) => toHex(some(reader, what)).toUpperCase(),
    parse: (fields, writer) => {
      writer.bytes(fields.decoded(what, 'hexadecimal', fromHex, fields.joined(what)))
    },
  }
}

/** Base64 to the end, at least one octet. */
export function base64ToEnd(what: string): FieldKind {
  return {
    format: (reader) => toBase64(some(reader, what)),
    parse: (fields, writer) => {
      writer.bytes(fields.decoded(what, 'base64', fromBase64, fields.joined(what)))
    },
  }
}

/** A salt in one word, `-` where there is none (RFC 5155 section 3.3). */
export const salt: FieldKind = {
  format: (reader) => toHex(reader.characterString()).toUpperCase() || '-',
  parse: (fields, writer) => {
    const word = fields.word('the salt')
    const octets = word === '-' ? new Uint8Array() : fields.decoded('the salt', 'hexadecimal', fromHex, word)
    if (octets.length > 255) throw fields.fail('the salt has more than 255 octets')
    writer.characterString(octets)
  },
}

/** The next hashed owner name in one word (RFC 5155 section 3.3). */
export const hashedOwnerName: FieldKind = {
  format: (reader) => {
    const hash = reader.characterString()
    if (hash.length === 0) throw reader.malformed('an empty hash')
    return toBase32Hex(hash)
  },
  parse: (fields, writer) => {
    const what = 'the next hashed owner name'
    const hash = fields.decoded(what, 'base32hex', fromBase32Hex, fields.word(what))
    if (hash.length > 255) throw fields.fail(`${what} has more than 255 octets`)
    writer.characterString(hash)
  },
}

/** One RR type. */
export const rrType: FieldKind = {
  format: (reader) => rrTypeName(reader.u16()),
  parse: (fields, writer) => {
    writer.u16(readType(fields))
  },
}

/** RR types to the end, perhaps none (RFC 4034 section 4.2). */
export const typeBitMap: FieldKind = {
  format: (reader) => {
    const start = reader.offset
    const map = readTypeBitMap(reader)
    const writer = new Writer(64)
    writeTypeBitMap(writer, map)
    // Zero octets that should have been left out: the mnemonics would not bring these octets back.
    if (writer.length !== reader.offset - start) throw reader.malformed('a type bit map with superfluous octets')
    return map.types.map(rrTypeName).join(' ')
  },
  parse: (fields, writer) => {
    const types: number[] = []
    while (fields.remaining > 0) types.push(readType(fields))
    writeTypeBitMap(writer, new TypeBitMap(types))
  },
}

export const ipv4: FieldKind = {
  format: (reader) => formatIpv4(reader.bytes(4)),
  parse: (fields, writer) => {
    writer.bytes(fields.decoded('the address', 'an IPv4 address', parseIpv4, fields.word('the address')))
  },
}

export const ipv6: FieldKind = {
  format: (reader) => formatIpv6(reader.bytes(16)),
  parse: (fields, writer) => {
    writer.bytes(fields.decoded('the address', 'an IPv6 address', parseIpv6, fields.word('the address')))
  },
}

/** Octets in hexadecimal with dashes between them (RFC 7043 sections 3.2 and 4.2). */
export function eui(octets: number): FieldKind {
  return {
    format: (reader) => {
      const texts: string[] = []
      for (let i = 0; i < octets; i++) texts.push(toHex(reader.bytes(1)))
      return texts.join('-')
    },
    parse: (fields, writer) => {
      const word = fields.word('the address')
      const dashed = /^[0-9a-f]{2}(?:-[0-9a-f]{2})+$/i.test(word) && word.length === 3 * octets - 1
      if (!dashed) throw fields.fail(`the address is not ${octets} octets with dashes between them`)
      writer.bytes(fromHex(word.replaceAll('-', ''))!)
    },
  }
}

/** 64 bits as four hexadecimal fields with colons between them (RFC 6742 section 2.1.2). */
export const locator64: FieldKind = {
  format: (reader) => {
    const texts: string[] = []
    for (let i = 0; i < 4; i++) texts.push(reader.u16().toString(16))
    return texts.join(':')
  },
  parse: (fields, writer) => {
    const word = fields.word('the locator')
    if (!/^[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){3}$/i.test(word))
      throw fields.fail('the locator is not four hexadecimal fields')
    for (const part of word.split(':')) writer.u16(Number.parseInt(part, 16))
  },
}

function readType(fields: Fields): number {
  const type = rrTypeFromName(fields.word('an RR type'))
  if (type === undefined) throw fields.fail('no RR type has this name', { hint: 'Write TYPE and its number' })
  return type
}

function some(reader: Reader, what: string): Uint8Array {
  const octets = reader.rest()
  if (octets.length === 0) throw reader.malformed(`${what} is empty`)
  return octets
}
