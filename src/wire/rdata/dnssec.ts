import { Name } from '../name.ts'
import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'
import { type TypeBitMap, readTypeBitMap, writeTypeBitMap } from './type-bit-map.ts'

/** DS and CDS (RFC 4034 section 5.1, RFC 7344). */
export interface Ds {
  readonly keyTag: number
  readonly algorithm: number
  readonly digestType: number
  readonly digest: Uint8Array
}

/** DNSKEY and CDNSKEY (RFC 4034 section 2.1). */
export interface Dnskey {
  readonly flags: number
  readonly protocol: number
  readonly algorithm: number
  readonly publicKey: Uint8Array
}

/** RRSIG (RFC 4034 section 3.1). */
export interface Rrsig {
  readonly typeCovered: number
  readonly algorithm: number
  readonly labels: number
  /** Original TTL, in seconds. */
  readonly originalTtl: number
  /** Serial number of seconds since 1970, modulo 2^32 (RFC 1982). */
  readonly expiration: number
  readonly inception: number
  readonly keyTag: number
  readonly signerName: Name
  readonly signature: Uint8Array
}

/** NSEC (RFC 4034 section 4.1). */
export interface Nsec {
  readonly nextDomainName: Name
  readonly types: TypeBitMap
}

/** NSEC3 (RFC 5155 section 3.1). */
export interface Nsec3 {
  readonly hashAlgorithm: number
  readonly flags: number
  readonly iterations: number
  readonly salt: Uint8Array
  readonly nextHashedOwnerName: Uint8Array
  readonly types: TypeBitMap
}

/** NSEC3PARAM (RFC 5155 section 4.1). */
export interface Nsec3Param {
  readonly hashAlgorithm: number
  readonly flags: number
  readonly iterations: number
  readonly salt: Uint8Array
}

/*
 * The readers below throw a DanelawError `bad-wire` where the RDATA is malformed: too short, too long, or with a
 * compressed name, which none of these types may hold (RFC 3597 section 4, RFC 4034 section 3.1.7).
 */

export function readDs(rdata: Uint8Array): Ds {
  const reader = new Reader(rdata)
  const ds = { keyTag: reader.u16(), algorithm: reader.u8(), digestType: reader.u8(), digest: rdata.slice(4) }
  if (ds.digest.length === 0) throw reader.malformed('a DS record without a digest')
  return ds
}

export function writeDs(ds: Ds): Uint8Array {
  return new Writer(64).u16(ds.keyTag).u8(ds.algorithm).u8(ds.digestType).bytes(ds.digest).finish()
}

export function readDnskey(rdata: Uint8Array): Dnskey {
  const reader = new Reader(rdata)
  const key = { flags: reader.u16(), protocol: reader.u8(), algorithm: reader.u8(), publicKey: reader.rest() }
  if (key.publicKey.length === 0) throw reader.malformed('a DNSKEY record without a key')
  return key
}

export function writeDnskey(key: Dnskey): Uint8Array {
  return new Writer(300).u16(key.flags).u8(key.protocol).u8(key.algorithm).bytes(key.publicKey).finish()
}

export function readRrsig(rdata: Uint8Array): Rrsig {
  const reader = new Reader(rdata)
  const rrsig = {
    typeCovered: reader.u16(),
    algorithm: reader.u8(),
    labels: reader.u8(),
    originalTtl: reader.u32(),
    expiration: reader.u32(),
    inception: reader.u32(),
    keyTag: reader.u16(),
    signerName: readSigner(reader),
    signature: reader.rest(),
  }
  if (rrsig.signature.length === 0) throw reader.malformed('an RRSIG record without a signature')
  return rrsig
}

/** The name at the reader's place; the one that was read last where it is the same, as from one zone it is. */
function readSigner(reader: Reader): Name {
  const { octets, offset, end } = reader
  const { wire } = lastSigner
  let same = 0
  if (offset + wire.length <= end) while (same < wire.length && octets[offset + same] === wire[same]) same++
  if (same === wire.length) reader.offset += same
  else lastSigner = reader.name()
  return lastSigner
}

export function writeRrsig(rrsig: Rrsig): Uint8Array {
  return new Writer(512)
    .u16(rrsig.typeCovered)
    .u8(rrsig.algorithm)
    .u8(rrsig.labels)
    .u32(rrsig.originalTtl)
    .u32(rrsig.expiration)
    .u32(rrsig.inception)
    .u16(rrsig.keyTag)
    .name(rrsig.signerName)
    .bytes(rrsig.signature)
    .finish()
}

export function readNsec(rdata: Uint8Array): Nsec {
  const reader = new Reader(rdata)
  return { nextDomainName: reader.name(), types: readTypeBitMap(reader) }
}

export function writeNsec(nsec: Nsec): Uint8Array {
  const writer = new Writer().name(nsec.nextDomainName)
  writeTypeBitMap(writer, nsec.types)
  return writer.finish()
}

export function readNsec3(rdata: Uint8Array): Nsec3 {
  const reader = new Reader(rdata)
  const nsec3 = {
    hashAlgorithm: reader.u8(),
    flags: reader.u8(),
    iterations: reader.u16(),
    salt: reader.characterString(),
    nextHashedOwnerName: reader.characterString(),
    types: readTypeBitMap(reader),
  }
  // RFC 5155 section 3.2: the hash length is 1 to 255.
  if (nsec3.nextHashedOwnerName.length === 0) throw reader.malformed('an NSEC3 record without a next hashed owner name')
  return nsec3
}

export function writeNsec3(nsec3: Nsec3): Uint8Array {
  const writer = writeNsec3Fields(nsec3).characterString(nsec3.nextHashedOwnerName)
  writeTypeBitMap(writer, nsec3.types)
  return writer.finish()
}

export function readNsec3Param(rdata: Uint8Array): Nsec3Param {
  const reader = new Reader(rdata)
  const param = {
    hashAlgorithm: reader.u8(),
    flags: reader.u8(),
    iterations: reader.u16(),
    salt: reader.characterString(),
  }
  reader.finish('the NSEC3PARAM record')
  return param
}

export function writeNsec3Param(param: Nsec3Param): Uint8Array {
  return writeNsec3Fields(param).finish()
}

function writeNsec3Fields(param: Nsec3Param): Writer {
  return new Writer().u8(param.hashAlgorithm).u8(param.flags).u16(param.iterations).characterString(param.salt)
}

/**
 * The key tag over DNSKEY RDATA (RFC 4034 appendix B). Algorithm 1 (RSA/MD5), whose tag is another, is not supported.
 */
export function keyTag(dnskeyRdata: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < dnskeyRdata.length; i++) sum += i & 1 ? dnskeyRdata[i]! : dnskeyRdata[i]! << 8
  sum += (sum >>> 16) & 0xffff
  return sum & 0xffff
}

/** Names do not change, so that whoever holds one may hold the same as others. */
let lastSigner = Name.root
