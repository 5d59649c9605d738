import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'

/** CAA (RFC 8659 section 4.1). */
export interface Caa {
  /** Bit 0x80: Issuer Critical. */
  readonly flags: number
  /** US-ASCII letters and digits, as received; compared without regard to case. */
  readonly tag: string
  readonly value: Uint8Array
}

/** @throws {DanelawError} `bad-wire` where the tag is empty or holds other than letters and digits. */
export function readCaa(rdata: Uint8Array): Caa {
  const reader = new Reader(rdata)
  const flags = reader.u8()
  const tag = String.fromCharCode(...reader.characterString())
  if (!TAG.test(tag)) throw reader.malformed('a CAA tag of other than letters and digits')
  return { flags, tag, value: reader.rest() }
}

/** @throws {RangeError} where the tag is empty, too long, or holds other than letters and digits. */
export function writeCaa(caa: Caa): Uint8Array {
  if (!TAG.test(caa.tag) || caa.tag.length > 255) throw new RangeError(`caa.tag: '${caa.tag}'`)
  const tag = Uint8Array.from(caa.tag, (character) => character.charCodeAt(0))
  return new Writer().u8(caa.flags).characterString(tag).bytes(caa.value).finish()
}

const TAG = /^[0-9A-Za-z]+$/
