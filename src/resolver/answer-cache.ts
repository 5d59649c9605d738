import { LRUCache } from 'lru-cache'
import type { ValidatedAnswer } from '../dnssec/status.ts'
import { questionKey } from '../dnssec/walk.ts'
import type { Question, ResourceRecord } from '../wire/record.ts'
import { answerOctets } from './memory-size.ts'

export interface AnswerCacheOptions {
  /** Bound on what is kept, in octets. */
  readonly octets: number
  /** Bound on the life of an answer, in seconds (RFC 8767 section 4). */
  readonly maximumTtl: number
  /** Life of a bogus or failed answer, in seconds (RFC 9520 section 3.2). */
  readonly failureTtl: number
}

/**
 * Validated answers by question, for as long as their TTL and their signatures last. All times come in: what is over
 * at the time of asking, or was not yet known then, is not there.
 */
export class AnswerCache {
  readonly #options: AnswerCacheOptions
  readonly #entries: LRUCache<string, Entry>

  constructor(options: AnswerCacheOptions) {
    this.#options = options
    this.#entries = new LRUCache({ maxSize: options.octets, sizeCalculation: ({ answer }) => answerOctets(answer) })
  }

  /** The answer as of `now`, in Unix seconds, with what is left of its TTLs. */
  get(question: Question, now: number): ValidatedAnswer | undefined {
    const key = questionKey(question)
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (now >= entry.until) {
      this.#entries.delete(key)
      return undefined
    }
    // A clock that went backwards is in a time this answer says nothing about.
    return now < entry.from ? undefined : aged(entry.answer, now - entry.from)
  }

  /** Keeps an answer that was validated at `now`. */
  put(question: Question, answer: ValidatedAnswer, now: number): void {
    const until = this.#until(answer, now)
    if (until > now) this.#entries.set(questionKey(question), { answer, from: now, until })
  }

  clear(): void {
    this.#entries.clear()
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

interface Entry {
  readonly answer: ValidatedAnswer
  /** Unix seconds of validation. */
  readonly from: number
  /** Unix seconds; from then on the answer is over. */
  readonly until: number
}

function aged(answer: ValidatedAnswer, seconds: number): ValidatedAnswer {
  if (seconds === 0 || answer.status === 'bogus' || answer.status === 'indeterminate') return answer
  const records: ResourceRecord[] = answer.records.map((record) => ({ ...record, ttl: left(record.ttl, seconds) }))
  return { ...answer, records, ttl: left(answer.ttl, seconds) }
}

function left(ttl: number, seconds: number): number {
  return Math.max(0, ttl - seconds)
}
