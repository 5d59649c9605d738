import type { HostPolicy } from '../dane/policy.ts'
import type { Name } from '../wire/name.ts'
import { converse } from './connection.ts'
import type { CheckedSettings } from './connection-settings.ts'
import { isHostName } from './ehlo-name.ts'
import type { ConnectionOutcome, FailureKind, Verdict } from './outcome.ts'
import { type Judged, judgePeer } from './policy/authenticate.ts'
import type { Requirement, Security } from './policy/requirement.ts'
import { reuseKey } from './reuse-key.ts'
import type { SessionOptions } from './session.ts'
import type { SessionResult, TlsLevel } from './session-types.ts'
import type { TlsFailure } from './tls-session.ts'

/** A host whose lookups did not fail, or that is used whatever they said. */
export interface Route {
  readonly host: HostPolicy
  readonly requirement: Extract<Requirement, { kind: 'connect' }>
}

export interface Attempt {
  /** Addresses that did not answer the call, without the one `connection` is about. */
  readonly unreached: readonly ConnectionOutcome[]
  readonly connection: ConnectionOutcome
  /** For the host alone, whatever the way to it. */
  readonly verdict: Verdict
  /** Whether what `verdict` says of the host counts for the domain as well (RFC 7672 section 2.2.1). */
  readonly binds: boolean
  readonly session: SessionResult
  readonly sendingAddress: string | null
  /** What there is to report on TLS; null where all is as it should be, undefined where it did not come to that. */
  readonly reported: TlsFailure | null | undefined
}

/** Connects to the first address of a host that answers, and does there what it owes. */
export async function attempt(
  route: Route,
  addresses: readonly string[],
  mail: SessionOptions['mail'],
  settings: CheckedSettings,
): Promise<Attempt> {
  const level = levelOf(route.requirement.security)
  const first = await connect(route, addresses, mail, settings, level)
  // Nobody promised TLS here: what cannot be read on the way is no better than what can (RFC 7435 section 3). A probe
  // need not try: nothing is known that the first connection did not tell.
  if (mail === undefined || level !== 'may' || first.session.failure?.kind !== 'tls-failed') return first
  // Where TLS comes first there is no conversation in the clear.
  if (settings.signal?.aborted === true || settings.relay?.implicitTls === true) return first
  const second = await connect(route, [first.connection.address], mail, settings, 'none')
  const error = [first.connection.error, second.connection.error].filter((text) => text !== null).join('; then: ')
  const failure = second.connection.failure ?? first.connection.failure
  const notice = second.session.security === null ? null : noticeOf(route.requirement.security, first.reported)
  const connection = { ...second.connection, error, failure, notice }
  return { ...second, unreached: first.unreached, connection, reported: first.reported }
}

async function connect(
  route: Route,
  addresses: readonly string[],
  mail: SessionOptions['mail'],
  settings: CheckedSettings,
  level: TlsLevel,
): Promise<Attempt> {
  const { host, requirement } = route
  const { security, tlsMinimum } = requirement
  const port = settings.connectPort ?? host.port
  const talk = { level, ehloName: settings.ehloName, mail, ...settings.relay }
  const { pool } = settings
  const at = settings.at instanceof Date ? settings.at.getTime() / 1000 : settings.at
  const report = await converse(talk, {
    addresses,
    port,
    localAddress: settings.localAddress,
    serverName: serverName(host.tlsaBase ?? host.host),
    tlsMinimum,
    approve: (chain): Judged =>
      'by' in security
        ? judgePeer(security.by, chain, { ...settings, at: at ?? Date.now() / 1000 })
        : { authenticated: false, why: security.why, by: null, matched: null, failure: null },
    timeouts: settings.timeouts,
    signal: settings.signal,
    ...(pool !== undefined && mail !== undefined && { reuse: { pool, key: reuseKey(route, settings, port, level) } }),
  })
  const { session, approval } = report
  const address = report.address ?? report.unreached.at(-1)?.address ?? addresses[0]!
  const authenticated = session.security === 'authenticated'
  const failed = tlsFailure(security, session, approval)
  return {
    unreached: report.unreached
      .filter((other) => other.address !== address)
      .map((other) => ({ ...UNREACHED, address: other.address, port, error: other.text })),
    connection: {
      address,
      port,
      answered: session.starttls !== null,
      starttls: session.starttls ?? false,
      protocol: report.tls?.protocol ?? null,
      cipher: report.tls?.cipher ?? null,
      authenticated,
      by: authenticated ? (approval?.by ?? null) : null,
      matched: authenticated ? (approval?.matched ?? null) : null,
      error: session.failure?.text ?? session.tlsRefused,
      failure: failureOf(session, failed),
      notice: session.security === null ? null : noticeOf(security, failed),
    },
    verdict: verdictOf(level, session, mail === undefined),
    binds: bindsDomain(host, security),
    session,
    sendingAddress: report.localAddress,
    reported: failed,
  }
}

