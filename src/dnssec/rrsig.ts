import { algorithmName } from '../wire/codes/algorithm.ts'
import type { Name } from '../wire/name.ts'
import type { Rrsig } from '../wire/rdata/dnssec.ts'
import { LimitReached } from '../limits.ts'
import { ownerLabels } from './canonical.ts'
import { failure, moreSpecific, placeText } from './failure.ts'
import type { RRset, SignatureRecord } from './rrset.ts'
import type { Session } from './session.ts'
import { SignedData } from './signed-data.ts'
import type { ChainSignature, Failure } from './status.ts'
import { serialTime, timeText } from './time.ts'
import type { Context } from './walk.ts'
import type { ZoneKey } from './zone-keys.ts'

/** An RRset that verified. */
export interface VerifiedRRset {
  readonly verified: true
  readonly rrset: RRset
  readonly signature: ChainSignature
  /** Where the RRset was made from a wildcard: the name below the `*`, which is the closest encloser. */
  readonly wildcardEncloser: Name | undefined
  /** Seconds (RFC 4035 section 5.3.3). */
  readonly ttl: number
}

export interface UnverifiedRRset {
  readonly verified: false
  readonly failure: Failure
}

/** The keys of a zone, as far as they may sign: all of them for data, those a DS vouches for in the DNSKEY RRset. */
export interface Signers {
  readonly zone: Name
  readonly keys: readonly ZoneKey[]
}

/**
 * Whether some RRSIG of `rrset` was made by a key of the zone (RFC 4035 section 5.3). One that holds is enough.
 * @throws {LimitReached} when more signatures would have to be checked than a question, or an RRset, may cost.
 */
export function verifyRRset(session: Session, rrset: RRset, signers: Signers): VerifiedRRset | UnverifiedRRset {
  const { context } = session
  session.place = { name: rrset.name, type: rrset.type }
  let worst = unsignedFailure(rrset)
  const candidates: SignatureRecord[] = []
  for (const signature of rrset.signatures) {
    const misfit = checkFields(context, rrset, signature.rrsig, signers)
    if (misfit === undefined) candidates.push(signature)
    else worst = moreSpecific(worst, misfit)
  }
  // Those whose dates hold go first: beside a stale signature the fresh one costs a single check.
  candidates.sort(
    (a, b) =>
      Number(checkDates(rrset, a.rrsig, context.now) !== undefined) -
      Number(checkDates(rrset, b.rrsig, context.now) !== undefined),
  )

  const data = new SignedData(rrset)
  const spending = new Spending(session)
  for (const candidate of candidates) {
    const { rrsig } = candidate
    const matching = signers.keys.filter((key) => key.keyTag === rrsig.keyTag && key.algorithm === rrsig.algorithm)
    context.budget.require('keysPerTag', matching.length)
    if (matching.length === 0) worst = moreSpecific(worst, missingKey(rrset, rrsig, signers))
    for (const key of matching) {
      if (!spending.check(key, rrsig, data)) {
        worst = moreSpecific(worst, forged(rrset, rrsig))
        continue
      }
      // The dates count only now that the signature is known to be authentic.
      const outOfDate = checkDates(rrset, rrsig, context.now)
      if (outOfDate === undefined) return accepted(rrset, candidate, context)
      worst = moreSpecific(worst, outOfDate)
    }
  }
  return { verified: false, failure: worst }
}

/** Pays for signature checks before they are made. */
class Spending {
  readonly #session: Session
  #checks = 0
  #failed = 0

  constructor(session: Session) {
    this.#session = session
  }

  check(key: ZoneKey, rrsig: Rrsig, data: SignedData): boolean {
    const { budget } = this.#session.context
    const { signatureChecksPerRRset, failedSignatureChecksPerRRset } = budget.limits
    if (this.#checks >= signatureChecksPerRRset) {
      throw new LimitReached('signatureChecksPerRRset', signatureChecksPerRRset)
    }
    if (this.#failed >= failedSignatureChecksPerRRset) {
      throw new LimitReached('failedSignatureChecksPerRRset', failedSignatureChecksPerRRset)
    }
    budget.spend('signatureChecks')
    this.#checks++
    const good = key.publicKey()?.verify(rrsig.signature, data.for(rrsig)) === true
    if (!good) this.#failed++
    return good
  }
}

