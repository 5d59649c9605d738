import type { Cancellation } from './cancellation.ts'
/** A bound on what is open at the same time; whoever comes when all slots are taken waits in line. */
export class Slots {
  #free: number
  readonly #line = new Set<() => void>()

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves when a slot is taken, to be given back by `release`; false when the signal was aborted first. */
  take(signal: Cancellation): Promise<boolean> | boolean {
    if (signal.aborted) return false
    if (this.#free > 0) {
      this.#free--
      return true
    }
    return new Promise((resolve) => {
      const onAbort = (): void => {
        this.#line.delete(turn)
        resolve(false)
      }
      const turn = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve(true)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#line.add(turn)
    })
  }

  release(): void {
    if (this.#line.size === 0) {
      this.#free++
      return
    }
    // A set keeps the order of insertion: first come, first served.
    for (const next of this.#line) {
      this.#line.delete(next)
      next()
      return
    }
  }
}
