import { QUEUE_LIMITS } from '../../limits.ts'
import { parseMailbox } from '../address.ts'
import { pauseAfter } from './retry.ts'
import type { CheckedQueue, QueueOutcome } from './settings.ts'
import type { QueueVia } from './via.ts'

/** What is known of each destination while the queue runs: how many deliveries are under way, and whether it rests. */
export class Destinations {
  readonly #queue: CheckedQueue
  readonly #hasRoom: (id: string) => void
  readonly #known = new Map<string, Known>()
  /** What waits for a delivery to end. */
  readonly #parked = new Map<string, string[]>()

  /** @param hasRoom told what was parked and need not wait any more */
  constructor(queue: CheckedQueue, hasRoom: (id: string) => void) {
    this.#queue = queue
    this.#hasRoom = hasRoom
  }

  /** Whether another delivery may begin now. */
  hasRoom(destination: string): boolean {
    return (this.#known.get(destination)?.active ?? 0) < this.#queue.tuning.destinationConcurrency
  }

  /** Puts a message by until a delivery there ends. */
  park(destination: string, id: string): void {
    if (this.hasRoom(destination)) {
      this.#hasRoom(id)
      return
    }
    const parked = this.#parked.get(destination)
    if (parked === undefined) this.#parked.set(destination, [id])
    else parked.push(id)
  }

  /** Until when nothing is tried there, in milliseconds since 1970; 0 where it does not rest. */
  restsUntil(destination: string): number {
    const { clock, tuning } = this.#queue
    const until = this.#known.get(destination)?.restsUntil ?? 0
    // No rest is longer than that, unless the clock was ahead when it began.
    return until > clock.now() + tuning.retryMost ? 0 : until
  }

  begin(destination: string): void {
    const known = this.#known.get(destination) ?? { active: 0, failures: 0, restsUntil: 0 }
    this.#known.delete(destination)
    this.#known.set(destination, { ...known, active: known.active + 1 })
    this.#forget()
  }

  /** A delivery is over. After some in a row that came to no answer about the mail, the destination rests. */
  end(destination: string, outcomes: readonly QueueOutcome[], stopped: boolean): void {
    const known = this.#known.get(destination)
    if (known === undefined) return
    const active = known.active - 1
    const { tuning, clock, random } = this.#queue
    if (stopped) this.#known.set(destination, { ...known, active })
    else if (outcomes.some(({ outcome, code }) => outcome !== 'deferred' || code !== null)) {
      this.#known.set(destination, { active, failures: 0, restsUntil: 0 })
    } else {
      const failures = known.failures + 1
      const beyond = failures - tuning.failuresToRest
      const restsUntil = beyond < 0 ? 0 : clock.now() + pauseAfter(beyond + 1, tuning, random)
      this.#known.set(destination, { active, failures, restsUntil })
    }
    this.#unpark(destination)
  }

  /** One for the room there is; all where nothing is under way that could make more. */
  #unpark(destination: string): void {
    const parked = this.#parked.get(destination)
    if (parked === undefined) return
    const { active, restsUntil } = this.#known.get(destination)!
    const freed = parked.splice(0, active === 0 || restsUntil > 0 ? parked.length : 1)
    if (parked.length === 0) this.#parked.delete(destination)
    for (const id of freed) this.#hasRoom(id)
  }

  #forget(): void {
    if (this.#known.size <= QUEUE_LIMITS.destinations.value) return
    for (const [name, { active }] of this.#known) {
      if (active > 0) continue
      this.#known.delete(name)
      return
    }
  }
}

/**
 * What mail is sorted by: where it is handed over, the domain in its canonical form, or the address literal. No domain
 * looks like the first.
 */
export function destinationOf(address: string, via: QueueVia | null): string {
  if (via !== null) return JSON.stringify(via)
  const { domain } = parseMailbox(address)
  return domain.kind === 'domain' ? domain.name.toCanonicalString() : `[${domain.address}]`
}

interface Known {
  readonly active: number
  /** In a row. */
  readonly failures: number
  readonly restsUntil: number
}
