import { Rcode } from '../wire/codes/rcode.ts'
import type { Question } from '../wire/record.ts'
import { questionKey, type UpstreamAnswer } from '../dnssec/walk.ts'
import { InFlight } from './in-flight.ts'
import { Slots } from './slots.ts'
import { Trouble } from './trouble.ts'
import { type Received, type Reply, Upstream } from './upstream.ts'
import type { UpstreamSpec } from './upstream-spec.ts'

/** Asks one question of the network. Never rejects: what the network does is a value. */
export type Ask = (question: Question, signal: AbortSignal) => Promise<UpstreamAnswer>

export interface AskerOptions {
  /** At least one; the first is preferred as long as it answers. */
  readonly upstreams: readonly UpstreamSpec[]
  /** Exchanges for one question, over all upstreams and both transports. */
  readonly attempts: number
  /** Milliseconds for the first exchange with an upstream; doubled in each further round. */
  readonly attemptTimeout: number
  /** Sockets open at the same time. */
  readonly sockets: number
  readonly received?: Received | undefined
}

/** Questions to the network, over several upstreams with retries. The same question is never under way twice. */
export class Asker {
  readonly #options: AskerOptions
  readonly #upstreams: readonly Upstream[]
  readonly #inFlight = new InFlight<UpstreamAnswer>()
  readonly #slots: Slots
  /** Questions put to the network; what is shared counts once. */
  questions = 0
  /** Datagrams sent and connections opened. */
  exchanges = 0

  constructor(options: AskerOptions) {
    this.#options = options
    this.#upstreams = options.upstreams.map((spec) => new Upstream(spec, options.received))
    this.#slots = new Slots(options.sockets)
  }

  readonly ask: Ask = async (question, signal) => {
    try {
      return await this.#inFlight.run(questionKey(question), signal, (all) => this.#askAround(question, all))
    } catch (error) {
      if (!signal.aborted) throw error
      return { kind: 'failure', cause: 'aborted', detail: 'the question was called off', upstream: undefined }
    }
  }

  async #askAround(question: Question, signal: AbortSignal): Promise<UpstreamAnswer> {
    this.questions++
    // Stable: those that have not failed lately keep the order they were given in.
    const candidates = this.#upstreams.toSorted((a, b) => a.failures - b.failures).map(candidate)
    const trouble = new Trouble()
    let attempts = 0
    for (let round = 0; ; round++) {
      const timeout = this.#options.attemptTimeout * 2 ** round
      let asked = false
      for (const candidate of candidates) {
        let again = !candidate.out
        while (again && attempts < this.#options.attempts) {
          asked = true
          attempts++
          const reply = await this.#exchange(candidate, question, timeout, signal)
          if (reply.kind === 'message') {
            candidate.useless = false
            remember(candidates)
            candidate.upstream.failures = 0
            return { kind: 'message', message: reply.message, upstream: candidate.upstream.spec.text }
          }
          trouble.note(candidate.upstream.spec.text, reply)
          again = plan(candidate, reply, round) === 'at once'
        }
        if (signal.aborted) return trouble.answer()
      }
      if (asked) continue
      remember(candidates)
      return trouble.answer()
    }
  }

  async #exchange(candidate: Candidate, question: Question, timeout: number, signal: AbortSignal): Promise<Reply> {
    const free = await this.#slots.take(signal)
    if (!free) return { kind: 'failure', cause: 'aborted', detail: 'was not asked' }
    this.exchanges++
    try {
      const { upstream, tcp, checkingDisabled } = candidate
      return await upstream.ask(question, { tcp, checkingDisabled, timeout }, signal)
    } finally {
      this.#slots.release()
    }
  }
}

/** How one upstream is to be asked next, for one question. */
interface Candidate {
  readonly upstream: Upstream
  tcp: boolean
  checkingDisabled: boolean
  /** It has said all it will. */
  out: boolean
  /** It gave no answer of any kind, or none with DNSSEC records. */
  useless: boolean
}

function candidate(upstream: Upstream): Candidate {
  return { upstream, tcp: false, checkingDisabled: true, out: false, useless: false }
}

/** Lets the next question begin with another upstream than one that was no use for this one. */
function remember(candidates: readonly Candidate[]): void {
  for (const { useless, upstream } of candidates) {
    if (useless) upstream.failures = Math.min(upstream.failures + 1, FAILURES_REMEMBERED)
  }
}

/** What follows from a reply that is not the answer: the same upstream at once, or the next one first. */
function plan(candidate: Candidate, reply: Exclude<Reply, { kind: 'message' }>, round: number): 'at once' | 'next' {
  candidate.useless = reply.kind === 'failure' || reply.kind === 'stripped'
  const overTcp = candidate.tcp
  switch (reply.kind) {
    case 'truncated':
      candidate.tcp = true
      candidate.out = overTcp
      return 'at once'
    case 'rcode':
      if (reply.rcode === Rcode.SERVFAIL && candidate.checkingDisabled) {
        candidate.checkingDisabled = false
        return 'at once'
      }
      candidate.out = true
      return 'next'
    case 'stripped':
      // Another upstream may sit behind another path; after that, a middlebox for UDP may leave TCP alone.
      candidate.tcp = true
      candidate.out = overTcp
      return 'next'
    case 'failure':
      return afterFailure(candidate, reply.cause, round)
  }
}

function afterFailure(
  candidate: Candidate,
  cause: Extract<Reply, { kind: 'failure' }>['cause'],
  round: number,
): 'at once' | 'next' {
  const overTcp = candidate.tcp
  switch (cause) {
    case 'timeout':
      // A lost datagram is sent again; where large datagrams never arrive, TCP still does.
      if (round > 0) candidate.tcp = true
      return 'next'
    case 'flooded':
      // Someone guesses at the answer. Over TCP there is nothing to guess.
      candidate.tcp = true
      return 'at once'
    case 'malformed':
      candidate.tcp = true
      candidate.out = overTcp
      return 'next'
    case 'network':
    case 'aborted':
      candidate.out = true
      return 'next'
  }
}

/** So that one that was down for long is not held to be worse than one that is down now. */
const FAILURES_REMEMBERED = 4
