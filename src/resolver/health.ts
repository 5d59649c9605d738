import { RESOLVER_LIMITS } from '../limits.ts'

/**
 * How quickly one upstream answers, and whether it does. Times are milliseconds of one clock, which comes in.
 *
 * One that fails rests: one second, and twice as long after each further failure. When its rest is over, one
 * question is put to it, and each answer takes back half of the failures: it is left quickly and comes back slowly.
 */
export class Health {
  #smoothed: number | undefined
  #variation = 0
  #failures = 0
  #restUntil = Number.NEGATIVE_INFINITY
  #lastFailed = Number.NEGATIVE_INFINITY
  #lastAsked: number

  constructor(now: number) {
    this.#lastAsked = now
  }

  /** The smoothed time to an answer; undefined before the first one. */
  get roundTrip(): number | undefined {
    return this.#smoothed
  }

  resting(now: number): boolean {
    return now < this.#restUntil
  }

  /** Whether it is time to see how it does: after a rest, or when it was not asked for long. */
  due(now: number): boolean {
    if (this.resting(now)) return false
    return this.#failures > 0 || now - this.#lastAsked >= RESOLVER_LIMITS.upstreamReview.value
  }

  /** Smaller is better. Times of the same power of two are alike, so that it is not noise that decides. */
  grade(now: number): number {
    const time = this.#smoothed ?? RESOLVER_LIMITS.hedgeDelay.value
    const grade = Math.floor(Math.log2(Math.max(time, LEAST_TIME)))
    return this.resting(now) ? RESTING + this.#failures : grade
  }

  /** How long an answer takes at the most, as a rule (RFC 6298 section 2: SRTT + 4 RTTVAR). */
  get usual(): number | undefined {
    return this.#smoothed === undefined ? undefined : this.#smoothed + 4 * this.#variation
  }

  asked(now: number): void {
    this.#lastAsked = now
    // Not another one before it is known what became of this one.
    if (this.#failures > 0 && !this.resting(now)) this.#restUntil = now + this.#rest()
  }

  answered(milliseconds: number, now: number): void {
    this.#measure(milliseconds)
    if (this.#failures === 0) return
    this.#failures >>>= 1
    this.#restUntil = this.#failures === 0 ? Number.NEGATIVE_INFINITY : now + this.#rest()
  }

  /** Another one has answered while this one was given more than its usual time. */
  late(milliseconds: number): void {
    if (milliseconds > (this.#smoothed ?? 0)) this.#measure(milliseconds)
  }

  /** `asked`: when that was asked which failed. Many questions that were open at the same time are one failure. */
  failed(now: number, asked: number): void {
    if (asked <= this.#lastFailed) return
    this.#lastFailed = now
    this.#failures = Math.min(this.#failures + 1, FAILURES_REMEMBERED)
    this.#restUntil = now + this.#rest()
  }

  /** RFC 6298 section 2, with its factors of 1/8 and 1/4. */
  #measure(milliseconds: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = milliseconds
      this.#variation = milliseconds / 2
      return
    }
    this.#variation += (Math.abs(this.#smoothed - milliseconds) - this.#variation) / 4
    this.#smoothed += (milliseconds - this.#smoothed) / 8
  }

  #rest(): number {
    const { upstreamRest, upstreamRestMost } = RESOLVER_LIMITS
    return Math.min(upstreamRest.value * 2 ** (this.#failures - 1), upstreamRestMost.value)
  }
}

/** Below that all are equally quick. */
const LEAST_TIME = 8
/** Behind all that do not rest. */
const RESTING = 1000
/** The longest rest is reached by then. */
const FAILURES_REMEMBERED = 7
