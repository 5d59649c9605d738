import type { Spent } from '../limits.ts'
import type { Name } from '../wire/name.ts'
import type { Question, ResourceRecord } from '../wire/record.ts'
import type { ReasonCode } from './reason.ts'

/** Validation status (RFC 4035 section 4.3). */
export type Status = 'secure' | 'insecure' | 'bogus' | 'indeterminate'

/** The place in the data a failure is about: an owner name and a type. */
export interface DataPlace {
  readonly name: Name
  readonly type: number
}

/** Why an answer is not secure. */
export interface Failure {
  /** What is wrong, from a closed set. */
  readonly code: ReasonCode
  /** INFO-CODE of the Extended DNS Errors registry (RFC 8914). */
  readonly ede: number
  /** One sentence for a person, without a final dot. */
  readonly text: string
  /** The RRset it is about. */
  readonly at: DataPlace | undefined
  /** What to do about it and where, one sentence without a final dot; undefined where there is nothing to do. */
  readonly advice: string | undefined
  /** Unix seconds from which on it is over by itself: the begin of a signature that is not yet valid. */
  readonly until?: number
}

/** One step of an alias chain. */
export interface AliasStep {
  readonly owner: Name
  readonly target: Name
  /** Through which type the step goes; a CNAME made from a DNAME is a DNAME step (RFC 6672 section 3.1). */
  readonly type: 'CNAME' | 'DNAME'
  readonly status: 'secure' | 'insecure'
}

/** One DS record of a chain. */
export interface ChainDs {
  readonly keyTag: number
  readonly algorithm: number
  readonly digestType: number
  readonly digest: Uint8Array
  /** Whether a DNSKEY was found that has this digest. */
  readonly matched: boolean
}

/** One DNSKEY of a chain. */
export interface ChainKey {
  readonly keyTag: number
  readonly algorithm: number
  readonly flags: number
}

/** One signature that was verified. */
export interface ChainSignature {
  readonly owner: Name
  readonly typeCovered: number
  readonly signer: Name
  readonly keyTag: number
  readonly algorithm: number
  /** Unix seconds. */
  readonly inception: number
  /** Unix seconds. */
  readonly expiration: number
}

/** One record of a proof of non-existence, as it was used. */
export interface ChainProof {
  /** What the records prove, in words. */
  readonly proves: string
  readonly records: readonly ResourceRecord[]
  readonly signatures: readonly ChainSignature[]
}

/** What the chain of trust has at one zone, or at one name that is not a zone cut. */
export interface ChainLink {
  readonly zone: Name
  readonly status: Status
  /** How the keys of the zone came to be trusted, or why it has none. */
  readonly via: 'trust-anchor' | 'ds' | 'no-ds' | 'unsupported-ds' | 'negative-trust-anchor' | 'failed'
  readonly ds: readonly ChainDs[]
  readonly keys: readonly ChainKey[]
  /** Of the DS RRset, and of the DNSKEY RRset. */
  readonly signatures: readonly ChainSignature[]
  readonly proofs: readonly ChainProof[]
}

/** One RRset of the answer with what verified it, or one proof of absence. */
export interface AnswerProof {
  readonly owner: Name
  readonly type: number
  readonly status: 'secure' | 'insecure'
  readonly signature: ChainSignature | undefined
  /** Present for wildcard answers and for absence. */
  readonly proof: ChainProof | undefined
}

interface AnswerBase {
  readonly question: Question
  /** RCODE that belongs to the last name of the alias chain; for a failed lookup what upstream said, else SERVFAIL. */
  readonly rcode: number
  readonly chain: readonly ChainLink[]
  readonly spent: Spent
}

interface DataAnswer extends AnswerBase {
  /** Aliases first, in the order they are followed, then the records asked for; empty for NODATA and NXDOMAIN. */
  readonly records: readonly ResourceRecord[]
  readonly aliases: readonly AliasStep[]
  /** The last name of the alias chain; the question's own name where there is none. */
  readonly canonicalName: Name
  /** What was verified for the answer itself, step by step. */
  readonly proofs: readonly AnswerProof[]
  /** Seconds this answer may be kept (RFC 4035 section 5.3.3). */
  readonly ttl: number
  /** Proven by records that earlier answers brought, so that nothing was asked (RFC 8198). */
  readonly synthesized?: true
  /** Seconds since it was over: served because a fresh one could not be had (RFC 8767). */
  readonly stale?: number
}

/** Everything in it verified from a trust anchor down. */
export interface SecureAnswer extends DataAnswer {
  readonly status: 'secure'
  readonly reason: null
  /** Unix seconds: all signatures used are valid in this window. */
  readonly validFrom: number
  readonly validUntil: number
}

/** Proven to lie where no chain of trust leads. The data may be forged. */
export interface InsecureAnswer extends DataAnswer {
  readonly status: 'insecure'
  /** Where and why security ends. */
  readonly reason: Failure
}

/** Should verify and does not. It has no records, so that nothing can use them by mistake. */
export interface BogusAnswer extends AnswerBase {
  readonly status: 'bogus'
  readonly reason: Failure
}

/** No usable answer, or a question that cannot be validated. */
export interface IndeterminateAnswer extends AnswerBase {
  readonly status: 'indeterminate'
  readonly reason: Failure
}

/** The result of validation. Only `secure` and `insecure` have records. */
export type ValidatedAnswer = SecureAnswer | InsecureAnswer | BogusAnswer | IndeterminateAnswer
