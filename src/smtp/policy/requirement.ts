import type { DanePolicy, HostPolicy } from '../../dane/policy.ts'
import type { PkixUsages } from '../../dane/usability.ts'
import { Name } from '../../wire/name.ts'
import { type StsPolicy, stsAllows } from '../mta-sts/policy.ts'
import type { FailureKind, Verdict } from '../outcome.ts'
import type { TlsFailureType } from '../tls-session.ts'
import type { AtLeastOne, DestinationPolicy, Pin, PkixRule, TlsVersion } from './destination-policy.ts'

/** What a connection to one host owes, or why there is to be none. */
export type Requirement =
  | { readonly kind: 'refuse'; readonly obstacle: Obstacle }
  | {
      readonly kind: 'connect'
      readonly security: Security
      readonly tlsMinimum: TlsVersion | null
      /** The server must take REQUIRETLS, and say so inside TLS (RFC 8689 section 4.2.1). */
      readonly requireTls: boolean
    }

export type Security =
  | {
      /** No TLS; TLS where it is offered; TLS with anybody. */
      readonly level: 'none' | 'may' | 'encrypt'
      /** One sentence without a final dot: why nobody is authenticated. */
      readonly why: string
      /** What reports on TLS are told though the mail may go: unusable records, a host a policy under test does not name. */
      readonly reported: TlsFailureType | null
    }
  | { readonly level: 'authenticate'; readonly by: Authenticator }
  /** To see what would come of it: who is not authenticated gets the mail at `below`, and that is said. */
  | { readonly level: 'audit'; readonly below: 'may' | 'encrypt'; readonly by: Authenticator }

/** What proves who a peer is. Each has something to compare with. */
export type Authenticator =
  | { readonly kind: 'dane'; readonly host: DanePolicy; readonly usages: PkixUsages | null }
  | { readonly kind: 'fingerprint'; readonly pins: AtLeastOne<Pin> }
  | {
      readonly kind: 'pkix'
      /** Who wants it. */
      readonly for: 'policy' | 'mta-sts' | 'requiretls' | 'login'
      readonly names: readonly Name[]
      /** Domains of which any name below will do. */
      readonly parents: readonly Name[]
      readonly authorities: readonly Uint8Array[] | 'system'
      /** Whether it stands for the domain, and not only for a host that anybody may have named. */
      readonly binds: boolean
    }

/** Why no connection to a host is to be made. */
export interface Obstacle {
  readonly verdict: Extract<Verdict, 'refused' | 'unreachable'>
  /** `rejected` where no later try can succeed at this host. */
  readonly outcome: 'deferred' | 'rejected'
  readonly enhanced: string
  readonly text: string
  readonly failure: FailureKind
}

/** What decides beside the host. */
export interface RequirementContext {
  readonly policy: DestinationPolicy
  /** What the domain whose MX records are used goes by; of a relay, its own name. */
  readonly nextHop: Name
  /** MTA-STS of that domain, in force; null where there is none, or a host was configured. */
  readonly sts: StsPolicy | null
  /** The sender wants REQUIRETLS. */
  readonly requireTls: boolean
  /** The message says `TLS-Required: No`; REQUIRETLS comes first (RFC 8689 section 4.1). */
  readonly tlsRequiredNo: boolean
  /** There are credentials for the host, which nobody else is to get (RFC 8314 section 4). */
  readonly logsIn: boolean
}

/**
 * What a host owes: by RFC 7672 section 2.2 and what is configured, never less than both say. Only the words of an
 * administrator, or of a sender for one message, take anything away, and what is unknown or failed refuses.
 */
export function requirementFor(host: HostPolicy, context: RequirementContext): Requirement {
  const { policy, requireTls, logsIn } = context
  const aside = context.tlsRequiredNo && !requireTls && !logsIn
  const found = aside ? withoutRecipientsPolicy(host, context) : configured(host, context)
  if ('obstacle' in found) return { kind: 'refuse', obstacle: found.obstacle }
  const security = requireTls || logsIn ? authenticated(host, context, found) : found
  if ('obstacle' in security) return { kind: 'refuse', obstacle: security.obstacle }
  if (host.addresses.length === 0) {
    const text = 'the host has no address'
    const obstacle = {
      verdict: 'unreachable',
      outcome: 'deferred',
      enhanced: '4.4.4',
      text,
      failure: 'no-address',
    } as const
    return { kind: 'refuse', obstacle }
  }
  return { kind: 'connect', security, tlsMinimum: policy.tlsMinimum, requireTls }
}

