import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import { keyTag } from '../wire/rdata/dnssec.ts'
import type { Question } from '../wire/record.ts'
import { failure } from './failure.ts'
import { selectDs } from './ds.ts'
import { trustKeys } from './dnskey.ts'
import { algorithmAccepted } from './rrsig.ts'
import { questionOf, type Session } from './session.ts'
import type { ChainLink, ChainProof, ChainSignature, Failure } from './status.ts'
import { timeText } from './time.ts'
import { type AnchorDs, type AnchorKey, inForce, type NegativeTrustAnchor, type TrustAnchor } from './trust-anchors.ts'
import { unusable } from './upstream-failure.ts'
import type { Walk } from './walk.ts'
import type { InsecureZone, KnownZone, ZoneKeys } from './zone-keys.ts'
import { failedStep, stepDown, type ZoneStep } from './zone-step.ts'

/** Where the walk down to a name ended. */
export type Located =
  /** The deepest zone at or above the name; no unsigned delegation on the way. */
  | { readonly kind: 'secure'; readonly zone: ZoneKeys; readonly passed: readonly ChainProof[] }
  | { readonly kind: 'insecure'; readonly zone: InsecureZone }
  | {
      readonly kind: 'failed'
      readonly status: 'bogus' | 'indeterminate'
      readonly failure: Failure
      readonly chain: readonly ChainLink[]
    }

/**
 * Walks from the closest trust anchor, or from what is known already, one label at a time towards `target` (RFC 4035
 * section 5). With `signer`, some RRSIG names `target` as its signer: then a DS that the zone above signed for it
 * settles the matter also where nothing can be learnt of a label in between.
 */
export function* walkTo(session: Session, target: Name, signer: boolean): Walk<Located> {
  const start = yield* startFor(session, target)
  if (start.kind !== 'cut') return { kind: 'failed', ...start.failed }
  if (start.zone.status === 'insecure') return { kind: 'insecure', zone: start.zone }

  let zone: ZoneKeys = start.zone
  const entered = [zone]
  let passed: ChainProof[] = []
  for (let labels = zone.zone.labelCount + 1; labels <= target.labelCount; labels++) {
    const child = target.suffix(labels)
    let step = yield* stepOnce(session, zone, child, target, signer)
    if (step.kind === 'failed' && step.silent && signer && labels < target.labelCount) {
      const jump = yield* stepOnce(session, zone, target, target, signer)
      if (jump.kind === 'cut' && jump.zone.status === 'secure') {
        step = jump
        labels = target.labelCount
      }
    }
    if (step.kind === 'failed') {
      return { kind: 'failed', status: step.status, failure: step.failure, chain: [...zone.chain, step.link] }
    }
    if (step.kind !== 'cut') {
      passed.push(step.proof)
      if (step.kind === 'nothing-below') break
      continue
    }
    session.context.memory?.put(step.zone, session.context.now)
    for (const above of entered) depthBelow.set(above, labels - above.zone.labelCount)
    if (step.zone.status === 'insecure') return { kind: 'insecure', zone: step.zone }
    zone = step.zone
    entered.push(zone)
    passed = []
  }
  return { kind: 'secure', zone, passed }
}

/**
 * The questions that the walk to `name` can be foreseen to need, to be asked together with the first one. Empty
 * where a zone near the name is known already: then the answer itself tells what is missing. Below a zone that is
 * known, cuts are looked for as deep as the last walk from there found one; where it is deeper this time, that costs
 * one more round trip.
 */
export function foresee(session: Session, name: Name): Question[] {
  const { anchors, memory, now } = session.context
  const anchor = anchors.closest(name)
  if (anchor === undefined) return []
  const known = memory?.closest(name, now)
  const from = known?.zone.isAtOrBelow(anchor.zone) ? known.zone : undefined
  if (from !== undefined && (known?.status === 'insecure' || from.labelCount >= 2)) return []
  const questions = from === undefined ? [questionOf(anchor.zone, RRType.DNSKEY)] : []
  // What the zones below one top-level domain are like says nothing of another one.
  const depth = (from?.labelCount === 1 ? depthBelow.get(known!) : undefined) ?? FORESEEN_LABELS
  const last = Math.min(name.labelCount, (from ?? anchor.zone).labelCount + depth)
  for (let labels = (from ?? anchor.zone).labelCount + 1; labels <= last; labels++) {
    const child = name.suffix(labels)
    // Names like _25._tcp are hardly ever zone cuts; where they are, it costs one more round trip.
    if (child.wire[1] === 0x5f || child.isWildcard) break
    questions.push(questionOf(child, RRType.DS), questionOf(child, RRType.DNSKEY))
  }
  return questions
}

