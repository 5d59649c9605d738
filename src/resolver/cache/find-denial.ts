/**
 * Which of the records at hand may prove that a name or its records do not exist. It only chooses: what they prove is
 * for the validator to say, so that a mistake here costs a question and no truth.
 */
import {
  closestEncloser,
  covers,
  delegatesOrRedirects,
  type OwnedNsec,
  readBitMap,
  showsEmptyNonTerminal,
} from '../../dnssec/nsec.ts'
import { coversHash, isOptOut, type OwnedNsec3 } from '../../dnssec/nsec3.ts'
import { nsec3Hash, nsec3HashBlocks } from '../../dnssec/crypto/nsec3-hash.ts'
import { RESOLVER_LIMITS } from '../../limits.ts'
import { compareOctets, type Name } from '../../wire/name.ts'
import type { TypeBitMap } from '../../wire/rdata/type-bit-map.ts'
import type { ResourceRecord } from '../../wire/record.ts'
import type { OrderedList } from './ordered-list.ts'

/** One NSEC or NSEC3 record that verified. */
export interface KeptDenial<K, R> {
  readonly id: string
  /** What the chain is ordered by: the owner, or the hash in it. */
  readonly key: K
  readonly record: R
  /** The record and the signatures that verified it, as received. */
  readonly received: readonly ResourceRecord[]
  /** Unix seconds: from when, and from when no longer. */
  readonly from: number
  readonly until: number
}

export type KeptNsec = KeptDenial<Name, OwnedNsec>
export type KeptNsec3 = KeptDenial<Uint8Array, OwnedNsec3>

export interface Wanted {
  readonly name: Name
  readonly type: number
  /** Unix seconds. */
  readonly now: number
}

/** As RFC 8198 sections 5.1 and 5.2 have it for NSEC. */
export function findNsec(chain: OrderedList<Name, KeptNsec>, { name, type, now }: Wanted): KeptNsec[] | undefined {
  const own = chain.floor(name)
  if (own === undefined || !isLive(own, now)) return undefined
  if (own.key.equals(name)) return lacks(own.record.nsec.types, name, type) ? [own] : undefined
  if (!covers(own.record, name)) return undefined
  if (showsEmptyNonTerminal(own.record, name)) return [own]
  const wildcard = closestEncloser(own.record, name).wildcard
  if (wildcard === undefined) return [own]
  const other = chain.floor(wildcard)
  if (other === undefined || !isLive(other, now)) return undefined
  const fits = other.key.equals(wildcard)
    ? lacks(other.record.nsec.types, wildcard, type)
    : covers(other.record, wildcard)
  if (!fits) return undefined
  return other === own ? [own] : [own, other]
}

/** As RFC 8198 section 5.2 has it for NSEC3; never in a span with opt-out. */
export function findNsec3(
  chain: OrderedList<Uint8Array, KeptNsec3>,
  { name, type, now }: Wanted,
): KeptNsec3[] | undefined {
  const any = chain.last
  if (any === undefined) return undefined
  const hash = hasher(any.record)
  const matching = (candidate: Name): KeptNsec3 | undefined => {
    const octets = hash(candidate)
    const found = octets && chain.floor(octets)
    return found !== undefined && isLive(found, now) && compareOctets(found.key, octets!) === 0 ? found : undefined
  }
  const covering = (candidate: Name): KeptNsec3 | undefined => {
    const octets = hash(candidate)
    // What is before the first is behind the last.
    const found = octets && (chain.floor(octets) ?? chain.last)
    if (found === undefined || !isLive(found, now) || isOptOut(found.record.nsec3)) return undefined
    return coversHash(found.record, octets!) ? found : undefined
  }

  const own = matching(name)
  if (own !== undefined) return lacks(own.record.nsec3.types, name, type) ? [own] : undefined
  let nextCloser = name
  for (let encloser = name.parent; encloser?.isAtOrBelow(any.record.zone); encloser = encloser.parent) {
    const above = matching(encloser)
    if (above === undefined) {
      nextCloser = encloser
      continue
    }
    if (delegatesOrRedirects(above.record.nsec3.types)) return undefined
    const cover = covering(nextCloser)
    if (cover === undefined) return undefined
    const { wildcard } = encloser
    if (wildcard === undefined) return [above, cover]
    const atWildcard = matching(wildcard)
    if (atWildcard !== undefined && !lacks(atWildcard.record.nsec3.types, wildcard, type)) return undefined
    const last = atWildcard ?? covering(wildcard)
    return last && [...new Set([above, cover, last])]
  }
  return undefined
}

function isLive({ from, until }: { readonly from: number; readonly until: number }, now: number): boolean {
  return from <= now && now < until
}

function lacks(types: TypeBitMap, name: Name, type: number): boolean {
  const verdict = readBitMap(types, type, name.isRoot)
  return verdict === 'absent' || verdict === 'nxname'
}

/** Hashes as the chain does, as long as that is cheap: each name once, and undefined where it would cost too much. */
function hasher({ nsec3 }: OwnedNsec3): (name: Name) => Uint8Array | undefined {
  const hashes = new Map<string, Uint8Array>()
  let blocks = 0
  return (name) => {
    const known = hashes.get(name.key)
    if (known !== undefined) return known
    blocks += nsec3HashBlocks(name.wire.length, nsec3.salt.length, nsec3.iterations)
    if (blocks > RESOLVER_LIMITS.denialHashBlocks.value) return undefined
    const hash = nsec3Hash(name.canonicalWire, nsec3.salt, nsec3.iterations)
    hashes.set(name.key, hash)
    return hash
  }
}
