import { algorithmName } from '../wire/codes/algorithm.ts'
import type { Name } from '../wire/name.ts'
import type { Rrsig } from '../wire/rdata/dnssec.ts'
import { LimitReached } from '../limits.ts'
import { ownerLabels } from './canonical.ts'
import { failure, placeText, specificity } from './failure.ts'
import type { ReasonCode } from './reason.ts'
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
  session.place = rrset
  const worst = new Worst(rrset, signers, context.now)
  const fresh: SignatureRecord[] = []
  const stale: SignatureRecord[] = []
  for (const signature of rrset.signatures) {
    const { rrsig } = signature
    const misfit = checkFields(context, rrset, rrsig, signers)
    if (misfit !== undefined) worst.note(misfit, rrsig)
    else (checkDates(rrsig, context.now) === undefined ? fresh : stale).push(signature)
  }

  // One for the name itself settles what one for a wildcard leaves open, in whatever order they come.
  if (fresh.length > 1) fresh.sort((a, b) => b.rrsig.labels - a.rrsig.labels)
  const data = new SignedData(rrset)
  const spending = new Spending(session)
  // Those whose dates hold go first: beside a stale signature the fresh one costs a single check.
  for (const signature of stale.length === 0 ? fresh : [...fresh, ...stale]) {
    const { rrsig } = signature
    const matching = signers.keys.filter((key) => key.keyTag === rrsig.keyTag && key.algorithm === rrsig.algorithm)
    context.budget.require('keysPerTag', matching.length)
    if (matching.length === 0) worst.note('dnskey-missing', rrsig)
    for (const key of matching) {
      if (!spending.check(key, signature, data)) {
        worst.note('signature-failed', rrsig)
        continue
      }
      // The dates count only now that the signature is known to be authentic.
      const outOfDate = checkDates(rrsig, context.now)
      if (outOfDate === undefined) return accepted(rrset, signature, context)
      worst.note(outOfDate, rrsig)
    }
  }
  return { verified: false, failure: worst.failure() }
}

/** Pays for signature checks before they are made. */
class Spending {
  readonly #session: Session
  #checks = 0
  #failed = 0

  constructor(session: Session) {
    this.#session = session
  }

  check(key: ZoneKey, signature: SignatureRecord, data: SignedData): boolean {
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
    const good = key.publicKey()?.verify(signature.rrsig.signature, data.for(signature)) === true
    if (!good) this.#failed++
    return good
  }
}

/** What can be refused without cryptography (RFC 4035 section 5.3.1). */
function checkFields(context: Context, rrset: RRset, rrsig: Rrsig, signers: Signers): ReasonCode | undefined {
  if (!rrsig.signerName.equals(signers.zone)) {
    return rrset.name.isAtOrBelow(rrsig.signerName) ? 'signer-not-zone' : 'signer-not-ancestor'
  }
  if (rrsig.labels > ownerLabels(rrset.name) || rrsig.labels < signers.zone.labelCount) return 'labels-mismatch'
  return algorithmAccepted(context, rrsig.algorithm) ? undefined : 'unsupported-algorithm'
}

/** Whether signatures of an algorithm count: supported by the engine, and not switched off (RFC 9905). */
export function algorithmAccepted(context: Context, algorithm: number): boolean {
  if (!context.acceptSha1 && (algorithm === 5 || algorithm === 7)) return false
  return context.engine.supportsAlgorithm(algorithm)
}

/** RFC 4034 section 3.1.5: the dates are serial numbers around the time of validation. */
function checkDates(rrsig: Rrsig, now: number): ReasonCode | undefined {
  const inception = serialTime(rrsig.inception, now)
  const expiration = serialTime(rrsig.expiration, now)
  if (inception > expiration) return 'signature-expired-before-valid'
  if (now > expiration) return 'signature-expired'
  return now < inception ? 'signature-not-yet-valid' : undefined
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

/**
 * The most specific of the reasons why signatures do not hold. It is put into words once, at the end: an answer may
 * bring thousands of signatures, and writing about each would be work that a peer controls.
 */
class Worst {
  readonly #rrset: RRset
  readonly #signers: Signers
  readonly #now: number
  #code: ReasonCode
  #rrsig: Rrsig | undefined

  constructor(rrset: RRset, signers: Signers, now: number) {
    this.#rrset = rrset
    this.#signers = signers
    this.#now = now
    this.#code = rrset.malformedSignatures > 0 ? 'signature-malformed' : 'rrsigs-missing'
  }

  note(code: ReasonCode, rrsig: Rrsig): void {
    if (this.#rrsig !== undefined && specificity(this.#code) <= specificity(code)) return
    this.#code = code
    this.#rrsig = rrsig
  }

  failure(): Failure {
    const { name, type } = this.#rrset
    const [text, advice] = describe(this.#code, placeText(name, type), this.#rrsig, this.#signers, this.#now)
    const made = failure(this.#code, text, name, type, advice)
    if (this.#code !== 'signature-not-yet-valid' || this.#rrsig === undefined) return made
    return { ...made, until: serialTime(this.#rrsig.inception, this.#now) }
  }
}

/** What is wrong with an RRset's signatures, in words, and what to do. */
function describe(
  code: ReasonCode,
  what: string,
  rrsig: Rrsig | undefined,
  { zone, keys }: Signers,
  now: number,
): [string, string?] {
  if (rrsig === undefined) {
    if (code === 'signature-malformed') return [`the RRSIG of ${what} is malformed`]
    const advice = `look whether all of ${zone} was signed, and whether something on the way removes RRSIG records`
    return [`${what} has no RRSIG, and its zone ${zone} is signed`, advice]
  }
  const key = `${rrsig.keyTag}/${algorithmName(rrsig.algorithm)}`
  const expiration = timeText(serialTime(rrsig.expiration, now))
  const inception = timeText(serialTime(rrsig.inception, now))
  const resign = `sign ${zone} again, and find out why its signer stopped`
  switch (code) {
    case 'signer-not-zone':
    case 'signer-not-ancestor':
      return [`the RRSIG of ${what} names ${rrsig.signerName} as signer, yet the data lies in ${zone}`]
    case 'labels-mismatch':
      return [
        `the RRSIG of ${what} counts ${rrsig.labels} labels, which fits neither the owner nor a wildcard in ${zone}`,
      ]
    case 'unsupported-algorithm':
      return [`${what} is signed with ${algorithmName(rrsig.algorithm)} only, which is not supported here`]
    case 'signature-expired-before-valid':
      return [
        `the RRSIG of ${what} by key ${key} expires (${expiration}) before it becomes valid (${inception})`,
        resign,
      ]
    case 'signature-expired':
      return [
        `the RRSIG of ${what} by key ${key} expired at ${expiration}`,
        `${resign}; or look whether the clock here (${timeText(now)}) is right`,
      ]
    case 'signature-not-yet-valid':
      return [
        `the RRSIG of ${what} by key ${key} is not valid before ${inception}`,
        `look whether the clocks are right, here (${timeText(now)}) and where ${zone} is signed`,
      ]
    case 'dnskey-missing': {
      const has = keys.map(({ keyTag }) => keyTag).join(', ') || 'none'
      const advice = `publish key ${rrsig.keyTag} in the DNSKEY RRset of ${zone} until no signature by it is left`
      return [`the RRSIG of ${what} was made by key ${key}, which ${zone} does not have (it has ${has})`, advice]
    }
    default:
      return [
        `the RRSIG of ${what} by key ${key} does not fit the data`,
        `the data or its signature was changed, on the way or at the servers of ${zone}: ask those directly and compare`,
      ]
  }
}
