import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import type { Ds } from '../wire/rdata/dnssec.ts'
import type { Question } from '../wire/record.ts'
import { chainProof, intersect, type Span, spanOf, spanOfZone } from './chain.ts'
import { type CutDenial, proveNoDs, proveWildcard } from './denial.ts'
import { DenialRecords } from './denial-records.ts'
import { trustKeys } from './dnskey.ts'
import { readDsSet } from './ds.ts'
import { failure } from './failure.ts'
import type { ReasonCode } from './reason.ts'
import type { RRset, RRsets } from './rrset.ts'
import { type VerifiedRRset, verifyRRset } from './rrsig.ts'
import { questionOf, type Session } from './session.ts'
import type { ChainDs, ChainLink, ChainProof, Failure } from './status.ts'
import { unusable } from './upstream-failure.ts'
import type { UpstreamAnswer, Walk } from './walk.ts'
import type { InsecureZone, KnownZone, ZoneKeys } from './zone-keys.ts'

/** What is at one name below a secure zone. */
export type ZoneStep =
  | { readonly kind: 'cut'; readonly zone: KnownZone }
  | { readonly kind: 'no-cut' | 'nothing-below'; readonly proof: ChainProof }
  | {
      readonly kind: 'failed'
      readonly status: 'bogus' | 'indeterminate'
      readonly failure: Failure
      readonly link: ChainLink
      /** Nothing speaks about this name, in contrast to something that speaks and is wrong. */
      readonly silent: boolean
    }

/**
 * One step of the walk: whether `child` is a zone cut below `parent`, and if so, its keys. `also` is asked together
 * with the DS. There are three outcomes without a DS (RFC 6840 section 4.4): a delegation, no cut, and a lie.
 */
export function* stepDown(session: Session, parent: ZoneKeys, child: Name, also: readonly Question[]): Walk<ZoneStep> {
  session.place = { name: child, type: RRType.DS }
  session.context.budget.spend('labelsWalked')
  const reply = yield session.ask(questionOf(child, RRType.DS), also)
  const unanswered = unusable(reply, child, RRType.DS)
  if (unanswered !== undefined || reply.kind !== 'message') return failedStep(child, 'indeterminate', unanswered!, true)
  const { answer, authority } = session.sections(reply.message)

  const ds = answer.get(child, RRType.DS)
  if (ds !== undefined) return yield* stepWithDs(session, parent, child, ds, authority)
  const alias = aliasAt(answer, child, parent)
  if (alias !== undefined) return stepAtAlias(session, parent, child, alias)
  const denial = proveNoDs(session, new DenialRecords(session, authority, parent), child)
  return stepWithoutDs(session, parent, child, denial)
}

/** The DS RRset must be signed by the parent (RFC 4035 section 3.1.4.1), and lead to a key that signs the DNSKEY RRset. */
function* stepWithDs(session: Session, parent: ZoneKeys, child: Name, rrset: RRset, authority: RRsets): Walk<ZoneStep> {
  const { context } = session
  const verified = verifyRRset(session, rrset, parent)
  if (!verified.verified) return failedStep(child, 'bogus', verified.failure, false)
  const proofs: ChainProof[] = []
  if (verified.wildcardEncloser !== undefined) {
    const records = new DenialRecords(session, authority, parent)
    const denial = proveWildcard(session, records, child, RRType.DS, verified.wildcardEncloser)
    if (denial.kind === 'unproven') return failedStep(child, 'bogus', denial.failure, false)
    proofs.push(chainProof(denial.proof))
  }
  const set = readDsSet(context, rrset)
  const span = intersect(spanOfZone(parent, context.now), spanOf(verified))
  if (set.ds === undefined) {
    if (set.malformed > 0) {
      const text = `a DS record of ${child} is malformed`
      return failedStep(child, 'bogus', failure('record-malformed', text, child, RRType.DS), false)
    }
    const shown = set.all.map((ds) => ({ matched: false, ...ds }))
    return insecureBySize(parent, child, span, verified, shown, set.code, set.why, context.now)
  }

  const reply = yield session.ask(questionOf(child, RRType.DNSKEY))
  return keysFromReply(session, child, reply, set.ds, { parent, span, verified, proofs })
}

/** Turns the answer for DNSKEY into the zone's keys, or into the reason why there are none. */
function keysFromReply(
  session: Session,
  child: Name,
  reply: UpstreamAnswer,
  ds: readonly Ds[],
  above: { parent: ZoneKeys; span: Span; verified: VerifiedRRset; proofs: readonly ChainProof[] },
): ZoneStep {
  const { now } = session.context
  const unanswered = unusable(reply, child, RRType.DNSKEY)
  if (unanswered !== undefined || reply.kind !== 'message') return failedStep(child, 'indeterminate', unanswered!, true)
  const dnskey = session.sections(reply.message).answer.get(child, RRType.DNSKEY)
  if (dnskey === undefined) {
    const text = `${child} has DS records at its parent, and no DNSKEY RRset`
    const advice = `sign ${child} and publish its DNSKEY RRset, or take the DS records away from the parent`
    return failedStep(child, 'bogus', failure('dnskey-missing', text, child, RRType.DNSKEY, advice), false)
  }
  const trusted = trustKeys(session, child, dnskey, ds)
  if (trusted.outcome === 'failed') return failedStep(child, 'bogus', trusted.failure, false, trusted.ds)
  if (trusted.outcome === 'unsupported') {
    const { parent, span, verified } = above
    return insecureBySize(parent, child, span, verified, trusted.ds, 'unsupported-algorithm', trusted.why, now)
  }
  const span = intersect(above.span, spanOf(trusted.verified))
  const link: ChainLink = {
    zone: child,
    status: 'secure',
    via: 'ds',
    ds: trusted.ds,
    keys: trusted.keys.map(({ keyTag, algorithm, flags }) => ({ keyTag, algorithm, flags })),
    signatures: [above.verified.signature, trusted.verified.signature],
    proofs: above.proofs,
  }
  const zone: ZoneKeys = {
    status: 'secure',
    zone: child,
    keys: trusted.keys,
    validFrom: span.validFrom,
    validUntil: span.validUntil,
    expires: now + span.ttl,
    chain: [...above.parent.chain, link],
  }
  return { kind: 'cut', zone }
}

