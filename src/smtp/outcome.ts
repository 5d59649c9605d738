import type { HostPolicy, NoHosts } from '../dane/policy.ts'
import type { SessionFailureKind } from './session-types.ts'
import type { TlsFailureType } from './tls-session.ts'

/**
 * What became of one host: `verified` as the policy wants it (by DANE where nothing else is configured), `encrypted`
 * without that, `cleartext`, `refused` because the policy was not met, or `unreachable`.
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
  /** Whether the peer proved who it is; `by` says how. */
  readonly authenticated: boolean
  readonly by: AuthenticatedBy | null
  /** The TLSA record, under `dane`. */
  readonly matched: MatchedRecord | null
  /** What went wrong, one sentence without a final dot. */
  readonly error: string | null
  /** The same for a program. */
  readonly failure: FailureKind | null
  /** What the policy wants noticed though it did not stop the mail: a mismatch under `audit`, a policy being tested. */
  readonly notice: string | null
}

/** How a peer was authenticated: by TLSA records, by a pinned fingerprint, or by authorities and its name. */
export type AuthenticatedBy = 'dane' | 'fingerprint' | 'pkix'

/** What went wrong, from a closed set. */
export type FailureKind =
  /** TLS is not as the policy wants it, in the words of reports on TLS (RFC 8460 section 4.3). */
  | TlsFailureType
  /** There is nowhere to deliver to. */
  | NoHosts['kind']
  /** The conversation ended before it came to what it was for. */
  | Exclude<SessionFailureKind, 'tls-not-offered' | 'tls-refused' | 'tls-failed' | 'not-authenticated'>
  /** The address lookup of a host failed, or was bogus. */
  | 'lookup-failed'
  /** The policy for the destination forbids it, and nothing was tried. */
  | 'policy'
  /** REQUIRETLS cannot be honoured (RFC 8689 section 4.2.1). */
  | 'requiretls'
  /** The server cannot take this message: its size, its octets, its addresses. */
  | 'unsupported'
  /** A defect of this program. */
  | 'internal'

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
  /** Null for what was delivered. */
  readonly failure: FailureKind | null
  readonly policy: AppliedPolicy
  /** For what is deferred: before when another try makes no sense; null where nothing is known about that. */
  readonly retry: Retry | null
  /**
   * Of what was delivered where the sender had asked for notifications (RFC 3461): `passed` where the host took that
   * over, `relayed` where it does not know DSN, so that nobody but the sender's system can tell him (section 5.2.2).
   */
  readonly dsn?: 'passed' | 'relayed'
  readonly attempts: readonly DeliveryAttempt[]
}

/** What was configured for a destination. */
export interface AppliedPolicy {
  /** In Postfix's words, as `DestinationPolicy` has it. */
  readonly level: string
  /** `FILE:LINE`, `default`, or what else decided: `require-dane`, `policy` of the caller's own. */
  readonly from: string
  /** What is to be said about it each time, such as that DNSSEC is off; without final dots. */
  readonly notes: readonly string[]
}

export interface Retry {
  /** Unix seconds. */
  readonly after: number
  /** One sentence without a final dot. */
  readonly why: string
}
