/**
 * What one try to reach one host says about TLS, for statistics (RFC 8460 section 4.3). One is told for each
 * connection that got an answer, and for each host that was passed over for its policy.
 */
export interface TlsSession {
  readonly time: Date
  /** The next hop domain the mail was for, absolute and in lower case: who wants reports is asked there. */
  readonly domain: string
  /**
   * The domain whose policy it is, absolute and in lower case: of `tlsa` the TLSA base domain, else the next hop domain
   * (RFC 8460 section 1.1).
   */
  readonly policyDomain: string
  /** Which kind of policy applied to this host. */
  readonly policyType: 'tlsa' | 'sts' | 'no-policy-found'
  /** The policy itself: TLSA records in presentation form, or the lines of the MTA-STS policy. */
  readonly policyStrings: readonly string[]
  /** The MX hosts (of `tlsa`: the host with its records; of `sts`: the patterns). */
  readonly mxHosts: readonly string[]
  /** The host tried, absolute and in lower case. */
  readonly host: string
  readonly sendingAddress: string | null
  readonly receivingAddress: string | null
  /** The name the server gave itself in its greeting or EHLO reply. */
  readonly receivingHelo: string | null
  /** Null where TLS came about as the policy wants it. */
  readonly failure: TlsFailure | null
}

export interface TlsFailure {
  readonly type: TlsFailureType
  /** One sentence for a person, without a final dot. */
  readonly text: string
}

/** `result-type` of RFC 8460 sections 4.3 and 6.6. */
export type TlsFailureType = (typeof TLS_FAILURE_TYPES)[number]

/** All of them. */
export const TLS_FAILURE_TYPES = [
  'starttls-not-supported',
  'certificate-host-mismatch',
  'certificate-expired',
  'certificate-not-trusted',
  'validation-failure',
  'tlsa-invalid',
  'dnssec-invalid',
  'dane-required',
  'sts-policy-fetch-error',
  'sts-policy-invalid',
  'sts-webpki-invalid',
] as const
