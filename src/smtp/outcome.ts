import type { HostPolicy } from '../dane/policy.ts'

/**
 * What became of one host: `verified` by DANE, `encrypted` without that, `cleartext`, `refused` because the policy was
 * not met, or `unreachable`.
 */
export type Verdict = 'verified' | 'encrypted' | 'cleartext' | 'refused' | 'unreachable'

/** One connection, or the attempt at one. */
export interface ConnectionOutcome {
  readonly address: string
  readonly port: number
  /** Whether there was an SMTP server that answered EHLO. */
  readonly answered: boolean
  /** Whether the server announced STARTTLS. */
  readonly starttls: boolean
  /** Such as `TLSv1.3`; null where the handshake did not come to its end. */
  readonly protocol: string | null
  readonly cipher: string | null
  /** Whether a usable, secure TLSA record matched. */
  readonly authenticated: boolean
  readonly matched: MatchedRecord | null
  /** What went wrong, one sentence without a final dot. */
  readonly error: string | null
}

/** The TLSA record that matched, and at which place of the path (0 is the leaf). */
export interface MatchedRecord {
  readonly usage: number
  readonly selector: number
  readonly matchingType: number
  readonly depth: number
}

/** One step of a delivery: a connection, or a host that was passed over. */
export interface DeliveryAttempt extends Omit<ConnectionOutcome, 'address'> {
  /** Absolute, in lower case. */
  readonly host: string
  readonly level: HostPolicy['level']
  /** Null where no connection was tried. */
  readonly address: string | null
  /** As it counts for the recipient's domain: under an insecure MX nothing is `verified` (RFC 7672 section 2.2.1). */
  readonly verdict: Verdict
}

/** The result for one recipient, ready for JSON. */
export interface DeliveryOutcome {
  /** As the caller wrote it. */
  readonly address: string
  readonly outcome: 'delivered' | 'deferred' | 'rejected'
  /** The host the outcome is from; null where it did not come to one. */
  readonly host: string | null
  readonly level: HostPolicy['level'] | null
  readonly verdict: Verdict
  /** Reply code, of the server or (for a domain that takes no mail) of RFC 5321 section 3.7.1's kind; null without one. */
  readonly code: number | null
  readonly enhanced: string | null
  readonly text: string
  readonly attempts: readonly DeliveryAttempt[]
}
