import { LRUCache } from 'lru-cache'
import type { InsecureAnswer, SecureAnswer, ValidatedAnswer } from '../dnssec/status.ts'
import { questionKey } from '../dnssec/walk.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import type { Question, ResourceRecord } from '../wire/record.ts'
import { compact } from './cache/compact.ts'
import { answerOctets } from './memory-size.ts'

export interface AnswerCacheOptions {
  /** Bound on what is kept, in octets. */
  readonly octets: number
  /** Bound on the life of an answer, in seconds (RFC 8767 section 4). */
  readonly maximumTtl: number
  /** Life of a bogus or failed answer, in seconds (RFC 9520 section 3.2). */
  readonly failureTtl: number
  /** Seconds that records are kept for when they are over (RFC 8767); default 0. */
  readonly stale?: number
}

export interface CachedAnswer {
  readonly answer: ValidatedAnswer
  /** Whether the answer is about to end, and nobody was told so before: now is the time to ask again. */
  readonly due: boolean
}

/**
 * Validated answers by question, for as long as their TTL and their signatures last. All times come in: what is over
 * at the time of asking, or was not yet known then, is not there.
 */
export class AnswerCache {
  readonly #options: AnswerCacheOptions
  readonly #stale: number
  readonly #entries: LRUCache<string, Entry>

  constructor(options: AnswerCacheOptions) {
    this.#options = options
    this.#stale = options.stale ?? 0
    this.#entries = new LRUCache({ maxSize: options.octets, sizeCalculation: entryOctets })
  }

  /** The answer as of `now`, in Unix seconds, with what is left of its TTLs. */
  get(question: Question, now: number, key = questionKey(question)): CachedAnswer | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (now >= entry.until) {
      if (this.#lastOf(entry, now) === undefined) this.#entries.delete(key)
      return undefined
    }
    // A clock that went backwards is in a time this answer says nothing about.
    if (now < entry.from) return undefined
    const { answer, from, until } = entry
    const share = RESOLVER_LIMITS.prefetchShare.value / 100
    const due = hasRecords(answer) && !entry.told && until - now <= (until - from) * share
    entry.told ||= due
    return { answer: hasRecords(answer) ? aged(answer, now - from) : answer, due }
  }

  /**
   * What was there last, though it is over, for where nothing fresh can be had (RFC 8767). Its signatures still hold.
   * Never a failure.
   */
  getStale(question: Question, now: number): SecureAnswer | InsecureAnswer | undefined {
    if (this.#stale === 0) return undefined
    const entry = this.#entries.get(questionKey(question))
    const last = entry && this.#lastOf(entry, now)
    if (last === undefined || now < last.until) return undefined
    const ttl = RESOLVER_LIMITS.staleTtl.value
    const records = last.answer.records.map((record) => ({ ...record, ttl }))
    return { ...last.answer, records, ttl, stale: now - last.until }
  }

  /** Keeps an answer that was validated at `now`. A failure does not take the place of records that still hold. */
  put(question: Question, answer: ValidatedAnswer, now: number, key = questionKey(question)): void {
    const until = this.#until(answer, now)
    if (until <= now) return
    const before = this.#entries.peek(key)
    const last = before && this.#lastOf(before, now)
    if (!hasRecords(answer) && last !== undefined && last.from <= now && now < last.until) return
    const entry: Entry = hasRecords(answer)
      ? { answer: compact(answer), from: now, until, last: undefined, told: false }
      : { answer, from: now, until, last, told: false }
    this.#entries.set(key, entry)
  }

  /** Forgets bogus and failed answers: others may do better. */
  forgetFailures(): void {
    for (const [key, { answer }] of this.#entries.entries()) if (!hasRecords(answer)) this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  /** The entry, or the one before it, that has records which may still be served. */
  #lastOf({ answer, from, until, last }: Entry, now: number): DataEntry | undefined {
    const data = hasRecords(answer) ? { answer, from, until } : last
    if (data === undefined || now >= data.until + this.#stale) return undefined
    return data.answer.status === 'secure' && now > data.answer.validUntil ? undefined : data
  }

  #until(answer: ValidatedAnswer, now: number): number {
    const { maximumTtl, failureTtl } = this.#options
    switch (answer.status) {
      case 'secure':
        return Math.min(now + Math.min(answer.ttl, maximumTtl), answer.validUntil + 1)
      case 'insecure':
        return now + Math.min(answer.ttl, maximumTtl)
      case 'bogus':
        return now + failureTtl
      case 'indeterminate':
        // What the caller called off is no failure of anyone.
        return answer.reason.code === 'aborted' ? now : now + failureTtl
    }
  }
}

interface DataEntry {
  readonly answer: SecureAnswer | InsecureAnswer
  /** Unix seconds of validation. */
  readonly from: number
  /** Unix seconds; from then on the answer is over. */
  readonly until: number
}

interface Entry {
  readonly answer: ValidatedAnswer
  readonly from: number
  readonly until: number
  /** Behind a failure: the records that were there before it. */
  readonly last: DataEntry | undefined
  /** Whether somebody was told that it is about to end. */
  told: boolean
}

function hasRecords(answer: ValidatedAnswer): answer is SecureAnswer | InsecureAnswer {
  return answer.status === 'secure' || answer.status === 'insecure'
}

function entryOctets({ answer, last }: Entry): number {
  return answerOctets(answer) + (last === undefined ? 0 : answerOctets(last.answer))
}

function aged<T extends SecureAnswer | InsecureAnswer>(answer: T, seconds: number): T {
  if (seconds === 0) return answer
  const records: ResourceRecord[] = answer.records.map((record) => ({ ...record, ttl: left(record.ttl, seconds) }))
  return { ...answer, records, ttl: left(answer.ttl, seconds) }
}

function left(ttl: number, seconds: number): number {
  return Math.max(0, ttl - seconds)
}
