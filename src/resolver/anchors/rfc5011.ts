import type { CryptoEngine } from '../../dnssec/crypto/engine.ts'
import type { AnchorDs, TrustAnchor } from '../../dnssec/trust-anchors.ts'
import { isDigestOf, type TrustPointView, type ValidatedKeys, withoutRevoke } from '../../dnssec/trust-point.ts'
import { TRUST_POINT_LIMITS } from '../../limits.ts'
import { compareOctets, type Name } from '../../wire/name.ts'
import { keyTag, readDnskey } from '../../wire/rdata/dnssec.ts'

/** States of RFC 5011 section 4.2. `Start` is that of a key nothing is kept of. */
export type KeyState = 'Start' | 'AddPend' | 'Valid' | 'Missing' | 'Revoked' | 'Removed'

/** A key of a trust point, or the digest of one that was configured and has not been seen yet. */
export interface ManagedKey {
  readonly state: Exclude<KeyState, 'Start'>
  /** Unix seconds at which it came into this state. */
  readonly since: number
  /** Unix seconds; in `AddPend` the end of the add hold-down time, otherwise null. */
  readonly holdDownUntil: number | null
  /** DNSKEY RDATA without the REVOKE bit, or a DS. */
  readonly material: { readonly dnskey: Uint8Array } | { readonly ds: AnchorDs }
  /** Unix seconds: the window it was configured for. */
  readonly validFrom?: number
  readonly validUntil?: number
}

/** A zone whose trust anchors follow its DNSKEY RRset (RFC 5011 section 2). All times are Unix seconds. */
export interface TrustPoint {
  readonly zone: Name
  readonly keys: readonly ManagedKey[]
  /** When the DNSKEY RRset was last seen and validated; null where never. */
  readonly lastValidated: number | null
  /** When to look again. */
  readonly nextLook: number
  /** Seconds until the next try where a look fails. */
  readonly retryInterval: number
}

/** One step of one key from state to state. */
export interface KeyChange {
  readonly zone: Name
  readonly keyTag: number
  readonly from: KeyState
  readonly to: KeyState
}

type Digests = Pick<CryptoEngine, 'digest'>

/**
 * The trust point that a configured anchor starts, or `known` with what is configured and not in it. Configuration
 * never brings back a key that was revoked (RFC 5011 section 4.2: permanently invalid).
 */
export function configured(anchor: TrustAnchor, known: TrustPoint | undefined, digests: Digests): TrustPoint {
  const { zone } = anchor
  const keys = [...(known?.keys ?? [])]
  const add = (material: ManagedKey['material'], { validFrom, validUntil }: Partial<AnchorDs>): void => {
    const at = keys.findIndex((key) => isSame(zone, key.material, material, digests))
    const earlier = keys[at]
    if (earlier?.state === 'Revoked' || earlier?.state === 'Removed') return
    const key: ManagedKey = {
      state: earlier?.state === 'Missing' ? 'Missing' : 'Valid',
      since: earlier?.since ?? validFrom ?? 0,
      holdDownUntil: null,
      // The key says more than its digest.
      material: earlier?.material ?? material,
      ...(validFrom !== undefined && { validFrom }),
      ...(validUntil !== undefined && { validUntil }),
    }
    if (earlier === undefined) keys.push(key)
    else keys[at] = key
  }
  for (const key of anchor.dnskeys) add({ dnskey: key.rdata }, key)
  for (const ds of anchor.ds) add({ ds }, ds)
  const start = { zone, lastValidated: null, nextLook: 0, retryInterval: TRUST_POINT_LIMITS.shortestInterval.value }
  return { ...(known ?? start), keys }
}

/** The keys of a trust point that are trusted: `Valid`, and `Missing` too (RFC 5011 section 4.2). */
export function trustedAnchor({ zone, keys }: TrustPoint): TrustAnchor {
  const ds: AnchorDs[] = []
  const dnskeys: TrustAnchor['dnskeys'][number][] = []
  for (const { state, material, validFrom, validUntil } of keys) {
    if (state !== 'Valid' && state !== 'Missing') continue
    const window = { ...(validFrom !== undefined && { validFrom }), ...(validUntil !== undefined && { validUntil }) }
    if ('ds' in material) ds.push({ ...material.ds, ...window })
    else dnskeys.push({ ...readDnskey(material.dnskey), rdata: material.dnskey, ...window })
  }
  return { zone, ds, dnskeys }
}

