import { TLSRPT_LIMITS } from '../../limits.ts'
import type { TlsFailureType, TlsSession } from '../tls-session.ts'

/** What is reported of one failure, and how often it came (RFC 8460 section 4.3). */
export interface FailureDetail {
  readonly type: TlsFailureType
  readonly sendingAddress: string | null
  /** Absolute, in lower case. */
  readonly host: string
  readonly helo: string | null
  readonly receivingAddress: string | null
  readonly text: string
  readonly count: number
}

/** What was counted under one policy (RFC 8460 section 4.2). */
export interface PolicyTally {
  readonly type: TlsSession['policyType']
  readonly domain: string
  readonly strings: readonly string[]
  readonly mxHosts: readonly string[]
  readonly successful: number
  readonly failed: number
  /** Not all where there were more than the limits allow; `failed` counts every one. */
  readonly details: readonly FailureDetail[]
}

/** What was counted for one domain that mail was for. */
export interface DomainTally {
  /** Absolute, in lower case. */
  readonly domain: string
  readonly policies: readonly PolicyTally[]
}

interface Policy {
  readonly about: Pick<PolicyTally, 'type' | 'domain' | 'strings' | 'mxHosts'>
  successful: number
  failed: number
  readonly details: Map<string, { readonly about: Omit<FailureDetail, 'count'>; count: number }>
}

/** Adds up the sessions of one day. Whatever peers make them say, it stays within its limits. */
export class Tally {
  readonly #domains = new Map<string, Map<string, Policy>>()
  #details = 0
  /** Sessions that are in no count, because there were too many domains or policies. */
  left = 0

  add(session: TlsSession): void {
    const policy = this.#policy(session)
    if (policy === undefined) {
      this.left++
      return
    }
    const { failure } = session
    if (failure === null) {
      policy.successful++
      return
    }
    policy.failed++
    const about = {
      type: failure.type,
      sendingAddress: session.sendingAddress,
      host: session.host,
      helo: session.receivingHelo,
      receivingAddress: session.receivingAddress,
      text: failure.text,
    }
    const key = JSON.stringify(Object.values(about))
    const known = policy.details.get(key)
    if (known !== undefined) known.count++
    else if (policy.details.size < TLSRPT_LIMITS.details.value && this.#details < TLSRPT_LIMITS.detailsInAll.value) {
      policy.details.set(key, { about, count: 1 })
      this.#details++
    }
  }

  /** By name. */
  domains(): DomainTally[] {
    return [...this.#domains]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([domain, policies]) => ({
        domain,
        policies: [...policies.values()].map(({ about, successful, failed, details }) => ({
          ...about,
          successful,
          failed,
          details: [...details.values()].map((detail) => ({ ...detail.about, count: detail.count })),
        })),
      }))
  }

  #policy(session: TlsSession): Policy | undefined {
    const { domain, policyDomain, policyType, policyStrings, mxHosts } = session
    let policies = this.#domains.get(domain)
    if (policies === undefined) {
      if (this.#domains.size >= TLSRPT_LIMITS.domains.value) return undefined
      policies = new Map()
      this.#domains.set(domain, policies)
    }
    const about = { type: policyType, domain: policyDomain, strings: policyStrings, mxHosts }
    const key = JSON.stringify(Object.values(about))
    let policy = policies.get(key)
    if (policy === undefined) {
      if (policies.size >= TLSRPT_LIMITS.policies.value) return undefined
      policy = { about, successful: 0, failed: 0, details: new Map() }
      policies.set(key, policy)
    }
    return policy
  }
}
