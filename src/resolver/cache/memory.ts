import { RESOLVER_LIMITS } from '../../limits.ts'
import { AnswerCache } from '../answer-cache.ts'
import { ZoneCache } from '../zone-cache.ts'
import { DenialCache } from './denial-cache.ts'

export interface MemoryOptions {
  /** Bound on all of it. */
  readonly octets: number
  /** Whether denials are kept for questions that were not asked yet (RFC 8198). */
  readonly aggressive: boolean
  /** Seconds that answers are kept for when they are over (RFC 8767). */
  readonly stale: number
}

/** What a resolver knows from earlier lookups, all of it verified. */
export class Memory {
  readonly answers: AnswerCache
  readonly zones: ZoneCache
  readonly denials: DenialCache | undefined

  constructor({ octets, aggressive, stale }: MemoryOptions) {
    const quarter = Math.floor(octets / 4)
    this.answers = new AnswerCache({
      octets: 2 * quarter,
      maximumTtl: RESOLVER_LIMITS.maximumTtl.value,
      failureTtl: RESOLVER_LIMITS.failureTtl.value,
      stale,
    })
    this.zones = new ZoneCache(aggressive ? quarter : 2 * quarter)
    this.denials = aggressive ? new DenialCache(quarter) : undefined
  }

  clear(): void {
    this.answers.clear()
    this.zones.clear()
    this.denials?.clear()
  }
}
