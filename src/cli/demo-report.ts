import type { ValidatedAnswer } from '../dnssec/status.ts'
import type { DeliveryOutcome } from '../smtp/outcome.ts'
import { formatRecord } from '../wire/presentation/record.ts'
import { answerJson, placeName } from './answer-json.ts'
import { chainLines, statusText } from './answer-text.ts'
import { tlsText, verdictText } from './check-report.ts'
import type { Io } from './io.ts'
import { type Paint, printable } from './paint.ts'

interface Surroundings {
  readonly zones: number
  readonly mailServers: number
  readonly upstream: string
}

/** What one delivery and the lookups for it came to. */
interface Visit {
  readonly mx: ValidatedAnswer
  readonly tlsa: ValidatedAnswer
  readonly delivery: DeliveryOutcome
  /** Messages that arrived at the host. */
  readonly received: number
}

export interface AttackResult {
  /** Attacks of one kind share a number. */
  readonly label: string
  readonly title: string
  /** What the attacker does. */
  readonly means: string
  readonly refused: boolean
  /** The lookup the attack is aimed at; null for one on the mail server. */
  readonly tlsa: ValidatedAnswer | null
  readonly delivery: DeliveryOutcome
  /** The commands of SMTP that reached the attacker. */
  readonly heard: readonly string[]
}

export interface DemoResult extends Surroundings, Visit {
  readonly attacks: readonly AttackResult[]
  readonly passed: boolean
}

/** The document of `danelaw demo --json`. */
export function demoJson({ zones, mailServers, upstream, mx, tlsa, delivery, attacks, passed }: DemoResult) {
  return {
    passed,
    lab: { zones, mailServers, upstream },
    mx: answerJson(mx),
    tlsa: answerJson(tlsa),
    delivery,
    attacks: attacks.map((attack) => ({
      label: attack.label,
      title: attack.title,
      means: attack.means,
      refused: attack.refused,
      tlsa: attack.tlsa === null ? null : answerJson(attack.tlsa),
      delivery: attack.delivery,
      heard: attack.heard,
    })),
  }
}

/** Tells the story as it happens. */
export class DemoReport {
  readonly #io: Pick<Io, 'stdout'>
  readonly #paint: Paint

  constructor(io: Pick<Io, 'stdout'>, paint: Paint) {
    this.#io = io
    this.#paint = paint
  }

  opening({ zones, mailServers, upstream }: Surroundings): void {
    this.#heading('A small internet in this process')
    this.#lines([
      `  ${zones} zones from the root down, signed a moment ago`,
      `  a recursive server at ${upstream}, over UDP and TCP`,
      `  ${mailServers} mail servers, each on an address of its own`,
    ])
  }

  lookups({ mx, tlsa }: Visit, now: number): void {
    this.#heading(`Where does mail for ${mx.question.name} go?`)
    this.#lines([`  ${this.#result(mx)}`, ...recordLines(mx), ''])
    this.#lines(chainLines(mx, { paint: this.#paint, now }))
    this.#heading('How must that host authenticate?')
    this.#lines([`  ${this.#result(tlsa)}`, ...recordLines(tlsa)])
  }

  delivery(delivery: DeliveryOutcome, received: number): void {
    this.#heading('A message is sent')
    const delivered = delivery.outcome === 'delivered' && received === 1
    this.#lines([
      ...this.#attempts(delivery),
      `  reply     ${replyText(delivery)}`,
      `  ${this.#mark(delivered)} ${delivery.outcome} to ${delivery.address}, ${verdictText(delivery.verdict, this.#paint)}; the host took ${received}`,
    ])
  }

  attack({ label, title, means, refused, tlsa, delivery, heard }: AttackResult): void {
    this.#heading(`Attack ${label}: ${title}`)
    const lines = [`  ${means}`]
    if (tlsa !== null) lines.push(`  lookup    ${this.#result(tlsa)}`)
    if (tlsa !== null && tlsa.reason !== null) lines.push(`            ${printable(tlsa.reason.text)}`)
    lines.push(...this.#attempts(delivery), `  outcome   ${delivery.outcome}: ${replyText(delivery)}`)
    lines.push(`  heard     ${heard.length === 0 ? 'nothing: no connection was made' : heard.join(', ')}`)
    lines.push(`  ${this.#mark(refused)} ${refused ? 'refused' : 'NOT REFUSED'}`)
    this.#lines(lines)
  }

  end(passed: boolean): void {
    this.#lines([
      '',
      `${this.#mark(passed)} ${passed ? 'The message was delivered, and every attack was refused.' : 'Something is wrong: see above.'}`,
    ])
  }

  #attempts({ attempts }: DeliveryOutcome): string[] {
    return attempts.flatMap((attempt) => {
      const { address, port } = attempt
      if (address === null) return [`  host      ${attempt.host} not used`]
      return [`  host      ${attempt.host} at ${address} port ${port}`, `  TLS       ${tlsText(attempt)}`]
    })
  }

  #result(answer: ValidatedAnswer): string {
    return `${placeName(answer.question)} is ${statusText(answer.status, this.#paint)}`
  }

  #mark(good: boolean): string {
    return good ? this.#paint.good('✓') : this.#paint.bad('✗')
  }

  #heading(text: string): void {
    this.#io.stdout.write(`\n${this.#paint.strong(text)}\n`)
  }

  #lines(lines: readonly string[]): void {
    this.#io.stdout.write(`${lines.join('\n')}\n`)
  }
}

function recordLines(answer: ValidatedAnswer): string[] {
  const records = answer.status === 'secure' || answer.status === 'insecure' ? answer.records : []
  return records.map((record) => `  ${formatRecord(record).replaceAll('\t', '  ')}`)
}

function replyText({ code, enhanced, text }: DeliveryOutcome): string {
  return [code, enhanced, printable(text)].filter((part) => part !== null).join(' ')
}
