import { LRUCache } from 'lru-cache'
import { DanelawError } from '../../errors.ts'
import { MTA_STS_LIMITS } from '../../limits.ts'
import type { Name } from '../../wire/name.ts'
import type { StsPolicy } from './policy.ts'
import { inForce, mergePolicyFile, readPolicyFile } from './policy-file.ts'

export interface PolicyStoreOptions {
  readonly file: string | undefined
  readonly maxEntries: number
  /** Unix seconds. */
  readonly now: () => number
  readonly warn: (details: object, message: string) => void
}

/** The policies that were fetched, those used last, in memory and in a file. */
export class PolicyStore {
  readonly #options: PolicyStoreOptions
  readonly #kept: LRUCache<string, { readonly domain: Name; readonly policy: StsPolicy }>
  #changed = false
  #later: NodeJS.Timeout | undefined
  #saving: Promise<void> = Promise.resolve()

  constructor(options: PolicyStoreOptions) {
    this.#options = options
    this.#kept = new LRUCache({
      max: options.maxEntries,
      maxSize: MTA_STS_LIMITS.cacheOctets.value,
      sizeCalculation: ({ policy }) => policy.lines.reduce((sum, line) => sum + 2 * line.length + 64, 512),
    })
    this.#load()
  }

  /** The policy that is in force now. */
  get(domain: Name): StsPolicy | undefined {
    const policy = this.#kept.get(domain.key)?.policy
    return policy !== undefined && inForce(policy, this.#options.now()) ? policy : undefined
  }

  set(domain: Name, policy: StsPolicy): void {
    this.#kept.set(domain.key, { domain, policy })
    this.#changed = true
    if (this.#options.file === undefined) return
    // Mail for many domains brings many policies at once, and the file is written as a whole.
    this.#later ??= setTimeout(() => {
      this.#later = undefined
      this.#saving = this.#saving.then(() => this.#save())
    }, SOON).unref()
  }

  async close(): Promise<void> {
    clearTimeout(this.#later)
    this.#saving = this.#saving.then(() => this.#save())
    await this.#saving
  }

  #load(): void {
    const { file, now, warn } = this.#options
    if (file === undefined) return
    try {
      for (const [key, entry] of readPolicyFile(file, now())) this.#kept.set(key, entry)
    } catch (error) {
      if (!(error instanceof DanelawError)) throw error
      warn({ file }, `what MTA-STS policies promise is lost until they are fetched again: ${error.message}`)
    }
  }

  async #save(): Promise<void> {
    const { file, now, warn } = this.#options
    if (file === undefined || !this.#changed) return
    this.#changed = false
    try {
      // From the one used longest ago to the one used last.
      await mergePolicyFile(file, new Map([...this.#kept.entries()].reverse()), now())
    } catch (error) {
      if (!(error instanceof DanelawError)) throw error
      this.#changed = true
      warn({ file }, `MTA-STS policies are not kept: ${error.message}`)
    }
  }
}

/** Milliseconds. */
const SOON = 1000
