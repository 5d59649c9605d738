/** Records as `node:dns` shows them. */
import type { CaaRecord, MxRecord, NaptrRecord, SoaRecord, SrvRecord } from 'node:dns'
import { RRType } from '../../wire/codes/rrtype.ts'
import type { Name } from '../../wire/name.ts'
import { readA, readAaaa } from '../../wire/rdata/address.ts'
import { readCaa } from '../../wire/rdata/caa.ts'
import { readNaptr, readSrv } from '../../wire/rdata/service.ts'
import { readMx, readSoa, readTarget } from '../../wire/rdata/target.ts'
import { readTxt } from '../../wire/rdata/text.ts'
import { readTlsa } from '../../wire/rdata/tlsa.ts'
import type { ResourceRecord } from '../../wire/record.ts'

/** A TLSA record (RFC 6698 section 2.1). */
export interface TlsaRecord {
  readonly certUsage: number
  readonly selector: number
  readonly match: number
  readonly data: ArrayBuffer
}

/** One record of an answer to ANY; its fields are those of the type's own method. */
export type AnyRecord = { readonly type: string } & Readonly<Record<string, unknown>>

export function targetText(rdata: Uint8Array): string {
  return nameText(readTarget(rdata))
}

export function mxRecord(rdata: Uint8Array): MxRecord {
  const { preference, exchange } = readMx(rdata)
  return { exchange: nameText(exchange), priority: preference }
}

export function srvRecord(rdata: Uint8Array): SrvRecord {
  const { target, port, priority, weight } = readSrv(rdata)
  return { name: nameText(target), port, priority, weight }
}

export function naptrRecord(rdata: Uint8Array): NaptrRecord {
  const { flags, services, regexp, replacement, order, preference } = readNaptr(rdata)
  const texts = { flags: latin1(flags), service: latin1(services), regexp: latin1(regexp) }
  return { ...texts, replacement: nameText(replacement), order, preference }
}

export function soaRecord(rdata: Uint8Array): SoaRecord {
  const { mname, rname, serial, refresh, retry, expire, minimum } = readSoa(rdata)
  return { nsname: nameText(mname), hostmaster: nameText(rname), serial, refresh, retry, expire, minttl: minimum }
}

/** The tag is the key of its value: `{ critical: 0, issue: 'ca.example' }`. */
export function caaRecord(rdata: Uint8Array): CaaRecord {
  const { flags, tag, value } = readCaa(rdata)
  return { critical: flags, [tag]: latin1(value) }
}

/** One character an octet, as `node:dns` has it. */
export function txtStrings(rdata: Uint8Array): string[] {
  return readTxt(rdata).map(latin1)
}

export function tlsaRecord(rdata: Uint8Array): TlsaRecord {
  const { usage, selector, matchingType, data } = readTlsa(rdata)
  return { certUsage: usage, selector, match: matchingType, data: data.slice().buffer as ArrayBuffer }
}

/** Undefined for types that `node:dns` does not show. */
export function anyRecord({ type, ttl, rdata }: ResourceRecord): AnyRecord | undefined {
  switch (type) {
    case RRType.A:
      return { type: 'A', address: readA(rdata), ttl }
    case RRType.AAAA:
      return { type: 'AAAA', address: readAaaa(rdata), ttl }
    case RRType.CAA:
      return { type: 'CAA', ...caaRecord(rdata) }
    case RRType.CNAME:
      return { type: 'CNAME', value: targetText(rdata) }
    case RRType.MX:
      return { type: 'MX', ...mxRecord(rdata) }
    case RRType.NAPTR:
      return { type: 'NAPTR', ...naptrRecord(rdata) }
    case RRType.NS:
      return { type: 'NS', value: targetText(rdata) }
    case RRType.PTR:
      return { type: 'PTR', value: targetText(rdata) }
    case RRType.SOA:
      return { type: 'SOA', ...soaRecord(rdata) }
    case RRType.SRV:
      return { type: 'SRV', ...srvRecord(rdata) }
    case RRType.TLSA:
      return { type: 'TLSA', ...tlsaRecord(rdata) }
    case RRType.TXT:
      return { type: 'TXT', entries: txtStrings(rdata) }
    default:
      return undefined
  }
}

/** A name without its final dot, spaces as they are; the root is the empty string. */
function nameText(name: Name): string {
  const text = name.toString().slice(0, -1)
  return text.replace(/\\(?:032|.)/gs, (written) => (written === '\\032' ? ' ' : written))
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
}
