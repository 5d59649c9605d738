import { LRUCache } from 'lru-cache'
import type { ZoneMemory } from '../dnssec/zone-memory.ts'
import type { KnownZone } from '../dnssec/zone-keys.ts'
import type { Name } from '../wire/name.ts'
import { zoneOctets } from './memory-size.ts'

/** The zones that walks have come to know, in a bounded space; the ones not used for longest make room. */
export class ZoneCache implements ZoneMemory {
  readonly #zones: LRUCache<string, KnownZone>

  /** @param octets Bound on what is kept. */
  constructor(octets: number) {
    this.#zones = new LRUCache({ maxSize: octets, sizeCalculation: zoneOctets })
  }

  closest(name: Name, now: number): KnownZone | undefined {
    for (let labels = name.labelCount; labels >= 0; labels--) {
      const { key } = name.suffix(labels)
      const zone = this.#zones.get(key)
      if (zone === undefined) continue
      if (now >= zone.expires || now > zone.validUntil) this.#zones.delete(key)
      else if (now >= zone.validFrom) return zone
    }
    return undefined
  }

  put(zone: KnownZone): void {
    this.#zones.set(zone.zone.key, zone)
  }

  clear(): void {
    this.#zones.clear()
  }
}
