import type { Name } from '../wire/name.ts'
import type { KnownZone } from './zone-keys.ts'

/**
 * What is remembered between walks: zones whose keys verified, and places where security was proven to end. It only
 * saves work; what is in it was verified by the same rules. Nothing may be returned that is over at `now`, in Unix
 * seconds (`expires`, `validUntil`), or had not begun (`validFrom`).
 */
export interface ZoneMemory {
  /** The zone closest above or at `name` that is known. */
  closest(name: Name, now: number): KnownZone | undefined
  /** `now`, in Unix seconds, is when it came to be known: under an earlier clock it is not known yet. */
  put(zone: KnownZone, now: number): void
}
