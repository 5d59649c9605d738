import { channel } from 'node:diagnostics_channel'
import type { ReasonCode } from '../dnssec/reason.ts'
import type { Status, ValidatedAnswer } from '../dnssec/status.ts'
import type { UpstreamAnswer } from '../dnssec/walk.ts'
import type { Spent } from '../limits.ts'
import { rcodeName } from '../wire/codes/rcode.ts'
import { rrTypeName } from '../wire/codes/rrtype.ts'
import type { Question } from '../wire/record.ts'

/** Where to write what happens; the loggers of pino and others like it have this shape. */
export interface Logger {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  /** Where it says that a level is off, nothing is put together for it. */
  isLevelEnabled?(level: string): boolean
}

/** What every event is about. */
interface Subject {
  /** In lower case, with the final dot. */
  readonly name: string
  /** Mnemonic, or `TYPEn`. */
  readonly type: string
}

/** `danelaw:question`: one question has been put to the network, a fixture or a cache file, with all its repetitions. */
export interface QuestionEvent extends Subject {
  /** Who answered, or failed last. */
  readonly upstream: string | undefined
  /** `message`, or why there is none. */
  readonly outcome: 'message' | Extract<UpstreamAnswer, { kind: 'failure' }>['cause']
  /** Mnemonic; undefined where nothing came back. */
  readonly rcode: string | undefined
  readonly milliseconds: number
}

/** `danelaw:validation`: a query has been validated, whoever asked it. */
export interface ValidationEvent extends Subject {
  readonly status: Status
  /** Why it is not secure. */
  readonly reason: ReasonCode | null
  readonly spent: Spent
  /** The wait for answers included. */
  readonly milliseconds: number
}

/** `danelaw:cache`: what memory had to say to a query. `prefetch`: it was asked for again before its end. */
export interface CacheEvent extends Subject {
  readonly outcome: 'hit' | 'miss' | 'synthesized' | 'stale' | 'prefetch'
}

/** `danelaw:budget`: a query has come to one of the limits on its work, which makes it bogus. */
export interface BudgetEvent extends Subject {
  /** As in the option `limits`. */
  readonly limit: string
  readonly bound: number
  readonly spent: Spent
}

/**
 * Tells of what happens: on the channels of `node:diagnostics_channel`, and to the logger there is. Where nobody
 * listens, nothing is put together.
 */
export class Events {
  readonly #logger: Logger | undefined

  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

  /** Whether somebody wants to know of questions. */
  get question(): boolean {
    return CHANNELS.question.hasSubscribers || this.#debug
  }

  asked(question: Question, answer: UpstreamAnswer, milliseconds: number): void {
    const message = answer.kind === 'message'
    const rcode = message ? answer.message.rcode : answer.rcode
    const event: QuestionEvent = {
      ...subject(question),
      upstream: answer.upstream,
      outcome: message ? 'message' : answer.cause,
      rcode: rcode === undefined ? undefined : rcodeName(rcode),
      milliseconds,
    }
    CHANNELS.question.publish(event)
    if (this.#debug) this.#logger!.debug(event, 'question')
  }

  validated(question: Question, answer: ValidatedAnswer, milliseconds: number): void {
    const { status, reason, spent } = answer
    const failed = status === 'bogus' || status === 'indeterminate'
    const logged = failed ? this.#logger !== undefined : this.#debug
    if (!CHANNELS.validation.hasSubscribers && !logged) return
    const event: ValidationEvent = { ...subject(question), status, reason: reason?.code ?? null, spent, milliseconds }
    CHANNELS.validation.publish(event)
    if (!logged) return
    // Of a failure, the sentence for a person; it happens too often in the world to be an alarm, unless it is bogus.
    if (status === 'bogus') this.#logger!.warn({ ...event, text: answer.reason.text }, 'bogus')
    else if (status === 'indeterminate') this.#logger!.info({ ...event, text: answer.reason.text }, 'indeterminate')
    else this.#logger!.debug(event, 'validated')
  }

  cached(question: Question, outcome: CacheEvent['outcome']): void {
    if (!CHANNELS.cache.hasSubscribers && !this.#debug) return
    const event: CacheEvent = { ...subject(question), outcome }
    CHANNELS.cache.publish(event)
    if (this.#debug) this.#logger!.debug(event, 'cache')
  }

  limitReached(question: Question, { limit, bound }: { limit: string; bound: number }, spent: Spent): void {
    if (!CHANNELS.budget.hasSubscribers && this.#logger === undefined) return
    const event: BudgetEvent = { ...subject(question), limit, bound, spent }
    CHANNELS.budget.publish(event)
    this.#logger?.warn(event, 'limit reached')
  }

  /** Something that a person should know; without a logger, as a warning of the process. */
  warn(message: string, details: object): void {
    if (this.#logger !== undefined) this.#logger.warn(details, message)
    else process.emitWarning(message, 'DanelawWarning')
  }

  get #debug(): boolean {
    return this.#logger !== undefined && this.#logger.isLevelEnabled?.('debug') !== false
  }
}

function subject({ name, type }: Question): Subject {
  return { name: name.toCanonicalString(), type: rrTypeName(type) }
}

const CHANNELS = {
  question: channel('danelaw:question'),
  validation: channel('danelaw:validation'),
  cache: channel('danelaw:cache'),
  budget: channel('danelaw:budget'),
}
