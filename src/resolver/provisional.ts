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
  #zones: KnownZone[] = []
  #denials: Parameters<DenialMemory['put']>[] = []
  #checks: Check[] = []
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
    const { memory, denials } = context
    return {
      ...context,
      engine: new ProvisionalEngine(context.engine, (key) => this.#provisional(key)),
      memory: memory && {
        closest: (name, now) => this.#closest(name, now, memory),
        put: (zone, now) => {
          if (this.#trusting) this.#zones.push(zone)
          else memory.put(zone, now)
        },
      },
      denials: denials && {
        put: (...denial) => {
          if (this.#trusting) this.#denials.push(denial)
          else denials.put(...denial)
        },
      },
    }
  }

  /** Whether the walk was told anything that is not known to be true. */
  get unsettled(): boolean {
    return this.#checks.length > 0
  }

  /**
   * Whether all that the walk was told is true. From now on it is told the truth at once. Other threads may be busy for
   * long, with names to look up or files: what they have not done soon is done here.
   */
  async settle(): Promise<boolean> {
    this.#trusting = false
    this.#held?.finish()
    this.#held = undefined
    const checks = this.#checks
    this.#checks = []
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
    for (const zone of this.#zones) memory?.put(zone, now!)
    for (const denial of this.#denials) denials?.put(...denial)
    // The zones stay in memory, and through their keys this.
    this.#base = undefined
    this.#zones = []
    this.#denials = []
  }

  #provisional(key: PublicKey): PublicKey {
    if (!this.#trusting || key.verifyAside === undefined) return key
    return {
      verify: (signature, data) =>
        this.#trusting && this.#checks.length < RESOLVER_LIMITS.checksAside.value && this.#aside.idle()
          ? this.#trust(new Check(key, signature, data))
          : key.verify(signature, data),
    }
  }

  #trust(check: Check): true {
    this.#held?.start()
    this.#held = check
    this.#checks.push(check)
    return true
  }

  /** As memory has it, and what this walk has come to know. */
  #closest(name: Name, now: number, memory: ZoneMemory): KnownZone | undefined {
    let closest = memory.closest(name, now)
    for (const known of this.#zones) {
      if (closest !== undefined && known.zone.labelCount < closest.zone.labelCount) continue
      const fresh = now < known.expires && now >= known.validFrom && now <= known.validUntil
      if (fresh && name.isAtOrBelow(known.zone)) closest = known
    }
    return closest
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

/** An engine but for its keys. */
class ProvisionalEngine implements CryptoEngine {
  readonly name: EngineName
  readonly #engine: CryptoEngine
  readonly #keyOf: (key: PublicKey) => PublicKey

  constructor(engine: CryptoEngine, keyOf: (key: PublicKey) => PublicKey) {
    this.name = engine.name
    this.#engine = engine
    this.#keyOf = keyOf
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
    return key && this.#keyOf(key)
  }

  digest(digestType: number, data: Uint8Array): Uint8Array | undefined {
    return this.#engine.digest(digestType, data)
  }
}
