import type { Name } from '../wire/name.ts'
import type { PublicKey } from './crypto/engine.ts'
import type { ChainLink, Failure } from './status.ts'

/** One zone key that may sign data of its zone. */
export interface ZoneKey {
  readonly keyTag: number
  readonly algorithm: number
  readonly flags: number
  readonly rdata: Uint8Array
  /** The key ready for use, imported when first asked for; undefined where the octets are no usable key. */
  readonly publicKey: () => PublicKey | undefined
}

/** A zone whose keys verified from a trust anchor down. */
export interface ZoneKeys {
  readonly status: 'secure'
  readonly zone: Name
  readonly keys: readonly ZoneKey[]
  /** Unix seconds: all signatures from the anchor to the keys are valid in this window. */
  readonly validFrom: number
  readonly validUntil: number
  /** Unix seconds after which the keys are asked for anew: the time of validation and the least TTL on the way. */
  readonly expires: number
  /** From the anchor down to this zone. */
  readonly chain: readonly ChainLink[]
}

/** A name at and below which nothing is signed, and that is proven. */
export interface InsecureZone {
  readonly status: 'insecure'
  readonly zone: Name
  readonly reason: Failure
  readonly validFrom: number
  readonly validUntil: number
  readonly expires: number
  readonly chain: readonly ChainLink[]
}

/** What is known of a zone and kept between questions. */
export type KnownZone = ZoneKeys | InsecureZone
