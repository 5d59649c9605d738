import type { CryptoEngine, EngineName, PublicKey } from '../dnssec/crypto/engine.ts'
import type { DenialMemory } from '../dnssec/denial-memory.ts'
import type { Context } from '../dnssec/walk.ts'
import type { KnownZone } from '../dnssec/zone-keys.ts'
import type { ZoneMemory } from '../dnssec/zone-memory.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import type { Name } from '../wire/name.ts'

/** Whether other threads are to check signatures. */
export interface Aside {
  /** Whether they are free for what comes now. */
  readonly idle: () => boolean
  /** They were not as free as it looked. */
  readonly overdue: () => void
}

/**
 * Lets a walk go on while its signatures are checked on other threads. The walk is told that each of them holds. What
 * it returns counts only where `settle` says that all of them do: then it is what it would have returned had it been
 * told the truth each time. Until `commit` nobody else sees what it has learnt, and nobody is to be asked anything for
 * it. Where one does not hold, all of it is to be thrown away, and the walk made anew without this.
 *
 * Everything else is as ever: fields and dates are looked at, keys imported, digests and hashes made, at once; and keys
 * that were known before check at once, so that a name in a known zone is not sent through other threads.
 */
export class Provisional {
  readonly #aside: Aside
  // A walk in a known zone needs none of these.
  #zones: KnownZone[] | undefined
  #denials: Parameters<DenialMemory['put']>[] | undefined
  #checks: Check[] | undefined
  /** The latest of them, until there is a later one: the last is this thread's share. */
  #held: Check | undefined
  #trusting = true
  #base: Context | undefined

  constructor(aside: Aside) {
    this.#aside = aside
  }

  /** The context for the one walk that this is for. */
  contextFor(context: Context): Context {
    this.#base = context
    const { now, anchors, engine, budget, memory, denials, acceptSha1, peek } = context
    return {
      now,
      anchors,
      engine: new ProvisionalEngine(engine, this),
      budget,
      memory: memory && new ProvisionalZones(memory, this),
      denials: denials && new ProvisionalDenials(denials, this),
      acceptSha1,
      peek,
    }
  }

  /** Whether the walk was told anything that is not known to be true. */
  get unsettled(): boolean {
    return this.#checks !== undefined
  }

