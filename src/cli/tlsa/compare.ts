import { discover } from '../../dane/destination.ts'
import { distinctNames } from '../../dane/host.ts'
import type { Lookup } from '../../dane/lookup.ts'
import { Presented } from '../../dane/match.ts'
import { recordMatches } from '../../dane/path/candidate.ts'
import type { HostPolicy, JudgedTlsa } from '../../dane/policy.ts'
import { type DaneVerdict, verifyDane } from '../../dane/verify.ts'
import { CLI_LIMITS, DANE_LIMITS, SMTP_LIMITS } from '../../limits.ts'
import { type ConnectionSettings, checkSettings } from '../../smtp/connection-settings.ts'
import type { Name } from '../../wire/name.ts'
import type { Chosen } from './records.ts'
import { type Protocol, protocolOf, type Served, showCertificates } from './served.ts'
import { findWarnings, type Warning } from './warnings.ts'

export interface CompareOptions {
  /** Default 25. */
  readonly port: number | undefined
  /** Default: by the port. */
  readonly protocol: Protocol | undefined
  /** For SNI, besides the TLSA base domain. */
  readonly names: readonly Name[]
  readonly days: number
  /** What has to be published before it is put to use. */
  readonly wanted: readonly Chosen[]
  readonly connection: ConnectionSettings
  /** Unix seconds. */
  readonly now: number
}

/** What is published for a host, and what the host shows. */
export interface Comparison {
  readonly host: HostPolicy
  readonly records: readonly PublishedRecord[]
  readonly served: readonly JudgedServed[]
  readonly warnings: readonly Warning[]
  readonly verdict: 'match' | 'warnings' | 'mismatch' | 'unreachable'
  /** Why there is a mismatch or no connection, one sentence without a final dot; null otherwise. */
  readonly reason: string | null
}

export interface PublishedRecord {
  readonly judged: JudgedTlsa
  /** Whether it matches anything that is shown anywhere. */
  readonly matches: boolean
}

export interface JudgedServed extends Served {
  /** Null without certificates. */
  readonly verdict: DaneVerdict | null
}

/** Asks the DNS, then every address under every name. */
export async function compareHost(lookup: Lookup, name: Name, options: CompareOptions): Promise<Comparison> {
  const { signal } = options.connection
  const destination = await discover(lookup, name, {
    mx: false,
    ...(options.port !== undefined && { port: options.port }),
    ...(signal !== undefined && { signal }),
  })
  const host = destination.hosts[0]!
  if (host.level === 'defer') {
    return { host, records: [], served: [], warnings: [], verdict: 'mismatch', reason: host.reason.text }
  }
  const settings = checkSettings({ timeouts: TIMEOUTS, ...options.connection })
  const names = distinctNames([host.tlsaBase ?? host.host, ...options.names])
  const protocol = options.protocol ?? protocolOf(host.port)
  const shown = await Promise.all(
    host.addresses.flatMap((address) =>
      names.map((sni) => showCertificates(address, host.port, sni, protocol, settings)),
    ),
  )
  const served = shown.map((each) => ({ ...each, verdict: judge(host, each, options.now) }))
  const records = host.tlsa.map((judged) => ({ judged, matches: isShown(judged, served) }))
  const warnings = findWarnings({ host, records, served, options })
  return { host, records, served, warnings, ...conclude(host, served, warnings) }
}

type Known = Exclude<HostPolicy, { level: 'defer' }>

function judge(host: Known, { chain }: Served, at: number): DaneVerdict | null {
  if (chain.length === 0) return null
  const records = host.tlsa.flatMap(({ tlsa }) => tlsa ?? [])
  const names = host.level === 'dane' ? host.referenceIdentifiers : [host.host]
  return verifyDane(chain, records, names.slice(0, DANE_LIMITS.referenceIdentifiers.value), { at })
}

/** Also where another record makes it unnecessary. */
function isShown({ tlsa, usable }: JudgedTlsa, served: readonly JudgedServed[]): boolean {
  if (tlsa === null || !usable) return false
  return served.some(({ chain, verdict }) => {
    if (verdict?.records.some((record) => record.matched && sameRecord(record, tlsa)) === true) return true
    const candidates = tlsa.usage % 2 === 1 ? chain.slice(0, 1) : chain.slice(1)
    return candidates.some((der) => recordMatches({ presented: new Presented(der) }, tlsa))
  })
}

function sameRecord(a: NonNullable<JudgedTlsa['tlsa']>, b: NonNullable<JudgedTlsa['tlsa']>): boolean {
  const same = a.usage === b.usage && a.selector === b.selector && a.matchingType === b.matchingType
  return same && Buffer.compare(a.data, b.data) === 0
}

function conclude(
  host: Known,
  served: readonly JudgedServed[],
  warnings: readonly Warning[],
): Pick<Comparison, 'verdict' | 'reason'> {
  if (host.addresses.length === 0) return { verdict: 'unreachable', reason: `${host.host} has no address` }
  const reached = served.filter(({ failure }) => failure?.kind !== 'unreachable')
  if (reached.length === 0) return { verdict: 'unreachable', reason: served[0]?.failure?.text ?? 'no connection' }
  if (host.level === 'may') return { verdict: 'mismatch', reason: host.why }
  if (host.level === 'encrypt') return { verdict: 'mismatch', reason: 'none of the TLSA records is usable' }
  const failed = reached.find(({ verdict }) => verdict?.authenticated !== true)
  if (failed !== undefined) {
    const why = failed.failure?.text ?? failed.verdict?.reason?.text ?? 'the server showed no certificate'
    return { verdict: 'mismatch', reason: `${failed.address}${failed.sni === null ? '' : ` as ${failed.sni}`}: ${why}` }
  }
  return { verdict: warnings.length === 0 ? 'match' : 'warnings', reason: null }
}

/** As for `danelaw check`: somebody waits. */
const TIMEOUTS = {
  connectTimeout: CLI_LIMITS.checkConnectTimeout.value,
  greetingTimeout: CLI_LIMITS.checkReplyTimeout.value,
  commandTimeout: CLI_LIMITS.checkReplyTimeout.value,
  handshakeTimeout: Math.min(CLI_LIMITS.checkReplyTimeout.value, SMTP_LIMITS.handshakeTimeout.value),
}
