import type { Name } from '../../wire/name.ts'

/** What a domain asks of those who send mail to it (RFC 8461 section 3.2). */
export interface StsPolicy {
  /** That of the TXT record with which the policy was fetched (RFC 8461 section 3.1). */
  readonly id: string
  /** `none`: the domain has taken its policy back; it is to be treated like one that never had any. */
  readonly mode: 'enforce' | 'testing' | 'none'
  /** Names of hosts in lower case without the final dot, each with or without `*.` in front; empty only in mode `none`. */
  readonly mx: readonly string[]
  /** Seconds for which it holds from `fetched` on. */
  readonly maxAge: number
  /** Unix seconds. */
  readonly fetched: number
  /** The policy's lines as they were received, for reports (RFC 8460 section 4.4: `policy-string`). */
  readonly lines: readonly string[]
}

/** As reports on TLS name it (RFC 8460 section 4.3.2.2). */
export type StsFailureKind = 'sts-policy-fetch-error' | 'sts-policy-invalid' | 'sts-webpki-invalid'

/** Why a domain's policy could not be fetched. */
export interface StsFailure {
  readonly kind: StsFailureKind
  /** One sentence for a person, without a final dot. */
  readonly text: string
}

/** What MTA-STS says about a domain. */
export interface StsResult {
  /** The policy in force, fetched now or earlier; null where there is none. */
  readonly policy: StsPolicy | null
  /** What went wrong when it was to be fetched, also where an earlier policy is still in force; null where nothing did. */
  readonly failure: StsFailure | null
}

/** What delivery wants of MTA-STS; `MtaSts` is one. */
export interface StsPolicies {
  /** What the network says is a value, also where it fails. Rejects with the reason of `signal`, once that is raised. */
  policyFor(domain: Name, signal?: AbortSignal): Promise<StsResult>
}

/**
 * Whether a policy names a host. A `*` stands for exactly one label, as in certificates (RFC 8461 section 4.1). The
 * host must in addition show a certificate for its name, of an authority that is known to the sender.
 * @param host the MX host, as the MX record has it
 */
export function stsAllows(policy: StsPolicy, host: Name): boolean {
  const name = host.toCanonicalString().slice(0, -1)
  const parent = name.slice(name.indexOf('.') + 1)
  return policy.mx.some((pattern) =>
    pattern.startsWith('*.') ? name.includes('.') && parent === pattern.slice(2) : name === pattern,
  )
}
