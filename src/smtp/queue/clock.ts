/** The one place the queue has its time from. Tests bring one whose days are short. */
export interface QueueClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Fulfilled after `ms` milliseconds, or at once when `signal` is raised. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

export const SYSTEM_CLOCK: QueueClock = {
  now: () => Date.now(),
  async wait(ms, signal) {
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, Math.min(ms, LONGEST))
      signal.addEventListener('abort', end, { once: true })
    })
  },
}

/** What a timer can hold; who waits longer looks at the clock and waits again. */
const LONGEST = 2 ** 31 - 1
