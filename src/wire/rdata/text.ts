import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'

/** HINFO (RFC 1035 section 3.3.2). */
export interface Hinfo {
  readonly cpu: Uint8Array
  readonly os: Uint8Array
}

/** The strings of TXT or SPF RDATA, at least one (RFC 1035 section 3.3.14). @throws {DanelawError} `bad-wire` */
export function readTxt(rdata: Uint8Array): Uint8Array[] {
  const reader = new Reader(rdata)
  const strings = [reader.characterString()]
  while (reader.remaining > 0) strings.push(reader.characterString())
  return strings
}

/** @throws {RangeError} where there is no string, or one of more than 255 octets. */
export function writeTxt(strings: readonly Uint8Array[]): Uint8Array {
  if (strings.length === 0) throw new RangeError('strings: a TXT record holds at least one')
  const writer = new Writer()
  for (const string of strings) writer.characterString(string)
  return writer.finish()
}

/** @throws {DanelawError} `bad-wire` */
export function readHinfo(rdata: Uint8Array): Hinfo {
  const reader = new Reader(rdata)
  const hinfo = { cpu: reader.characterString(), os: reader.characterString() }
  reader.finish('the HINFO record')
  return hinfo
}

/** @throws {RangeError} where a string has more than 255 octets. */
export function writeHinfo(hinfo: Hinfo): Uint8Array {
  return new Writer().characterString(hinfo.cpu).characterString(hinfo.os).finish()
}
