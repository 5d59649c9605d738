import type { DeliveryOutcome } from '../smtp/outcome.ts'
import { tlsText, verdictText } from './check-report.ts'
import { type Paint, printable } from './paint.ts'

/** What became of the recipients, for a person. */
export function outcomesText(outcomes: readonly DeliveryOutcome[], paint: Paint): string {
  return `${outcomes.map((outcome) => outcomeLines(outcome, paint).join('\n')).join('\n\n')}\n`
}

function outcomeLines(recipient: DeliveryOutcome, paint: Paint): string[] {
  const { address, outcome, host, level, verdict, code, enhanced, text, attempts } = recipient
  const result = outcome === 'delivered' ? paint.good(outcome) : paint.bad(outcome)
  const where = host === null ? '' : ` at ${host}, level ${level}`
  const reply = [code, enhanced, printable(text)].filter((part) => part !== null).join(' ')
  const lines = [`${result}  ${paint.strong(printable(address))}${where}, ${verdictText(verdict, paint)}`, `  ${reply}`]
  for (const attempt of attempts) {
    const at = attempt.address === null ? 'not tried' : `${attempt.address} port ${attempt.port}, ${tlsText(attempt)}`
    lines.push(`  ${attempt.host} ${at}`)
    if (attempt.error !== null && attempt.error !== text) lines.push(`    ${printable(attempt.error)}`)
  }
  return lines
}

/** What a mail system is to do with the message: what may still succeed comes before what has failed. */
export function statusOf(outcomes: readonly DeliveryOutcome[]): number {
  if (outcomes.some(({ outcome }) => outcome === 'deferred')) return 75
  const rejected = outcomes.filter(({ outcome }) => outcome === 'rejected')
  if (rejected.length === 0) return 0
  // X.1.2: bad destination system address (RFC 3463 section 3.2), said by no host.
  return rejected.every(({ host, enhanced }) => host === null && enhanced === '5.1.2') ? 68 : 69
}