  /**
   * Whether all that the walk was told is true. From now on it is told the truth at once. Other threads may be busy for
   * long, with names to look up or files: what they have not done soon is done here.
   */
  async settle(): Promise<boolean> {
    this.#trusting = false
    this.#held?.finish()
    this.#held = undefined
    const checks = this.#checks ?? []
    this.#checks = undefined
    if (checks.some(({ holds }) => holds === false)) return false
    const open = checks.filter(({ holds }) => holds === undefined)
    if (open.length === 0) return true
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<boolean>((resolve) => {
        let left = open.length
        for (const check of open) {
          check.noted = (holds) => {
            if (!holds) resolve(false)
            else if (--left === 0) resolve(true)
          }
        }
        timer = setTimeout(() => {
          this.#aside.overdue()
          for (const check of open) check.finish()
        }, RESOLVER_LIMITS.asidePatience.value)
      })
    } finally {
      clearTimeout(timer)
    }
  }

  /** Hands on what the walk has learnt, where nothing is unsettled. */
  commit(): void {
    this.#trusting = false
    const { memory, denials, now } = this.#base ?? {}
    for (const zone of this.#zones ?? []) memory?.put(zone, now!)
    for (const denial of this.#denials ?? []) denials?.put(...denial)
    // The zones stay in memory, and through their keys this.
    this.#base = undefined
    this.#zones = undefined
    this.#denials = undefined
  }

  /** @returns whether it was kept back, and is not to be told anybody yet. */
  keepZone(zone: KnownZone): boolean {
    if (!this.#trusting) return false
    this.#zones ??= []
    this.#zones.push(zone)
    return true
  }

  /** As `keepZone`. */
  keepDenial(denial: Parameters<DenialMemory['put']>): boolean {
    if (!this.#trusting) return false
    this.#denials ??= []
    this.#denials.push(denial)
    return true
  }

  /** The deepest zone at or above `name` that this walk has come to know, if it is deeper than `remembered`. */
  closest(name: Name, now: number, remembered: KnownZone | undefined): KnownZone | undefined {
    let closest = remembered
    for (const known of this.#zones ?? []) {
      if (closest !== undefined && known.zone.labelCount < closest.zone.labelCount) continue
      const fresh = now < known.expires && now >= known.validFrom && now <= known.validUntil
      if (fresh && name.isAtOrBelow(known.zone)) closest = known
    }
    return closest
  }

  /** A key that may be trusted with what it has not checked. */
  keyOf(key: PublicKey): PublicKey {
    if (!this.#trusting || key.verifyAside === undefined) return key
    return { verify: (signature, data) => this.#verify(key, signature, data) }
  }

  #verify(key: PublicKey, signature: Uint8Array, data: Uint8Array): boolean {
    const checks = this.#checks ?? []
    if (!this.#trusting || checks.length >= RESOLVER_LIMITS.checksAside.value || !this.#aside.idle()) {
      return key.verify(signature, data)
    }
    const check = new Check(key, signature, data)
    this.#held?.start()
    this.#held = check
    checks.push(check)
    this.#checks = checks
    return true
  }
}

/** One signature that a walk takes for good. */
class Check {
  holds: boolean | undefined
  /** Is told the result, when it is there. */
  noted: ((holds: boolean) => void) | undefined
  readonly #key: PublicKey
  readonly #signature: Uint8Array
  readonly #data: Uint8Array

  constructor(key: PublicKey, signature: Uint8Array, data: Uint8Array) {
    this.#key = key
    this.#signature = signature
    this.#data = data
  }

  /** On another thread. */
  start(): void {
    this.#key.verifyAside!(this.#signature, this.#data, (holds) => this.#note(holds))
  }

  /** On this one, where there is no result yet. */
  finish(): void {
    if (this.holds === undefined) this.#note(this.#key.verify(this.#signature, this.#data))
  }

  #note(holds: boolean): void {
    if (this.holds !== undefined) return
    this.holds = holds
    this.noted?.(holds)
  }
}

class ProvisionalZones implements ZoneMemory {
  readonly #memory: ZoneMemory
  readonly #provisional: Provisional

  constructor(memory: ZoneMemory, provisional: Provisional) {
    this.#memory = memory
    this.#provisional = provisional
  }

  closest(name: Name, now: number): KnownZone | undefined {
    return this.#provisional.closest(name, now, this.#memory.closest(name, now))
  }

  put(zone: KnownZone, now: number): void {
    if (!this.#provisional.keepZone(zone)) this.#memory.put(zone, now)
  }
}

class ProvisionalDenials implements DenialMemory {
  readonly #memory: DenialMemory
  readonly #provisional: Provisional

  constructor(memory: DenialMemory, provisional: Provisional) {
    this.#memory = memory
    this.#provisional = provisional
  }

  put(...denial: Parameters<DenialMemory['put']>): void {
    if (!this.#provisional.keepDenial(denial)) this.#memory.put(...denial)
  }
}

/** An engine but for its keys. */
class ProvisionalEngine implements CryptoEngine {
  readonly name: EngineName
  readonly #engine: CryptoEngine
  readonly #provisional: Provisional

  constructor(engine: CryptoEngine, provisional: Provisional) {
    this.name = engine.name
    this.#engine = engine
    this.#provisional = provisional
  }

  supportsAlgorithm(algorithm: number): boolean {
    return this.#engine.supportsAlgorithm(algorithm)
  }

  supportsDigest(digestType: number): boolean {
    return this.#engine.supportsDigest(digestType)
  }

  unsupportedKey(algorithm: number, publicKey: Uint8Array): string | undefined {
    return this.#engine.unsupportedKey(algorithm, publicKey)
  }

  importKey(algorithm: number, publicKey: Uint8Array): PublicKey | undefined {
    const key = this.#engine.importKey(algorithm, publicKey)
    return key && this.#provisional.keyOf(key)
  }

  digest(digestType: number, data: Uint8Array): Uint8Array | undefined {
    return this.#engine.digest(digestType, data)
  }
}
