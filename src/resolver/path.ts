import { RESOLVER_LIMITS } from '../limits.ts'

/** The ways to one upstream. Plain DNS has the first three, the last of them where nothing else lets DNSSEC through. */
export type Way = 'udp' | 'tcp' | 'tls' | 'https'

/**
 * What is known of one way to one upstream (RFC 8027). A middlebox on it may remove DNSSEC records, or EDNS, or cut
 * TCP; that is learnt once, and forgotten after a while, since hosts move.
 */
export class Path {
  #verdict: 'passes' | 'strips' | 'breaks' | undefined
  #detail = ''
  #until = Number.NEGATIVE_INFINITY

  /** DNSSEC records came through. */
  passes(now: number): void {
    this.#set('passes', '', now + RESOLVER_LIMITS.pathGood.value)
  }

  /** They did not. `detail` is said of the upstream. */
  strips(detail: string, now: number): void {
    this.#set('strips', detail, now + RESOLVER_LIMITS.pathBad.value)
  }

  /** Nothing that can be used came through. */
  breaks(now: number): void {
    if (this.stripping(now) === undefined) this.#set('breaks', '', now + RESOLVER_LIMITS.pathBad.value)
  }

  /** Could not be found out: not to be tried again at once. */
  undecided(now: number): void {
    this.#set('passes', '', now + RESOLVER_LIMITS.pathBad.value)
  }

  /** Whether there is no need to look whether DNSSEC records come through. */
  known(now: number): boolean {
    return this.#verdict === 'passes' && now < this.#until
  }

  stripping(now: number): string | undefined {
    return this.#verdict === 'strips' && now < this.#until ? this.#detail : undefined
  }

  breaking(now: number): boolean {
    return this.#verdict === 'breaks' && now < this.#until
  }

  #set(verdict: 'passes' | 'strips' | 'breaks', detail: string, until: number): void {
    this.#verdict = verdict
    this.#detail = detail
    this.#until = until
  }
}
