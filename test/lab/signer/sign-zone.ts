/** Signs a whole zone: keys, denial of existence, signatures (RFC 4035 section 2, RFC 5155 section 7.1). */
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import type { Name } from '../../../src/wire/name.ts'
import { readSoa } from '../../../src/wire/rdata/target.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'
import { type Nsec3Parameters, nsec3Chain, nsec3ParamRecord, nsecChain } from './denial.ts'
import type { SigningKey } from './key.ts'
import { type RrsigFields, type Validity, rrsigFields, signRRset } from './sign-rrset.ts'
import { type LabRRset, isSigned, record, zoneNodes } from './zone-content.ts'

/** How a zone denies: with NSEC, with NSEC3, or not at all (`none`: signatures, and no chain). */
export type Denial =
  | { readonly kind: 'nsec' }
  | ({ readonly kind: 'nsec3' } & Nsec3Parameters)
  | { readonly kind: 'none' }

export interface SignZoneOptions extends Validity {
  readonly apex: Name
  /** Unsigned records, glue and DS records of children included; a SOA at the apex. */
  readonly records: readonly ResourceRecord[]
  /** All keys to publish; each signs what its role says. */
  readonly keys: readonly SigningKey[]
  readonly denial: Denial
  /** TTL of the DNSKEY RRset, default 3600. */
  readonly keyTtl?: number
  /** Changes the records, the denial chain among them, before they are signed. */
  readonly alter?: (records: ResourceRecord[]) => readonly ResourceRecord[]
  /** Changes the fields of a signature before it is made; `null` leaves it out. */
  readonly mutate?: (fields: RrsigFields, rrset: LabRRset, key: SigningKey) => RrsigFields | null
  /** Changes a finished RRSIG record; `null` leaves it out. */
  readonly tamper?: (rrsig: ResourceRecord, rrset: LabRRset, key: SigningKey) => ResourceRecord | null
}

/** The zone with its DNSKEYs, denial chain and RRSIGs, in canonical order. */
export function signZone(options: SignZoneOptions): ResourceRecord[] {
  const { apex, denial } = options
  const keyRecords = options.keys.map((key) => record(apex, RRType.DNSKEY, options.keyTtl ?? 3600, key.rdata))
  const content = [...options.records, ...keyRecords]
  if (denial.kind === 'nsec3') content.push(nsec3ParamRecord(apex, denial))
  content.push(...denialRecords(apex, content, denial))
  const signed: ResourceRecord[] = []
  for (const node of zoneNodes(apex, options.alter?.(content) ?? content)) {
    for (const rrset of node.rrsets) {
      signed.push(...rrset.records)
      if (!isSigned(node, rrset.type)) continue
      for (const key of signingKeys(options.keys, rrset.type)) {
        const rrsig = makeRrsig(options, rrset, key)
        if (rrsig !== null) signed.push(rrsig)
      }
    }
  }
  return signed
}

function denialRecords(apex: Name, content: readonly ResourceRecord[], denial: Denial): ResourceRecord[] {
  if (denial.kind === 'none') return []
  const soa = content.find(({ name, type }) => type === RRType.SOA && name.equals(apex))
  if (soa === undefined) throw new RangeError(`records: no SOA at ${apex}`)
  const ttl = Math.min(soa.ttl, readSoa(soa.rdata).minimum) // RFC 9077 section 3
  const nodes = zoneNodes(apex, content)
  return denial.kind === 'nsec' ? nsecChain(nodes, ttl) : nsec3Chain(apex, nodes, ttl, denial)
}

function signingKeys(keys: readonly SigningKey[], type: number): SigningKey[] {
  const other = type === RRType.DNSKEY ? 'ksk' : 'zsk'
  return keys.filter(({ role }) => role === 'csk' || role === other)
}

function makeRrsig(options: SignZoneOptions, rrset: LabRRset, key: SigningKey): ResourceRecord | null {
  const proper = rrsigFields(rrset, key, options.apex, options)
  const fields = options.mutate === undefined ? proper : options.mutate(proper, rrset, key)
  if (fields === null) return null
  const rrsig = signRRset(rrset, key, fields)
  return options.tamper === undefined ? rrsig : options.tamper(rrsig, rrset, key)
}