type Found = Security | { readonly obstacle: Obstacle }

function configured(host: HostPolicy, context: RequirementContext): Found {
  const { policy } = context
  if (host.level === 'defer') return { obstacle: lookupFailed(host) }
  switch (policy.level) {
    case 'none':
    case 'may':
    case 'encrypt':
      return { level: policy.level, why: `the policy for it is '${policy.level}'`, reported: null }
    case 'fingerprint':
      return { level: 'authenticate', by: { kind: 'fingerprint', pins: policy.pins } }
    case 'verify':
    case 'secure':
      return { level: 'authenticate', by: pkixFor('policy', policy, host, context) }
    case 'dane-only':
      return mandatory(host, policy.usages)
    case 'dane':
    case 'audit':
      return opportunistic(host, context, policy)
  }
}

/** Row 28. */
function mandatory(host: Exclude<HostPolicy, { level: 'defer' }>, usages: PkixUsages | null): Found {
  if (host.level !== 'dane') {
    const why = host.level === 'may' ? host.why : 'none of its TLSA records is usable'
    return { obstacle: refused('4.7.4', `DANE is required and does not apply: ${why}`, 'dane-required') }
  }
  if (!host.mxSecure) {
    const text = 'DANE is required, and the name of the host comes from an insecure MX lookup'
    return { obstacle: refused('4.7.4', text, 'dane-required') }
  }
  return { level: 'authenticate', by: { kind: 'dane', host, usages } }
}

type DaneLike = Extract<DestinationPolicy, { level: 'dane' | 'audit' }>

function opportunistic(
  host: Exclude<HostPolicy, { level: 'defer' }>,
  context: RequirementContext,
  policy: DaneLike,
): Found {
  // Whoever can forge an MX record can name a host with TLSA records of his own: they do not set aside what the domain
  // itself says by MTA-STS. Where the MX is secure, DANE goes before (RFC 8461 section 2).
  const sts = policy.mtaSts ? context.sts : null
  const guard = host.mxSecure ? null : sts
  if (guard?.mode === 'enforce' && !stsAllows(guard, host.host)) return { obstacle: notAllowed(host.host) }
  switch (host.level) {
    case 'dane': {
      const by = { kind: 'dane', host, usages: policy.usages } as const
      if (policy.level !== 'audit') return { level: 'authenticate', by }
      // What stops nobody does not stand in for what would have.
      return guard?.mode === 'enforce' ? bySts(host, context, guard) : { level: 'audit', below: policy.below, by }
    }
    case 'encrypt': {
      const own = withoutUsable(host, context, policy)
      // What nobody authenticates MTA-STS may; what is refused or authenticated by configuration stays.
      const bare = !('obstacle' in own) && !('by' in own)
      return bare && guard?.mode === 'enforce' ? bySts(host, context, guard) : own
    }
    case 'may':
      return sts === null || sts.mode === 'none'
        ? { level: 'may', why: host.why, reported: null }
        : bySts(host, context, sts)
  }
}

/** Row 26, or what is configured in its place. */
function withoutUsable(host: HostPolicy, context: RequirementContext, policy: DaneLike): Found {
  const why = 'none of the TLSA records is usable'
  if (policy.level === 'audit') return { level: policy.below, why, reported: 'tlsa-invalid' }
  const { unusable } = policy
  switch (unusable.level) {
    case 'encrypt':
      return { level: 'encrypt', why, reported: 'tlsa-invalid' }
    case 'defer':
      return { obstacle: refused('4.7.4', `${why}, and the policy is to wait then`, 'tlsa-invalid') }
    case 'fingerprint':
      return { level: 'authenticate', by: { kind: 'fingerprint', pins: unusable.pins } }
    case 'secure':
      return { level: 'authenticate', by: pkixFor('policy', unusable, host, context) }
  }
}

