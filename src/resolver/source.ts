import { availableParallelism } from 'node:os'
import { questionKey, type UpstreamAnswer } from '../dnssec/walk.ts'
import { encodeMessage } from '../wire/message.ts'
import type { Name } from '../wire/name.ts'
import type { Question } from '../wire/record.ts'
import { type Ask, Asker } from './asker.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import type { CacheFile } from './cache/cache-file.ts'
import { type CreateWalk, drive, driveAtHand } from './driver.ts'
import type { Events } from './events.ts'
import type { Aside } from './provisional.ts'
import type { RecordingWriter } from './fixture/recording.ts'
import { monotonic } from './monotonic.ts'
import { bootstrapFor, type Settings } from './settings.ts'
import type { LocalAddresses } from './transport/transport.ts'
import type { UpstreamStats } from './upstream.ts'
import type { UpstreamSpec } from './upstream-spec.ts'
import type { Cancellation } from './cancellation.ts'

export interface SourceOptions {
  readonly settings: Pick<Settings, 'source' | 'timeout' | 'now' | 'threads'>
  /** A zone whose keys are signed, as the trust anchors say. */
  readonly probe: Name | undefined
  readonly recording: RecordingWriter | undefined
  readonly file: CacheFile | undefined
  readonly events: Events
}

/** How an answer is got that somebody waits for. */
export interface CarefulWalks<T> {
  /** Begins anew whatever was spent before. */
  readonly first: CreateWalk<T>
  /** The same once more, on what the first has left to spend. */
  readonly again: CreateWalk<T>
  /** Whether a result stands that rests on answers from the file to these questions. */
  readonly stands: (result: T, fromFile: readonly Question[]) => boolean
  /** Whether it could be the fault of who answered, or of the way there. */
  readonly doubtful: (result: T) => boolean
}

/** Where a resolver's answers come from: upstreams, or a fixture. */
export class Source {
  readonly #options: SourceOptions
  #upstreams: readonly UpstreamSpec[] = []
  #local: LocalAddresses | undefined
  #asker: Asker | undefined
  #closed = false
  /** Of fixtures, and of upstreams that were replaced. */
  #questions = 0
  #exchanges = 0
  /** Under way. */
  #walks = 0
  readonly #hasThreads: boolean
  /** When other threads are looked to again; milliseconds. */
  #asideFrom = 0

  constructor(options: SourceOptions) {
    this.#options = options
    const { source, threads } = options.settings
    this.#hasThreads = threads && availableParallelism() > 1
    if (source.kind === 'network') this.#connect(source.upstreams)
  }

  /** None where a fixture answers. */
  get upstreams(): readonly UpstreamSpec[] {
    return this.#upstreams
  }

  get counts(): { questions: number; exchanges: number; upstreams: readonly UpstreamStats[] } {
    return {
      questions: this.#questions + (this.#asker?.questions ?? 0),
      exchanges: this.#exchanges + (this.#asker?.exchanges ?? 0),
      upstreams: this.#asker?.upstreamStats ?? [],
    }
  }

