import { Rcode } from '../wire/codes/rcode.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import { readSoa } from '../wire/rdata/target.ts'
import { cutBetween, type FailedAt, type Part, signersOf, worse, zoneCandidate } from './answer-rrset.ts'
import { chainProof, intersect, OPEN_SPAN, type Span, spanOf, spanOfZone } from './chain.ts'
import { proveAbsence } from './denial.ts'
import { DenialRecords } from './denial-records.ts'
import { failure, placeText } from './failure.ts'
import type { RRset, RRsets } from './rrset.ts'
import type { Session } from './session.ts'
import type { AnswerProof, ChainLink, Failure } from './status.ts'
import type { Walk } from './walk.ts'
import type { InsecureZone } from './zone-keys.ts'
import { knownZone, negativeZone, walkTo } from './zone-walk.ts'

/** A denial and the RCODE that goes with it. */
export interface Absence {
  readonly part: Part
  readonly rcode: number
}

/**
 * Validates that `name` has no records of `type`. The RCODE of a secure denial is what the records prove, not what
 * the header says; without proof the header's stands.
 */
export function* validateAbsence(
  session: Session,
  name: Name,
  type: number,
  authority: RRsets,
  headerRcode: number,
): Walk<Absence> {
  let worst: FailedAt | undefined
  const candidate = zoneCandidate(name, type)
  const negative = negativeZone(session, candidate)
  if (negative !== undefined) {
    const span = spanOfZone(negative, session.context.now)
    return { part: unsignedPart(name, type, negative.reason, negative.chain, span), rcode: headerRcode }
  }
  const signed = [...authority].filter((rrset) => DENIAL_TYPES.has(rrset.type))
  for (const signer of signersOf(session, candidate, candidate, signed)) {
    const located = knownZone(session, signer) ?? (yield* walkTo(session, signer, true))
    if (located.kind === 'failed') return { part: { ...located, reason: located.failure }, rcode: headerRcode }
    const { zone } = located
    if (zone.status === 'insecure') {
      const span = unsignedSpan(session, zone, authority, signer)
      return { part: unsignedPart(name, type, zone.reason, zone.chain, span), rcode: headerRcode }
    }
    const zoneSpan = intersect(spanOfZone(zone, session.context.now), soaSpan(authority, signer) ?? OPEN_SPAN)
    if (!zone.zone.equals(signer)) {
      const text = `the proof that ${placeText(name, type)} does not exist names ${signer} as signer, which is not a signed zone`
      worst = worse(worst, failure('signer-not-zone', text, name, type), zone.chain)
      continue
    }
    const denial = proveAbsence(session, new DenialRecords(session, authority, zone), name, type)
    if (denial.kind === 'unproven') {
      worst = worse(worst, denial.failure, zone.chain)
      continue
    }
    const cut = yield* cutBetween(session, zone, name, type)
    if (cut !== undefined) {
      const text = `${placeText(name, type)} is denied by ${signer}, yet ${cut} is a zone of its own`
      return {
        part: { status: 'bogus', reason: failure('denial-invalid', text, name, type), chain: zone.chain },
        rcode: headerRcode,
      }
    }
    const span = intersect(zoneSpan, ...denial.proof.used.map(spanOf))
    const proof: AnswerProof = {
      owner: name,
      type,
      status: denial.kind === 'insecure' ? 'insecure' : 'secure',
      signature: undefined,
      proof: chainProof(denial.proof),
    }
    const shown = { records: [], chain: zone.chain, proof, span }
    if (denial.kind === 'insecure') {
      const reason = failure(
        denial.code,
        `${denial.proof.proves}, so ${placeText(name, type)} is not provably absent`,
        name,
        type,
      )
      return { part: { status: 'insecure', reason, ...shown }, rcode: headerRcode }
    }
    session.context.denials?.put(zone.zone, denial.proof.used, span.ttl, session.context.now)
    const rcode = denial.kind === 'nxdomain' ? Rcode.NXDOMAIN : Rcode.NOERROR
    return { part: { status: 'secure', ...shown }, rcode }
  }
  const part = yield* withoutProof(session, name, type, authority)
  // Records that prove nothing may come from the parent of a zone that is proven to be unsigned.
  if (worst === undefined || part.status === 'insecure') return { part, rcode: headerRcode }
  return { part: { status: 'bogus', ...worst }, rcode: headerRcode }
}

/** Nothing signed denies it: insecure only where the walk down to the name proves that nothing there is signed. */
function* withoutProof(session: Session, name: Name, type: number, authority: RRsets): Walk<Part> {
  const located = yield* walkTo(session, zoneCandidate(name, type), false)
  if (located.kind === 'failed') return { ...located, reason: located.failure }
  const { zone } = located
  if (zone.status === 'insecure') {
    return unsignedPart(name, type, zone.reason, zone.chain, unsignedSpan(session, zone, authority, name))
  }
  const text = `the answer says that ${placeText(name, type)} does not exist, without NSEC or NSEC3 records that prove it`
  const advice = 'look whether something on the way removes NSEC or NSEC3 records, or forges answers'
  return { status: 'bogus', reason: failure('denial-missing', text, name, type, advice), chain: zone.chain }
}

/** How long a denial may be kept: min(SOA TTL, SOA minimum) (RFC 2308 section 5, RFC 9077). It only ever shortens. */
function soaSpan(authority: RRsets, zone: Name): Span | undefined {
  let soa: RRset | undefined
  for (const rrset of authority) if (rrset.type === RRType.SOA && zone.isAtOrBelow(rrset.name)) soa = rrset
  if (soa === undefined) return undefined
  try {
    const { minimum } = readSoa(soa.records[0]!.rdata)
    return { ...OPEN_SPAN, ttl: Math.min(soa.ttl, minimum) }
  } catch {
    return { ...OPEN_SPAN, ttl: 0 }
  }
}

/** An unsigned denial without a SOA is not to be kept at all (RFC 2308 section 5). */
function unsignedSpan(session: Session, zone: InsecureZone, authority: RRsets, name: Name): Span {
  const soa = soaSpan(authority, name) ?? { ...OPEN_SPAN, ttl: 0 }
  return intersect(spanOfZone(zone, session.context.now), soa)
}

function unsignedPart(name: Name, type: number, reason: Failure, chain: readonly ChainLink[], span: Span): Part {
  const proof: AnswerProof = { owner: name, type, status: 'insecure', signature: undefined, proof: undefined }
  return { status: 'insecure', records: [], chain, proof, span, reason }
}

const DENIAL_TYPES: ReadonlySet<number> = new Set([RRType.SOA, RRType.NSEC, RRType.NSEC3])
