import type { Name } from '../wire/name.ts'
import type { VerifiedRRset } from './rrsig.ts'

/**
 * Is told of NSEC and NSEC3 RRsets that verified and were part of a secure proof, for aggressive use (RFC 8198). What
 * was not used, and so not verified, is never among them.
 */
export interface DenialMemory {
  /**
   * @param zone The zone that signed them.
   * @param ttl Seconds from `now` that the proof they were part of may be kept.
   * @param now Unix seconds.
   */
  put(zone: Name, used: readonly VerifiedRRset[], ttl: number, now: number): void
}
