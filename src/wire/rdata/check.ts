import { RRType } from '../codes/rrtype.ts'
import { readA, readAaaa } from './address.ts'
import { readCaa } from './caa.ts'
import { readDnskey, readDs, readNsec, readNsec3, readNsec3Param, readRrsig } from './dnssec.ts'
import { readNaptr, readSrv, readUri } from './service.ts'
import { readSshfp } from './sshfp.ts'
import { readSvcb } from './svcb.ts'
import { readMx, readRp, readSoa, readTarget } from './target.ts'
import { readHinfo, readTxt } from './text.ts'
import { readTlsa } from './tlsa.ts'
import { readCsync, readZonemd } from './zone.ts'

/**
 * Reads RDATA of class IN with its type's own reader and throws away the result. Types without a reader are opaque
 * and pass (RFC 3597 section 3).
 * @throws {DanelawError} `bad-wire` where the octets are malformed for the type.
 */
export function checkRdata(type: number, rdata: Uint8Array): void {
  READERS.get(type)?.(rdata)
}

const READERS: ReadonlyMap<number, (rdata: Uint8Array) => unknown> = new Map<number, (rdata: Uint8Array) => unknown>([
  [RRType.A, readA],
  [RRType.NS, readTarget],
  [RRType.CNAME, readTarget],
  [RRType.SOA, readSoa],
  [RRType.PTR, readTarget],
  [RRType.HINFO, readHinfo],
  [RRType.MX, readMx],
  [RRType.TXT, readTxt],
  [RRType.RP, readRp],
  [RRType.AAAA, readAaaa],
  [RRType.SRV, readSrv],
  [RRType.NAPTR, readNaptr],
  [RRType.DNAME, readTarget],
  [RRType.DS, readDs],
  [RRType.SSHFP, readSshfp],
  [RRType.RRSIG, readRrsig],
  [RRType.NSEC, readNsec],
  [RRType.DNSKEY, readDnskey],
  [RRType.NSEC3, readNsec3],
  [RRType.NSEC3PARAM, readNsec3Param],
  [RRType.TLSA, readTlsa],
  [RRType.SMIMEA, readTlsa],
  [RRType.CDS, readDs],
  [RRType.CDNSKEY, readDnskey],
  [RRType.CSYNC, readCsync],
  [RRType.ZONEMD, readZonemd],
  [RRType.SVCB, readSvcb],
  [RRType.HTTPS, readSvcb],
  [RRType.SPF, readTxt],
  [RRType.URI, readUri],
  [RRType.CAA, readCaa],
])