/**
 * The trust point after a look at its DNSKEY RRset at `now` (RFC 5011 section 4.1). A view that is not validated
 * changes nothing but for keys that revoke themselves.
 */
export function observe(
  point: TrustPoint,
  view: TrustPointView,
  now: number,
  digests: Digests,
): { readonly point: TrustPoint; readonly changes: readonly KeyChange[] } {
  const step = new Step(point, now, digests)
  step.age()
  for (const rdata of view.revoked) step.revoke(withoutRevoke(rdata))
  if (view.validated === undefined) {
    return step.result({ nextLook: now + point.retryInterval })
  }
  step.look(view.validated)
  const { originalTtl, expiration } = view.validated
  return step.result({
    lastValidated: now,
    nextLook: now + queryInterval(originalTtl, expiration - now),
    retryInterval: retryInterval(originalTtl, expiration - now),
  })
}

/** Seconds between looks (RFC 5011 section 2.3); of the original TTL and of what is left of the RRSIG. */
function queryInterval(originalTtl: number, left: number): number {
  const { shortestInterval, longestInterval } = TRUST_POINT_LIMITS
  return Math.floor(Math.max(shortestInterval.value, Math.min(longestInterval.value, originalTtl / 2, left / 2)))
}

/** Seconds until the next try where a look has failed (RFC 5011 section 2.3). */
function retryInterval(originalTtl: number, left: number): number {
  const { shortestInterval, longestRetry } = TRUST_POINT_LIMITS
  return Math.floor(Math.max(shortestInterval.value, Math.min(longestRetry.value, originalTtl / 10, left / 10)))
}

/** Whether two describe one key. */
function isSame(zone: Name, a: ManagedKey['material'], b: ManagedKey['material'], digests: Digests): boolean {
  if ('dnskey' in a) {
    return 'dnskey' in b ? compareOctets(a.dnskey, b.dnskey) === 0 : isDigestOf(digests, zone, a.dnskey, b.ds)
  }
  if ('dnskey' in b) return isDigestOf(digests, zone, b.dnskey, a.ds)
  return (
    a.ds.keyTag === b.ds.keyTag &&
    a.ds.algorithm === b.ds.algorithm &&
    a.ds.digestType === b.ds.digestType &&
    compareOctets(a.ds.digest, b.ds.digest) === 0
  )
}

/** The work on one trust point at one time. */
class Step {
  readonly #point: TrustPoint
  readonly #now: number
  readonly #digests: Digests
  readonly #changes: KeyChange[] = []
  #keys: ManagedKey[]

