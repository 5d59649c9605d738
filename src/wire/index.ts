/**
 * `danelaw/wire`: names, records, messages, and their presentation form. Pure: no I/O, and it runs in a browser.
 *
 * Octets come in through `parseMessage` and the readers of RDATA, which throw a DanelawError `bad-wire` for what is
 * malformed; text comes in through `Name.parse` (`bad-name`), `parseRdata`, `parseRecord` and `parseMasterFile`
 * (`bad-record`). Writers throw a RangeError for values that do not fit their field.
 */
export { DanelawError, type ErrorCode, type Place } from '../errors.ts'
export { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './address.ts'
export { EDE_NAMES, Ede, edeName } from './codes/ede.ts'
export { Rcode, rcodeName } from './codes/rcode.ts'
export { RRClass, rrClassFromName, rrClassName } from './codes/rrclass.ts'
export { RRType, rrTypeFromName, rrTypeName } from './codes/rrtype.ts'
export { SvcParamKey, svcParamKeyFromName, svcParamKeyName } from './codes/svc-param.ts'
export { type Edns, type EdnsOption, EdnsOptionCode, type ExtendedError, extendedErrors } from './edns.ts'
export { formatMasterFile } from './master-file/format.ts'
export {
  type MasterFileOptions,
  parseMasterFile,
  parseRecord,
  type RecordOptions,
} from './master-file/parse.ts'
export { encodeMessage, type Message, parseMessage } from './message.ts'
export { compareOctets, MAX_NAME_OCTETS, Name } from './name.ts'
export { fromBase32Hex, fromBase64, fromHex, toBase32Hex, toBase64, toHex } from './presentation/encodings.ts'
export { formatRdata, parseRdata } from './presentation/rdata.ts'
export { formatRecord } from './presentation/record.ts'
export { readA, readAaaa, writeA, writeAaaa } from './rdata/address.ts'
export { type Caa, readCaa, writeCaa } from './rdata/caa.ts'
export { checkRdata } from './rdata/check.ts'
export {
  type Dnskey,
  type Ds,
  keyTag,
  type Nsec,
  type Nsec3,
  type Nsec3Param,
  type Rrsig,
  readDnskey,
  readDs,
  readNsec,
  readNsec3,
  readNsec3Param,
  readRrsig,
  writeDnskey,
  writeDs,
  writeNsec,
  writeNsec3,
  writeNsec3Param,
  writeRrsig,
} from './rdata/dnssec.ts'
export {
  type Naptr,
  readNaptr,
  readSrv,
  readUri,
  type Srv,
  type Uri,
  writeNaptr,
  writeSrv,
  writeUri,
} from './rdata/service.ts'
export { readSshfp, type Sshfp, writeSshfp } from './rdata/sshfp.ts'
export { readSvcb, type Svcb, type SvcParam, writeSvcb } from './rdata/svcb.ts'
export {
  type Mx,
  type Rp,
  readMx,
  readRp,
  readSoa,
  readTarget,
  type Soa,
  writeMx,
  writeRp,
  writeSoa,
  writeTarget,
} from './rdata/target.ts'
export { type Hinfo, readHinfo, readTxt, writeHinfo, writeTxt } from './rdata/text.ts'
export { readTlsa, type Tlsa, writeTlsa } from './rdata/tlsa.ts'
export { TypeBitMap } from './rdata/type-bit-map.ts'
export { type Csync, readCsync, readZonemd, writeCsync, writeZonemd, type Zonemd } from './rdata/zone.ts'
export type { Question, ResourceRecord } from './record.ts'
