import { loadEngine } from '../dnssec/crypto/load.ts'
import type { CryptoEngine } from '../dnssec/crypto/engine.ts'
import type { ValidatedAnswer } from '../dnssec/status.ts'
import type { TrustAnchor, TrustAnchors } from '../dnssec/trust-anchors.ts'
import { type TrustPointView, viewTrustPoint } from '../dnssec/trust-point.ts'
import { DanelawError } from '../errors.ts'
import { Budget } from '../limits.ts'
import { Name } from '../wire/name.ts'
import { AnchorKeeper, type TrustPointRefresh } from './anchors/keeper.ts'
import type { TrustPoint } from './anchors/rfc5011.ts'
import { CacheFile } from './cache/cache-file.ts'
import { type Cancellation, Canceller } from './cancellation.ts'
import type { CreateWalk } from './driver.ts'
import { Events } from './events.ts'
import { RecordingWriter } from './fixture/recording.ts'
import { type BareContext, Lookups } from './lookups.ts'
import { NodeDnsMethods } from './node-dns/methods.ts'
import { readLocalAddresses, readServers, serversInUse, serverText } from './node-dns/servers.ts'
import { readQuestion } from './read-question.ts'
import { readSettings, type ResolverOptions, type Settings } from './settings.ts'
import { Source } from './source.ts'
import type { LocalAddresses } from './transport/transport.ts'
import type { UpstreamSpec } from './upstream-spec.ts'
import type { UpstreamStats } from './upstream.ts'

export interface QueryOptions {
  /** Calls the query off; its promise rejects with the signal's reason. */
  readonly signal?: Cancellation | undefined
  /**
   * `false`: never an answer that is over, also where the option `serveStale` has it so. What a decision about trust
   * rests on must be fresh.
   */
  readonly allowStale?: boolean
  /**
   * Unix seconds until which nothing is validated for this answer, as under a negative trust anchor (RFC 7646): it is
   * `insecure`, and never given to others. For one mail destination whose zone is broken; later it has no effect.
   */
  readonly insecureUntil?: number | undefined
}

/** What a resolver has done so far. */
export interface ResolverStats {
  /** Calls of `query` that named a question. */
  readonly queries: number
  /** Of those, answered from memory. */
  readonly fromCache: number
  /** Denied by records of other denials, without a question (RFC 8198). */
  readonly synthesized: number
  /** Answered by what was over, since nothing fresh could be had (RFC 8767). */
  readonly stale: number
  /** Answers that were asked for again before their end, because somebody used them. */
  readonly prefetched: number
  /** Validations that were carried out; equal queries at the same time share one. */
  readonly validations: number
  /** Questions put to upstreams or looked up in the fixture. */
  readonly questions: number
  /** Queries sent to upstreams: repetitions, hedges and probes included. */
  readonly exchanges: number
  /** Of each upstream, in the order they were given in; none where a fixture answers. */
  readonly upstreams: readonly UpstreamStats[]
}

/**
 * A validating stub resolver. It asks upstreams and believes none of them: every answer is validated from the trust
 * anchors down (RFC 4035), and its `status` says what came of it.
 */
export class Resolver extends NodeDnsMethods implements AsyncDisposable {
  readonly #settings: Settings
  readonly #keeper: AnchorKeeper
  readonly #source: Source
  readonly #lookups: Lookups
  readonly #recording: RecordingWriter | undefined
  readonly #file: CacheFile | undefined
  #closed: DanelawError | undefined
  #engine: CryptoEngine | undefined
  #loading: Promise<CryptoEngine> | undefined
  #queries = 0

  /**
   * @throws {TypeError | RangeError} that names the option.
   * @throws {DanelawError} `no-upstream`, `bad-address`, `bad-anchor`, `bad-fixture`, `file`.
   */
  constructor(options: ResolverOptions = {}) {
    super()
    const settings = readSettings(options)
    this.#settings = settings
    this.#keeper = new AnchorKeeper(settings.anchors, settings.anchorState)
    // Last, so that nothing that throws leaves a file open.
    if (settings.record !== undefined) this.#recording = new RecordingWriter(settings.record)
    const { anchors } = settings
    const probe = (anchors.closest(Name.root) ?? anchors.anchors[0])?.zone
    const events = new Events(settings.logger)
    if (settings.cacheFile !== undefined) {
      const path = settings.cacheFile
      this.#file = new CacheFile({ path, warn: (message) => events.warn(message, { file: path }) })
    }
    this.#source = new Source({ settings, probe, recording: this.#recording, file: this.#file, events })
    this.#lookups = new Lookups({ settings, source: this.#source, events, context: this.#context })
  }

  /** The trust anchors in force. */
  get trustAnchors(): TrustAnchors {
    return this.#keeper.anchors
  }

  /** The keys that `trustAnchorState` holds, with the state of each (RFC 5011); empty without that option. */
  get trustPoints(): readonly TrustPoint[] {
    return this.#keeper.points
  }

  /** The upstreams as `192.0.2.1:53`, in their order; none where a fixture answers. */
  get upstreams(): readonly string[] {
    return this.#source.upstreams.map(({ text }) => text)
  }

