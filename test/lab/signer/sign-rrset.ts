/** One RRSIG over one RRset (RFC 4034 section 3.1.8.1), with every field open to be set wrong. */
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import type { Name } from '../../../src/wire/name.ts'
import type { Rrsig } from '../../../src/wire/rdata/dnssec.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'
import { signData } from './algorithms.ts'
import { canonicalName, canonicalRdatas } from './canonical.ts'
import type { SigningKey } from './key.ts'
import { type LabRRset, record } from './zone-content.ts'

/** All of an RRSIG but its signature. */
export type RrsigFields = Omit<Rrsig, 'signature'>

/** Unix seconds. */
export interface Validity {
  readonly inception: number
  readonly expiration: number
}

/** The fields as the RFC wants them. */
export function rrsigFields(rrset: LabRRset, key: SigningKey, signerName: Name, validity: Validity): RrsigFields {
  const { inception, expiration } = validity
  return {
    typeCovered: rrset.type,
    algorithm: key.algorithm,
    labels: rrset.name.labelCount - (rrset.name.isWildcard ? 1 : 0),
    originalTtl: rrset.ttl,
    expiration,
    inception,
    keyTag: key.keyTag,
    signerName,
  }
}

/** Signs whatever the fields say; the owner is cut to their Labels, as for a wildcard. */
export function signRRset(rrset: LabRRset, key: SigningKey, fields: RrsigFields): ResourceRecord {
  const head = fieldOctets(fields, canonicalName(fields.signerName))
  const signature = signData(key.algorithm, key.privateKey, Buffer.concat([head, ...signedRecords(rrset, fields)]))
  const rdata = Buffer.concat([fieldOctets(fields, Buffer.from(fields.signerName.wire)), signature])
  return record(rrset.name, RRType.RRSIG, rrset.ttl, rdata)
}

function signedRecords(rrset: LabRRset, fields: RrsigFields): Buffer[] {
  const owner = canonicalName(signedOwner(rrset.name, fields.labels))
  const middle = Buffer.alloc(8)
  middle.writeUInt16BE(rrset.type, 0)
  middle.writeUInt16BE(rrset.records[0]!.class, 2)
  middle.writeUInt32BE(fields.originalTtl, 4)
  return canonicalRdatas(rrset.records).map((rdata) => {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(rdata.length)
    return Buffer.concat([owner, middle, length, rdata])
  })
}

function signedOwner(name: Name, labels: number): Name {
  const own = name.labelCount - (name.isWildcard ? 1 : 0)
  // More labels than the owner has cannot be honoured; the field is then simply wrong.
  return labels >= own ? name : name.suffix(labels).prepend('*')
}

function fieldOctets(fields: RrsigFields, signerName: Buffer): Buffer {
  const head = Buffer.alloc(18)
  head.writeUInt16BE(fields.typeCovered, 0)
  head.writeUInt8(fields.algorithm, 2)
  head.writeUInt8(fields.labels, 3)
  head.writeUInt32BE(fields.originalTtl, 4)
  head.writeUInt32BE(fields.expiration, 8)
  head.writeUInt32BE(fields.inception, 12)
  head.writeUInt16BE(fields.keyTag, 16)
  return Buffer.concat([head, signerName])
}
