import { RRType, rrTypeName } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { chainProof, intersect, OPEN_SPAN, type Span, spanOf, spanOfZone } from './chain.ts'
import { proveWildcard } from './denial.ts'
import { DenialRecords } from './denial-records.ts'
import { failure, moreSpecific, placeText } from './failure.ts'
import type { RRset, RRsets } from './rrset.ts'
import { type UnverifiedRRset, type VerifiedRRset, verifyRRset } from './rrsig.ts'
import { questionOf, type Session } from './session.ts'
import type { AnswerProof, ChainLink, ChainProof, Failure } from './status.ts'
import type { Walk } from './walk.ts'
import type { InsecureZone, ZoneKeys } from './zone-keys.ts'
import { knownCut, knownZone, negativeZone, stepOnce, walkTo } from './zone-walk.ts'

/** What became of one RRset, or of one denial: the building block of every answer. */
export type Part =
  | {
      readonly status: 'secure'
      readonly records: readonly ResourceRecord[]
      readonly chain: readonly ChainLink[]
      readonly proof: AnswerProof
      readonly span: Span
    }
  | {
      readonly status: 'insecure'
      readonly records: readonly ResourceRecord[]
      readonly chain: readonly ChainLink[]
      readonly proof: AnswerProof
      readonly span: Span
      readonly reason: Failure
    }
  | { readonly status: 'bogus'; readonly chain: readonly ChainLink[]; readonly reason: Failure }
  | { readonly status: 'indeterminate'; readonly chain: readonly ChainLink[]; readonly reason: Failure }

/** A failure, and the chain of trust on which it was met. */
export interface FailedAt {
  readonly reason: Failure
  readonly chain: readonly ChainLink[]
}

/** Whether a part makes the whole fail. */
export function isFailed(part: Part): part is Exclude<Part, { status: 'secure' | 'insecure' }> {
  return part.status === 'bogus' || part.status === 'indeterminate'
}

/** What an RRset is to answer for: the question itself, or one that an alias takes elsewhere. */
export interface AnsweredFor {
  readonly name: Name
  readonly type: number
}

/**
 * Validates one RRset of an answer. Its RRSIGs name the zones it may lie in; of those only ancestors of the owner are
 * looked at (RFC 4035 section 5.3.1), the deepest first. Without any, the walk goes down to the owner, and what is not
 * proven insecure by then is bogus.
 *
 * `answers` is the name the RRset decides about, its own where it is no alias: trust anchors and zone cuts above that
 * name have their say, also where a DNAME above them would redirect it.
 */
export function* validateRRset(
  session: Session,
  rrset: RRset,
  authority: RRsets,
  answers: AnsweredFor = rrset,
): Walk<Part> {
  const judged = zoneCandidate(answers.name, answers.type)
  const negative = negativeZone(session, judged)
  if (negative !== undefined) return insecure(session, rrset, negative)
  // What answers for DS lies where the DS would: in the parent.
  const candidate = zoneCandidate(rrset.name, answers.name.equals(rrset.name) ? answers.type : rrset.type)
  let worst: FailedAt | undefined
  for (const signer of signersOf(session, candidate, judged, [rrset])) {
    const located = knownZone(session, signer) ?? (yield* walkTo(session, signer, true))
    if (located.kind === 'insecure') return insecure(session, rrset, located.zone)
    if (located.kind === 'failed') return { status: located.status, reason: located.failure, chain: located.chain }
    if (!located.zone.zone.equals(signer)) {
      worst = worse(worst, notAZone(rrset, signer), located.zone.chain)
      continue
    }
    const outcome = verifyRRset(session, rrset, located.zone)
    if (!outcome.verified) {
      worst = worse(worst, outcome.failure, located.zone.chain)
      continue
    }
    const cut = yield* cutBetween(session, located.zone, answers.name, answers.type)
    if (cut !== undefined) return { status: 'bogus', reason: aboveCut(rrset, signer, cut), chain: located.zone.chain }
    return withWildcard(session, outcome, located.zone, authority)
  }
  if (worst !== undefined) return { status: 'bogus', ...worst }
  return yield* withoutSigner(session, rrset, judged)
}

/** No RRSIG that could hold: insecure only where the walk down to the name it answers for proves it. */
function* withoutSigner(session: Session, rrset: RRset, judged: Name): Walk<Part> {
  const located = yield* walkTo(session, judged, false)
  if (located.kind === 'insecure') return insecure(session, rrset, located.zone)
  if (located.kind === 'failed') return { status: located.status, reason: located.failure, chain: located.chain }
  const outcome = verifyRRset(session, rrset, { zone: located.zone.zone, keys: [] }) as UnverifiedRRset
  return { status: 'bogus', reason: outcome.failure, chain: located.zone.chain }
}

/** The deepest name whose zone may hold an RRset: DS lies in the parent (RFC 4035 section 2.4). */
export function zoneCandidate(owner: Name, type: number): Name {
  return type === RRType.DS ? (owner.parent ?? owner) : owner
}

/**
 * Zones that may hold data of `candidate` and signed some of `rrsets`, the deepest first: ancestors of it, and none
 * above the trust anchor closest to `judged`, which alone decides about what is below it.
 */
export function signersOf(session: Session, candidate: Name, judged: Name, rrsets: readonly RRset[]): Name[] {
  const anchor = session.context.anchors.closest(judged)
  if (anchor === undefined) return []
  const signers: Name[] = []
  for (const { signatures } of rrsets) {
    for (const { rrsig } of signatures) {
      const { signerName } = rrsig
      // Ancestors of one name with as many labels are the same: there are no more of them than it has labels.
      if (signers.some(({ labelCount }) => labelCount === signerName.labelCount)) continue
      if (candidate.isAtOrBelow(signerName) && signerName.isAtOrBelow(anchor.zone)) signers.push(signerName)
    }
  }
  return signers.length < 2 ? signers : signers.sort((a, b) => b.labelCount - a.labelCount)
}

