import { RRType } from '../wire/codes/rrtype.ts'
import { compareOctets, type Name } from '../wire/name.ts'
import type { TypeBitMap } from '../wire/rdata/type-bit-map.ts'
import { LimitReached } from '../limits.ts'
import type { Candidate, DenialRecords } from './denial-records.ts'
import { failure, placeText } from './failure.ts'
import {
  closestEncloser,
  covers,
  delegatesOrRedirects,
  type OwnedNsec,
  readBitMap,
  showsEmptyNonTerminal,
} from './nsec.ts'
import { coversHash, hashName, isOptOut, type OwnedNsec3 } from './nsec3.ts'
import type { VerifiedRRset } from './rrsig.ts'
import type { Session } from './session.ts'
import type { Failure } from './status.ts'

/** What was proven, with the records that did it. */
export interface Proof {
  readonly proves: string
  readonly used: readonly VerifiedRRset[]
}

/** What the NSEC and NSEC3 records of an answer prove. */
export type Denial =
  | { readonly kind: 'nodata' | 'nxdomain'; readonly proof: Proof }
  /** Proven to lie where unsigned names may be (RFC 5155 section 6), or where hashing costs too much (RFC 9276). */
  | { readonly kind: 'insecure'; readonly code: 'nsec3-opt-out' | 'nsec3-iterations'; readonly proof: Proof }
  | { readonly kind: 'unproven'; readonly failure: Failure }

/** What the records prove about a zone cut at a name that has no DS. */
export type CutDenial =
  | { readonly kind: 'delegation' | 'no-cut' | 'nothing-below'; readonly proof: Proof }
  | { readonly kind: 'insecure'; readonly code: 'nsec3-opt-out' | 'nsec3-iterations'; readonly proof: Proof }
  | { readonly kind: 'unproven'; readonly failure: Failure }

/** One way to prove absence: NSEC, or one set of NSEC3 records with equal parameters. */
interface Chain {
  /** The record whose owner is `name`, and what its bit map says. */
  match(name: Name): { types: TypeBitMap; verified: VerifiedRRset } | undefined
  /**
   * Denies `name`: it does not exist, and `encloser` is its closest encloser. `empty`: it does exist, as an empty
   * non-terminal. `optOut`: but an unsigned delegation may be there.
   */
  deny(name: Name): { encloser: Name; empty: boolean; optOut: boolean; used: readonly VerifiedRRset[] } | undefined
  /** Denies `nextCloser` alone, where the closest encloser is known from elsewhere. */
  cover(nextCloser: Name): { empty: boolean; optOut: boolean; verified: VerifiedRRset } | undefined
}

/** Proves that `name` has no records of `type` (RFC 4035 section 5.4, RFC 5155 sections 8.4 to 8.7). */
export function proveAbsence(session: Session, records: DenialRecords, name: Name, type: number): Denial {
  let invalid: Failure | undefined
  for (const chain of chains(session, records, type === RRType.DS)) {
    if ('code' in chain) return { kind: 'insecure', code: chain.code, proof: chain.proof }
    const outcome = absenceIn(chain, name, type)
    if (outcome?.kind === 'unproven') invalid ??= outcome.failure
    else if (outcome !== undefined) return outcome
  }
  return { kind: 'unproven', failure: invalid ?? unproven(records, name, type) }
}

/**
 * Proves that an answer made from the wildcard below `encloser` was the one to give: the next closer name towards
 * `name` does not exist (RFC 4035 section 5.3.4, RFC 5155 section 8.8).
 */
export function proveWildcard(
  session: Session,
  records: DenialRecords,
  name: Name,
  type: number,
  encloser: Name,
): Denial {
  const nextCloser = name.suffix(encloser.labelCount + 1)
  for (const chain of chains(session, records, false)) {
    if ('code' in chain) return { kind: 'insecure', code: chain.code, proof: chain.proof }
    const cover = chain.cover(nextCloser)
    if (cover === undefined || cover.empty) continue
    const proof = {
      proves: `${nextCloser} does not exist, so the wildcard below ${encloser} applies`,
      used: [cover.verified],
    }
    return cover.optOut ? { kind: 'insecure', code: 'nsec3-opt-out', proof } : { kind: 'nxdomain', proof }
  }
  const text = `${placeText(name, type)} was made from *.${encloser.isRoot ? '' : encloser} but no NSEC or NSEC3 record proves that ${nextCloser} does not exist`
  return { kind: 'unproven', failure: records.worst ?? failure('wildcard-not-proven', text, name, type) }
}

