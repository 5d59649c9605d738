import type { Lookup } from '../dane/lookup.ts'
import { readNextHop } from '../dane/next-hop.ts'
import type { HostPolicy } from '../dane/policy.ts'
import { CLI_LIMITS, SMTP_LIMITS } from '../limits.ts'
import type { ConnectionSettings } from '../smtp/connection-settings.ts'
import type { StsPolicies } from '../smtp/mta-sts/policy.ts'
import type { Verdict } from '../smtp/outcome.ts'
import { domainVerdict, probe } from '../smtp/probe.ts'
import { type Requirement, requirementFor } from '../smtp/policy/requirement.ts'
import { contextOf, type Policies, policyFor, type Routed, routeTo } from '../smtp/route.ts'
import { bindsDomain } from '../smtp/attempt.ts'
import type { Name } from '../wire/name.ts'
import { readName } from './argument-readers.ts'
import type { CheckResult } from './check-report.ts'

export interface CheckOptions {
  /** Default 25. */
  readonly port: number | undefined
  /** No connection is made, and verdicts are null. */
  readonly onlyDns: boolean
  readonly connection: ConnectionSettings
  readonly policies?: Policies | undefined
  readonly mtaSts?: StsPolicies | undefined
  readonly signal: AbortSignal
  /** Told of every host before it is connected to. */
  readonly onHost?: (host: HostPolicy) => void
}

/** Finds out what a sender would do for one mail domain. Rejects with the signal's reason. */
export async function checkDomain(
  lookup: Lookup,
  nextHop: string | Name,
  { port, onlyDns, connection, policies, mtaSts, signal, onHost }: CheckOptions,
): Promise<Omit<CheckResult, 'questions'> & { readonly promised: Verdict }> {
  const policy = policyFor(nextHop, { policies })
  const discovery = port === undefined ? {} : { port }
  const now = connection.at instanceof Date ? connection.at.getTime() / 1000 : connection.at
  const time = now === undefined ? {} : { now }
  const route = await routeTo(nextHop, policy, { resolver: lookup, policies, mtaSts, discovery, signal, ...time })
  const { destination, applied } = route
  const { hosts } = destination
  const requirements = hosts.map((host) => requirementFor(host, contextOf(route, NOTHING_SPECIAL)))
  const verdict = verdictOf(route, requirements)
  const about = { destination, policy: applied, promised: verdict ?? promise(hosts, requirements) }
  if (onlyDns) return { probes: hosts.map(() => null), verdict, ...about }
  if (onHost !== undefined) for (const host of hosts) onHost(host)
  const settings = { timeouts: TIMEOUTS, ...connection, signal }
  const probes = await Promise.all(hosts.map((host) => probe(host, settings, route)))
  signal.throwIfAborted()
  return { probes, verdict: domainVerdict(destination, probes), ...about }
}

/** The domain of a mail address, or a host in brackets. @throws {DanelawError} `bad-name`, `usage` */
export function readDomain(text: string): string | Name {
  if (!text.startsWith('[')) return readName(text)
  readNextHop(text)
  return text
}

/** Null where it takes connections to know. */
function verdictOf({ destination }: Routed, requirements: readonly Requirement[]): Verdict | null {
  const verdicts = requirements.map((each) => (each.kind === 'refuse' ? each.obstacle.verdict : null))
  return verdicts.every((verdict) => verdict !== null) ? domainVerdict(destination, verdicts) : null
}

/** The verdict that would be reached if every host did as the DNS says, and proved what it has to. */
function promise(hosts: readonly HostPolicy[], requirements: readonly Requirement[]): Verdict {
  for (const [index, requirement] of requirements.entries()) {
    if (requirement.kind === 'refuse') continue
    const { security } = requirement
    return 'by' in security && bindsDomain(hosts[index]!, security) ? 'verified' : 'encrypted'
  }
  return 'unreachable'
}

const NOTHING_SPECIAL = { requireTls: false, tlsRequiredNo: false, logsIn: false }

/** Shorter than for a delivery: somebody waits. */
const TIMEOUTS = {
  connectTimeout: CLI_LIMITS.checkConnectTimeout.value,
  greetingTimeout: CLI_LIMITS.checkReplyTimeout.value,
  commandTimeout: CLI_LIMITS.checkReplyTimeout.value,
  handshakeTimeout: Math.min(CLI_LIMITS.checkReplyTimeout.value, SMTP_LIMITS.handshakeTimeout.value),
}
