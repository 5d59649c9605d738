import { setMaxListeners } from 'node:events'
import { type Cancellation, Canceller } from './cancellation.ts'

/**
 * Work that is done once for all who want it at the same time: whoever asks for a key that is under way gets the
 * same promise. The work is called off when the last of them has gone.
 */
export class InFlight<T> {
  readonly #jobs = new Map<string, Job<T>>()

  /** Keys under way. */
  get size(): number {
    return this.#jobs.size
  }

  /** Joins the work for `key`, or starts it. Rejects with the signal's reason when the caller leaves. */
  run(key: string, signal: Cancellation | undefined, work: (signal: Cancellation) => Promise<T>): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    const job = this.#jobs.get(key) ?? this.#start(key, work)
    const { promise } = job.work!
    job.callers++
    if (signal === undefined) return promise
    // One signal for many questions is no leak; from ten listeners on, Node would warn of one.
    if (signal instanceof AbortSignal) setMaxListeners(0, signal)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason)
        job.callers--
        if (job.callers > 0) return
        if (this.#jobs.get(key) === job) this.#jobs.delete(key)
        job.work?.canceller.abort(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      promise.then(
        (value) => {
          signal.removeEventListener('abort', leave)
          resolve(value)
        },
        (error: unknown) => {
          signal.removeEventListener('abort', leave)
          reject(error)
        },
      )
    })
  }

  /** Calls all work off, for all who wait for it. */
  abort(reason: unknown): void {
    const jobs = [...this.#jobs.values()]
    // Whoever asks from now on is to get work of his own, not what is being called off.
    this.#jobs.clear()
    for (const { work } of jobs) work?.canceller.abort(reason)
  }

  #start(key: string, work: (signal: Cancellation) => Promise<T>): Job<T> {
    const canceller = new Canceller()
    const promise = work(canceller)
    const job: Job<T> = { work: { promise, canceller }, callers: 0 }
    const end = (): void => {
      if (this.#jobs.get(key) === job) this.#jobs.delete(key)
      // A table that a Map has grown out of keeps what was in it, and the table after it, until old garbage is
      // collected: the jobs in there are to hold nothing.
      job.work = undefined
    }
    // Before anybody is told, so that whoever asks then gets work of his own.
    promise.then(end, end)
    this.#jobs.set(key, job)
    return job
  }
}

interface Job<T> {
  work: { readonly promise: Promise<T>; readonly canceller: Canceller } | undefined
  callers: number
}
