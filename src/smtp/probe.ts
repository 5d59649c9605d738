import type { Destination, HostPolicy } from '../dane/policy.ts'
import { SMTP_LIMITS } from '../limits.ts'
import { attempt } from './attempt.ts'
import { type ConnectionSettings, checkSettings } from './connection-settings.ts'
import { forDomain } from './fate.ts'
import type { ConnectionOutcome, Verdict } from './outcome.ts'
import { DEFAULT_POLICY } from './policy/destination-policy.ts'
import { requirementFor, type Security } from './policy/requirement.ts'
import { contextOf, type Routed } from './route.ts'

/** What a sender would meet at one host. */
export interface HostProbe {
  /** One for each address, in the order a sender tries them. */
  readonly connections: readonly ConnectionOutcome[]
  /** That of the first address a sender would use; where it would use none, `refused` before `unreachable`. */
  readonly verdict: Verdict
  /** What it is worth for the domain: nothing is verified through a name that is not secure (RFC 7672 section 2.2.1). */
  readonly forDomain: Verdict
  /** Why the verdict is no better, one sentence without a final dot; null for `verified`. */
  readonly reason: string | null
}

/**
 * Connects to every address of a host, up to where mail could be sent, and takes leave: no MAIL, no DATA.
 * @param route what the host was found by, and what is configured for it; default: RFC 7672 and nothing else
 * @throws {TypeError | RangeError} that names the option which is not what it should be
 */
export async function probe(
  host: HostPolicy,
  settings: ConnectionSettings = {},
  route?: Pick<Routed, 'destination' | 'policy' | 'sts'>,
): Promise<HostProbe> {
  const checked = checkSettings(settings)
  const about = route ?? { destination: { domain: host.host } as Destination, policy: DEFAULT_POLICY, sts: null }
  const requirement = requirementFor(host, contextOf(about, { requireTls: false, tlsRequiredNo: false, logsIn: false }))
  if (requirement.kind === 'refuse') {
    const { verdict, text: reason } = requirement.obstacle
    return { connections: [], verdict, forDomain: verdict, reason }
  }
  const addresses = host.addresses.slice(0, SMTP_LIMITS.addressesPerHost.max)
  const attempts = await Promise.all(
    addresses.map((address) => attempt({ host, requirement }, [address], undefined, checked)),
  )
  const decisive =
    attempts.find(({ verdict }) => verdict !== 'refused' && verdict !== 'unreachable') ??
    attempts.find(({ verdict }) => verdict === 'refused') ??
    attempts[0]!
  const { verdict, connection } = decisive
  const told = connection.error ?? connection.notice ?? fallbackReason(requirement.security, verdict)
  return {
    connections: attempts.map((made) => made.connection),
    verdict,
    forDomain: forDomain(decisive),
    reason: verdict === 'verified' ? null : told,
  }
}

/**
 * The verdict on a whole destination: that of the first host, in delivery order, that would be used. A host verified
 * under an insecure MX counts as `encrypted` (RFC 7672 section 2.2.1).
 * @param probes one for each of `destination.hosts`, in their order; or the hosts' verdicts alone, under RFC 7672
 */
export function domainVerdict(
  destination: Destination,
  probes: readonly (Verdict | Pick<HostProbe, 'forDomain'>)[],
): Verdict {
  if (probes.length !== destination.hosts.length) {
    throw new RangeError(`verdicts: ${probes.length} for ${destination.hosts.length} hosts`)
  }
  if (destination.none !== null) return destination.none.kind === 'mx-failed' ? 'refused' : 'unreachable'
  const verdicts = probes.map((probed, index) =>
    typeof probed === 'string'
      ? forDomain({ verdict: probed, binds: destination.hosts[index]!.mxSecure })
      : probed.forDomain,
  )
  const used = verdicts.find((verdict) => verdict !== 'refused' && verdict !== 'unreachable')
  return used ?? (verdicts.includes('refused') ? 'refused' : 'unreachable')
}

function fallbackReason(security: Security, verdict: Verdict): string {
  if (verdict === 'cleartext' && security.level !== 'none') return 'the server does not offer STARTTLS'
  return 'why' in security ? security.why : 'nobody was authenticated'
}
