import { RESOLVER_LIMITS } from '../../limits.ts'
import type { CallOff, Connection, ConnectionEvents, Settled } from './connection.ts'
import { aborted, type Asking, type Counters, type Outcome, type Transport } from './transport.ts'
import type { Cancellation } from '../cancellation.ts'

export interface PoolOptions {
  /** `TCP`, `TLS`, `HTTPS`: for people. */
  readonly label: string
  readonly connect: (events: ConnectionEvents) => Connection
  /** Questions at the same time on one connection. */
  readonly room: number
  /**
   * What becomes of the room when a connection ended with questions open: `one`, each with a connection of its own,
   * where the server may be one that answers once and hangs up; or `half` of it.
   */
  readonly afterLoss: 'one' | 'half'
  readonly counters: Counters
  /** Milliseconds, of whatever clock. */
  readonly now: () => number
}

/**
 * A transport over connections that are kept and shared (RFC 7766 section 6.2): one as a rule, with many questions
 * at the same time. A question whose connection ends under it is put once more, on another one. A server that has
 * ended a connection with questions open gets fewer at a time for a minute.
 */
export class Pool implements Transport {
  readonly #options: PoolOptions
  readonly #connections = new Set<Connection>()
  readonly #line = new Set<Waiting>()
  #room: number
  #cautiousUntil = Number.NEGATIVE_INFINITY

  constructor(options: PoolOptions) {
    this.#options = options
    this.#room = options.room
  }

  ask(asking: Asking, timeout: number, signal: Cancellation): Promise<Outcome> {
    if (signal.aborted) return Promise.resolve(aborted())
    return new Promise((resolve) => {
      let callOff: CallOff = () => undefined
      const finish = (outcome: Outcome): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        resolve(outcome)
        this.#next()
      }
      const onAbort = (): void => {
        callOff('aborted')
        finish(aborted())
      }
      const timer = setTimeout(() => {
        callOff('timeout')
        const detail = `did not answer over ${this.#options.label} within ${timeout} ms`
        finish({ kind: 'failure', cause: 'timeout', detail })
      }, timeout)
      signal.addEventListener('abort', onAbort, { once: true })

      const put = (again: boolean): void => {
        callOff = this.#put(asking, (settled) => {
          if (settled.kind === 'lost' && !again) return put(true)
          finish(settled.kind === 'lost' ? { kind: 'failure', cause: 'network', detail: settled.detail } : settled)
        })
      }
      put(false)
    })
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  /** Puts the question on a connection, or in line for one. */
  #put(asking: Asking, settled: (outcome: Settled) => void): CallOff {
    const connection = this.#connection()
    if (connection !== undefined) return connection.ask(asking, settled)
    const waiting: Waiting = { asking, settled, callOff: () => this.#line.delete(waiting) }
    this.#line.add(waiting)
    return (why) => waiting.callOff(why)
  }

  /** Lets those in line go on, first come, first served. */
  #next(): void {
    for (const waiting of this.#line) {
      const connection = this.#connection()
      if (connection === undefined) return
      this.#line.delete(waiting)
      waiting.callOff = connection.ask(waiting.asking, waiting.settled)
    }
  }

  #connection(): Connection | undefined {
    if (this.#options.now() >= this.#cautiousUntil) this.#room = this.#options.room
    const usable = [...this.#connections].filter((connection) => connection.usable)
    // One that has served may be about to end, where that is what the server does.
    const shared = this.#room === 1 ? undefined : usable.find(({ load }) => load < this.#room)
    if (shared !== undefined) return shared
    if (this.#connections.size < RESOLVER_LIMITS.connections.value) return this.#open()
    const idle = usable.find(({ load }) => load === 0)
    if (idle === undefined) return undefined
    this.#connections.delete(idle)
    idle.close()
    return this.#open()
  }

  #open(): Connection {
    const { connect, counters } = this.#options
    counters.connections++
    const connection: Connection = connect({
      sent: () => {
        counters.exchanges++
      },
      closed: (lost) => {
        if (lost) this.#beCautious()
        if (this.#connections.delete(connection)) this.#next()
      },
    })
    this.#connections.add(connection)
    return connection
  }

  #beCautious(): void {
    const { afterLoss, now } = this.#options
    this.#room = afterLoss === 'one' ? 1 : Math.max(1, this.#room >>> 1)
    this.#cautiousUntil = now() + RESOLVER_LIMITS.pipeliningRest.value
  }
}

interface Waiting {
  readonly asking: Asking
  readonly settled: (outcome: Settled) => void
  callOff: (why: 'timeout' | 'aborted') => void
}
