import type { ValidatedAnswer } from '../dnssec/status.ts'
import { TrustAnchors } from '../dnssec/trust-anchors.ts'
import { validate } from '../dnssec/validate.ts'
import { type Context, questionKey } from '../dnssec/walk.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import { Name } from '../wire/name.ts'
import type { Question } from '../wire/record.ts'
import { Memory } from './cache/memory.ts'
import { synthesize } from './cache/synthesize.ts'
import type { Complete, CreateWalk } from './driver.ts'
import { InFlight } from './in-flight.ts'
import { Budget, RESOLVER_LIMITS } from '../limits.ts'
import type { Events } from './events.ts'
import { monotonic } from './monotonic.ts'
import type { Settings } from './settings.ts'
import type { Source } from './source.ts'
import { type Cancellation, Canceller } from './cancellation.ts'

export interface LookupsOptions {
  readonly settings: Settings
  readonly source: Source
  readonly events: Events
  /** What a walk is to look at, but for what is remembered and for the answers. */
  readonly context: (now: number) => BareContext | Promise<BareContext>
}

export type BareContext = Omit<Context, 'peek' | 'memory' | 'denials' | 'budget'>

export interface LookupOptions {
  readonly signal?: Cancellation | undefined
  /** Whether an answer that is over will do where a fresh one cannot be had. */
  readonly allowStale: boolean
  /** Unix seconds until which nothing is validated for this answer. */
  readonly insecureUntil: number | undefined
}

/** What is to be validated. */
interface Validation {
  readonly question: Question
  /** Of the question. */
  readonly key: string
  /** Whether what is in memory does not count. */
  readonly anew: boolean
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

  /** No promise where nothing has to be waited for. */
  answer(question: Question, options: LookupOptions): ValidatedAnswer | Promise<ValidatedAnswer> {
    const { events, settings, source } = this.#options
    const now = settings.now()
    const { insecureUntil } = options
    if (insecureUntil !== undefined && now < insecureUntil) return this.#unvalidated(question, insecureUntil, options)
    const answers = this.#memory?.answers
    const key = questionKey(question)
    const cached = answers?.get(question, now, key)
    const stale = options.allowStale && !NEVER_STALE.has(question.type) ? answers?.getStale(question, now) : undefined
    if (cached !== undefined) {
      if (stale !== undefined && cached.answer.status === 'indeterminate') return this.#serveStale(question, stale)
      this.#fromCache++
      events.cached(question, 'hit')
      if (cached.due) this.#refresh(question, now)
      return cached.answer
    }
    events.cached(question, 'miss')
    const context = this.#options.context(now)
    const validation = { question, key, anew: false }
    let begun: Promise<ValidatedAnswer> | undefined
    if (source.isAtHand && this.#walks.size === 0 && !(context instanceof Promise)) {
      // What ends at once is shared with nobody, and nobody can call it off.
      const end = this.#validate(validation, context, NOBODY)
      if (!(end instanceof Promise)) {
        return stale !== undefined && end.status === 'indeterminate' ? this.#serveStale(question, stale) : end
      }
      begun = end
    }
    const fresh = this.#walks.run(key, options.signal, async (all) => {
      const answer = await (begun ?? this.#validate(validation, await context, all))
      all.throwIfAborted()
      return answer
    })
    return stale === undefined ? fresh : this.#freshOr(question, stale, fresh)
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