/** What can be refused without cryptography (RFC 4035 section 5.3.1). */
function checkFields(context: Context, rrset: RRset, rrsig: Rrsig, signers: Signers): Failure | undefined {
  const { name, type } = rrset
  if (!rrsig.signerName.equals(signers.zone)) {
    const code = name.isAtOrBelow(rrsig.signerName) ? 'signer-not-zone' : 'signer-not-ancestor'
    const text = `the RRSIG of ${placeText(name, type)} names ${rrsig.signerName.toCanonicalString()} as signer, the data lies in ${signers.zone.toCanonicalString()}`
    return failure(code, text, name, type)
  }
  if (rrsig.labels > ownerLabels(name) || rrsig.labels < signers.zone.labelCount) {
    const text = `the RRSIG of ${placeText(name, type)} counts ${rrsig.labels} labels, which fits neither the owner nor a wildcard of the zone`
    return failure('labels-mismatch', text, name, type)
  }
  if (!algorithmAccepted(context, rrsig.algorithm)) {
    const text = `the RRSIG of ${placeText(name, type)} uses algorithm ${algorithmName(rrsig.algorithm)}, which is not supported`
    return failure('unsupported-algorithm', text, name, type)
  }
  return undefined
}

/** Whether signatures of an algorithm count: supported by the engine, and not switched off (RFC 9905). */
export function algorithmAccepted(context: Context, algorithm: number): boolean {
  if (!context.acceptSha1 && (algorithm === 5 || algorithm === 7)) return false
  return context.engine.supportsAlgorithm(algorithm)
}

/** RFC 4034 section 3.1.5: the dates are serial numbers around the time of validation. */
function checkDates(rrset: RRset, rrsig: Rrsig, now: number): Failure | undefined {
  const { name, type } = rrset
  const inception = serialTime(rrsig.inception, now)
  const expiration = serialTime(rrsig.expiration, now)
  const what = `the RRSIG of ${placeText(name, type)} by key ${rrsig.keyTag}`
  if (inception > expiration) {
    const text = `${what} expires (${timeText(expiration)}) before it becomes valid (${timeText(inception)})`
    return failure('signature-expired-before-valid', text, name, type, resign(rrsig.signerName))
  }
  if (now > expiration) {
    const text = `${what} expired at ${timeText(expiration)}`
    return failure(
      'signature-expired',
      text,
      name,
      type,
      `${resign(rrsig.signerName)}, or look whether the clock here (${timeText(now)}) is right`,
    )
  }
  if (now < inception) {
    const text = `${what} is not valid before ${timeText(inception)}`
    return failure(
      'signature-not-yet-valid',
      text,
      name,
      type,
      `look whether the clocks are right, here (${timeText(now)}) and where ${rrsig.signerName.toCanonicalString()} is signed`,
    )
  }
  return undefined
}

function accepted(rrset: RRset, signature: SignatureRecord, context: Context): VerifiedRRset {
  const { rrsig, record } = signature
  const inception = serialTime(rrsig.inception, context.now)
  const expiration = serialTime(rrsig.expiration, context.now)
  const wildcard = rrsig.labels < ownerLabels(rrset.name)
  return {
    verified: true,
    rrset,
    signature: {
      owner: rrset.name,
      typeCovered: rrset.type,
      signer: rrsig.signerName,
      keyTag: rrsig.keyTag,
      algorithm: rrsig.algorithm,
      inception,
      expiration,
    },
    wildcardEncloser: wildcard ? rrset.name.suffix(rrsig.labels) : undefined,
    ttl: Math.min(rrset.ttl, record.ttl, rrsig.originalTtl, expiration - context.now),
  }
}

function unsignedFailure(rrset: RRset): Failure {
  const { name, type, malformedSignatures } = rrset
  if (malformedSignatures > 0) {
    return failure('signature-malformed', `the RRSIG of ${placeText(name, type)} is malformed`, name, type)
  }
  const text = `${placeText(name, type)} has no RRSIG, and its zone is signed`
  return failure(
    'rrsigs-missing',
    text,
    name,
    type,
    'look whether the zone was signed as a whole, and whether something on the way removes RRSIG records',
  )
}

function missingKey(rrset: RRset, rrsig: Rrsig, signers: Signers): Failure {
  const { name, type } = rrset
  const has = signers.keys.map((key) => key.keyTag).join(', ')
  const text = `the RRSIG of ${placeText(name, type)} was made by key ${rrsig.keyTag}/${algorithmName(rrsig.algorithm)}, which ${signers.zone.toCanonicalString()} does not have${has === '' ? '' : ` (it has ${has})`}`
  return failure(
    'dnskey-missing',
    text,
    name,
    type,
    `publish key ${rrsig.keyTag} in ${signers.zone.toCanonicalString()} DNSKEY until the signatures made by it are gone`,
  )
}

function forged(rrset: RRset, rrsig: Rrsig): Failure {
  const { name, type } = rrset
  const text = `the RRSIG of ${placeText(name, type)} by key ${rrsig.keyTag}/${algorithmName(rrsig.algorithm)} does not fit the data`
  return failure(
    'signature-failed',
    text,
    name,
    type,
    `the data was changed after it was signed, by someone on the way or at the servers of ${rrsig.signerName.toCanonicalString()}; ask those servers directly and compare`,
  )
}

function resign(zone: Name): string {
  return `sign ${zone.toCanonicalString()} again, and find out why its signer stopped`
}
