/** The records of a zone sorted into RRsets and names, with what stands below a cut told from what does not. */
import { RRClass } from '../../../src/wire/codes/rrclass.ts'
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import type { Name } from '../../../src/wire/name.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'
import { compareNames } from './canonical.ts'

export interface LabRRset {
  readonly name: Name
  readonly type: number
  readonly ttl: number
  readonly records: readonly ResourceRecord[]
}

export interface ZoneNode {
  readonly name: Name
  /** `hidden`: below a zone cut or a DNAME, glue for the most part; neither signed nor in a denial chain. */
  readonly place: 'apex' | 'authoritative' | 'cut' | 'hidden'
  readonly rrsets: readonly LabRRset[]
}

/** All names that own records, in canonical order. @throws {RangeError} for a record outside the zone. */
export function zoneNodes(apex: Name, records: readonly ResourceRecord[]): ZoneNode[] {
  const byName = new Map<string, { name: Name; types: Map<number, ResourceRecord[]> }>()
  for (const record of records) {
    if (!record.name.isAtOrBelow(apex)) throw new RangeError(`records: ${record.name} is not in ${apex}`)
    const entry = byName.get(record.name.key) ?? { name: record.name, types: new Map<number, ResourceRecord[]>() }
    byName.set(record.name.key, entry)
    entry.types.set(record.type, [...(entry.types.get(record.type) ?? []), record])
  }
  const has = (name: Name, type: number): boolean => byName.get(name.key)?.types.has(type) ?? false
  const isCut = (name: Name): boolean => !name.equals(apex) && has(name, RRType.NS)
  const isHidden = (name: Name): boolean => {
    for (let labels = apex.labelCount; labels < name.labelCount; labels++) {
      const above = name.suffix(labels)
      if (isCut(above) || has(above, RRType.DNAME)) return true
    }
    return false
  }
  const placeOf = (name: Name): ZoneNode['place'] => {
    if (name.equals(apex)) return 'apex'
    if (isHidden(name)) return 'hidden'
    return isCut(name) ? 'cut' : 'authoritative'
  }
  return [...byName.values()]
    .sort((a, b) => compareNames(a.name, b.name))
    .map(({ name, types }) => ({ name, place: placeOf(name), rrsets: [...types.values()].map(rrsetOf) }))
}

/** Whether this zone signs the RRset: nothing hidden, at a cut only DS and NSEC (RFC 4035 section 2.2). */
export function isSigned(node: ZoneNode, type: number): boolean {
  // A DNAME at the apex hides every name below but the hashed ones (RFC 6672 section 5.3.4).
  if (type === RRType.NSEC3) return true
  if (node.place === 'hidden' || type === RRType.RRSIG) return false
  return node.place !== 'cut' || type === RRType.DS || type === RRType.NSEC
}

/** One RRset of records that share owner, type and class, with the least of their TTLs. */
export function rrsetOf(records: readonly ResourceRecord[]): LabRRset {
  const first = records[0]
  if (first === undefined) throw new RangeError('records: an RRset has at least one')
  const ttl = Math.min(...records.map((record) => record.ttl))
  return { name: first.name, type: first.type, ttl, records: records.map((record) => ({ ...record, ttl })) }
}

export function record(name: Name, type: number, ttl: number, rdata: Uint8Array): ResourceRecord {
  return { name, type, class: RRClass.IN, ttl, rdata }
}