  #validate(
    { question, key, anew }: Validation,
    bare: BareContext,
    signal: Cancellation,
  ): ValidatedAnswer | Promise<ValidatedAnswer> {
    const memory = this.#memory
    const { events, settings } = this.#options
    this.#validations++
    signal.throwIfAborted()
    const start = monotonic()
    let budget: Budget | undefined
    const newBudget = (): Budget => {
      budget = new Budget(settings.limits)
      return budget
    }
    const made =
      anew || memory?.denials === undefined
        ? undefined
        : synthesize(question, { budget: newBudget(), memory: memory.zones, ...bare }, memory.denials)
    if (made !== undefined) {
      this.#synthesized++
      events.cached(question, 'synthesized')
      events.validated(question, made, monotonic() - start)
      return made
    }
    const walk = (complete: Complete, left: Budget) =>
      validate(question, complete({ budget: left, denials: memory?.denials, memory: memory?.zones, ...bare }))
    const first: CreateWalk<ValidatedAnswer> = (complete) => walk(complete, newBudget())
    const again: CreateWalk<ValidatedAnswer> = (complete) => walk(complete, budget ?? newBudget())
    const conclude = (answer: ValidatedAnswer): ValidatedAnswer => {
      events.validated(question, answer, monotonic() - start)
      if (budget?.reached !== undefined) events.limitReached(question, budget.reached, budget.spent)
      memory?.answers.put(question, answer, bare.now, key)
      return answer
    }
    const end = this.#drive(question, first, again, signal, anew)
    return end instanceof Promise ? end.then(conclude) : conclude(end)
  }

  #drive(
    question: Question,
    first: CreateWalk<ValidatedAnswer>,
    again: CreateWalk<ValidatedAnswer>,
    signal: Cancellation,
    anew: boolean,
  ): ValidatedAnswer | Promise<ValidatedAnswer> {
    const { source } = this.#options
    if (source.isAtHand) return source.driveAtHand(first)
    if (anew) return source.drive(first, signal)
    const stands = (answer: ValidatedAnswer, fromFile: readonly Question[]) => holds(question, answer, fromFile)
    // Who sent it, or what lies between, may have spoilt it; where it was too much work, it would be so again.
    const doubtful = ({ status, reason }: ValidatedAnswer) => status === 'bogus' && reason.code !== 'limit-reached'
    return source.driveWithCare({ first, again, stands, doubtful }, signal)
  }

  /** Neither from memory nor into it: whoever wants to be certain must not meet what somebody else did not check. */
  #unvalidated(question: Question, until: number, { signal }: LookupOptions): Promise<ValidatedAnswer> {
    const { settings, source } = this.#options
    const anchors = new TrustAnchors([], [{ zone: Name.root, until }])
    return this.#walks.run(`${questionKey(question)} until ${until}`, signal, async (all) => {
      const context = { ...(await this.#options.context(settings.now())), anchors }
      const create: CreateWalk<ValidatedAnswer> = (complete) =>
        validate(question, complete({ budget: new Budget(settings.limits), memory: undefined, ...context }))
      return await source.drive(create, all)
    })
  }

  /** Asks again while what is in memory still holds. Whatever becomes of it, nobody is told. */
  #refresh(question: Question, now: number): void {
    if (this.#options.settings.source.kind === 'fixture') return
    this.#prefetched++
    this.#options.events.cached(question, 'prefetch')
    const key = questionKey(question)
    const refreshed = this.#refreshes.run(key, undefined, async (all) =>
      this.#validate({ question, key, anew: true }, await this.#options.context(now), all),
    )
    refreshed.catch(() => undefined)
  }

  /** The fresh answer, unless it is none or takes long (RFC 8767 section 5). One that is bogus is an answer. */
  async #freshOr(
    question: Question,
    stale: ValidatedAnswer,
    fresh: Promise<ValidatedAnswer>,
  ): Promise<ValidatedAnswer> {
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
    return this.#serveStale(question, stale)
  }

  #serveStale(question: Question, stale: ValidatedAnswer): ValidatedAnswer {
    this.#stale++
    this.#options.events.cached(question, 'stale')
    return stale
  }
}

/**
 * Whether an answer stands that rests in part on messages out of a file. One that is secure does: the signatures say
 * so. That a zone is not signed is proven as well, by what DS questions brought; but the data in it is anybody's.
 */
function holds(question: Question, answer: ValidatedAnswer, fromFile: readonly Question[]): boolean {
  if (answer.status === 'secure') return true
  if (answer.status !== 'insecure') return false
  return fromFile.every(
    ({ name, type }) =>
      (type === RRType.DS || type === RRType.DNSKEY) && !(type === question.type && name.equals(question.name)),
  )
}

const NOBODY = new Canceller()

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
