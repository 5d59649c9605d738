import type { ValidatedAnswer } from '../dnssec/status.ts'
import { validate } from '../dnssec/validate.ts'
import { type Context, questionKey } from '../dnssec/walk.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import type { Question } from '../wire/record.ts'
import { Memory } from './cache/memory.ts'
import { synthesize } from './cache/synthesize.ts'
import { InFlight } from './in-flight.ts'
import type { Settings } from './settings.ts'
import type { Source } from './source.ts'

export interface LookupsOptions {
  readonly settings: Settings
  readonly source: Source
  /** What a walk is to look at, but for what is remembered and for the answers. */
  readonly context: (now: number) => Promise<BareContext>
}

export type BareContext = Omit<Context, 'peek' | 'memory' | 'denials'>

export interface LookupOptions {
  readonly signal?: AbortSignal | undefined
  /** Whether an answer that is over will do where a fresh one cannot be had. */
  readonly allowStale: boolean
}

/** Answers from memory, and for the rest one validation for all who ask the same at the same time. */
export class Lookups {
  readonly #options: LookupsOptions
  readonly #walks = new InFlight<ValidatedAnswer>()
  /** Refreshes that nobody waits for. */
  readonly #refreshes = new InFlight<ValidatedAnswer>()
  #memory: Memory | undefined
  #fromCache = 0
  #validations = 0
  #synthesized = 0
  #stale = 0
  #prefetched = 0

  constructor(options: LookupsOptions) {
    this.#options = options
    this.renew()
  }

  get counts() {
    return {
      fromCache: this.#fromCache,
      validations: this.#validations,
      synthesized: this.#synthesized,
      stale: this.#stale,
      prefetched: this.#prefetched,
    }
  }

  /** Whether somebody waits for an answer. */
  get busy(): boolean {
    return this.#walks.size > 0
  }

  async answer(question: Question, options: LookupOptions): Promise<ValidatedAnswer> {
    const now = this.#options.settings.now()
    const answers = this.#memory?.answers
    const cached = answers?.get(question, now)
    const stale = options.allowStale && !NEVER_STALE.has(question.type) ? answers?.getStale(question, now) : undefined
    if (cached !== undefined) {
      if (stale !== undefined && cached.answer.status === 'indeterminate') return this.#serveStale(stale)
      this.#fromCache++
      if (cached.due) this.#refresh(question, now)
      return cached.answer
    }
    const key = questionKey(question)
    const fresh = this.#walks.run(key, options.signal, (all) => this.#validate(question, now, all, false))
    return stale === undefined ? await fresh : await this.#freshOr(stale, fresh)
  }

  /** Forgets everything, also what walks that are under way will find out. */
  renew(): void {
    const { settings } = this.#options
    const { cacheOctets: octets, aggressive, serveStale: stale } = settings
    if (octets > 0) this.#memory = new Memory({ octets, aggressive, stale })
  }

  /** Forgets everything. */
  clear(): void {
    this.#memory?.clear()
  }

  /** The network is another one: what failed may succeed now. */
  forgetFailures(): void {
    this.#memory?.answers.forgetFailures()
  }

  /** Calls everything off, for all who wait. */
  cancel(reason: Error): void {
    this.#walks.abort(reason)
    this.#refreshes.abort(reason)
  }

  async #validate(question: Question, now: number, signal: AbortSignal, anew: boolean): Promise<ValidatedAnswer> {
    const memory = this.#memory
    const context = { ...(await this.#options.context(now)), memory: memory?.zones }
    this.#validations++
    signal.throwIfAborted()
    const made = anew || memory?.denials === undefined ? undefined : synthesize(question, context, memory.denials)
    if (made !== undefined) {
      this.#synthesized++
      return made
    }
    const { source } = this.#options
    const answer = await source.drive(
      (peek) => validate(question, { ...context, denials: memory?.denials, peek }),
      signal,
    )
    memory?.answers.put(question, answer, now)
    return answer
  }

  /** Asks again while what is in memory still holds. Whatever becomes of it, nobody is told. */
  #refresh(question: Question, now: number): void {
    if (this.#options.settings.source.kind === 'fixture') return
    this.#prefetched++
    const refreshed = this.#refreshes.run(questionKey(question), undefined, (all) =>
      this.#validate(question, now, all, true),
    )
    refreshed.catch(() => undefined)
  }

  /** The fresh answer, unless it is none or takes long (RFC 8767 section 5). One that is bogus is an answer. */
  async #freshOr(stale: ValidatedAnswer, fresh: Promise<ValidatedAnswer>): Promise<ValidatedAnswer> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, RESOLVER_LIMITS.staleTimeout.value, undefined)
    })
    try {
      const answer = await Promise.race([fresh, late])
      if (answer !== undefined && answer.status !== 'indeterminate') return answer
    } finally {
      clearTimeout(timer)
      // What comes after the time is over goes into memory, and its failure to nobody.
      fresh.catch(() => undefined)
    }
    return this.#serveStale(stale)
  }

  #serveStale(stale: ValidatedAnswer): ValidatedAnswer {
    this.#stale++
    return stale
  }
}

/** What decides whom to trust is fresh or not there at all. */
const NEVER_STALE: ReadonlySet<number> = new Set([
  RRType.TLSA,
  RRType.SMIMEA,
  RRType.OPENPGPKEY,
  RRType.SSHFP,
  RRType.CERT,
  RRType.IPSECKEY,
  RRType.DS,
  RRType.DNSKEY,
])
