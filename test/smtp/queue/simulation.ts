import { setImmediate as turn } from 'node:timers/promises'
import type { QueueClock } from '../../../src/smtp/queue/clock.ts'
import type { QueueEvent } from '../../../src/smtp/queue/events.ts'
import { Queue } from '../../../src/smtp/queue/queue.ts'
import type { QueueOptions, QueueOutcome } from '../../../src/smtp/queue/settings.ts'
import type { QueueStore } from '../../../src/smtp/queue/store.ts'
import { MemoryStore } from './memory-store.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const START = Date.UTC(2026, 10, 22, 13)

/** Time that passes only when it is told to. */
class FakeClock implements QueueClock {
  #now = START
  readonly #waiting = new Set<{ at: number; end: () => void }>()

  now(): number {
    return this.#now
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ms <= 0) return
    await new Promise<void>((resolve) => {
      const timer = {
        at: this.#now + ms,
        end: () => {
          this.#waiting.delete(timer)
          signal.removeEventListener('abort', timer.end)
          resolve()
        },
      }
      this.#waiting.add(timer)
      signal.addEventListener('abort', timer.end, { once: true })
    })
  }

  /** Shows an earlier time; what waits does so for as long as before. */
  setBack(ms: number): void {
    this.#now -= ms
    for (const timer of this.#waiting) timer.at -= ms
  }

  /** Lets time pass, and everything happen that is due within it. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (;;) {
      const next = [...this.#waiting].toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > end) break
      this.#now = Math.max(this.#now, next.at)
      next.end()
      await settled()
    }
    this.#now = end
  }
}

/** Until nothing is left to do but wait; what is asked of the disk takes its own time. */
export async function settled(): Promise<void> {
  for (let quiet = 0; quiet < QUIET; quiet++) {
    await turn()
    if (process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq') || name === 'CloseReq')) quiet = 0
  }
}

/** Turns of the event loop in which nothing is under way. */
const QUIET = 12

export interface Delivery {
  readonly at: number
  readonly from: string | null
  readonly to: readonly string[]
  readonly message: string
}

type Answer = QueueOutcome | Promise<QueueOutcome>

/** A queue whose hosts answer as the test has it. */
export class Simulation {
  readonly clock = new FakeClock()
  readonly events: QueueEvent[] = []
  readonly deliveries: Delivery[] = []
  readonly store: QueueStore
  readonly queue: Queue
  /** What becomes of a recipient. */
  answer: (address: string, signal: AbortSignal) => Answer = () => delivered()
  /** Whether each recipient's outcome is told as soon as there is one. */
  early = false
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: Partial<QueueOptions> = {}) {
    this.store = options.store ?? new MemoryStore()
    this.queue = new Queue({
      store: this.store,
      deliver: async (message, { signal, onOutcome }) => {
        const { from, content } = message
        const { octets } = content
        const addresses = message.to
        this.deliveries.push({
          at: this.clock.now() - START,
          from,
          to: addresses,
          message: octets === null ? '' : Buffer.from(octets).toString(),
        })
        return await Promise.all(
          addresses.map(async (address, place) => {
            const outcome = await this.answer(address, signal)
            if (this.early) onOutcome(place, outcome)
            return outcome
          }),
        )
      },
      clock: this.clock,
      random: () => 0,
      hostname: 'mail.sender.test',
      onEvent: (event) => this.events.push(event),
      ...options,
    })
  }

  start(): void {
    this.#running = this.queue.run({ signal: this.#stop.signal })
    this.#running.catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  of<K extends QueueEvent['kind']>(kind: K): Extract<QueueEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<QueueEvent, { kind: K }> => event.kind === kind)
  }

  /** Deliveries of notifications. */
  get reports(): Delivery[] {
    return this.deliveries.filter(({ from }) => from === null)
  }
}

export const MESSAGE = 'From: a@sender.test\nMessage-ID: <1@sender.test>\nSubject: x\n\nbody\n'

export function delivered(more: Partial<QueueOutcome> = {}): QueueOutcome {
  return { ...BASE, outcome: 'delivered', code: 250, enhanced: '2.0.0', text: 'OK', ...more }
}

export function rejected(more: Partial<QueueOutcome> = {}): QueueOutcome {
  return { ...BASE, outcome: 'rejected', code: 550, enhanced: '5.1.1', text: 'no such user', ...more }
}

/** Greylisting and the like: the host answers. */
export function later(more: Partial<QueueOutcome> = {}): QueueOutcome {
  return { ...BASE, outcome: 'deferred', code: 451, enhanced: '4.7.1', text: 'come back later', ...more }
}

export function unreachable(more: Partial<QueueOutcome> = {}): QueueOutcome {
  const nothing = { outcome: 'deferred', verdict: 'unreachable', code: null, enhanced: '4.4.1' } as const
  return { ...BASE, ...nothing, text: 'connection refused', ...more }
}

const BASE = { host: 'mx.example.test.', level: 'may', verdict: 'encrypted' } as const
