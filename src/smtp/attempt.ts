import type { DanePolicy, DeferPolicy, HostPolicy } from '../dane/policy.ts'
import { verifyDane } from '../dane/verify.ts'
import { DanelawError } from '../errors.ts'
import type { Name } from '../wire/name.ts'
import { converse } from './connection.ts'
import type { CheckedSettings } from './connection-settings.ts'
import { isHostName } from './ehlo-name.ts'
import type { ConnectionOutcome, MatchedRecord, Verdict } from './outcome.ts'
import type { SessionOptions } from './session.ts'
import type { Approval, SessionResult, TlsLevel } from './session-types.ts'

/** A host whose lookups did not fail. */
export type UsableHost = Exclude<HostPolicy, DeferPolicy>

export interface Attempt {
  /** Addresses that did not answer the call, without the one `connection` is about. */
  readonly unreached: readonly ConnectionOutcome[]
  readonly connection: ConnectionOutcome
  /** For the host alone, whatever the way to it. */
  readonly verdict: Verdict
  readonly session: SessionResult
}

/** Connects to the first address of a host that answers and does there what its policy allows (RFC 7672 section 2.2). */
export async function attempt(
  host: UsableHost,
  addresses: readonly string[],
  mail: SessionOptions['mail'],
  settings: CheckedSettings,
): Promise<Attempt> {
  const first = await connect(host, addresses, mail, settings, host.level === 'dane' ? 'authenticate' : host.level)
  // Nobody promised TLS here: what cannot be read on the way is no better than what can (RFC 7435 section 3). A probe
  // need not try: nothing is known that the first connection did not tell.
  if (mail === undefined || host.level !== 'may' || first.session.failure?.kind !== 'tls-failed') return first
  if (settings.signal?.aborted === true) return first
  const second = await connect(host, [first.connection.address], mail, settings, 'none')
  const error = [first.connection.error, second.connection.error].filter((text) => text !== null).join('; then: ')
  return { ...second, unreached: first.unreached, connection: { ...second.connection, error } }
}

async function connect(
  host: UsableHost,
  addresses: readonly string[],
  mail: SessionOptions['mail'],
  settings: CheckedSettings,
  level: TlsLevel,
): Promise<Attempt> {
  const port = settings.connectPort ?? host.port
  const talk = { level, ehloName: settings.ehloName, mail }
  const report = await converse(talk, {
    addresses,
    port,
    localAddress: settings.localAddress,
    serverName: serverName(host.tlsaBase ?? host.host),
    approve: (chain) => {
      if (host.level !== 'dane') return { authenticated: false, why: 'no usable TLSA record', matched: null }
      return authenticate(host, chain, settings)
    },
    timeouts: settings.timeouts,
    signal: settings.signal,
  })
  const matched = report.approval?.matched ?? null
  const address = report.address ?? report.unreached.at(-1)?.address ?? addresses[0]!
  return {
    unreached: report.unreached
      .filter((other) => other.address !== address)
      .map(({ address, text }) => ({ ...UNREACHED, address, port, error: text })),
    connection: {
      address,
      port,
      answered: report.session.starttls !== null,
      starttls: report.session.starttls ?? false,
      protocol: report.tls?.protocol ?? null,
      cipher: report.tls?.cipher ?? null,
      authenticated: matched !== null,
      matched,
      error: report.session.failure?.text ?? report.session.tlsRefused,
    },
    verdict: verdictOf(host, report.session, mail === undefined),
    session: report.session,
  }
}

type Judged = Approval & { readonly matched: MatchedRecord | null }

function authenticate(host: DanePolicy, chain: readonly Uint8Array[], settings: CheckedSettings): Judged {
  const records = host.tlsa.flatMap((judged) => (judged.usable ? [judged.tlsa] : []))
  const options = { ...settings.tlsa, at: settings.at ?? new Date() }
  try {
    const verdict = verifyDane(chain, records, host.referenceIdentifiers, options)
    if (!verdict.authenticated) {
      return { authenticated: false, why: verdict.reason.text, matched: null }
    }
    const { usage, selector, matchingType, depth } = verdict.matched
    return { authenticated: true, why: null, matched: { usage, selector, matchingType, depth } }
  } catch (error) {
    // A certificate that cannot be read is the peer's doing, and one more way not to be authenticated.
    if (!(error instanceof DanelawError)) throw error
    return { authenticated: false, why: error.message, matched: null }
  }
}

function verdictOf(host: UsableHost, session: SessionResult, probing: boolean): Verdict {
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
      return probing && host.level === 'may' ? 'cleartext' : 'refused'
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
  matched: null,
} as const