  get stats(): ResolverStats {
    return { queries: this.#queries, ...this.#lookups.counts, ...this.#source.counts }
  }

  /**
   * Looks up and validates. What the network does, forged answers and silence included, is a value: look at `status`.
   * @param name A domain name, absolute with or without its final dot.
   * @param type A type as mnemonic, `TYPEn` or number.
   * @throws {TypeError | RangeError} that names the argument. @throws {DanelawError} `bad-name`, `bad-type`; `aborted`
   * where the resolver is closed. Rejects with the signal's reason when that calls the query off.
   */
  async query(name: string | Name, type: string | number = 'A', options: QueryOptions = {}): Promise<ValidatedAnswer> {
    const question = readQuestion(name, type)
    const { signal } = options
    signal?.throwIfAborted()
    if (this.#closed !== undefined) throw this.#closed
    this.#queries++
    const { allowStale = true, insecureUntil } = options
    if (insecureUntil !== undefined && !Number.isSafeInteger(insecureUntil)) {
      throw new RangeError('options.insecureUntil: not a time in Unix seconds')
    }
    const found = this.#lookups.answer(question, { signal, allowStale, insecureUntil })
    const answer = found instanceof Promise ? await found : found
    // Whoever shares an answer has asked in a case of letters of their own.
    return answer.question === question ? answer : { ...answer, question }
  }

  /**
   * Looks at the DNSKEY RRset of every trust anchor's zone that is due, follows its keys, and keeps what came of it in
   * the file `trustAnchorState` (RFC 5011). There is no timer: call it at the times it gives back, or every hour.
   * @param options `force`: also where it is not due yet.
   * @throws {TypeError} without `trustAnchorState`. @throws {DanelawError} `file`, `bad-anchor`; `aborted` where the
   * resolver is closed. Rejects with the signal's reason when that calls it off.
   */
  async refreshTrustAnchors(
    options: QueryOptions & { readonly force?: boolean } = {},
  ): Promise<readonly TrustPointRefresh[]> {
    const { signal = new Canceller(), force = false } = options
    signal.throwIfAborted()
    if (this.#closed !== undefined) throw this.#closed
    const now = this.#settings.now()
    const look = async (anchor: TrustAnchor): Promise<TrustPointView> => {
      const context = { memory: undefined, ...(await this.#context(now)) }
      const create: CreateWalk<TrustPointView> = (complete) =>
        viewTrustPoint(complete({ budget: new Budget(this.#settings.limits), ...context }), anchor)
      return await this.#source.drive(create, signal)
    }
    const results = await this.#keeper.refresh(look, now, force)
    // What was validated by a key that is revoked now has to be validated anew, and what is under way is not kept.
    if (results.some(({ changes }) => changes.length > 0)) this.#lookups.renew()
    return results
  }

  /**
   * As of `node:dns`: the upstreams to ask from now on, as the option `upstreams` has them.
   * @throws {TypeError} where one of them cannot be read, or there is none, or a fixture answers.
   * @throws {Error} with code `ERR_DNS_SET_SERVERS_FAILED` while queries are under way.
   */
  setServers(servers: readonly string[]): void {
    this.#replace(readServers(servers))
  }

  /**
   * As of `node:dns`: the addresses of this system that upstreams are asked from, one of each family. The order does
   * not matter; what is not given the system chooses.
   * @throws {TypeError} that names the argument, or where a fixture answers.
   * @throws {Error} with code `ERR_DNS_SET_SERVERS_FAILED` while queries are under way.
   */
  setLocalAddress(ipv4: string, ipv6?: string): void {
    this.#replace(this.#source.upstreams, readLocalAddresses(ipv4, ipv6))
  }

  /** As of `node:dns`: `192.0.2.1`, `[2001:db8::1]:5353`. */
  getServers(): string[] {
    return this.#source.upstreams.map(serverText)
  }

  /** As of `node:dns`: calls off what is under way; those who wait get `ECANCELLED`, of `query` an error `aborted`. */
  cancel(): void {
    this.#lookups.cancel(new DanelawError('aborted', 'the query was cancelled'))
  }

  /** Forgets everything, what is in the file `cacheFile` included. */
  clearCache(): void {
    this.#lookups.clear()
    this.#file?.clear()
  }

  /** Calls off what is under way, lets nothing new begin, and writes the file `cacheFile`. */
  async close(): Promise<void> {
    if (this.#closed !== undefined) return
    this.#closed = new DanelawError('aborted', 'the resolver is closed')
    this.#lookups.cancel(this.#closed)
    this.#source.close()
    this.#file?.save(this.#settings.now())
    this.clearCache()
    this.#recording?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #replace(upstreams: readonly UpstreamSpec[], local?: LocalAddresses): void {
    if (this.#lookups.busy) throw serversInUse()
    this.#lookups.cancel(new DanelawError('aborted', 'the upstreams were replaced'))
    this.#source.replace(upstreams, local)
    this.#lookups.forgetFailures()
  }

  readonly #context = (now: number): BareContext | Promise<BareContext> => {
    const { acceptSha1, crypto } = this.#settings
    const contextWith = (engine: CryptoEngine): BareContext => ({
      now,
      anchors: this.#keeper.anchors,
      engine,
      acceptSha1,
    })
    if (this.#engine !== undefined) return contextWith(this.#engine)
    this.#loading ??= loadEngine(crypto)
    return this.#loading.then((engine) => {
      this.#engine = engine
      return contextWith(engine)
    })
  }
}
