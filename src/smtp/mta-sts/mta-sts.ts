import { LRUCache } from 'lru-cache'
import type { Lookup } from '../../dane/lookup.ts'
import { readAnswer } from '../../dane/lookup.ts'
import { readPemCertificates } from '../../dane/pem.ts'
import { DanelawError } from '../../errors.ts'
import { MTA_STS_LIMITS, within } from '../../limits.ts'
import type { Logger } from '../../resolver/events.ts'
import { RRType } from '../../wire/codes/rrtype.ts'
import type { Name } from '../../wire/name.ts'
import { readTxt } from '../../wire/rdata/text.ts'
import { isHostName } from '../ehlo-name.ts'
import { fetchPolicy } from './fetch-policy.ts'
import type { StsFailure, StsPolicies, StsPolicy, StsResult } from './policy.ts'
import { PolicyStore } from './policy-store.ts'
import { readStsRecords, type StsRecord } from './record.ts'

export interface MtaStsOptions {
  /** What finds the TXT records and the addresses of the hosts that have the policies. */
  readonly resolver: Lookup
  /**
   * Where policies are kept between runs. Without it, whoever can keep a new process from finding a policy can keep it
   * from all that policies promise.
   */
  readonly file?: string
  /** Certificates of authorities in PEM in place of those Node.js knows. */
  readonly ca?: string | readonly string[]
  /** Unix seconds; default: the system's clock. */
  readonly now?: () => number
  /** TCP port of the hosts that have the policies; other than 443 for tests alone. */
  readonly fetchPort?: number
  /** Milliseconds for one fetch; default 60000. */
  readonly fetchTimeout?: number
  /** Policies kept at a time, those used last; default 10000. */
  readonly maxEntries?: number
  /** Told of a file that is of no use, and of policies that cannot be fetched. */
  readonly logger?: Pick<Logger, 'warn'>
}

/**
 * MTA-STS (RFC 8461): what a domain asks of those who send mail to it, as its own web server says, and as it said
 * earlier. It is for hosts where DANE is proven to be absent; it never takes the place of DANE that fails.
 *
 * A policy that was fetched is in force until its `max_age` is over, whatever becomes of its TXT record and of later
 * fetches; only a newer policy takes its place. It is fetched anew when the TXT record has another id, and once a day.
 */
export class MtaSts implements StsPolicies, AsyncDisposable {
  readonly #options: MtaStsOptions
  readonly #now: () => number
  readonly #port: number
  readonly #timeout: number
  readonly #store: PolicyStore
  readonly #failed = new LRUCache<string, Failed>({ max: MTA_STS_LIMITS.cacheEntries.value })
  readonly #underWay = new Map<string, { readonly id: string; readonly fetched: Promise<StsPolicy | StsFailure> }>()
  readonly #closing = new AbortController()

