import type { Name } from '../name.ts'
import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'

/** SRV (RFC 2782). */
export interface Srv {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: Name
}

/** NAPTR (RFC 3403 section 4.1). */
export interface Naptr {
  readonly order: number
  readonly preference: number
  readonly flags: Uint8Array
  readonly services: Uint8Array
  readonly regexp: Uint8Array
  readonly replacement: Name
}

/** URI (RFC 7553 section 4.5). */
export interface Uri {
  readonly priority: number
  readonly weight: number
  readonly target: Uint8Array
}

/** @throws {DanelawError} `bad-wire` */
export function readSrv(rdata: Uint8Array): Srv {
  const reader = new Reader(rdata)
  const srv = { priority: reader.u16(), weight: reader.u16(), port: reader.u16(), target: reader.name() }
  reader.finish('the SRV record')
  return srv
}

export function writeSrv(srv: Srv): Uint8Array {
  return new Writer().u16(srv.priority).u16(srv.weight).u16(srv.port).name(srv.target).finish()
}

/** @throws {DanelawError} `bad-wire` */
export function readNaptr(rdata: Uint8Array): Naptr {
  const reader = new Reader(rdata)
  const naptr = {
    order: reader.u16(),
    preference: reader.u16(),
    flags: reader.characterString(),
    services: reader.characterString(),
    regexp: reader.characterString(),
    replacement: reader.name(),
  }
  reader.finish('the NAPTR record')
  return naptr
}

/** @throws {RangeError} where a string has more than 255 octets. */
export function writeNaptr(naptr: Naptr): Uint8Array {
  const writer = new Writer().u16(naptr.order).u16(naptr.preference)
  writer.characterString(naptr.flags).characterString(naptr.services).characterString(naptr.regexp)
  return writer.name(naptr.replacement).finish()
}

/** @throws {DanelawError} `bad-wire` where the target is missing (RFC 7553 section 4.4). */
export function readUri(rdata: Uint8Array): Uri {
  const reader = new Reader(rdata)
  const uri = { priority: reader.u16(), weight: reader.u16(), target: reader.rest() }
  if (uri.target.length === 0) throw reader.malformed('a URI record without a target')
  return uri
}

export function writeUri(uri: Uri): Uint8Array {
  return new Writer().u16(uri.priority).u16(uri.weight).bytes(uri.target).finish()
}
