import type { UpstreamAnswer } from '../dnssec/walk.ts'
import { DanelawError } from '../errors.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import type { Question } from '../wire/record.ts'
import { type Candidate, candidate, inOrder, plan, remembered } from './candidate.ts'
import type { Slots } from './slots.ts'
import { Trouble } from './trouble.ts'
import type { Reply, Upstream } from './upstream.ts'
import { type Cancellation, Canceller } from './cancellation.ts'

export interface InquiryOptions {
  /** Exchanges for one question, over all upstreams and ways. */
  readonly attempts: number
  /** Milliseconds for the first exchange with an upstream; doubled in each further round. */
  readonly attemptTimeout: number
  /** Milliseconds after which another upstream is asked as well: of one not measured yet, and at the least. */
  readonly hedge: { readonly unmeasured: number; readonly least: number }
  readonly slots: Slots
  readonly now: () => number
  /** Asks others than these first, and all of them over connections: what these have sent did not hold. */
  readonly instead?: ReadonlySet<string> | undefined
}

/**
 * One question, put to upstreams until one of them answers. The best is asked first; when it takes longer than usual,
 * the next one is asked as well, and the first answer counts. The others are called off.
 */
export class Inquiry {
  readonly #question: Question
  readonly #options: InquiryOptions
  readonly #signal: Cancellation
  readonly #candidates: readonly Candidate[]
  readonly #trouble = new Trouble()
  readonly #open = new Map<Candidate, Exchange>()
  #attempts = 0
  #round = 0
  /** Those whose turn in this round is still to come. */
  #waiting: Candidate[]

  constructor(question: Question, upstreams: readonly Upstream[], options: InquiryOptions, signal: Cancellation) {
    this.#question = question
    this.#options = options
    this.#signal = signal
    const { instead } = options
    const others = (upstream: Upstream): number => (instead?.has(upstream.spec.text) === true ? 1 : 0)
    this.#candidates = inOrder(upstreams, options.now())
      .sort((a, b) => others(a) - others(b))
      .map((upstream) => candidate(upstream, options.now(), instead !== undefined))
    for (const { upstream, way, out } of this.#candidates) {
      if (out || (way !== upstream.ways[0] && instead === undefined))
        this.#trouble.note(upstream.spec.text, remembered(upstream, options.now()))
    }
    this.#waiting = this.#candidates.filter(({ out }) => !out)
  }

  async run(): Promise<UpstreamAnswer> {
    const callOff = (): void => {
      for (const { canceller } of this.#open.values()) canceller.abort(NOT_NEEDED)
    }
    this.#signal.addEventListener('abort', callOff, { once: true })
    try {
      return await this.#askAround()
    } finally {
      this.#signal.removeEventListener('abort', callOff)
      callOff()
    }
  }

  async #askAround(): Promise<UpstreamAnswer> {
    for (;;) {
      if (this.#open.size === 0) {
        const next = this.#next() ?? this.#nextRound()
        if (next === undefined) {
          this.#remember(undefined)
          return this.#trouble.answer()
        }
        this.#start(next)
      }
      const { candidate, reply } = await this.#firstReply()
      const { upstream } = candidate
      if (reply.kind === 'message') {
        this.#remember(candidate)
        this.#open.delete(candidate)
        return { kind: 'message', message: reply.message, upstream: upstream.spec.text }
      }
      this.#open.delete(candidate)
      this.#trouble.note(upstream.spec.text, reply)
      if (plan(candidate, reply, this.#round, this.#options.now()) === 'at once' && this.#mayAsk(candidate)) {
        this.#start(candidate)
      }
    }
  }

  /** Waits for a reply, and asks another upstream as well when that takes longer than usual. */
  async #firstReply(): Promise<{ candidate: Candidate; reply: Reply }> {
    for (;;) {
      const replies = [...this.#open.values()].map(({ reply }) => reply)
      const only = this.#open.size === 1 ? [...this.#open.values()][0] : undefined
      if (only === undefined || this.#next() === undefined) return await Promise.race(replies)
      const timer = later(this.#patience(only.candidate) - (this.#options.now() - only.start))
      const first = await Promise.race([...replies, timer.promise]).finally(timer.clear)
      if (first !== undefined) return first
      const next = this.#next()
      if (next !== undefined) this.#start(next)
    }
  }

  /** How long an answer usually takes; from one that is tried again, as long as it would take from the next. */
  #patience({ upstream }: Candidate): number {
    const { unmeasured, least } = this.#options.hedge
    const usual = upstream.health.usual ?? unmeasured
    const next = this.#next()?.upstream.health.usual ?? usual
    return Math.max(least, Math.min(usual, next))
  }

  #start(candidate: Candidate): void {
    this.#attempts++
    this.#waiting = this.#waiting.filter((each) => each !== candidate)
    const canceller = new Canceller()
    const start = this.#options.now()
    if (candidate.asked === undefined) candidate.upstream.questions++
    candidate.asked = start
    const reply = this.#exchange(candidate, canceller).then((each) => ({ candidate, reply: each }))
    this.#open.set(candidate, { candidate, canceller, start, attempt: this.#attempts, reply })
  }

  async #exchange({ upstream, way, checkingDisabled }: Candidate, signal: Cancellation): Promise<Reply> {
    const { slots, attemptTimeout } = this.#options
    const timeout = Math.min(attemptTimeout * 2 ** this.#round, RESOLVER_LIMITS.attemptTimeout.max)
    const free = await slots.take(signal)
    if (!free) return { kind: 'failure', cause: 'aborted', detail: 'was not asked' }
    try {
      return await upstream.ask(this.#question, { way, checkingDisabled, timeout }, signal)
    } finally {
      slots.release()
    }
  }

  #mayAsk(candidate: Candidate): boolean {
    return !candidate.out && !this.#signal.aborted && this.#attempts < this.#options.attempts
  }

  /** Whose turn it is in this round. */
  #next(): Candidate | undefined {
    return this.#waiting.find((each) => this.#mayAsk(each) && !this.#open.has(each))
  }

  #nextRound(): Candidate | undefined {
    this.#round++
    this.#waiting = this.#candidates.filter(({ out }) => !out)
    return this.#next()
  }

  /** Lets the next question begin with another upstream than one that was no use for this one. */
  #remember(winner: Candidate | undefined): void {
    const now = this.#options.now()
    const won = winner && this.#open.get(winner)
    for (const each of this.#candidates) {
      if (each === winner) continue
      const { health } = each.upstream
      const open = this.#open.get(each)
      if (open !== undefined) {
        // One that was asked later has not been given its time.
        if (won !== undefined && open.attempt < won.attempt) health.late(now - open.start)
      } else if (each.useless === 'always' || (each.useless === 'beside' && winner !== undefined)) {
        health.failed(now, each.asked ?? now)
      }
    }
  }
}

/** One for all: what `abort` makes by itself takes a stack trace each time. */
const NOT_NEEDED = new DanelawError('aborted', 'the question is answered, or called off')

interface Exchange {
  readonly candidate: Candidate
  readonly canceller: Canceller
  readonly start: number
  /** Counted over all exchanges for the question. */
  readonly attempt: number
  readonly reply: Promise<{ candidate: Candidate; reply: Reply }>
}

function later(milliseconds: number) {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, milliseconds))
  })
  return { promise, clear: () => clearTimeout(timer) }
}