/** Where `walkTo` would end at once: at the very zone, whose keys are remembered. */
export function knownZone(session: Session, target: Name): Located | undefined {
  const zone = startAtHand(session, target)
  if (zone?.status !== 'secure' || zone.zone.labelCount !== target.labelCount) return undefined
  return { kind: 'secure', zone, passed: [] }
}

/** The secure cut at `name`, where this question has come across one. */
export function knownCut(session: Session, name: Name): boolean {
  if (!session.hasSteps) return false
  const step = session.step(name.key)
  return step?.kind === 'cut' && step.zone.status === 'secure'
}

/** The step to a child, worked out once. */
export function* stepOnce(
  session: Session,
  zone: ZoneKeys,
  child: Name,
  target: Name,
  signer: boolean,
): Walk<ZoneStep> {
  const known = session.step(child.key)
  if (known !== undefined) return known
  const also: Question[] = []
  for (let labels = child.labelCount; labels <= target.labelCount; labels++) {
    const below = target.suffix(labels)
    if (labels > child.labelCount) also.push(questionOf(below, RRType.DS))
    if (signer) also.push(questionOf(below, RRType.DNSKEY))
  }
  const step = yield* stepDown(session, zone, child, also)
  session.keepStep(child.key, step)
  return step
}

/** The negative trust anchor that holds for `name`, unless a trust anchor lies below it (RFC 7646 section 2). */
export function negativeZone(session: Session, name: Name): InsecureZone | undefined {
  const { anchors, now } = session.context
  const negative = anchors.negativeFor(name, now)
  if (negative === undefined || negative.zone.labelCount < (anchors.closest(name)?.zone.labelCount ?? 0))
    return undefined
  return underNegativeAnchor(negative)
}

type Start =
  | { kind: 'cut'; zone: KnownZone }
  | { kind: 'failed'; failed: Omit<Extract<Located, { kind: 'failed' }>, 'kind'> }

/** The closest of: a zone remembered, a trust anchor (RFC 4035 section 4.4), a negative trust anchor (RFC 7646). */
function* startFor(session: Session, target: Name): Walk<Start> {
  const atHand = startAtHand(session, target)
  if (atHand !== undefined) return { kind: 'cut', zone: atHand }
  const { anchors, memory, now } = session.context
  const anchor = anchors.closest(target)!
  const key = `anchor/${anchor.zone.key}`
  const step = session.step(key) ?? (yield* enter(session, anchor))
  session.keepStep(key, step)
  if (step.kind === 'cut') {
    memory?.put(step.zone, now)
    return { kind: 'cut', zone: step.zone }
  }
  if (step.kind !== 'failed') throw new TypeError('a trust anchor that is no zone')
  return { kind: 'failed', failed: { status: step.status, failure: step.failure, chain: [step.link] } }
}

/** The same where nothing need be asked; undefined where a trust anchor comes first. */
function startAtHand(session: Session, target: Name): KnownZone | undefined {
  const { anchors, memory, now } = session.context
  const negative = negativeZone(session, target)
  if (negative !== undefined) return negative
  const anchor = anchors.closest(target)
  if (anchor === undefined) return anchorless(target, now)
  const known = memory?.closest(target, now)
  return known?.zone.isAtOrBelow(anchor.zone) ? known : undefined
}

