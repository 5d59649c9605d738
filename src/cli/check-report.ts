import type { Destination, HostPolicy, JudgedTlsa } from '../dane/policy.ts'
import type { AppliedPolicy, ConnectionOutcome, MatchedRecord, Verdict } from '../smtp/outcome.ts'
import type { HostProbe } from '../smtp/probe.ts'
import { rcodeName } from '../wire/codes/rcode.ts'
import { toHex } from '../wire/presentation/encodings.ts'
import { failureJson } from './answer-json.ts'
import { failureLines, statusText } from './answer-text.ts'
import { type Paint, printable } from './paint.ts'

/** What was found out about one mail domain. */
export interface CheckResult {
  readonly destination: Destination
  /** What is configured for it. */
  readonly policy: AppliedPolicy
  /** One for each host; null where none was made. */
  readonly probes: readonly (HostProbe | null)[]
  readonly verdict: Verdict | null
  /** Questions that were put to upstreams; null where that is no matter of the domain: on a recording, or for one. */
  readonly questions: number | null
}

/** The document of `danelaw check --json`. */
export function checkJson(result: Omit<CheckResult, 'questions'>, questions: number | null) {
  const { destination, probes, verdict } = result
  const { domain, via, mx, hosts, none } = destination
  return {
    domain: domain.toCanonicalString(),
    mx: {
      status: mx.status,
      rcode: rcodeName(mx.rcode),
      reason: mx.reason === null ? null : failureJson(mx.reason),
      via,
    },
    policy: result.policy,
    hosts: hosts.map((host, index) => hostJson(host, probes[index] ?? null)),
    verdict,
    reason: none?.text ?? downgraded(result),
    questions,
  }
}

/** The same for a person: the domain, then host by host what the DNS says and what the connections showed. */
export function checkText(result: CheckResult, paint: Paint): string {
  const { destination, probes, verdict } = result
  const { domain, via, mx, hosts, none } = destination
  const lines = [`${verdictText(verdict, paint)}  ${paint.strong(domain.toCanonicalString())}`]
  lines.push(`MX      ${statusText(mx.status, paint)}, ${VIA[via] ?? rcodeName(mx.rcode)}`)
  if (mx.reason !== null) lines.push(...failureLines(mx.reason, paint))
  else if (none !== null) lines.push(`        ${printable(none.text)}`)
  const { level, from, notes } = result.policy
  if (from !== 'default') lines.push(`Policy  ${level}, by ${printable(from)}`)
  for (const said of notes) lines.push(`Note    ${said}.`)
  const note = downgraded(result)
  if (note !== null) lines.push(`Note    ${note}.`)
  for (const [index, host] of hosts.entries()) lines.push('', ...hostLines(host, probes[index] ?? null, paint))
  return `${lines.join('\n')}\n`
}

export function verdictText(verdict: Verdict | null, paint: Paint): string {
  switch (verdict) {
    case 'verified':
      return paint.good(verdict)
    case 'encrypted':
    case 'cleartext':
      return paint.fair(verdict)
    case 'refused':
    case 'unreachable':
      return paint.bad(verdict)
    case null:
      return paint.faint('not tried')
  }
}

/** `TLSv1.3 TLS_AES_256_GCM_SHA384, authenticated by 3 1 1 (the leaf)` */
export function tlsText(
  connection: Pick<ConnectionOutcome, 'answered' | 'protocol' | 'cipher' | 'by' | 'matched' | 'starttls'>,
): string {
  const { answered, protocol, cipher, by, matched, starttls } = connection
  if (!answered) return 'no conversation'
  if (protocol === null) return starttls ? 'STARTTLS offered, no TLS' : 'no STARTTLS'
  const how = matched === null ? AUTHENTICATED[by ?? 'nobody'] : `authenticated by ${matchedText(matched)}`
  return `${protocol} ${cipher}, ${how}`
}

function matchedText({ usage, selector, matchingType, depth }: MatchedRecord): string {
  return `${usage} ${selector} ${matchingType} (${depth === 0 ? 'the leaf' : `${depth} above the leaf`})`
}