/** Algorithms, digests or key sizes that nobody here supports: insecure, as the verified DS RRset itself says so. */
function insecureBySize(
  parent: ZoneKeys,
  child: Name,
  span: Span,
  verified: VerifiedRRset,
  ds: readonly ChainDs[],
  code: ReasonCode,
  why: string,
  now: number,
): ZoneStep {
  const text = `${child} is signed in a way that is not supported here (${why}), so it counts as unsigned (RFC 4035 section 5.2)`
  const link: ChainLink = {
    zone: child,
    status: 'insecure',
    via: 'unsupported-ds',
    ds,
    keys: [],
    signatures: [verified.signature],
    proofs: [],
  }
  const reason = failure(code, text, child, RRType.DS, `sign ${child} with an algorithm in wide use, such as 13`)
  return { kind: 'cut', zone: insecureZone(parent, child, span, reason, link, now) }
}

function stepWithoutDs(session: Session, parent: ZoneKeys, child: Name, denial: CutDenial): ZoneStep {
  const { now } = session.context
  switch (denial.kind) {
    case 'unproven':
      return failedStep(child, 'bogus', denial.failure, denial.failure.code === 'denial-missing')
    case 'no-cut':
    case 'nothing-below':
      return { kind: denial.kind, proof: chainProof(denial.proof) }
    case 'delegation':
    case 'insecure': {
      const spans = denial.proof.used.map(spanOf)
      const span = intersect(spanOfZone(parent, now), ...spans)
      const link: ChainLink = {
        zone: child,
        status: 'insecure',
        via: 'no-ds',
        ds: [],
        keys: [],
        signatures: [],
        proofs: [chainProof(denial.proof)],
      }
      const reason = insecureReason(denial, child, parent.zone)
      return { kind: 'cut', zone: insecureZone(parent, child, span, reason, link, now) }
    }
  }
}

function insecureReason(denial: Exclude<CutDenial, { kind: 'unproven' }>, child: Name, parent: Name): Failure {
  const { proves } = denial.proof
  if (denial.kind === 'insecure') {
    const text =
      denial.code === 'nsec3-opt-out'
        ? `${proves}: whatever is there is not signed (RFC 5155 section 6)`
        : `${proves}, more than are worked through here, so what it denies counts as unsigned (RFC 9276 section 3.2)`
    const advice =
      denial.code === 'nsec3-opt-out'
        ? `sign ${child} and have its DS put into ${parent}`
        : `set the iterations of ${parent} to 0 (RFC 9276 section 3.1)`
    return failure(denial.code, text, child, RRType.DS, advice)
  }
  const text = `${child} is not signed: ${parent} delegates it without a DS, and proves that`
  return failure('insecure-delegation', text, child, RRType.DS, `sign ${child} and have its DS put into ${parent}`)
}

/** A CNAME at the child, or a DNAME between the zone and it, in answer to DS. */
function aliasAt(answer: RRsets, child: Name, parent: ZoneKeys): RRset | undefined {
  for (let labels = parent.zone.labelCount; labels < child.labelCount; labels++) {
    const dname = answer.get(child.suffix(labels), RRType.DNAME)
    if (dname !== undefined) return dname
  }
  return answer.get(child, RRType.CNAME)
}

/** Signed by the zone and not made from a wildcard, it shows that the child is no zone of its own. */
function stepAtAlias(session: Session, parent: ZoneKeys, child: Name, alias: RRset): ZoneStep {
  const verified = verifyRRset(session, alias, parent)
  if (!verified.verified) return failedStep(child, 'bogus', verified.failure, false)
  if (verified.wildcardEncloser !== undefined) {
    const text = `the DS of ${child} was asked for, and the answer is an alias made from a wildcard, which proves nothing of a zone cut`
    return failedStep(child, 'bogus', failure('ds-denial-invalid', text, child, RRType.DS), false)
  }
  const isDname = alias.type === RRType.DNAME
  const proves = `${alias.name} has a ${isDname ? 'DNAME' : 'CNAME'}, so ${child} is not delegated`
  return {
    kind: isDname ? 'nothing-below' : 'no-cut',
    proof: { proves, records: alias.records, signatures: [verified.signature] },
  }
}

function insecureZone(
  parent: ZoneKeys,
  zone: Name,
  span: Span,
  reason: Failure,
  link: ChainLink,
  now: number,
): InsecureZone {
  return {
    status: 'insecure',
    zone,
    reason,
    validFrom: span.validFrom,
    validUntil: span.validUntil,
    expires: now + span.ttl,
    chain: [...parent.chain, link],
  }
}

export function failedStep(
  zone: Name,
  status: 'bogus' | 'indeterminate',
  reason: Failure,
  silent: boolean,
  ds: readonly ChainDs[] = [],
): Extract<ZoneStep, { kind: 'failed' }> {
  const link: ChainLink = { zone, status, via: 'failed', ds, keys: [], signatures: [], proofs: [] }
  return { kind: 'failed', status, failure: reason, link, silent }
}
