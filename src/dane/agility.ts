import type { Tlsa } from '../wire/rdata/tlsa.ts'
import type { DigestOrder } from './usability.ts'

/**
 * Digest algorithm agility (RFC 7671 section 9): of usable records with one usage and selector, only those with the
 * strongest digest present count, so that a broken weaker digest is no way in. A full value is no digest: it neither
 * sets digests aside nor is set aside. Records that cannot be used must have been dropped before.
 */
export function withStrongestDigests<T extends { readonly tlsa: Tlsa }>(usable: readonly T[], order: DigestOrder): T[] {
  const strongest = new Map<number, number>()
  for (const { tlsa } of usable) {
    const rank = order.indexOf(tlsa.matchingType)
    if (rank >= 0) strongest.set(pair(tlsa), Math.min(rank, strongest.get(pair(tlsa)) ?? rank))
  }
  return usable.filter(({ tlsa }) => {
    const rank = order.indexOf(tlsa.matchingType)
    return rank < 0 || rank === strongest.get(pair(tlsa))
  })
}

function pair(tlsa: Tlsa): number {
  return tlsa.usage * 256 + tlsa.selector
}