/** Why a domain is worth less than its host (RFC 7672 section 2.2.1); null where it is not. */
function downgraded({ probes, verdict }: Pick<CheckResult, 'probes' | 'verdict'>): string | null {
  const used = probes.find((probe) => probe !== null && probe.verdict !== 'refused' && probe.verdict !== 'unreachable')
  if (used?.verdict !== 'verified' || verdict !== 'encrypted') return null
  return 'the MX lookup is not secure: an attacker may name a host of its own, so that no host verifies the domain'
}

function hostJson(host: HostPolicy, probe: HostProbe | null) {
  return {
    host: host.host.toCanonicalString(),
    preference: host.preference,
    addressStatus: host.addressStatus,
    addresses: host.addresses,
    mxSecure: host.mxSecure,
    tlsaBase: host.tlsaBase?.toCanonicalString() ?? null,
    level: host.level,
    tlsa: { status: host.tlsaStatus, records: host.level === 'defer' ? [] : host.tlsa.map(tlsaJson) },
    connections: probe?.connections ?? [],
    verdict: probe?.verdict ?? null,
    reason: probe?.reason ?? (host.level === 'defer' ? host.reason.text : null),
  }
}

function tlsaJson({ tlsa, usable, why }: JudgedTlsa) {
  return {
    usage: tlsa?.usage ?? null,
    selector: tlsa?.selector ?? null,
    matchingType: tlsa?.matchingType ?? null,
    data: tlsa === null ? null : toHex(tlsa.data),
    usable,
    why,
  }
}

function hostLines(host: HostPolicy, probe: HostProbe | null, paint: Paint): string[] {
  const preference = host.preference === null ? '' : `${host.preference} `
  const name = paint.strong(`${preference}${host.host.toCanonicalString()}`)
  const level = `level ${host.level}: ${host.level === 'may' ? host.why : LEVELS[host.level]}`
  const lines = [`${name}  ${verdictText(probe?.verdict ?? null, paint)}`, `  ${printable(level)}`]
  if (host.addresses.length > 0) {
    lines.push(`  addresses ${host.addresses.join(', ')} (${statusText(host.addressStatus, paint)})`)
  }
  if (host.tlsaBase !== null && host.tlsaStatus !== null) {
    const at = `_${host.port}._tcp.${host.tlsaBase.toCanonicalString()}`
    lines.push(`  TLSA at ${at} (${statusText(host.tlsaStatus, paint)})`)
  }
  if (host.level === 'defer') lines.push(...failureLines(host.reason, paint).map((line) => `  ${line}`))
  else lines.push(...host.tlsa.map((judged) => `    ${tlsaLine(judged, paint)}`))
  for (const connection of probe?.connections ?? []) {
    const { address, port, error, notice } = connection
    const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
    lines.push(`  ${at}  ${tlsText(connection)}`)
    if (error !== null) lines.push(`    ${paint.bad(printable(error))}`)
    if (notice !== null) lines.push(`    ${paint.fair(printable(notice))}`)
  }
  const told = probe?.connections.some(({ error }) => error === probe.reason) ?? true
  if (!told && probe?.reason != null && host.level !== 'defer') lines.push(`  reason: ${printable(probe.reason)}`)
  return lines
}

function tlsaLine({ tlsa, usable, why }: JudgedTlsa, paint: Paint): string {
  const record =
    tlsa === null ? 'too short' : `${tlsa.usage} ${tlsa.selector} ${tlsa.matchingType} ${abbreviated(toHex(tlsa.data))}`
  return usable ? `${record}  usable` : `${record}  ${paint.fair('not usable')}: ${printable(why)}`
}

/** Whole certificates are for JSON. */
function abbreviated(hex: string): string {
  return hex.length <= 128 ? hex : `${hex.slice(0, 64)}… (${hex.length / 2} octets)`
}

const LEVELS = {
  dane: 'usable TLSA records: the host must authenticate by them',
  encrypt: 'TLSA records, none usable: TLS is a must, without authentication',
  defer: 'a lookup failed: the host must not be used',
} as const

const AUTHENTICATED = {
  nobody: 'not authenticated',
  dane: 'authenticated',
  fingerprint: 'authenticated by its fingerprint',
  pkix: 'authenticated by authorities and its name',
} as const

const VIA: Readonly<Partial<Record<Destination['via'], string>>> = {
  'implicit-mx': 'no MX records: the domain is its own host',
  relay: 'not asked: a host was given',
  'address-literal': 'not asked: an address was given',
}
