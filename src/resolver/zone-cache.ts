import { LRUCache } from 'lru-cache'
import type { ZoneMemory } from '../dnssec/zone-memory.ts'
import type { KnownZone } from '../dnssec/zone-keys.ts'
import type { Name } from '../wire/name.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import { zoneOctets } from './memory-size.ts'

/** The zones that walks have come to know, in a bounded space; the ones not used for longest make room. */
export class ZoneCache implements ZoneMemory {
  readonly #zones: LRUCache<string, { zone: KnownZone; from: number; until: number }>
  /** Whether there was a zone with so many labels: most names have more of them than any zone. */
  readonly #byLabels = new Uint8Array(MAX_LABELS + 1)

  /** @param octets Bound on what is kept. */
  constructor(octets: number) {
    this.#zones = new LRUCache({ maxSize: octets, sizeCalculation: ({ zone }) => zoneOctets(zone) })
  }

  closest(name: Name, now: number): KnownZone | undefined {
    for (let labels = name.labelCount; labels >= 0; labels--) {
      if (this.#byLabels[labels] === 0) continue
      const key = name.suffixKey(labels)
      const entry = this.#zones.get(key)
      if (entry === undefined) continue
      const { zone, from, until } = entry
      if (now >= until || now > zone.validUntil) this.#zones.delete(key)
      else if (now >= from && now >= zone.validFrom) return zone
    }
    return undefined
  }

  put(zone: KnownZone, now: number): void {
    this.#byLabels[zone.zone.labelCount] = 1
    const until = Math.min(zone.expires, now + RESOLVER_LIMITS.maximumTtl.value)
    this.#zones.set(zone.zone.key, { zone, from: now, until })
  }

  clear(): void {
    this.#zones.clear()
    this.#byLabels.fill(0)
  }
}

/** A name of 255 octets holds no more. */
const MAX_LABELS = 127
