import { loadEngine } from '../dnssec/crypto/load.ts'
import type { CryptoEngine } from '../dnssec/crypto/engine.ts'
import type { ValidatedAnswer } from '../dnssec/status.ts'
import type { TrustAnchors } from '../dnssec/trust-anchors.ts'
import { validate } from '../dnssec/validate.ts'
import { questionKey, type UpstreamAnswer } from '../dnssec/walk.ts'
import { DanelawError } from '../errors.ts'
import { Budget, RESOLVER_LIMITS } from '../limits.ts'
import { encodeMessage } from '../wire/message.ts'
import type { Name } from '../wire/name.ts'
import type { Question } from '../wire/record.ts'
import { AnswerCache } from './answer-cache.ts'
import { Asker } from './asker.ts'
import { type CreateWalk, drive, driveSynchronously } from './driver.ts'
import { RecordingWriter } from './fixture/recording.ts'
import { InFlight } from './in-flight.ts'
import { readQuestion } from './read-question.ts'
import { readSettings, type ResolverOptions, type Settings } from './settings.ts'
import { ZoneCache } from './zone-cache.ts'

export interface QueryOptions {
  /** Calls the query off; its promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** What a resolver has done so far. */
export interface ResolverStats {
  /** Calls of `query` that named a question. */
  readonly queries: number
  /** Of those, answered from memory. */
  readonly fromCache: number
  /** Validations that were carried out; equal queries at the same time share one. */
  readonly validations: number
  /** Questions put to upstreams or looked up in the fixture. */
  readonly questions: number
  /** Datagrams sent and connections opened. */
  readonly exchanges: number
}

/**
 * A validating stub resolver. It asks upstreams and believes none of them: every answer is validated from the trust
 * anchors down (RFC 4035), and its `status` says what came of it.
 */
export class Resolver implements AsyncDisposable {
  readonly #settings: Settings
  readonly #asker: Asker | undefined
  readonly #answers: AnswerCache | undefined
  readonly #zones: ZoneCache | undefined
  readonly #recording: RecordingWriter | undefined
  readonly #walks = new InFlight<ValidatedAnswer>()
  #closed: DanelawError | undefined
  #engine: Promise<CryptoEngine> | undefined
  #queries = 0
  #fromCache = 0
  #validations = 0
  #lookups = 0

  /**
   * @throws {TypeError | RangeError} that names the option.
   * @throws {DanelawError} `no-upstream`, `bad-address`, `bad-anchor`, `bad-fixture`, `file`.
   */
  constructor(options: ResolverOptions = {}) {
    const settings = readSettings(options)
    this.#settings = settings
    const { cacheOctets, source } = settings
    if (cacheOctets > 0) {
      this.#answers = new AnswerCache({
        octets: Math.floor(cacheOctets / 2),
        maximumTtl: RESOLVER_LIMITS.maximumTtl.value,
        failureTtl: RESOLVER_LIMITS.failureTtl.value,
      })
      this.#zones = new ZoneCache(Math.floor(cacheOctets / 2))
    }
    // Last, so that nothing that throws leaves a file open.
    if (settings.record !== undefined) this.#recording = new RecordingWriter(settings.record)
    if (source.kind === 'network') {
      this.#asker = new Asker({ ...source, ...(this.#recording && { received: this.#record }) })
    }
  }

  /** The trust anchors in force. */
  get trustAnchors(): TrustAnchors {
    return this.#settings.anchors
  }

  /** The upstreams as `192.0.2.1:53`, in their order; none where a fixture answers. */
  get upstreams(): readonly string[] {
    const { source } = this.#settings
    return source.kind === 'network' ? source.upstreams.map(({ text }) => text) : []
  }

  get stats(): ResolverStats {
    return {
      queries: this.#queries,
      fromCache: this.#fromCache,
      validations: this.#validations,
      questions: this.#lookups + (this.#asker?.questions ?? 0),
      exchanges: this.#asker?.exchanges ?? 0,
    }
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
    const now = this.#settings.now()
    let answer = this.#answers?.get(question, now)
    if (answer !== undefined) this.#fromCache++
    else answer = await this.#walks.run(questionKey(question), signal, (all) => this.#validate(question, now, all))
    // Whoever shares an answer has asked in a case of letters of their own.
    return answer.question === question ? answer : { ...answer, question }
  }

  /** Forgets all answers and zones. */
  clearCache(): void {
    this.#answers?.clear()
    this.#zones?.clear()
  }

  /** Calls off what is under way and lets nothing new begin. */
  async close(): Promise<void> {
    if (this.#closed !== undefined) return
    this.#closed = new DanelawError('aborted', 'the resolver is closed')
    this.#walks.abort(this.#closed)
    this.clearCache()
    this.#recording?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #validate(question: Question, now: number, signal: AbortSignal): Promise<ValidatedAnswer> {
    const { anchors, acceptSha1, limits, crypto, source, timeout } = this.#settings
    this.#engine ??= loadEngine(crypto)
    const engine = await this.#engine
    const budget = new Budget(limits)
    this.#validations++
    const create: CreateWalk<ValidatedAnswer> = (peek) =>
      validate(question, { now, anchors, engine, budget, memory: this.#zones, acceptSha1, peek })
    signal.throwIfAborted()
    const answer =
      source.kind === 'fixture'
        ? driveSynchronously(create, (asked) => this.#lookUp(asked, source.fixture))
        : await drive(create, {
            ask: this.#asker!.ask,
            timeout,
            signal,
            waitForAll: this.#recording !== undefined,
          })
    this.#answers?.put(question, answer, now)
    return answer
  }

  #lookUp(question: Question, fixture: Extract<Settings['source'], { kind: 'fixture' }>['fixture']): UpstreamAnswer {
    this.#lookups++
    const answer = fixture.answer(question)
    if (answer.kind === 'message' && this.#recording !== undefined) {
      this.#record(question, answer.upstream, encodeMessage(answer.message))
    }
    return answer
  }

  readonly #record = (question: Question, upstream: string, message: Uint8Array): void => {
    // What comes in after the end belongs to questions that were called off.
    if (this.#closed !== undefined) return
    this.#recording?.write({ time: new Date(this.#settings.now() * 1000), upstream, question, message })
  }
}