/** RFC 8461 sections 4.1, 5. */
function bySts(host: HostPolicy, context: RequirementContext, sts: StsPolicy): Found {
  const allowed = stsAllows(sts, host.host)
  if (sts.mode === 'enforce' && !allowed) return { obstacle: notAllowed(host.host) }
  if (!allowed) {
    const why = "the domain's MTA-STS policy, which it is testing, does not name this host"
    return { level: 'may', why, reported: 'validation-failure' }
  }
  const by = { ...pkixFor('mta-sts', { match: ['hostname'], authorities: 'system' }, host, context), binds: true }
  return sts.mode === 'enforce' ? { level: 'authenticate', by } : { level: 'audit', below: 'may', by }
}

/** `TLS-Required: No` sets aside what the recipient's domain asks for (RFC 8689 section 5), and nothing of our own. */
function withoutRecipientsPolicy(host: HostPolicy, context: RequirementContext): Found {
  const { level } = context.policy
  const own = level !== 'dane' && level !== 'audit'
  // What failed is a lookup of TLSA records only where addresses were found before.
  if (own || (host.level === 'defer' && (host.tlsaBase === null || host.addresses.length === 0))) {
    return configured(host, context)
  }
  return { level: 'may', why: 'the message says TLS-Required: No', reported: null }
}

/** A host that is known for certain, and that proves who it is (RFC 8689 section 4.2.1, RFC 8314 section 4). */
function authenticated(host: HostPolicy, context: RequirementContext, found: Security): Found {
  const { sts, logsIn } = context
  const known = host.mxSecure || (!logsIn && sts !== null && sts.mode !== 'none' && stsAllows(sts, host.host))
  const no = (why: string): Found => ({ obstacle: logsIn ? noLogin(why) : requireTls(why) })
  if (!known) return no('the name of the host is not secure')
  switch (found.level) {
    case 'authenticate':
      return found
    case 'audit':
      return { level: 'authenticate', by: found.by }
    case 'none':
      return no(found.why)
    case 'may':
    case 'encrypt': {
      if (host.level === 'dane') return { level: 'authenticate', by: { kind: 'dane', host, usages: null } }
      const by = pkixFor(logsIn ? 'login' : 'requiretls', { match: ['hostname'], authorities: 'system' }, host, context)
      return { level: 'authenticate', by: { ...by, binds: true } }
    }
  }
}

function pkixFor(
  why: Extract<Authenticator, { kind: 'pkix' }>['for'],
  { match, authorities }: PkixRule,
  host: HostPolicy,
  { nextHop }: RequirementContext,
): Extract<Authenticator, { kind: 'pkix' }> {
  const names: Name[] = []
  const parents: Name[] = []
  for (const word of match) {
    if (word === 'hostname') names.push(host.host)
    else if (word === 'nexthop') names.push(nextHop)
    else if (word === 'dot-nexthop') parents.push(nextHop)
    else if (word.startsWith('.')) parents.push(Name.parse(word.slice(1)))
    else names.push(Name.parse(word))
  }
  return { kind: 'pkix', for: why, names, parents, authorities, binds: host.mxSecure || !match.includes('hostname') }
}

function lookupFailed({ tlsaBase, reason }: Extract<HostPolicy, { level: 'defer' }>): Obstacle {
  // X.7.5 for a failed TLSA lookup as in Postfix, X.4.3 for one of an address.
  if (tlsaBase === null) return refused('4.4.3', reason.text, 'lookup-failed')
  return refused('4.7.5', reason.text, 'dnssec-invalid')
}

function notAllowed(host: Name): Obstacle {
  return refused(
    '4.7.5',
    `the domain's MTA-STS policy does not name ${host} as a host of its own`,
    'validation-failure',
  )
}

function requireTls(why: string): Obstacle {
  const text = `the sender requires TLS all the way (REQUIRETLS), and ${why}`
  return { verdict: 'refused', outcome: 'rejected', enhanced: '5.7.30', text, failure: 'requiretls' }
}

function noLogin(why: string): Obstacle {
  return refused('4.7.0', `there are credentials for the host, and ${why}`, 'policy')
}

function refused(enhanced: string, text: string, failure: FailureKind): Obstacle {
  return { verdict: 'refused', outcome: 'deferred', enhanced, text, failure }
}
