import { Name } from '../wire/name.ts'
import type { Dnskey, Ds } from '../wire/rdata/dnssec.ts'

/** A point the chain of trust may start from. */
export interface TrustAnchor {
  readonly zone: Name
  readonly ds: readonly AnchorDs[]
  readonly dnskeys: readonly AnchorKey[]
}

/** A DS that is trusted, in a window of Unix seconds (RFC 9718 section 2.2: validFrom, validUntil). */
export interface AnchorDs extends Ds {
  readonly validFrom?: number
  readonly validUntil?: number
}

/** A DNSKEY that is trusted, with its RDATA as it was given. */
export interface AnchorKey extends Dnskey {
  readonly rdata: Uint8Array
  readonly validFrom?: number
  readonly validUntil?: number
}

/** A name at and below which nothing is validated until a time (RFC 7646). */
export interface NegativeTrustAnchor {
  readonly zone: Name
  /** Unix seconds. */
  readonly until: number
}

/** The anchors in force. The closest to a name wins. */
export class TrustAnchors {
  readonly anchors: readonly TrustAnchor[]
  readonly negative: readonly NegativeTrustAnchor[]
  readonly #byZone = new Map<string, TrustAnchor>()
  readonly #root: TrustAnchor | undefined
  /** Labels of the zone with the most of them. */
  readonly #deepest: number

  constructor(anchors: readonly TrustAnchor[], negative: readonly NegativeTrustAnchor[] = []) {
    for (const anchor of anchors) {
      const earlier = this.#byZone.get(anchor.zone.key)
      const merged = earlier === undefined ? anchor : merge(earlier, anchor)
      this.#byZone.set(anchor.zone.key, merged)
    }
    this.anchors = [...this.#byZone.values()]
    this.#root = this.#byZone.get(Name.root.key)
    this.#deepest = Math.max(0, ...this.anchors.map(({ zone }) => zone.labelCount))
    this.negative = negative
  }

  /** The anchor closest above or at `name`; undefined where there is none. */
  closest(name: Name): TrustAnchor | undefined {
    for (let labels = Math.min(name.labelCount, this.#deepest); labels > 0; labels--) {
      const anchor = this.#byZone.get(name.suffixKey(labels))
      if (anchor !== undefined) return anchor
    }
    return this.#root
  }

  at(zone: Name): TrustAnchor | undefined {
    return this.#byZone.get(zone.key)
  }

  /** The negative anchor closest above or at `name` that is in force at `now`, in Unix seconds. */
  negativeFor(name: Name, now: number): NegativeTrustAnchor | undefined {
    let found: NegativeTrustAnchor | undefined
    for (const anchor of this.negative) {
      if (now >= anchor.until || !name.isAtOrBelow(anchor.zone)) continue
      if (found === undefined || anchor.zone.labelCount > found.zone.labelCount) found = anchor
    }
    return found
  }
}

/** Whether a DS or DNSKEY is trusted at `now`, in Unix seconds; the end is the first second in which it is not. */
export function inForce(
  { validFrom = 0, validUntil = Number.MAX_SAFE_INTEGER }: Pick<AnchorDs, 'validFrom' | 'validUntil'>,
  now: number,
): boolean {
  return validFrom <= now && now < validUntil
}

function merge(a: TrustAnchor, b: TrustAnchor): TrustAnchor {
  return { zone: a.zone, ds: [...a.ds, ...b.ds], dnskeys: [...a.dnskeys, ...b.dnskeys] }
}
