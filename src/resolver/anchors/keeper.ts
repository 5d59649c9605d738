import type { Failure } from '../../dnssec/status.ts'
import type { TrustAnchor, TrustAnchors } from '../../dnssec/trust-anchors.ts'
import type { TrustPointView } from '../../dnssec/trust-point.ts'
import { DanelawError } from '../../errors.ts'
import { TRUST_POINT_LIMITS } from '../../limits.ts'
import type { Name } from '../../wire/name.ts'
import { type KeyChange, observe, type TrustPoint, trustedAnchor } from './rfc5011.ts'
import { anchorsOf, DIGESTS, readState, replaceState, trustPoints } from './state-file.ts'

/** What came of looking at the DNSKEY RRset of one trust anchor's zone. */
export interface TrustPointRefresh {
  readonly zone: Name
  /** `not-due`: it was looked at not long ago, and was left alone (RFC 5011 section 2.3). */
  readonly outcome: 'validated' | 'failed' | 'not-due'
  /** Why the RRset is not validated, where the outcome is `failed`. */
  readonly failure: Failure | undefined
  readonly changes: readonly KeyChange[]
  /** Unix seconds at which to look again. */
  readonly nextLook: number
}

/** The trust anchors of a resolver: as configured, or as they have become in a file of state (RFC 5011). */
export class AnchorKeeper {
  readonly #configured: TrustAnchors
  readonly #path: string | undefined
  #points: readonly TrustPoint[] = []
  #anchors: TrustAnchors

  /** @throws {DanelawError} `file`, and `bad-anchor` where the state is damaged */
  constructor(configured: TrustAnchors, path: string | undefined) {
    this.#configured = configured
    this.#path = path
    this.#anchors = configured
    if (path !== undefined) this.#take(trustPoints(configured, readState(path)))
  }

  /** Those in force. */
  get anchors(): TrustAnchors {
    return this.#anchors
  }

  /** The keys behind them and what is to become of each; empty without a file of state. */
  get points(): readonly TrustPoint[] {
    return this.#points
  }

  /**
   * Looks at every zone that is due and keeps what came of it.
   * @param look asks for a zone's DNSKEY RRset and views it with these anchors
   * @param now Unix seconds
   * @param force looks at zones that are not due too
   * @throws {TypeError} without a file of state
   * @throws {DanelawError} `file`, `bad-anchor`
   */
  async refresh(
    look: (anchor: TrustAnchor) => Promise<TrustPointView>,
    now: number,
    force: boolean,
  ): Promise<TrustPointRefresh[]> {
    const path = this.#path
    if (path === undefined) throw new TypeError('options.trustAnchorState: without it there is nothing to refresh')
    for (let tries = 0; tries < TRIES; tries++) {
      // From the disk, not from memory: another process may have learnt of a revocation.
      const kept = readState(path)
      const points: TrustPoint[] = []
      const results: TrustPointRefresh[] = []
      for (const before of trustPoints(this.#configured, kept)) {
        const { point, result } = await refreshOne(before, look, now, force)
        points.push(point)
        results.push(result)
      }
      const isIdle = results.every(({ outcome }) => outcome === 'not-due')
      if (isIdle || (await replaceState(path, kept, points))) {
        this.#take(points)
        return results
      }
    }
    throw new DanelawError('file', 'is changed by others all the time', { place: { file: path } })
  }

  #take(points: readonly TrustPoint[]): void {
    this.#points = points
    this.#anchors = anchorsOf(points, this.#configured)
  }
}

async function refreshOne(
  point: TrustPoint,
  look: (anchor: TrustAnchor) => Promise<TrustPointView>,
  now: number,
  force: boolean,
): Promise<{ point: TrustPoint; result: TrustPointRefresh }> {
  const { zone, nextLook } = point
  if (!force && !isDue(point, now)) {
    return { point, result: { zone, outcome: 'not-due', failure: undefined, changes: [], nextLook } }
  }
  const view = await look(trustedAnchor(point))
  const { point: after, changes } = observe(point, view, now, DIGESTS)
  const outcome = view.validated === undefined ? 'failed' : 'validated'
  return { point: after, result: { zone, outcome, failure: view.failure, changes, nextLook: after.nextLook } }
}

/** A time further off than any there may be was set by a clock that was wrong. */
function isDue({ nextLook }: TrustPoint, now: number): boolean {
  return now >= nextLook || nextLook > now + TRUST_POINT_LIMITS.longestInterval.value
}

/** How often the state is made anew where another process was faster. */
const TRIES = 3
