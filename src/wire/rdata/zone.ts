import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'
import { readTypeBitMap, type TypeBitMap, writeTypeBitMap } from './type-bit-map.ts'

/** ZONEMD (RFC 8976 section 2.2). */
export interface Zonemd {
  readonly serial: number
  readonly scheme: number
  readonly hashAlgorithm: number
  readonly digest: Uint8Array
}

/** CSYNC (RFC 7477 section 2.1). */
export interface Csync {
  readonly serial: number
  readonly flags: number
  readonly types: TypeBitMap
}

/** @throws {DanelawError} `bad-wire` also where the digest is shorter than 12 octets (RFC 8976 section 2.2.4). */
export function readZonemd(rdata: Uint8Array): Zonemd {
  const reader = new Reader(rdata)
  const zonemd = { serial: reader.u32(), scheme: reader.u8(), hashAlgorithm: reader.u8(), digest: reader.rest() }
  if (zonemd.digest.length < 12) throw reader.malformed(`a ZONEMD digest of ${zonemd.digest.length} octets`)
  return zonemd
}

export function writeZonemd(zonemd: Zonemd): Uint8Array {
  return new Writer().u32(zonemd.serial).u8(zonemd.scheme).u8(zonemd.hashAlgorithm).bytes(zonemd.digest).finish()
}

/** @throws {DanelawError} `bad-wire` */
export function readCsync(rdata: Uint8Array): Csync {
  const reader = new Reader(rdata)
  return { serial: reader.u32(), flags: reader.u16(), types: readTypeBitMap(reader) }
}

export function writeCsync(csync: Csync): Uint8Array {
  const writer = new Writer().u32(csync.serial).u16(csync.flags)
  writeTypeBitMap(writer, csync.types)
  return writer.finish()
}
