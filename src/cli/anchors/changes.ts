import type { AnchorDs, TrustAnchor } from '../../dnssec/trust-anchors.ts'
import { inForce } from '../../dnssec/trust-anchors.ts'
import { toHex } from '../../wire/presentation/encodings.ts'
import { formatTime } from '../time.ts'
import { dsText } from './show.ts'

/** One difference between two documents of trust anchors. */
export interface AnchorChange {
  readonly change: 'added' | 'removed' | 'changed'
  readonly zone: string
  readonly keyTag: number
  /** For a person. */
  readonly text: string
}

/** What `after` has that `before` has not, and the other way round. */
export function anchorChanges(before: readonly TrustAnchor[], after: readonly TrustAnchor[]): AnchorChange[] {
  const [old, young] = [digests(before), digests(after)]
  const changes: AnchorChange[] = []
  for (const [key, { zone, ds }] of young) {
    const earlier = old.get(key)?.ds
    if (earlier === undefined) changes.push(change('added', zone, ds, windowText(ds)))
    else if (windowText(earlier) !== windowText(ds)) {
      changes.push(change('changed', zone, ds, `${windowText(ds)}, before: ${windowText(earlier)}`))
    }
  }
  for (const [key, { zone, ds }] of old) if (!young.has(key)) changes.push(change('removed', zone, ds, windowText(ds)))
  return changes
}

/**
 * An anchor of `before` that `after` knows nothing of, though it had not ended at `now`. IANA ends keys and keeps them
 * in the document, so that one which lacks a key is an older edition, or something else altogether.
 */
export function lostAnchor(
  before: readonly TrustAnchor[],
  after: readonly TrustAnchor[],
  now: number,
): AnchorDs | undefined {
  const young = digests(after)
  for (const [key, { ds }] of digests(before)) {
    if (!young.has(key) && inForce({ ...ds, validFrom: 0 }, now)) return ds
  }
  return undefined
}

function digests(anchors: readonly TrustAnchor[]): Map<string, { zone: string; ds: AnchorDs }> {
  const all = new Map<string, { zone: string; ds: AnchorDs }>()
  for (const { zone, ds } of anchors) {
    for (const each of ds) {
      const { keyTag, algorithm, digestType, digest } = each
      all.set(`${zone.key} ${keyTag} ${algorithm} ${digestType} ${toHex(digest)}`, {
        zone: zone.toCanonicalString(),
        ds: each,
      })
    }
  }
  return all
}

function change(kind: AnchorChange['change'], zone: string, ds: AnchorDs, window: string): AnchorChange {
  return { change: kind, zone, keyTag: ds.keyTag, text: `${zone} ${dsText(ds)}, ${window}` }
}

function windowText({ validFrom, validUntil }: AnchorDs): string {
  const from = validFrom === undefined ? 'from ever' : `from ${formatTime(validFrom)}`
  return validUntil === undefined ? from : `${from} until ${formatTime(validUntil)}`
}