/** Finds out what kind of name `child` is in its parent's zone, given that it has no DS there (RFC 6840 section 4.4). */
export function proveNoDs(session: Session, records: DenialRecords, child: Name): CutDenial {
  for (const chain of chains(session, records, true)) {
    if ('code' in chain) return { kind: 'insecure', code: chain.code, proof: chain.proof }
    const match = chain.match(child)
    if (match !== undefined) return cutOf(match, child)
    const denied = chain.deny(child)
    if (denied === undefined) continue
    const used = denied.used
    if (denied.empty) return { kind: 'no-cut', proof: { proves: `${child} is an empty non-terminal`, used } }
    if (denied.optOut) {
      const proof = { proves: `${child} lies in a span of NSEC3 with opt-out, and has no DS`, used }
      return { kind: 'insecure', code: 'nsec3-opt-out', proof }
    }
    return { kind: 'nothing-below', proof: { proves: `${child} does not exist`, used } }
  }
  return { kind: 'unproven', failure: unproven(records, child, RRType.DS) }
}

function cutOf(match: { types: TypeBitMap; verified: VerifiedRRset }, child: Name): CutDenial {
  const { types, verified } = match
  const used = [verified]
  const bad = (text: string): CutDenial => ({
    kind: 'unproven',
    failure: failure('ds-denial-invalid', text, child, RRType.DS),
  })
  if (types.has(RRType.DS))
    return bad(`there is no DS of ${child} in the answer, yet the NSEC or NSEC3 record there lists one`)
  if (types.has(RRType.SOA))
    return bad(`the record that should deny the DS of ${child} is that of the child's own apex`)
  if (types.has(RRType.NS))
    return { kind: 'delegation', proof: { proves: `${child} is delegated and has no DS`, used } }
  return { kind: 'no-cut', proof: { proves: `${child} is not delegated`, used } }
}

function absenceIn(chain: Chain, name: Name, type: number): Denial | undefined {
  const match = chain.match(name)
  if (match !== undefined) return fromBitMap(match, name, type, `${placeText(name, type)} does not exist`)

  const denied = chain.deny(name)
  if (denied === undefined) return undefined
  const { encloser, optOut, used } = denied
  if (denied.empty) return { kind: 'nodata', proof: { proves: `${name} is an empty non-terminal`, used } }
  const inOptOut = (records: readonly VerifiedRRset[]): Denial => {
    const proof = { proves: `${name} lies in a span of NSEC3 with opt-out`, used: records }
    return { kind: 'insecure', code: 'nsec3-opt-out', proof }
  }
  // An unsigned delegation may be there, or an empty non-terminal above some, which has no NSEC3 record of its own
  // (RFC 5155 section 7.1): so whatever a wildcard beside it holds says nothing.
  if (optOut) return inOptOut(used)

  const wildcard = encloser.wildcard
  // Where the wildcard's name would be too long there is none (RFC 1035 section 2.3.4).
  if (wildcard === undefined) return { kind: 'nxdomain', proof: { proves: `${name} does not exist`, used } }
  const atWildcard = chain.match(wildcard)
  if (atWildcard !== undefined) {
    return fromBitMap(atWildcard, wildcard, type, `${name} is made from ${wildcard}, which has no such records`, used)
  }
  const noWildcard = chain.cover(wildcard)
  if (noWildcard === undefined) return undefined
  const all = unique([...used, noWildcard.verified])
  if (noWildcard.optOut) return inOptOut(all)
  if (noWildcard.empty) return { kind: 'nodata', proof: { proves: `${wildcard} is an empty non-terminal`, used: all } }
  return { kind: 'nxdomain', proof: { proves: `neither ${name} nor ${wildcard} exists`, used: all } }
}

function fromBitMap(
  match: { types: TypeBitMap; verified: VerifiedRRset },
  name: Name,
  type: number,
  proves: string,
  more: readonly VerifiedRRset[] = [],
): Denial {
  const used = unique([...more, match.verified])
  switch (readBitMap(match.types, type, name.isRoot)) {
    case 'absent':
      return { kind: 'nodata', proof: { proves, used } }
    case 'nxname':
      return { kind: 'nxdomain', proof: { proves: `${name} does not exist (NXNAME, RFC 9824)`, used } }
    case 'present': {
      const text = `${placeText(name, type)} is denied, yet the NSEC or NSEC3 record of that name lists the type, or a CNAME`
      return { kind: 'unproven', failure: failure('denial-invalid', text, name, type) }
    }
    case 'wrong-side': {
      const side = type === RRType.DS ? "the child's" : "the parent's"
      const text = `${placeText(name, type)} is denied by a record from ${side} side of the zone cut, which cannot know`
      return { kind: 'unproven', failure: failure('denial-invalid', text, name, type) }
    }
  }
}

