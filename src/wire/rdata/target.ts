import type { Name } from '../name.ts'
import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'

/** SOA (RFC 1035 section 3.3.13). Times in seconds. */
export interface Soa {
  readonly mname: Name
  readonly rname: Name
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  readonly minimum: number
}

/** MX (RFC 1035 section 3.3.9). */
export interface Mx {
  readonly preference: number
  readonly exchange: Name
}

/** RP (RFC 1183 section 2.2). */
export interface Rp {
  /** The mailbox, its first label the local part. */
  readonly mbox: Name
  /** Where TXT records with more are found; the root for nowhere. */
  readonly txt: Name
}

/** The one name of NS, CNAME, DNAME and PTR RDATA. @throws {DanelawError} `bad-wire` */
export function readTarget(rdata: Uint8Array): Name {
  const reader = new Reader(rdata)
  const target = reader.name()
  reader.finish('the name')
  return target
}

export function writeTarget(target: Name): Uint8Array {
  return target.wire.slice()
}

/** @throws {DanelawError} `bad-wire` */
export function readSoa(rdata: Uint8Array): Soa {
  const reader = new Reader(rdata)
  const soa = {
    mname: reader.name(),
    rname: reader.name(),
    serial: reader.u32(),
    refresh: reader.u32(),
    retry: reader.u32(),
    expire: reader.u32(),
    minimum: reader.u32(),
  }
  reader.finish('the SOA record')
  return soa
}

export function writeSoa(soa: Soa): Uint8Array {
  const writer = new Writer().name(soa.mname).name(soa.rname)
  return writer.u32(soa.serial).u32(soa.refresh).u32(soa.retry).u32(soa.expire).u32(soa.minimum).finish()
}

/** @throws {DanelawError} `bad-wire` */
export function readMx(rdata: Uint8Array): Mx {
  const reader = new Reader(rdata)
  const mx = { preference: reader.u16(), exchange: reader.name() }
  reader.finish('the MX record')
  return mx
}

export function writeMx(mx: Mx): Uint8Array {
  return new Writer().u16(mx.preference).name(mx.exchange).finish()
}

/** @throws {DanelawError} `bad-wire` */
export function readRp(rdata: Uint8Array): Rp {
  const reader = new Reader(rdata)
  const rp = { mbox: reader.name(), txt: reader.name() }
  reader.finish('the RP record')
  return rp
}

export function writeRp(rp: Rp): Uint8Array {
  return new Writer().name(rp.mbox).name(rp.txt).finish()
}
