import type { Name } from '../wire/name.ts'
import type { ZoneKeys } from './zone-keys.ts'

/**
 * What is remembered between walks: the keys of zones that verified. It only saves work; what is in it was verified
 * by the same rules. Entries are asked for with the time, and none that is over may be returned.
 */
export interface ZoneMemory {
  /** The zone closest above or at `name` that is known, as of `now` in Unix seconds. */
  closest(name: Name, now: number): ZoneKeys | undefined
  put(zone: ZoneKeys): void
}
