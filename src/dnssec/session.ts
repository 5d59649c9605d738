import type { Name } from '../wire/name.ts'
import type { Question, ResourceRecord } from '../wire/record.ts'
import { RRClass } from '../wire/codes/rrclass.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import type { DataPlace } from './status.ts'
import { type Ask, type Context, questionKey } from './walk.ts'
import type { ZoneStep } from './zone-step.ts'
import { RRsets } from './rrset.ts'
import type { Message } from '../wire/message.ts'

/** What is known and was asked in the course of one top-level question. */
export class Session {
  readonly context: Context
  /** Questions that will probably be needed; they go out with the next one that is. */
  ahead: readonly Question[] = NO_QUESTIONS
  /** What is being worked on, for the reason where a limit is reached. */
  place: DataPlace | undefined
  /** Whether a DS was asked for: only then can there be an answer at hand that hints at a zone cut. */
  askedForDs = false
  // Most questions are about a name in a zone that is known: one message, and no steps. Nothing is made for more then.
  #first: Question | undefined
  #asked: Set<string> | undefined
  #latest: Message | undefined
  #latestSections: Sections | undefined
  #sections: Map<Message, Sections> | undefined
  #steps: Map<string, ZoneStep> | undefined
  #hashes: Map<string, Uint8Array> | undefined

  constructor(context: Context) {
    this.context = context
  }

  /** Whether any step down was worked out. */
  get hasSteps(): boolean {
    return this.#steps !== undefined
  }

  /** NSEC3 hashes by parameters and name. */
  get hashes(): Map<string, Uint8Array> {
    this.#hashes ??= new Map()
    return this.#hashes
  }

  /** The outcome of a step down, by the child's name; nothing is worked out twice for one question. */
  step(key: string): ZoneStep | undefined {
    return this.#steps?.get(key)
  }

  keepStep(key: string, step: ZoneStep): void {
    this.#steps ??= new Map()
    this.#steps.set(key, step)
  }

  /**
   * To be yielded: asks `question`, and together with it those of `also` that were not asked before.
   * @throws {LimitReached} when there are too many questions; `also` alone never reaches the limit.
   */
  ask(question: Question, also: readonly Question[] = NO_QUESTIONS): Ask {
    const start: Question[] = []
    const { budget } = this.context
    if (this.#mark(question)) {
      budget.spend('upstreamQuestions')
      start.push(question)
    }
    if (also.length > 0 || this.ahead.length > 0) {
      // Questions asked ahead may use half of the allowance, so that they never starve those that are needed.
      let allowance = budget.limits.upstreamQuestions / 2 - budget.spent.upstreamQuestions
      for (const extra of [...also, ...this.ahead]) {
        if (allowance <= 0) break
        if (!this.#mark(extra)) continue
        budget.spend('upstreamQuestions')
        allowance--
        start.push(extra)
      }
      this.ahead = NO_QUESTIONS
    }
    return { start, wait: question }
  }

  /** The RRsets of a message, grouped once. */
  sections(message: Message): Sections {
    if (message === this.#latest) return this.#latestSections!
    const sections = this.#sections?.get(message) ?? {
      answer: grouped(message.answer),
      authority: grouped(message.authority),
    }
    if (this.#latest !== undefined) {
      this.#sections ??= new Map([[this.#latest, this.#latestSections!]])
      this.#sections.set(message, sections)
    }
    this.#latest = message
    this.#latestSections = sections
    return sections
  }

  #mark(question: Question): boolean {
    if (question.type === RRType.DS) this.askedForDs = true
    if (this.#first === undefined) {
      this.#first = question
      return true
    }
    this.#asked ??= new Set([questionKey(this.#first)])
    const key = questionKey(question)
    if (this.#asked.has(key)) return false
    this.#asked.add(key)
    return true
  }
}

interface Sections {
  readonly answer: RRsets
  readonly authority: RRsets
}

function grouped(section: readonly ResourceRecord[]): RRsets {
  return section.length === 0 ? NO_RRSETS : new RRsets(section)
}

/** A question of class IN. */
export function questionOf(name: Name, type: number): Question {
  return { name, type, class: RRClass.IN }
}

const NO_RRSETS = new RRsets([])
const NO_QUESTIONS: readonly Question[] = []