  constructor(point: TrustPoint, now: number, digests: Digests) {
    this.#point = point
    this.#now = now
    this.#digests = digests
    // A time that has not come is one of a clock that was wrong: then the wait begins now.
    this.#keys = point.keys.map((key) => {
      const ahead = Math.max(0, key.since - now)
      const { since, holdDownUntil } = key
      return { ...key, since: since - ahead, holdDownUntil: holdDownUntil === null ? null : holdDownUntil - ahead }
    })
  }

  /** RemTime: `Revoked` keys become `Removed` (RFC 5011 section 2.4.2). */
  age(): void {
    const before = this.#keys
    this.#keys = []
    for (const key of before) {
      const over = this.#now >= key.since + TRUST_POINT_LIMITS.removeHoldDown.value
      if (key.state === 'Revoked' && over) this.#enter(key, 'Removed')
      else this.#keys.push(key)
    }
  }

  /** RevBit: `Valid` and `Missing` keys become `Revoked`, under whatever digests they were configured. */
  revoke(dnskey: Uint8Array): void {
    const material = { dnskey }
    const own = this.#keys.filter((key) => this.#isSame(key, dnskey))
    const trusted = own.find(({ state }) => state === 'Valid' || state === 'Missing')
    if (trusted === undefined) return
    this.#keys = this.#keys.filter((key) => !own.includes(key))
    this.#enter({ ...trusted, material }, 'Revoked')
  }

  look({ keys, originalTtl }: ValidatedKeys): void {
    const before = this.#keys
    this.#keys = []
    const holdDown = Math.max(TRUST_POINT_LIMITS.addHoldDown.value, originalTtl)
    for (const key of before) {
      const seen = keys.find(({ rdata }) => this.#isSame(key, rdata))
      const isFirst = seen !== undefined && 'ds' in key.material
      const known = isFirst ? { ...key, material: { dnskey: seen.rdata }, since: this.#now } : key
      this.#next(known, seen !== undefined)
    }
    for (const { rdata, secureEntryPoint } of keys) {
      if (!secureEntryPoint || before.some((key) => this.#isSame(key, rdata))) continue
      // A flood of keys must not push out those that are waiting.
      if (this.#count('AddPend') >= TRUST_POINT_LIMITS.pendingKeys.value) break
      if (this.#count('AddPend', 'Valid', 'Missing') >= TRUST_POINT_LIMITS.anchors.value) break
      this.#changes.push(this.#change(rdata, 'Start', 'AddPend'))
      this.#keys.push({
        state: 'AddPend',
        since: this.#now,
        holdDownUntil: this.#now + holdDown,
        material: { dnskey: rdata },
      })
    }
    this.#forget()
  }

  result(times: Partial<TrustPoint>): { point: TrustPoint; changes: KeyChange[] } {
    return { point: { ...this.#point, ...times, keys: this.#keys }, changes: this.#changes }
  }

  /** The table of RFC 5011 section 4.1, a row for each state. */
  #next(key: ManagedKey, seen: boolean): void {
    switch (key.state) {
      case 'AddPend': {
        if (!seen) {
          // KeyRem: the wait is over without success, and a new one would begin at its beginning.
          this.#changes.push(this.#change(key.material, 'AddPend', 'Start'))
          return
        }
        // AddTime, and KeyPres: it has to be there once more when the time is over (RFC 5011 section 2.2).
        if (key.holdDownUntil !== null && this.#now >= key.holdDownUntil) this.#enter(key, 'Valid')
        else this.#keys.push(key)
        return
      }
      case 'Valid':
      case 'Missing': {
        const state = seen ? 'Valid' : 'Missing'
        if (state !== key.state) this.#enter(key, state)
        else this.#keep(key)
        return
      }
      case 'Revoked':
      case 'Removed':
        this.#keys.push(key)
    }
  }

  #enter(key: ManagedKey, state: ManagedKey['state']): void {
    this.#changes.push(this.#change(key.material, key.state, state))
    this.#keep({ ...key, state, since: this.#now, holdDownUntil: null })
  }

  /** Two digests that turn out to be of one key are one key from then on. */
  #keep(key: ManagedKey): void {
    const { material } = key
    const twin = this.#keys.find((other) => isSame(this.#point.zone, other.material, material, this.#digests))
    if (twin === undefined) this.#keys.push(key)
  }

  /** Keys that are never to be trusted again are remembered, the latest of them if there are very many. */
  #forget(): void {
    const over = this.#count('Removed') - TRUST_POINT_LIMITS.removedKeys.value
    const removed = this.#keys.filter(({ state }) => state === 'Removed').sort((a, b) => a.since - b.since)
    const oldest = new Set(removed.slice(0, Math.max(0, over)))
    this.#keys = this.#keys.filter((key) => !oldest.has(key))
  }

  #count(...states: readonly KeyState[]): number {
    return this.#keys.filter(({ state }) => states.includes(state)).length
  }

  #isSame(key: ManagedKey, dnskey: Uint8Array): boolean {
    return isSame(this.#point.zone, key.material, { dnskey }, this.#digests)
  }

  #change(material: ManagedKey['material'] | Uint8Array, from: KeyState, to: KeyState): KeyChange {
    const key = material instanceof Uint8Array ? { dnskey: material } : material
    const tag = 'ds' in key ? key.ds.keyTag : keyTag(key.dnskey)
    return { zone: this.#point.zone, keyTag: tag, from, to }
  }
}
