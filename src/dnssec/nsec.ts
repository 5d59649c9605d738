import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import type { Nsec } from '../wire/rdata/dnssec.ts'
import type { TypeBitMap } from '../wire/rdata/type-bit-map.ts'

/** An NSEC record with the owner it was signed under (a wildcard's own name where it was expanded). */
export interface OwnedNsec {
  readonly owner: Name
  readonly nsec: Nsec
  /** The zone that signed it. */
  readonly zone: Name
}

/**
 * Whether the record is one a zone's chain can hold: owner and next name in the zone, and only the last one wraps, to
 * the apex (RFC 4034 section 4.1.1). One that fails this would deny names of other zones.
 */
export function isWellFormed({ owner, nsec, zone }: OwnedNsec): boolean {
  const next = nsec.nextDomainName
  if (!owner.isAtOrBelow(zone) || !next.isAtOrBelow(zone)) return false
  return owner.compare(next) < 0 || next.equals(zone)
}

/** Whether `name` falls between owner and next name, and the record may speak of what is there. */
export function covers(record: OwnedNsec, name: Name): boolean {
  const { owner, nsec, zone } = record
  if (!name.isBelow(zone) || owner.compare(name) >= 0) return false
  const next = nsec.nextDomainName
  if (!next.equals(zone) && name.compare(next) >= 0) return false
  return !(name.isBelow(owner) && delegatesOrRedirects(nsec.types))
}

/** Whether the record, which covers `name`, shows it to be an empty non-terminal (RFC 4592 section 2.2.2). */
export function showsEmptyNonTerminal({ nsec }: OwnedNsec, name: Name): boolean {
  return nsec.nextDomainName.isBelow(name)
}

/**
 * The closest encloser of a name that the record covers: the longest ancestor it shares with the owner or the next
 * name, both of which exist, and with them all their ancestors.
 */
export function closestEncloser({ owner, nsec }: OwnedNsec, name: Name): Name {
  const a = name.commonAncestor(owner)
  const b = name.commonAncestor(nsec.nextDomainName)
  return a.labelCount >= b.labelCount ? a : b
}

/**
 * Whether nothing at or below the owner of this bit map belongs to the zone any more, but the owner's DS: a delegation
 * seen from the parent, or a DNAME (RFC 6840 section 4.1, RFC 6672 section 5.3.4.1).
 */
export function delegatesOrRedirects(types: TypeBitMap): boolean {
  return types.has(RRType.DNAME) || isParentSide(types)
}

/** NS without SOA: the parent's side of a zone cut. */
function isParentSide(types: TypeBitMap): boolean {
  return types.has(RRType.NS) && !types.has(RRType.SOA)
}

/** What a bit map at exactly the name asked for says about a type. */
export type BitMapVerdict = 'absent' | 'present' | 'nxname' | 'wrong-side'

/**
 * Reads the bit map of the NSEC or NSEC3 record that matches the name. It must be on the right side of the zone cut:
 * DS on the parent's, all other types on the child's (RFC 6840 sections 4.1 and 4.4). A CNAME there would have been
 * the answer (RFC 6840 section 4.3). `isRoot`: the root has no parent, so its own record speaks for its DS.
 */
export function readBitMap(types: TypeBitMap, type: number, isRoot: boolean): BitMapVerdict {
  if (type === RRType.DS) {
    if (types.has(RRType.SOA) && !isRoot) return 'wrong-side'
  } else if (isParentSide(types)) return 'wrong-side'
  // NXNAME says that the name does not exist, so no other type can be there (RFC 9824 section 3.1).
  if (types.has(RRType.NXNAME)) return types.types.every((there) => MAINTENANCE.has(there)) ? 'nxname' : 'present'
  if (type === RRType.ANY) return types.types.every((there) => MAINTENANCE.has(there)) ? 'absent' : 'present'
  if (types.has(type) || types.has(RRType.CNAME)) return 'present'
  return 'absent'
}

/** Types that are there because of the record itself. */
const MAINTENANCE: ReadonlySet<number> = new Set([RRType.NSEC, RRType.RRSIG, RRType.NXNAME])