/** The chains that can be worked with, NSEC first; NSEC3 whose iterations are too many comes last, as what it means. */
function* chains(
  session: Session,
  records: DenialRecords,
  forDs: boolean,
): IterableIterator<Chain | { code: 'nsec3-iterations'; proof: Proof }> {
  if (records.nsec.length > 0) yield nsecChain(records.nsec, forDs)
  const { limits } = session.context.budget
  const costly: (readonly Candidate<OwnedNsec3>[])[] = []
  for (const group of records.nsec3) {
    if (group[0]!.record.nsec3.iterations > limits.nsec3InsecureIterations) costly.push(group)
    else yield nsec3Chain(session, group)
  }
  for (const group of costly) {
    // Only what the zone itself signed may say that its hashing is too costly (RFC 9276 section 3.2).
    const signed = pick(group, () => true)
    if (signed === undefined) continue
    const { iterations } = signed.record.nsec3
    if (iterations > limits.nsec3BogusIterations)
      throw new LimitReached('nsec3BogusIterations', limits.nsec3BogusIterations)
    const proves = `${signed.record.zone} uses ${iterations} NSEC3 iterations`
    yield { code: 'nsec3-iterations', proof: { proves, used: [signed.verified] } }
  }
}

function nsecChain(all: readonly Candidate<OwnedNsec>[], forDs: boolean): Chain {
  // What was expanded from a wildcard says nothing about a delegation.
  const records = forDs ? all.filter(({ record, rrset }) => record.owner.equals(rrset.name)) : all
  return {
    match(name) {
      const found = pick(records, (record) => record.owner.equals(name))
      return found && { types: found.record.nsec.types, verified: found.verified }
    },
    deny(name) {
      const found = pick(records, (record) => covers(record, name))
      if (found === undefined) return undefined
      return {
        encloser: closestEncloser(found.record, name),
        empty: showsEmptyNonTerminal(found.record, name),
        optOut: false,
        used: [found.verified],
      }
    },
    cover(name) {
      const found = pick(records, (record) => covers(record, name))
      return found && { empty: showsEmptyNonTerminal(found.record, name), optOut: false, verified: found.verified }
    },
  }
}

function nsec3Chain(session: Session, records: readonly Candidate<OwnedNsec3>[]): Chain {
  const any = records[0]!.record
  const matching = (name: Name) => {
    const hash = hashName(session, any, name)
    return pick(records, (record) => compareOctets(record.ownerHash, hash) === 0)
  }
  const covering = (name: Name) => {
    const hash = hashName(session, any, name)
    return pick(records, (record) => coversHash(record, hash))
  }
  return {
    match(name) {
      const found = matching(name)
      return found && { types: found.record.nsec3.types, verified: found.verified }
    },
    deny(name) {
      // RFC 5155 section 8.3: the longest existing ancestor is matched, the name one label longer covered.
      let nextCloser = name
      for (let encloser = name.parent; encloser?.isAtOrBelow(any.zone); encloser = encloser.parent) {
        const found = matching(encloser)
        if (found === undefined) {
          nextCloser = encloser
          continue
        }
        if (delegatesOrRedirects(found.record.nsec3.types)) return undefined
        const cover = covering(nextCloser)
        if (cover === undefined) return undefined
        const used = unique([found.verified, cover.verified])
        return { encloser, empty: false, optOut: isOptOut(cover.record.nsec3), used }
      }
      return undefined
    },
    cover(name) {
      const found = covering(name)
      return found && { empty: false, optOut: isOptOut(found.record.nsec3), verified: found.verified }
    },
  }
}

/** The first candidate that fits and verifies; signatures of records that do not fit are never looked at. */
function pick<Record>(
  candidates: readonly Candidate<Record>[],
  fits: (record: Record) => boolean,
): { record: Record; verified: VerifiedRRset } | undefined {
  for (const candidate of candidates) {
    if (!fits(candidate.record)) continue
    const verified = candidate.verify()
    if (verified !== undefined) return { record: candidate.record, verified }
  }
  return undefined
}

function unique(used: readonly VerifiedRRset[]): readonly VerifiedRRset[] {
  return used.length < 2 ? used : [...new Set(used)]
}

function unproven(records: DenialRecords, name: Name, type: number): Failure {
  if (records.worst !== undefined) return records.worst
  const what = placeText(name, type)
  if (records.isEmpty) {
    const text = `the answer says that ${what} does not exist, without NSEC or NSEC3 records that prove it`
    return failure(
      'denial-missing',
      text,
      name,
      type,
      'look whether something on the way removes NSEC or NSEC3 records, or forges answers',
    )
  }
  const text = `the NSEC or NSEC3 records in the answer do not prove that ${what} does not exist`
  return failure(
    'denial-invalid',
    text,
    name,
    type,
    'look whether all name servers of the zone have the same version of it',
  )
}