function failureOf({ failure }: SessionResult, failed: TlsFailure | null | undefined): FailureKind | null {
  switch (failure?.kind) {
    case undefined:
      return null
    case 'tls-not-offered':
    case 'tls-refused':
      return 'starttls-not-supported'
    case 'tls-failed':
    case 'not-authenticated':
      return failed?.type ?? 'validation-failure'
    default:
      return failure!.kind
  }
}

function levelOf(security: Security): TlsLevel {
  return security.level === 'audit' ? security.below : security.level
}

/**
 * What is not as the policy wants it, whether the mail goes all the same or not; undefined where the conversation did
 * not come to the question.
 */
function tlsFailure(
  security: Security,
  session: SessionResult,
  approval: Judged | null,
): TlsFailure | null | undefined {
  if (session.starttls === null) return undefined
  if (security.level === 'none' || approval?.authenticated === true) return null
  if (approval === null) {
    const { failure, tlsRefused } = session
    switch (failure?.kind) {
      case 'tls-failed':
      case 'injected':
        return { type: 'validation-failure', text: failure.text }
      case 'tls-not-offered':
      case 'tls-refused':
        return { type: 'starttls-not-supported', text: failure.text }
      default:
        if (session.security !== 'clear') return undefined
        return { type: 'starttls-not-supported', text: tlsRefused ?? 'the server does not offer STARTTLS' }
    }
  }
  if ('by' in security) return { type: approval.failure ?? 'validation-failure', text: approval.why }
  return security.reported === null ? null : { type: security.reported, text: security.why }
}

/** What went wrong and did not stop the mail is said, not passed over (row 29). */
function noticeOf(security: Security, failed: TlsFailure | null | undefined): string | null {
  if (failed == null || security.level === 'none') return null
  if (security.level === 'audit') {
    const judge = security.by.kind === 'dane' ? 'DANE' : "the domain's MTA-STS policy, which it is testing,"
    return `${judge} would have refused this host: ${failed.text}`
  }
  return security.level === 'may' && security.reported !== null ? security.why : null
}

/** Whether what a host proves this way counts for the domain as well (RFC 7672 section 2.2.1). */
export function bindsDomain(host: HostPolicy, security: Security): boolean {
  if (!('by' in security)) return true
  switch (security.by.kind) {
    case 'dane':
      return host.mxSecure
    case 'fingerprint':
      return true
    case 'pkix':
      return security.by.binds
  }
}

function verdictOf(level: TlsLevel, session: SessionResult, probing: boolean): Verdict {
  switch (session.security) {
    case 'authenticated':
      return 'verified'
    case 'encrypted':
      return 'encrypted'
    case 'clear':
      return 'cleartext'
    case null:
      break
  }
  switch (session.failure?.kind) {
    case 'tls-failed':
      return probing && level === 'may' ? 'cleartext' : 'refused'
    case 'tls-not-offered':
    case 'tls-refused':
    case 'not-authenticated':
    case 'injected':
      return 'refused'
    default:
      return 'unreachable'
  }
}

/** The TLSA base domain in the form of SNI, on every level (RFC 7672 section 8.1); null for what SNI cannot carry. */
function serverName(name: Name): string | null {
  const text = name.toCanonicalString().slice(0, -1)
  return isHostName(text) ? text : null
}

const UNREACHED = {
  answered: false,
  starttls: false,
  protocol: null,
  cipher: null,
  authenticated: false,
  by: null,
  matched: null,
  failure: 'closed',
  notice: null,
} as const