  /**
   * @throws {TypeError | RangeError} that names the option
   * @throws {DanelawError} `bad-certificate` where `ca` cannot be read
   */
  constructor(options: MtaStsOptions) {
    const { fetchPort = 443, now = () => Math.floor(Date.now() / 1000) } = options
    if (typeof options.resolver?.query !== 'function') throw new TypeError('resolver: not a resolver')
    if (!Number.isInteger(fetchPort) || fetchPort < 1 || fetchPort > 65_535) {
      throw new RangeError(`fetchPort: ${fetchPort} is not a port`)
    }
    checkCa(options.ca)
    this.#options = options
    this.#now = now
    this.#port = fetchPort
    this.#timeout = within('fetchTimeout', MTA_STS_LIMITS.fetchTimeout, options.fetchTimeout)
    this.#store = new PolicyStore({
      file: options.file,
      maxEntries: within('maxEntries', MTA_STS_LIMITS.cacheEntries, options.maxEntries),
      now,
      warn: (details, message) => this.#warn(details, message),
    })
  }

  async policyFor(domain: Name, signal?: AbortSignal): Promise<StsResult> {
    signal?.throwIfAborted()
    if (this.#closing.signal.aborted) throw new DanelawError('aborted', 'MTA-STS is closed')
    const host = policyHost(domain)
    if (host === undefined) return NOTHING
    const record = await this.#record(domain, signal)
    signal?.throwIfAborted()
    const known = this.#store.get(domain)
    switch (record.kind) {
      case 'none':
        return { policy: known ?? null, failure: null }
      case 'invalid':
        return { policy: known ?? null, failure: { kind: 'sts-policy-invalid', text: `${domain}: ${record.why}` } }
      case 'failed':
        return { policy: known ?? null, failure: { kind: 'sts-policy-fetch-error', text: record.why } }
      case 'id':
        return await this.#current({ domain, host, id: record.id, known, signal })
    }
  }

  /** Writes what was learnt to the file and calls off what is under way. */
  async close(): Promise<void> {
    this.#closing.abort(new DanelawError('aborted', 'MTA-STS is closed'))
    await this.#store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #record(domain: Name, signal: AbortSignal | undefined): Promise<StsRecord | FailedRecord> {
    const owner = domain.prepend('_mta-sts')
    const options = { allowStale: false, ...(signal !== undefined && { signal }) }
    // An unsigned record will do (RFC 8461 section 10.2): what it leads to is authenticated by itself.
    const result = readAnswer(await this.#options.resolver.query(owner, RRType.TXT, options), readTxt)
    if (result.kind === 'answer') return readStsRecords(result.records)
    return { kind: 'failed', why: `the TXT lookup of ${owner} failed: ${result.reason.text}` }
  }

  async #current(wanted: Wanted): Promise<StsResult> {
    const { domain, id, known, signal } = wanted
    const age = known === undefined ? 0 : this.#now() - known.fetched
    if (known?.id === id && age >= 0 && age < MTA_STS_LIMITS.refreshInterval.value)
      return { policy: known, failure: null }
    const failed = this.#failedLately(wanted)
    if (failed !== undefined) return { policy: known ?? null, failure: failed }
    const fetched = await abortable(this.#fetch(wanted), signal)
    // Meanwhile another fetch may have brought one.
    if (!('lines' in fetched)) return { policy: this.#store.get(domain) ?? null, failure: fetched }
    return { policy: fetched, failure: null }
  }

  /** A fetch that failed is not tried again for a while, but where the domain says that there is something new. */
  #failedLately({ domain, id, known }: Wanted): StsFailure | undefined {
    const failed = this.#failed.get(domain.key)
    if (failed === undefined || failed.id !== id) return undefined
    const pause = known?.id === id ? MTA_STS_LIMITS.refreshRetry.value : MTA_STS_LIMITS.retryInterval.value
    const since = this.#now() - failed.time
    return since >= 0 && since < pause ? failed.failure : undefined
  }

  /** Whoever wants the same policy waits for the same fetch. */
  #fetch({ domain, host, id }: Wanted): Promise<StsPolicy | StsFailure> {
    const same = this.#underWay.get(domain.key)
    if (same?.id === id) return same.fetched
    const fetched = this.#fetchAndKeep(domain, host, id).finally(() => {
      if (this.#underWay.get(domain.key)?.fetched === fetched) this.#underWay.delete(domain.key)
    })
    this.#underWay.set(domain.key, { id, fetched })
    return fetched
  }

  async #fetchAndKeep(domain: Name, host: string, id: string): Promise<StsPolicy | StsFailure> {
    const { ca, resolver } = this.#options
    const fetched = await fetchPolicy(host, {
      resolver: {
        query: (name, type, { signal } = {}) =>
          resolver.query(name, type, { allowStale: false, ...(signal !== undefined && { signal }) }),
      },
      ca,
      port: this.#port,
      timeout: this.#timeout,
      signal: this.#closing.signal,
    })
    const now = this.#now()
    if (fetched.kind === 'failure') {
      this.#failed.set(domain.key, { id, time: now, failure: fetched.failure })
      // RFC 8461 section 3.3: but for a domain that has taken its policy back.
      if (this.#store.get(domain)?.mode !== 'none') this.#warn({ domain: String(domain) }, fetched.failure.text)
      return fetched.failure
    }
    const policy: StsPolicy = { id, ...fetched.body, fetched: now }
    this.#failed.delete(domain.key)
    this.#store.set(domain, policy)
    return policy
  }

  #warn(details: object, message: string): void {
    this.#options.logger?.warn(details, message)
  }
}

interface Failed {
  readonly id: string
  /** Unix seconds. */
  readonly time: number
  readonly failure: StsFailure
}

interface FailedRecord {
  readonly kind: 'failed'
  readonly why: string
}

interface Wanted {
  readonly domain: Name
  readonly host: string
  readonly id: string
  readonly known: StsPolicy | undefined
  readonly signal: AbortSignal | undefined
}

/** TLS would be silent about what it cannot read, and then know no authority at all. */
function checkCa(ca: MtaStsOptions['ca']): void {
  if (ca === undefined) return
  const texts = typeof ca === 'string' ? [ca] : ca
  if (texts.length === 0) throw new TypeError('ca: no certificates')
  for (const text of texts) readPemCertificates(text, 'ca')
}

/** `mta-sts.` and the domain; undefined where that is no name of a host. */
function policyHost(domain: Name): string | undefined {
  const name = domain.toCanonicalString().slice(0, -1)
  const host = `mta-sts.${name}`
  // Room for `_mta-sts.`, one octet longer.
  return isHostName(name) && host.length < 253 ? host : undefined
}

/** The fetch goes on for others where one caller no longer waits. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work
  return await new Promise<T>((resolve, reject) => {
    const aborted = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', aborted, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
  })
}

const NOTHING: StsResult = { policy: null, failure: null }
