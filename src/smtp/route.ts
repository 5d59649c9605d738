import { type DiscoverOptions, discover } from '../dane/destination.ts'
import type { Lookup } from '../dane/lookup.ts'
import { readNextHop } from '../dane/next-hop.ts'
import type { Destination } from '../dane/policy.ts'
import type { TlsaSettings } from '../dane/usability.ts'
import { timeText } from '../dnssec/time.ts'
import { Name } from '../wire/name.ts'
import type { StsPolicies, StsResult } from './mta-sts/policy.ts'
import type { AppliedPolicy } from './outcome.ts'
import { DEFAULT_POLICY, type DestinationPolicy, daneOnly } from './policy/destination-policy.ts'
import type { RequirementContext } from './policy/requirement.ts'
import type { PolicyTable } from './policy/table.ts'
import { checkWhole } from './policy/whole-policy.ts'

/** What is configured for destinations: a table, or whatever says what holds for a domain, in policies of `definePolicy`. */
export type Policies = PolicyTable | ((domain: Name) => DestinationPolicy)

export interface RouteOptions {
  readonly resolver: Lookup
  readonly policies?: Policies | undefined
  /** Where MTA-STS policies come from; without it there are none. */
  readonly mtaSts?: StsPolicies | undefined
  readonly discovery?: Omit<DiscoverOptions, 'signal' | 'insecureUntil' | 'tlsa' | keyof TlsaSettings> | undefined
  readonly tlsa?: TlsaSettings
  readonly requireDane?: boolean
  readonly requireTls?: boolean
  readonly signal?: AbortSignal | undefined
  /** Unix seconds, for what is said about times. */
  readonly now?: number
}

/** Where mail for a next hop goes, and what is configured for it. */
export interface Routed {
  readonly destination: Destination
  readonly policy: DestinationPolicy
  readonly applied: AppliedPolicy
  /** What MTA-STS says about the domain whose MX hosts are used; null where it was not asked. */
  readonly sts: StsResult | null
}

/**
 * What is configured for a next hop: a domain, or a host or an address in brackets.
 * @throws {TypeError} for what is no whole policy.
 */
export function policyFor(
  nextHop: string | Name,
  { policies, requireDane = false }: Pick<RouteOptions, 'policies' | 'requireDane'>,
): DestinationPolicy {
  const found =
    policies === undefined
      ? DEFAULT_POLICY
      : typeof policies === 'function'
        ? policies(nextHop instanceof Name ? nextHop : readNextHop(nextHop).name)
        : policies.for(nextHop)
  if (found !== DEFAULT_POLICY) checkWhole(found)
  return requireDane ? daneOnly(found) : found
}

/**
 * What is configured for a destination that is known: of a host or an address what stands in brackets, as it was given
 * to `discover`, before what stands for the name.
 * @throws {TypeError} as `policyFor`
 */
export function policyForKnown(
  { domain, via, hosts }: Destination,
  options: Pick<RouteOptions, 'policies' | 'requireDane'>,
): DestinationPolicy {
  const { policies } = options
  if (policies === undefined || typeof policies === 'function') return policyFor(domain, options)
  const inBrackets = via === 'relay' || via === 'address-literal'
  const own = inBrackets
    ? policies.find(`[${domain.toString().replace(/\.$/, '')}]:${hosts[0]?.port ?? 25}`)
    : undefined
  return policyFor(domain, own === undefined ? options : { ...options, policies: () => own })
}

/**
 * Finds the hosts of a next hop as the policy for it says.
 * @throws as `discover`
 */
export async function routeTo(
  nextHop: string | Name,
  policy: DestinationPolicy,
  options: RouteOptions,
): Promise<Routed> {
  const { resolver, mtaSts, tlsa = {}, requireTls = false, signal } = options
  const destination = await discover(resolver, policy.relay ?? nextHop, {
    ...(signal !== undefined && { signal }),
    ...options.discovery,
    ...tlsa,
    ...ownSettings(policy, requireTls),
  })
  return await routed(destination, policy, { mtaSts, requireTls, signal, now: options.now })
}

/** The same for hosts that are known. */
export async function routed(
  destination: Destination,
  policy: DestinationPolicy,
  options: {
    readonly mtaSts?: StsPolicies | undefined
    readonly requireTls: boolean
    readonly signal?: AbortSignal | undefined
    readonly now?: number | undefined
  },
): Promise<Routed> {
  const { mtaSts, requireTls, signal, now = Date.now() / 1000 } = options
  const applied = { level: policy.level, from: policy.from, notes: notesOn(policy, now) }
  // A host that is configured needs no word of a domain (RFC 8461 section 3: the policy is about MX hosts).
  const byDomain = destination.via === 'mx' || destination.via === 'implicit-mx'
  const wanted = requireTls || ((policy.level === 'dane' || policy.level === 'audit') && policy.mtaSts)
  const asked = byDomain && wanted && needsSts(destination, requireTls) ? mtaSts : undefined
  const sts = asked === undefined ? null : await asked.policyFor(destination.domain, signal)
  return { destination, policy, applied, sts }
}

/** What decides about a host of it. */
export function contextOf(
  { destination, policy, sts }: Pick<Routed, 'destination' | 'policy' | 'sts'>,
  message: Pick<RequirementContext, 'requireTls' | 'tlsRequiredNo' | 'logsIn'>,
): RequirementContext {
  return { policy, nextHop: destination.domain, sts: sts?.policy ?? null, ...message }
}

/** Where every host is DANE's, and the domain named it, MTA-STS has nothing to say (RFC 8461 section 2). */
function needsSts({ hosts }: Destination, requireTls: boolean): boolean {
  return hosts.some(({ level, mxSecure }) => !mxSecure || (level !== 'dane' && level !== 'defer') || requireTls)
}

function ownSettings(policy: DestinationPolicy, requireTls: boolean): Partial<DiscoverOptions> {
  const port = policy.port === null ? {} : { port: policy.port }
  switch (policy.level) {
    case 'dane':
    case 'audit': {
      const { insecureMx, usages, dnssecOffUntil } = policy
      return {
        ...port,
        ...(insecureMx !== null && { insecureMx }),
        ...(usages !== null && { pkix: usages }),
        ...(dnssecOffUntil !== null && { insecureUntil: dnssecOffUntil }),
      }
    }
    case 'dane-only':
      return { ...port, insecureMx: 'dane', ...(policy.usages !== null && { pkix: policy.usages }) }
    default:
      // Broken servers fail questions for TLSA records; nobody should wait for what decides nothing.
      return { ...port, tlsa: requireTls }
  }
}

function notesOn(policy: DestinationPolicy, now: number): string[] {
  if ((policy.level !== 'dane' && policy.level !== 'audit') || policy.dnssecOffUntil === null) return []
  const until = timeText(policy.dnssecOffUntil)
  if (policy.dnssecOffUntil > now) return [`DNSSEC is switched off for this destination until ${until}`]
  return [`DNSSEC was switched off for this destination until ${until}, and is on again`]
}
