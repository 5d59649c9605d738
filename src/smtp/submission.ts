import type { SubmissionDestination, SubmissionPolicy } from '../dane/policy.ts'
import type { DeliverOptions, Relay } from './delivery.ts'
import { definePolicy } from './policy/define.ts'
import type { DestinationPolicy } from './policy/destination-policy.ts'
import { PolicyTable } from './policy/table.ts'

/** Settings of `deliver` for one server. */
export type SubmissionSettings = Required<Pick<DeliverOptions, 'relay' | 'policies'>>

/**
 * Settings of `deliver` for each server for submission that `discoverSubmission` has found, in the order to try them:
 * the next one is due where the one before deferred all. None of them takes anything, credentials included, before it
 * has proven who it is. A server whose lookups failed is among them, so that the outcome tells why it is not used.
 *
 * A server has to be given to `deliver` by these settings: its bare name would count as configured, and so as
 * secure, where an unsigned SRV record may have named it.
 */
export function submissionSettings(
  destination: SubmissionDestination,
  credentials?: Relay['credentials'],
): SubmissionSettings[] {
  return destination.hosts.map((host) => {
    const nextHop = `[${host.host.toCanonicalString().slice(0, -1)}]:${host.port}`
    const implicitTls = host.implicitTls ?? false
    return {
      relay: { nextHop, implicitTls, ...(credentials !== undefined && { credentials }) },
      policies: new PolicyTable([[nextHop, policyOf(host)]]),
    }
  })
}

function policyOf(host: SubmissionPolicy): DestinationPolicy {
  const from = 'SRV'
  // What is looked up anew for the delivery must not come to less than what was found here.
  if (host.level !== 'pkix') return definePolicy({ level: 'dane-only', from })
  return definePolicy({
    level: 'secure',
    match: host.referenceIdentifiers.map((name) => name.toCanonicalString()),
    from,
  })
}