/** Verifies the DNSKEY RRset of a trust anchor's zone against the anchor (RFC 4035 section 5). */
function* enter(session: Session, anchor: TrustAnchor): Walk<ZoneStep> {
  const { context } = session
  const { zone } = anchor
  const keys = anchor.dnskeys.filter((key) => inForce(key, context.now) && algorithmAccepted(context, key.algorithm))
  const set = selectDs(
    context,
    anchor.ds.filter((ds) => inForce(ds, context.now)),
  )
  if (set.ds === undefined && keys.length === 0) {
    const text = `no trust anchor of ${zone} is valid at ${timeText(context.now)} and of a supported kind`
    const advice = 'look whether the clock is right, and whether the trust anchors are current (danelaw anchors)'
    return failedStep(zone, 'indeterminate', failure('no-trust-anchor', text, zone, RRType.DNSKEY, advice), false)
  }
  const reply = yield session.ask(questionOf(zone, RRType.DNSKEY))
  const unanswered = unusable(reply, zone, RRType.DNSKEY)
  if (unanswered !== undefined || reply.kind !== 'message') return failedStep(zone, 'indeterminate', unanswered!, true)
  const rrset = session.sections(reply.message).answer.get(zone, RRType.DNSKEY)
  if (rrset === undefined) {
    const text = `there is a trust anchor for ${zone}, and no DNSKEY RRset`
    return failedStep(zone, 'bogus', failure('dnskey-missing', text, zone, RRType.DNSKEY), false)
  }
  const trusted = trustKeys(session, zone, rrset, set.ds ?? [], keys)
  if (trusted.outcome === 'failed') return failedStep(zone, 'bogus', trusted.failure, false, trusted.ds)
  if (trusted.outcome === 'unsupported') {
    const text = `the key of the trust anchor for ${zone} is not supported: ${trusted.why}`
    return failedStep(zone, 'indeterminate', failure('unsupported-algorithm', text, zone, RRType.DNSKEY), false)
  }
  const { signature, ttl } = trusted.verified
  const window = anchorWindow([...(set.ds ?? []), ...keys], signature)
  const link: ChainLink = {
    zone,
    status: 'secure',
    via: 'trust-anchor',
    ds: trusted.ds,
    keys: trusted.keys.map(({ keyTag, algorithm, flags }) => ({ keyTag, algorithm, flags })),
    signatures: [signature],
    proofs: [],
  }
  const entered: ZoneKeys = {
    status: 'secure',
    zone,
    keys: trusted.keys,
    validFrom: Math.max(signature.inception, window.from),
    validUntil: Math.min(signature.expiration, window.until - 1),
    expires: Math.min(context.now + ttl, window.until),
    chain: [link],
  }
  return { kind: 'cut', zone: entered }
}

/**
 * The time in which all anchors that can stand for the signing key are in force. What is learnt through an anchor
 * must not outlive it; where others remain, the zone is entered again through them.
 */
function anchorWindow(entries: readonly (AnchorDs | AnchorKey)[], { keyTag: tag, algorithm }: ChainSignature) {
  const own = entries.filter(
    (entry) => entry.algorithm === algorithm && ('rdata' in entry ? keyTag(entry.rdata) : entry.keyTag) === tag,
  )
  return {
    from: Math.max(0, ...own.map(({ validFrom = 0 }) => validFrom)),
    until: Math.min(...own.map(({ validUntil = FOREVER }) => validUntil), FOREVER),
  }
}

function underNegativeAnchor({ zone, until }: NegativeTrustAnchor): InsecureZone {
  const text = `validation is switched off at and below ${zone} until ${timeText(until)} by a negative trust anchor (RFC 7646)`
  const link: ChainLink = {
    zone,
    status: 'insecure',
    via: 'negative-trust-anchor',
    ds: [],
    keys: [],
    signatures: [],
    proofs: [],
  }
  const reason = failure('negative-trust-anchor', text, zone, RRType.DS)
  return { status: 'insecure', zone, reason, validFrom: 0, validUntil: until, expires: until, chain: [link] }
}

function anchorless(target: Name, now: number): InsecureZone {
  const text = `no trust anchor is configured at or above ${target}`
  return {
    status: 'insecure',
    zone: target,
    reason: failure('no-trust-anchor', text, target, RRType.DNSKEY, 'give a trust anchor for it (--anchor)'),
    validFrom: 0,
    validUntil: FOREVER,
    expires: now + ANCHORLESS_TTL,
    chain: [],
  }
}

/** How many labels below a zone the last walk from there came to a zone; forgotten with what is known of the zone. */
const depthBelow = new WeakMap<KnownZone, number>()
/** Labels below the starting point whose DS and DNSKEY are asked for ahead. */
const FORESEEN_LABELS = 8
/** Seconds; configuration decides, not time. */
const ANCHORLESS_TTL = 3600
const FOREVER = Number.MAX_SAFE_INTEGER
