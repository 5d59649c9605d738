import type { UpstreamAnswer } from '../dnssec/walk.ts'
import { encodeMessage } from '../wire/message.ts'
import type { Name } from '../wire/name.ts'
import type { Question } from '../wire/record.ts'
import { Asker } from './asker.ts'
import { type CreateWalk, drive, driveSynchronously } from './driver.ts'
import type { RecordingWriter } from './fixture/recording.ts'
import { bootstrapFor, type Settings } from './settings.ts'
import type { UpstreamStats } from './upstream.ts'
import type { UpstreamSpec } from './upstream-spec.ts'

export interface SourceOptions {
  readonly settings: Pick<Settings, 'source' | 'timeout' | 'now'>
  /** A zone whose keys are signed, as the trust anchors say. */
  readonly probe: Name | undefined
  readonly recording: RecordingWriter | undefined
}

/** Where a resolver's answers come from: upstreams, or a fixture. */
export class Source {
  readonly #options: SourceOptions
  #upstreams: readonly UpstreamSpec[] = []
  #asker: Asker | undefined
  #closed = false
  /** Of fixtures, and of upstreams that were replaced. */
  #questions = 0
  #exchanges = 0

  constructor(options: SourceOptions) {
    this.#options = options
    const { source } = options.settings
    if (source.kind === 'network') this.#ask(source.upstreams)
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

  /** Asks others from now on. Calls off what is under way. @throws {TypeError} where a fixture answers. */
  replace(upstreams: readonly UpstreamSpec[]): void {
    if (this.#asker === undefined) throw new TypeError('servers: a fixture has none')
    const { questions, exchanges } = this.#asker
    this.#questions += questions
    this.#exchanges += exchanges
    this.#asker.close()
    this.#ask(upstreams)
  }

  /** Drives a walk to its end. Rejects only with the signal's reason. */
  async drive<T>(create: CreateWalk<T>, signal: AbortSignal): Promise<T> {
    const { settings, recording } = this.#options
    const { source, timeout } = settings
    signal.throwIfAborted()
    if (source.kind === 'fixture') return driveSynchronously(create, (asked) => this.#lookUp(asked, source.fixture))
    return await drive(create, { ask: this.#asker!.ask, timeout, signal, waitForAll: recording !== undefined })
  }

  close(): void {
    this.#closed = true
    this.#asker?.close()
  }

  #ask(upstreams: readonly UpstreamSpec[]): void {
    const { settings, probe, recording } = this.#options
    const { source } = settings
    if (source.kind !== 'network') return
    const bootstrap = upstreams === source.upstreams ? source.bootstrap : bootstrapFor(upstreams)
    this.#upstreams = upstreams
    this.#asker = new Asker({ ...source, upstreams, bootstrap, probe, ...(recording && { received: this.#record }) })
  }

  #lookUp(question: Question, fixture: Extract<Settings['source'], { kind: 'fixture' }>['fixture']): UpstreamAnswer {
    this.#questions++
    const answer = fixture.answer(question)
    if (answer.kind === 'message' && this.#options.recording !== undefined) {
      this.#record(question, answer.upstream, encodeMessage(answer.message))
    }
    return answer
  }

  readonly #record = (question: Question, upstream: string, message: Uint8Array): void => {
    // What comes in after the end belongs to questions that were called off.
    if (this.#closed) return
    const { settings, recording } = this.#options
    recording?.write({ time: new Date(settings.now() * 1000), upstream, question, message })
  }
}
