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
  readonly #candidates: Candidate[] = []
  #trouble: Trouble | undefined
  #open: readonly Exchange[] = []
  #attempts = 0
  #round = 0
  /** Those whose turn in this round is still to come. */
  #waiting: Candidate[] = []

  constructor(question: Question, upstreams: readonly Upstream[], options: InquiryOptions, signal: Cancellation) {
    this.#question = question
    this.#options = options
    this.#signal = signal
    const { instead } = options
    const now = options.now()
    let ordered = inOrder(upstreams, now)
    if (instead !== undefined) {
      const others = (upstream: Upstream): number => (instead.has(upstream.spec.text) ? 1 : 0)
      ordered = ordered.toSorted((a, b) => others(a) - others(b))
    }
    for (const upstream of ordered) {
      const each = candidate(upstream, now, instead !== undefined)
      this.#candidates.push(each)
      if (!each.out) this.#waiting.push(each)
      if (each.out || (each.way !== upstream.ways[0] && instead === undefined)) {
        this.#note(upstream, remembered(upstream, now))
      }
    }
  }

  async run(): Promise<UpstreamAnswer> {
    const callOff = (): void => {
      for (const { canceller } of this.#open) canceller.abort(NOT_NEEDED)
    }
    this.#signal.addEventListener('abort', callOff, { once: true })
    try {
      for (;;) {
        if (this.#open.length === 0) {
          const next = this.#next() ?? this.#nextRound()
          if (next === undefined) {
            this.#remember(undefined)
            return (this.#trouble ?? new Trouble()).answer()
          }
          this.#start(next)
        }
        const only = this.#open.length === 1 && this.#next() === undefined ? this.#open[0] : undefined
        // With nobody else to ask, there is no race and no timer.
        const { exchange, reply } =
          only === undefined ? await this.#firstReply() : { exchange: only, reply: await only.reply }
        const { candidate } = exchange
        const { upstream } = candidate
        this.#open = this.#open.filter((each) => each !== exchange)
        if (reply.kind === 'message') {
          this.#remember(exchange)
          return { kind: 'message', message: reply.message, upstream: upstream.spec.text }
        }
        this.#note(upstream, reply)
        if (plan(candidate, reply, this.#round, this.#options.now()) === 'at once' && this.#mayAsk(candidate)) {
          this.#start(candidate)
        }
      }
    } finally {
      this.#signal.removeEventListener('abort', callOff)
      callOff()
    }
  }

  /** Waits for a reply, and asks another upstream as well when that takes longer than usual. */
  async #firstReply(): Promise<Answered> {
    for (;;) {
      const replies = this.#open.map((exchange) => exchange.reply.then((reply) => ({ exchange, reply })))
      const only = this.#open.length === 1 ? this.#open[0] : undefined
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
    const start = this.#options.now()
    if (candidate.asked === undefined) candidate.upstream.questions++
    candidate.asked = start
    const canceller = new Canceller()
    const reply = this.#exchange(candidate, canceller)
    this.#open = [...this.#open, { candidate, canceller, start, attempt: this.#attempts, reply }]
  }

  async #exchange({ upstream, way, checkingDisabled }: Candidate, signal: Cancellation): Promise<Reply> {
    const { slots, attemptTimeout } = this.#options
    const timeout = Math.min(attemptTimeout * 2 ** this.#round, RESOLVER_LIMITS.attemptTimeout.max)
    const free = slots.take(signal)
    if (free !== true && !(await free)) return { kind: 'failure', cause: 'aborted', detail: 'was not asked' }
    try {
      return await upstream.ask(this.#question, { way, checkingDisabled, timeout }, signal)
    } finally {
      slots.release()
    }
  }

  #note({ spec }: Upstream, reply: Exclude<Reply, { kind: 'message' }>): void {
    this.#trouble ??= new Trouble()
    this.#trouble.note(spec.text, reply)
  }

  #mayAsk(candidate: Candidate): boolean {
    return !candidate.out && !this.#signal.aborted && this.#attempts < this.#options.attempts
  }

  /** Whose turn it is in this round. */
  #next(): Candidate | undefined {
    return this.#waiting.find((each) => this.#mayAsk(each) && this.#openAt(each) === undefined)
  }

  #nextRound(): Candidate | undefined {
    this.#round++
    this.#waiting = this.#candidates.filter(({ out }) => !out)
    return this.#next()
  }

  #openAt(candidate: Candidate): Exchange | undefined {
    return this.#open.find((each) => each.candidate === candidate)
  }

  /** Lets the next question begin with another upstream than one that was no use for this one. */
  #remember(won: Exchange | undefined): void {
    const now = this.#options.now()
    for (const each of this.#candidates) {
      if (each === won?.candidate) continue
      const { health } = each.upstream
      const open = this.#openAt(each)
      if (open !== undefined) {
        // One that was asked later has not been given its time.
        if (won !== undefined && open.attempt < won.attempt) health.late(now - open.start)
      } else if (each.useless === 'always' || (each.useless === 'beside' && won !== undefined)) {
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
  readonly reply: Promise<Reply>
}

interface Answered {
  readonly exchange: Exchange
  readonly reply: Reply
}

function later(milliseconds: number) {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, milliseconds))
  })
  return { promise, clear: () => clearTimeout(timer) }
}
