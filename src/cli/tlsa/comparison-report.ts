import type { DaneVerdict } from '../../dane/verify.ts'
import { statusText } from '../answer-text.ts'
import { type Paint, printable } from '../paint.ts'
import type { Comparison, JudgedServed, PublishedRecord } from './compare.ts'
import { ownerOf, tlsaJson, tlsaText } from './records.ts'

/** The document of `danelaw tlsa --check --json`. */
export function comparisonJson({ host, records, served, warnings, verdict, reason }: Comparison) {
  return {
    host: host.host.toCanonicalString(),
    port: host.port,
    tlsaBase: host.tlsaBase?.toCanonicalString() ?? null,
    level: host.level,
    tlsa: {
      status: host.tlsaStatus,
      records: records.map(({ judged: { tlsa, usable, why }, matches }) => ({
        ...(tlsa === null ? { usage: null, selector: null, matchingType: null, data: null } : tlsaJson(tlsa)),
        usable,
        why,
        matches,
      })),
    },
    served: served.map(servedJson),
    warnings,
    verdict,
    reason,
  }
}

/** The same for a person. */
export function comparisonText(comparison: Comparison, paint: Paint): string {
  const { host, records, served, warnings, verdict, reason } = comparison
  const lines = [`${verdictText(verdict, paint)}  ${paint.strong(host.host.toCanonicalString())}`]
  if (reason !== null) lines.push(`reason: ${printable(reason)}`)
  if (host.tlsaBase !== null && host.tlsaStatus !== null) {
    lines.push('', `TLSA at ${ownerOf(host.tlsaBase, host.port)} (${statusText(host.tlsaStatus, paint)})`)
  }
  lines.push(...records.map((record) => `  ${recordText(record, paint)}`))
  for (const each of served) lines.push('', ...servedLines(each, paint))
  if (warnings.length > 0) lines.push('')
  lines.push(...warnings.map(({ text }) => `${paint.fair('warning')}: ${printable(text)}`))
  return `${lines.join('\n')}\n`
}

function servedJson({ address, port, sni, protocol, chain, failure, verdict }: JudgedServed) {
  const matched = verdict?.matched ?? null
  return {
    address,
    port,
    sni,
    protocol,
    certificates: chain.length,
    authenticated: verdict?.authenticated ?? false,
    matched: matched === null ? null : { ...tlsaJson(matched), depth: matched.depth },
    error: failure?.text ?? verdict?.reason?.text ?? null,
    records: (verdict?.records ?? []).map((record) => ({
      ...tlsaJson(record),
      usable: record.usable,
      matched: record.matched,
      why: record.why,
    })),
  }
}

function servedLines({ address, port, sni, protocol, failure, verdict }: JudgedServed, paint: Paint): string[] {
  const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  const head = sni === null ? at : `${at} as ${sni}`
  if (failure !== null) return [`${head}  ${paint.bad(printable(failure.text))}`]
  if (verdict === null) return [`${head}  ${paint.bad('no certificate')}`]
  const lines = [`${head}  ${protocol}, ${authenticationText(verdict, paint)}`]
  for (const { usage, selector, matchingType, why } of verdict.authenticated ? [] : verdict.records) {
    if (why !== null) lines.push(`  ${usage} ${selector} ${matchingType} ${printable(why)}`)
  }
  return lines
}

function authenticationText({ matched, reason }: DaneVerdict, paint: Paint): string {
  if (matched === null) return paint.bad(`not authenticated: ${printable(reason.text)}`)
  const { usage, selector, matchingType, depth } = matched
  const where = depth === 0 ? 'the leaf' : `${depth} above the leaf`
  return paint.good(`authenticated by ${usage} ${selector} ${matchingType} (${where})`)
}

function recordText({ judged: { tlsa, usable, why }, matches }: PublishedRecord, paint: Paint): string {
  const text = tlsa === null ? 'too short' : abbreviated(tlsaText(tlsa))
  if (!usable) return `${text}  ${paint.fair('not usable')}: ${printable(why)}`
  return `${text}  ${matches ? paint.good('matches') : paint.fair('matches nothing that is shown')}`
}

function verdictText(verdict: Comparison['verdict'], paint: Paint): string {
  switch (verdict) {
    case 'match':
      return paint.good('match')
    case 'warnings':
      return paint.fair('match, with warnings')
    case 'mismatch':
    case 'unreachable':
      return paint.bad(verdict)
  }
}

/** Whole certificates are for JSON. */
function abbreviated(text: string): string {
  return text.length <= 140 ? text : `${text.slice(0, 70)}…`
}