/**
 * A secure zone cut between the signer and the owner that is known of: keys above it must not sign below it. Known is
 * what this question has come across, and what an answer at hand or an earlier question hints at and a look at the DS
 * confirms. At the owner itself the parent's side holds DS and NSEC.
 */
export function* cutBetween(session: Session, zone: ZoneKeys, owner: Name, type: number): Walk<Name | undefined> {
  const { memory, now } = session.context
  const parentSide = type === RRType.DS || type === RRType.NSEC
  const last = parentSide ? owner.labelCount - 1 : owner.labelCount
  if (last <= zone.zone.labelCount) return undefined
  const remembered = memory?.closest(owner.suffix(last), now)
  const isDeeper = remembered?.status === 'secure' && remembered.zone.labelCount > zone.zone.labelCount
  if (!isDeeper && !session.hasSteps && !session.askedForDs) return undefined
  for (let labels = zone.zone.labelCount + 1; labels <= last; labels++) {
    const name = owner.suffix(labels)
    if (knownCut(session, name)) return name
    const hinted = isDeeper && remembered.zone.labelCount === labels
    if (!hinted && !dsAtHand(session, name)) continue
    yield* stepOnce(session, zone, name, name, false)
    if (knownCut(session, name)) return name
  }
  return undefined
}

function dsAtHand(session: Session, name: Name): boolean {
  const arrived = session.context.peek(questionOf(name, RRType.DS))
  if (arrived?.kind !== 'message') return false
  return session.sections(arrived.message).answer.get(name, RRType.DS) !== undefined
}

/** An answer made from a wildcard needs the proof that nothing closer exists (RFC 4035 section 5.3.4). */
function withWildcard(session: Session, verified: VerifiedRRset, zone: ZoneKeys, authority: RRsets): Part {
  const { rrset, signature, wildcardEncloser } = verified
  const { now } = session.context
  const chain = zone.chain
  let span = intersect(spanOfZone(zone, now), spanOf(verified))
  const part = (status: 'secure' | 'insecure', proof?: ChainProof): AnswerProof => ({
    owner: rrset.name,
    type: rrset.type,
    status,
    signature,
    proof,
  })
  if (wildcardEncloser === undefined) {
    return { status: 'secure', records: output(rrset, span.ttl), chain, proof: part('secure'), span }
  }
  const records = new DenialRecords(session, authority, zone)
  const denial = proveWildcard(session, records, rrset.name, rrset.type, wildcardEncloser)
  if (denial.kind === 'unproven') return { status: 'bogus', reason: denial.failure, chain }
  span = intersect(span, ...denial.proof.used.map(spanOf))
  const shown = chainProof(denial.proof)
  if (denial.kind === 'insecure') {
    const text = `${placeText(rrset.name, rrset.type)} is made from a wildcard, and ${denial.proof.proves}, so that an unsigned name may be there instead`
    const reason = failure(denial.code, text, rrset.name, rrset.type)
    const proof = part('insecure', shown)
    return { status: 'insecure', records: output(rrset, span.ttl), chain, proof, span, reason }
  }
  session.context.denials?.put(zone.zone, denial.proof.used, span.ttl, now)
  return { status: 'secure', records: output(rrset, span.ttl), chain, proof: part('secure', shown), span }
}

function insecure(session: Session, rrset: RRset, zone: InsecureZone): Part {
  const span = intersect(OPEN_SPAN, spanOfZone(zone, session.context.now), { ...OPEN_SPAN, ttl: rrset.ttl })
  const proof: AnswerProof = {
    owner: rrset.name,
    type: rrset.type,
    status: 'insecure',
    signature: undefined,
    proof: undefined,
  }
  return { status: 'insecure', records: output(rrset, span.ttl), chain: zone.chain, proof, span, reason: zone.reason }
}

/** The distinct records, with the TTL that was worked out. */
function output(rrset: RRset, ttl: number): ResourceRecord[] {
  const records = rrset.records.length === 1 ? rrset.records : distinct(rrset.records)
  return records.map((record) => (record.ttl <= ttl ? record : { ...record, ttl }))
}

function distinct(records: readonly ResourceRecord[]): ResourceRecord[] {
  const seen = new Set<string>()
  return records.filter(({ rdata }) => {
    const key = octetKey(rdata)
    const isNew = !seen.has(key)
    seen.add(key)
    return isNew
  })
}

function octetKey(octets: Uint8Array): string {
  let key = ''
  for (const octet of octets) key += String.fromCharCode(octet)
  return key
}

/** Of two failures for the same thing the one that says more, with the chain it came by. */
export function worse(worst: FailedAt | undefined, reason: Failure, chain: readonly ChainLink[]): FailedAt {
  const chosen = moreSpecific(worst?.reason, reason)
  return worst === undefined || chosen === reason ? { reason: chosen, chain } : worst
}

function notAZone(rrset: RRset, signer: Name): Failure {
  const text = `the RRSIG of ${placeText(rrset.name, rrset.type)} names ${signer} as signer, which is not a signed zone`
  return failure('signer-not-zone', text, rrset.name, rrset.type)
}

function aboveCut(rrset: RRset, signer: Name, cut: Name): Failure {
  const text = `${placeText(rrset.name, rrset.type)} is signed by ${signer}, yet ${cut} is a zone of its own (${rrTypeName(RRType.DS)} RRset present)`
  return failure('signer-not-zone', text, rrset.name, rrset.type)
}