  /** Asks others from now on, or from elsewhere. Calls off what is under way. @throws {TypeError} for a fixture. */
  replace(upstreams: readonly UpstreamSpec[], local = this.#local): void {
    if (this.#asker === undefined) throw new TypeError('servers: a fixture has none')
    const { questions, exchanges } = this.#asker
    this.#questions += questions
    this.#exchanges += exchanges
    this.#asker.close()
    this.#local = local
    this.#connect(upstreams)
  }

  /** Whether no answer has to be waited for. */
  get isAtHand(): boolean {
    return this.#options.settings.source.kind === 'fixture'
  }

  /** Drives a walk to its end. Rejects only with the signal's reason. */
  async drive<T>(create: CreateWalk<T>, signal: Cancellation): Promise<T> {
    signal.throwIfAborted()
    if (this.isAtHand) return await this.driveAtHand(create)
    return await this.#drive(create, (question, open) => this.#ask(question, open), signal)
  }

  /** The same without waiting, where answers are at hand. A promise only where other threads check signatures. */
  driveAtHand<T>(create: CreateWalk<T>): T | Promise<T> {
    const { source } = this.#options.settings
    if (source.kind === 'network') throw new TypeError('a network has no answers at hand')
    const over = (): void => {
      this.#walks--
    }
    let end: T | Promise<T> | undefined
    this.#walks++
    try {
      end = driveAtHand(create, (asked) => this.#lookUp(asked, source.fixture), this.#aside)
    } finally {
      if (!(end instanceof Promise)) over()
    }
    return end instanceof Promise ? end.finally(over) : end
  }

  /**
   * As `drive`, for an answer that somebody waits for. The messages of the cache file are used where there are some; where
   * the result then does not stand, the walk is made once more without them: what a file holds is never a reason. Where
   * it is doubtful even then, other upstreams and ways are asked once, within the same time.
   */
  async driveWithCare<T>(walks: CarefulWalks<T>, signal: Cancellation): Promise<T> {
    const { settings, recording } = this.#options
    // A recording holds one answer to each question.
    if (settings.source.kind === 'fixture' || recording !== undefined) return await this.drive(walks.first, signal)
    const start = monotonic()
    const answeredBy = new Set<string>()
    const ask: Ask = async (question, open) => {
      const answer = await this.#ask(question, open)
      if (answer.kind === 'message') answeredBy.add(answer.upstream)
      return answer
    }
    const result = await this.#driveWithFile(walks, ask, signal, start)
    if (!walks.doubtful(result)) return result
    const others: Ask = (question, open) => this.#ask(question, open, answeredBy)
    // What is left to spend is not enough for a walk that is thrown away.
    const second = await this.#drive(walks.again, others, signal, monotonic() - start, true)
    return walks.stands(second, []) ? second : result
  }

  close(): void {
    this.#closed = true
    this.#asker?.close()
  }

  async #driveWithFile<T>(
    { first, stands }: CarefulWalks<T>,
    ask: Ask,
    signal: Cancellation,
    start: number,
  ): Promise<T> {
    const { file, settings } = this.#options
    if (file === undefined) return await this.#drive(first, ask, signal)
    const now = settings.now()
    const fromFile: Question[] = []
    const asked = new Map<string, { question: Question; answer: Promise<UpstreamAnswer> }>()
    const askOnce: Ask = async (question, open) => {
      const before = await asked.get(questionKey(question))?.answer
      // What was called off with the first walk is asked for again.
      if (before?.kind === 'message') return before
      const answer = ask(question, open)
      asked.set(questionKey(question), { question, answer })
      return await answer
    }
    const withFile: Ask = async (question, open) => {
      const kept = file.take(question, now)
      if (kept === undefined) return await askOnce(question, open)
      fromFile.push(question)
      return kept
    }
    const result = await this.#drive(first, withFile, signal)
    if (stands(result, fromFile)) return result
    file.suspend(fromFile)
    const passed = monotonic() - start
    const again = fromFile.length === 0 ? result : await this.#drive(first, askOnce, signal, passed)
    // What does not lead to anything is not worth being kept.
    if (!stands(again, [])) file.reject([...fromFile, ...[...asked.values()].map(({ question }) => question)])
    return again
  }

  async #drive<T>(create: CreateWalk<T>, ask: Ask, signal: Cancellation, passed = 0, strictly = false): Promise<T> {
    const { settings, recording } = this.#options
    const waitForAll = recording !== undefined
    const aside = strictly ? undefined : this.#aside
    this.#walks++
    try {
      return await drive(create, { ask, timeout: settings.timeout, passed, signal, aside, waitForAll })
    } finally {
      this.#walks--
    }
  }

  #connect(upstreams: readonly UpstreamSpec[]): void {
    const { settings, probe } = this.#options
    const { source } = settings
    if (source.kind !== 'network') return
    const bootstrap = upstreams === source.upstreams ? source.bootstrap : bootstrapFor(upstreams)
    this.#upstreams = upstreams
    this.#asker = new Asker({ ...source, upstreams, bootstrap, probe, local: this.#local, received: this.#received })
  }

  /**
   * Other threads help where there is one walk only: it ends sooner, yet takes more work in all. Among several, one that
   * learns of zones at once spares the others the same.
   */
  readonly #aside: Aside = {
    idle: () => this.#walks === 1 && this.#hasThreads && monotonic() >= this.#asideFrom,
    overdue: () => {
      this.#asideFrom = monotonic() + RESOLVER_LIMITS.asideRest.value
    },
  }

  readonly #ask = async (
    question: Question,
    signal: Cancellation,
    instead?: ReadonlySet<string>,
  ): Promise<UpstreamAnswer> => {
    const { events } = this.#options
    if (!events.question) return await this.#asker!.ask(question, signal, instead)
    const start = monotonic()
    const answer = await this.#asker!.ask(question, signal, instead)
    events.asked(question, answer, monotonic() - start)
    return answer
  }

  #lookUp(question: Question, fixture: Extract<Settings['source'], { kind: 'fixture' }>['fixture']): UpstreamAnswer {
    this.#questions++
    const { events, recording } = this.#options
    const answer = fixture.answer(question)
    if (events.question) events.asked(question, answer, 0)
    if (answer.kind === 'message' && recording !== undefined) {
      this.#received(question, answer.upstream, encodeMessage(answer.message))
    }
    return answer
  }

  readonly #received = (question: Question, upstream: string, message: Uint8Array): void => {
    // What comes in after the end belongs to questions that were called off.
    if (this.#closed) return
    const { settings, recording, file } = this.#options
    const now = settings.now()
    recording?.write({ time: new Date(now * 1000), upstream, question, message })
    file?.keep(question, message, now)
  }
}
