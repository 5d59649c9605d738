import type { Name } from '../wire/name.ts'
import type { Question, ResourceRecord } from '../wire/record.ts'
import { RRClass } from '../wire/codes/rrclass.ts'
import type { DataPlace } from './status.ts'
import { type Context, type UpstreamAnswer, type Walk, questionKey } from './walk.ts'
import type { ZoneStep } from './zone-step.ts'
import { RRsets } from './rrset.ts'
import type { Message } from '../wire/message.ts'

/** What is known and was asked in the course of one top-level question. */
export class Session {
  readonly context: Context
  /** Outcomes of the steps down, by the child's name; nothing is worked out twice for one question. */
  readonly steps = new Map<string, ZoneStep>()
  /** NSEC3 hashes by parameters and name. */
  readonly hashes = new Map<string, Uint8Array>()
  /** Questions that will probably be needed; they go out with the next one that is. */
  ahead: readonly Question[] = []
  /** What is being worked on, for the reason where a limit is reached. */
  place: DataPlace | undefined
  readonly #asked = new Set<string>()
  readonly #sections = new Map<Message, { answer: RRsets; authority: RRsets }>()

  constructor(context: Context) {
    this.context = context
  }

  /**
   * Asks `question`, and together with it those of `also` that were not asked before.
   * @throws {LimitReached} when there are too many questions; `also` alone never reaches the limit.
   */
  *ask(question: Question, also: readonly Question[] = []): Walk<UpstreamAnswer> {
    const start: Question[] = []
    if (this.#mark(question)) {
      this.context.budget.spend('upstreamQuestions')
      start.push(question)
    }
    const extras = this.ahead.length === 0 ? also : [...also, ...this.ahead]
    this.ahead = []
    // Questions asked ahead may use half of the allowance, so that they never starve those that are needed.
    const { budget } = this.context
    let allowance = budget.limits.upstreamQuestions / 2 - budget.spent.upstreamQuestions
    for (const extra of extras) {
      if (allowance <= 0) break
      if (!this.#mark(extra)) continue
      budget.spend('upstreamQuestions')
      allowance--
      start.push(extra)
    }
    return yield { start, wait: question }
  }

  /** The RRsets of a message, grouped once. */
  sections(message: Message): { answer: RRsets; authority: RRsets } {
    let sections = this.#sections.get(message)
    if (sections === undefined) {
      sections = { answer: grouped(message.answer), authority: grouped(message.authority) }
      this.#sections.set(message, sections)
    }
    return sections
  }

  #mark(question: Question): boolean {
    const key = questionKey(question)
    if (this.#asked.has(key)) return false
    this.#asked.add(key)
    return true
  }
}

function grouped(section: readonly ResourceRecord[]): RRsets {
  return section.length === 0 ? NO_RRSETS : new RRsets(section)
}

/** A question of class IN. */
export function questionOf(name: Name, type: number): Question {
  return { name, type, class: RRClass.IN }
}

const NO_RRSETS = new RRsets([])
