import type { TlsReportResult, TlsReportRun } from '../../smtp/tlsrpt/send-reports.ts'
import { type Paint, printable } from '../paint.ts'

/** The document of `--json`: the reports in full, and what became of each. */
export function runJson({ reports, gaps, removed }: TlsReportRun): object {
  return {
    reports: reports.map(({ day, domain, outcome, text, addresses, report }) => ({
      day,
      domain,
      outcome,
      text,
      addresses,
      report: report.report,
    })),
    gaps,
    removed,
  }
}

export function runText({ reports, removed }: TlsReportRun, paint: Paint): string {
  const lines = reports.flatMap((result) => resultLines(result, paint))
  if (lines.length === 0) lines.push('nothing to be sent')
  for (const day of removed) lines.push(paint.faint(`removed  ${day}`))
  return `${lines.join('\n')}\n`
}

interface WrittenFile {
  readonly path: string
  readonly day: string
  readonly domain: string
}

export function filesJson(files: readonly WrittenFile[]): object {
  return { files }
}

export function filesText(files: readonly WrittenFile[]): string {
  if (files.length === 0) return 'nothing to be written\n'
  return files.map(({ path }) => `${printable(path)}\n`).join('')
}

function resultLines(result: TlsReportResult, paint: Paint): string[] {
  const { day, domain, outcome, text, addresses, report } = result
  const colour = COLOURS[outcome]
  const lines = [
    `${paint[colour](outcome.padEnd(8))} ${day}  ${paint.strong(printable(domain))}  ${counts(report.report)}`,
  ]
  if (text !== '') lines.push(`  ${printable(text)}`)
  for (const address of addresses) {
    const why = address.text === '' ? '' : `: ${printable(address.text)}`
    lines.push(`  ${address.outcome} ${printable(address.uri)}${why}`)
  }
  return lines
}

function counts({ policies }: TlsReportResult['report']['report']): string {
  let good = 0
  let bad = 0
  for (const { summary } of policies) {
    good += summary['total-successful-session-count']
    bad += summary['total-failure-session-count']
  }
  return `${good} successful, ${bad} failed`
}

const COLOURS = {
  sent: 'good',
  unwanted: 'faint',
  due: 'fair',
  waiting: 'fair',
  failed: 'bad',
  over: 'bad',
} as const satisfies Record<TlsReportResult['outcome'], keyof Paint>
