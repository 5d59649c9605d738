import type { Name } from '../wire/name.ts'
import type { PublicKey } from './crypto/engine.ts'
import type { ChainLink } from './status.ts'

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
  readonly zone: Name
  readonly keys: readonly ZoneKey[]
  /** Unix seconds. */
  readonly validFrom: number
  readonly validUntil: number
  /** Unix seconds after which the keys are asked for anew: the time of validation and the least TTL on the way. */
  readonly expires: number
  /** From the anchor down to this zone. */
  readonly chain: readonly ChainLink[]
}
