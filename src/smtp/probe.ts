import type { Destination, HostPolicy } from '../dane/policy.ts'
import { SMTP_LIMITS } from '../limits.ts'
import { attempt } from './attempt.ts'
import { type ConnectionSettings, checkSettings } from './connection-settings.ts'
import type { ConnectionOutcome, Verdict } from './outcome.ts'

/** What a sender would meet at one host. */
export interface HostProbe {
  /** One for each address, in the order a sender tries them. */
  readonly connections: readonly ConnectionOutcome[]
  /** That of the first address a sender would use; where it would use none, `refused` before `unreachable`. */
  readonly verdict: Verdict
  /** Why the verdict is no better, one sentence without a final dot; null for `verified`. */
  readonly reason: string | null
}

/**
 * Connects to every address of a host, up to where mail could be sent, and takes leave: no MAIL, no DATA.
 * @throws {TypeError | RangeError} that names the option which is not what it should be
 */
export async function probe(host: HostPolicy, settings: ConnectionSettings = {}): Promise<HostProbe> {
  const checked = checkSettings(settings)
  if (host.level === 'defer') return { connections: [], verdict: 'refused', reason: host.reason.text }
  const addresses = host.addresses.slice(0, SMTP_LIMITS.addressesPerHost.max)
  const attempts = await Promise.all(addresses.map((address) => attempt(host, [address], undefined, checked)))
  const decisive =
    attempts.find(({ verdict }) => verdict !== 'refused' && verdict !== 'unreachable') ??
    attempts.find(({ verdict }) => verdict === 'refused') ??
    attempts[0]
  const verdict = decisive?.verdict ?? 'unreachable'
  return {
    connections: attempts.map(({ connection }) => connection),
    verdict,
    reason: verdict === 'verified' ? null : (decisive?.connection.error ?? fallbackReason(host, verdict)),
  }
}

/**
 * The verdict on a whole destination: that of the first host, in delivery order, that would be used. A host verified
 * under an insecure MX counts as `encrypted` (RFC 7672 section 2.2.1).
 * @param verdicts one for each of `destination.hosts`, in their order
 */
export function domainVerdict(destination: Destination, verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length !== destination.hosts.length) {
    throw new RangeError(`verdicts: ${verdicts.length} for ${destination.hosts.length} hosts`)
  }
  if (destination.none !== null) return destination.none.kind === 'mx-failed' ? 'refused' : 'unreachable'
  const used = verdicts.findIndex((verdict) => verdict !== 'refused' && verdict !== 'unreachable')
  if (used < 0) return verdicts.includes('refused') ? 'refused' : 'unreachable'
  return verdictForDomain(verdicts[used]!, destination.hosts[used]!)
}

/** What a host's verdict is worth for the domain whose mail goes there. */
export function verdictForDomain(verdict: Verdict, host: HostPolicy): Verdict {
  return verdict === 'verified' && !host.mxSecure ? 'encrypted' : verdict
}

function fallbackReason(host: Exclude<HostPolicy, { level: 'defer' }>, verdict: Verdict): string {
  if (host.addresses.length === 0) return 'the host has no address'
  if (verdict === 'cleartext') return 'the server does not offer STARTTLS'
  return host.level === 'may' ? host.why : 'none of the TLSA records is usable'
}
