import type { HostPolicy } from '../dane/policy.ts'
import { timeText } from '../dnssec/time.ts'
import type { Failure } from '../dnssec/status.ts'
import { RESOLVER_LIMITS, SMTP_LIMITS } from '../limits.ts'
import type { FailureKind, Retry } from './outcome.ts'

/**
 * Before when it makes no sense to try a host again; null where nothing stands against trying at any time, as a server
 * may be mended any moment, and what is in the DNS may not.
 * @param now Unix seconds
 */
export function retryAtHost(host: HostPolicy, failure: FailureKind | null, now: number): Retry | null {
  switch (failure) {
    case 'lookup-failed':
    case 'dnssec-invalid':
      return host.level === 'defer' ? retryLookup(host.reason, now) : null
    case 'dane-required':
    case 'tlsa-invalid':
    case 'no-address': {
      // What an insecure MX names is kept for a time that nothing here says.
      if (host.ttl === undefined || (failure === 'dane-required' && !host.mxSecure)) return null
      const what = failure === 'no-address' ? 'that it has no address' : 'what is known of its TLSA records'
      return { after: Math.ceil(now + host.ttl), why: `${what} is kept for ${host.ttl} s` }
    }
    default:
      return null
  }
}

/** For a lookup that failed: when it becomes right by itself, or when it is made again. */
export function retryLookup({ until }: Failure, now: number): Retry {
  if (until !== undefined && until > now) {
    // Nobody has verified that signature: one forged answer must not put mail off for years.
    const after = Math.min(until, Math.ceil(now + SMTP_LIMITS.unverifiedWait.value))
    return { after, why: `a signature begins at ${timeText(until)}` }
  }
  const { value } = RESOLVER_LIMITS.failureTtl
  return { after: Math.ceil(now + value), why: `a lookup that failed is not made again for ${value} s` }
}

/** Of several hosts each may be the one: the first time at which one may be tried, or null where one may be now. */
export function earliest(retries: readonly (Retry | null)[]): Retry | null {
  let first: Retry | null = null
  for (const retry of retries) {
    if (retry === null) return null
    if (first === null || retry.after < first.after) first = retry
  }
  return first
}
