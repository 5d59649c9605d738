import { createHash } from 'node:crypto'
import type { CryptoEngine } from '../../dnssec/crypto/engine.ts'
import { type TrustAnchor, TrustAnchors } from '../../dnssec/trust-anchors.ts'
import { DanelawError } from '../../errors.ts'
import { TRUST_POINT_LIMITS } from '../../limits.ts'
import { readText } from '../read-text.ts'
import { withLock } from './lock.ts'
import { configured, type TrustPoint, trustedAnchor } from './rfc5011.ts'
import { formatState, parseState } from './state-text.ts'
import { writeFile } from './write-file.ts'

/** Trust points as they were kept, and the very text of it: undefined where nothing has been kept yet. */
export interface KeptState {
  readonly points: readonly TrustPoint[]
  readonly text: string | undefined
}

/** @throws {DanelawError} `file`, and `bad-anchor` where the file is damaged */
export function readState(path: string): KeptState {
  let text: string
  try {
    text = readText(path, TRUST_POINT_LIMITS.stateOctets.value)
  } catch (error) {
    // Only what is certainly not there is a beginning. What cannot be read may hold a key that is revoked.
    const { code } = ((error as DanelawError).cause ?? {}) as NodeJS.ErrnoException
    if (error instanceof DanelawError && code === 'ENOENT') return { points: [], text: undefined }
    throw error
  }
  return { points: parseState(text, path), text }
}

/**
 * Writes the state, unless it is no longer the one it was made from.
 * @returns whether it was written
 * @throws {DanelawError} `file`
 */
export async function replaceState(path: string, from: KeptState, points: readonly TrustPoint[]): Promise<boolean> {
  return await withLock(path, () => {
    if (readState(path).text !== from.text) return false
    writeFile(path, formatState(points))
    return true
  })
}

/** The configured anchors and what is kept of them as trust points, one a zone. */
export function trustPoints(anchors: TrustAnchors, kept: KeptState): TrustPoint[] {
  const known = new Map(kept.points.map((point) => [point.zone.key, point]))
  for (const anchor of anchors.anchors) {
    known.set(anchor.zone.key, configured(anchor, known.get(anchor.zone.key), DIGESTS))
  }
  return [...known.values()]
}

/**
 * The anchors in force by trust points. A zone all of whose keys are revoked is judged from above where there is an
 * anchor above it (RFC 5011 section 5). Where there is none it keeps an anchor without keys: the RFC calls it insecure
 * then, and a thief of its last key could turn validation off.
 */
export function anchorsOf(points: readonly TrustPoint[], configuredAnchors: TrustAnchors): TrustAnchors {
  const all = points.map(trustedAnchor)
  const isLive = (anchor: TrustAnchor): boolean => anchor.ds.length > 0 || anchor.dnskeys.length > 0
  const live = new TrustAnchors(all.filter(isLive))
  const kept = all.filter((anchor) => isLive(anchor) || live.closest(anchor.zone) === undefined)
  return new TrustAnchors(kept, configuredAnchors.negative)
}

/** DS digests by the platform (RFC 3658, 4509, 6605), at hand without waiting. */
export const DIGESTS: Pick<CryptoEngine, 'digest'> = {
  digest(type, data) {
    const name = DIGEST_NAMES.get(type)
    return name === undefined ? undefined : createHash(name).update(data).digest()
  },
}

const DIGEST_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'sha1'],
  [2, 'sha256'],
  [4, 'sha384'],
])
