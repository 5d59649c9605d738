/** Threads that look at domains, each with a resolver of its own: the near end. The far end is `thread.ts`. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { DanelawError, type ErrorCode } from '../../errors.ts'
import type { Io } from '../io.ts'
import type { Checked, Checker, ScanInput } from './checker.ts'

/** Runs `work` with threads, which are gone afterwards. */
export async function withThreads<T>(
  count: number,
  input: ScanInput,
  io: Io,
  work: (checker: Checker) => Promise<T>,
): Promise<T> {
  const pool = new ThreadPool(count, input, io)
  try {
    return await work(pool)
  } finally {
    await pool.close()
  }
}

export class ThreadPool implements Checker {
  readonly #threads: Thread[]
  readonly #homes = new Map<string, Thread>()

  constructor(count: number, input: ScanInput, io: Io) {
    const data = portable(input)
    this.#threads = Array.from({ length: count }, (_, index) => new Thread(data, index === 0 ? io : undefined))
    const abort = (): void => {
      for (const thread of this.#threads) thread.abort()
    }
    if (io.signal.aborted) abort()
    else io.signal.addEventListener('abort', abort, { once: true })
  }

  check(domain: string): Promise<Checked> {
    return this.#threadFor(domain).check(domain)
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  /**
   * Domains of one parent go to one thread, which knows the keys of the zones above them, unless that has more to do
   * than another: most domains of a list may have one parent.
   */
  #threadFor(domain: string): Thread {
    const parent = domain.slice(domain.indexOf('.') + 1).toLowerCase()
    const idle = this.#threads.reduce((least, thread) => (thread.load < least.load ? thread : least))
    const home = this.#homes.get(parent)
    if (home !== undefined && home.load <= idle.load + SLACK) return home
    if (this.#homes.size >= HOMES) this.#homes.clear()
    if (home === undefined) this.#homes.set(parent, idle)
    return idle
  }
}

class Thread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve: (checked: Checked) => void; reject: (error: unknown) => void }>()
  readonly #gone: Promise<unknown>
  #next = 0
  #failure: unknown

  constructor(data: ThreadData, io: Io | undefined) {
    this.#worker = new Worker(new URL('thread.js', import.meta.url), { workerData: data })
    this.#gone = once(this.#worker, 'exit')
    this.#worker.on('message', (message: FromThread) => {
      if ('warning' in message) io?.stderr.write(message.warning)
      else if ('failure' in message) this.#fail(asError(message.failure))
      else for (const [id, document, outcome] of message.done) this.#settle(id, { document, outcome })
    })
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new DanelawError('internal', 'a thread ended before its work')))
  }

  get load(): number {
    return this.#waiting.size
  }

  check(domain: string): Promise<Checked> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure)
        return
      }
      const id = this.#next++
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage([id, domain] satisfies ToThread)
    })
  }

  abort(): void {
    this.#worker.postMessage('abort' satisfies ToThread)
  }

  async close(): Promise<void> {
    this.#worker.postMessage('close' satisfies ToThread)
    await this.#gone
  }

  #settle(id: number, checked: Checked): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.resolve(checked)
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
  }
}

export type ToThread = readonly [id: number, domain: string] | 'abort' | 'close'

export type FromThread =
  | { readonly done: readonly [id: number, document: string | null, outcome: string][] }
  | { readonly warning: string }
  | { readonly failure: Failed }

interface Failed {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string | undefined
}

function asError({ code, message, hint }: Failed): DanelawError {
  return new DanelawError(code, message, hint === undefined ? {} : { hint })
}

/** What goes to a thread: names go as text. */
export type ThreadData = ReturnType<typeof portable>

function portable({ servers, options }: ScanInput) {
  const negative = options['negative-anchor'].map(({ zone, until }) => ({ zone: zone.toString(), until }))
  return { servers, options: { ...options, 'negative-anchor': negative } }
}

/** How much more than the idlest thread one may have to do before its domains go elsewhere. */
const SLACK = 8
/** Parents that are remembered. */
const HOMES = 65_536
