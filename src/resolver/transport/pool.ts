import { RESOLVER_LIMITS } from '../../limits.ts'
import type { CallOff, Connection, ConnectionEvents, Settled } from './connection.ts'
import { aborted, type Asking, type Counters, type Outcome, type Transport } from './transport.ts'

export interface PoolOptions {
  /** `TCP`, `TLS`, `HTTPS`: for people. */
  readonly label: string
  readonly connect: (events: ConnectionEvents) => Connection
  /** Whether the server may be one that answers one question and hangs up on the others. */
  readonly mayHangUp: boolean
  readonly counters: Counters
  /** Milliseconds, of whatever clock. */
  readonly now: () => number
}

/**
 * A transport over connections that are kept and shared (RFC 7766 section 6.2): one as a rule, with many questions
 * at the same time. A question whose connection ends under it is put once more, on a fresh one. From a server that
 * has hung up on open questions, some time is asked for one answer at a time, over a few connections.
 */
export class Pool implements Transport {
  readonly #options: PoolOptions
  readonly #connections = new Set<Connection>()
  readonly #line = new Set<Waiting>()
  #oneByOneUntil = Number.NEGATIVE_INFINITY

  constructor(options: PoolOptions) {
    this.#options = options
  }

  ask(asking: Asking, timeout: number, signal: AbortSignal): Promise<Outcome> {
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
        // One that has just ended is no longer among the connections; others of such a server may be about to end.
        callOff = this.#put(asking, again && this.#options.mayHangUp, (settled) => {
          if (settled.kind === 'lost' && this.#options.mayHangUp) {
            this.#oneByOneUntil = this.#options.now() + RESOLVER_LIMITS.pipeliningRest.value
          }
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
  #put(asking: Asking, fresh: boolean, settled: (outcome: Settled) => void): CallOff {
    const connection = this.#connection(fresh)
    if (connection !== undefined) return connection.ask(asking, settled)
    const waiting: Waiting = { asking, fresh, settled, callOff: () => this.#line.delete(waiting) }
    this.#line.add(waiting)
    return (why) => waiting.callOff(why)
  }

  /** Lets those in line go on, first come, first served. */
  #next(): void {
    for (const waiting of this.#line) {
      const connection = this.#connection(waiting.fresh)
      if (connection === undefined) return
      this.#line.delete(waiting)
      waiting.callOff = connection.ask(waiting.asking, waiting.settled)
    }
  }

  #connection(fresh: boolean): Connection | undefined {
    const unused = fresh || this.#options.now() < this.#oneByOneUntil
    const usable = [...this.#connections].filter((connection) => connection.usable)
    const shared = unused ? undefined : usable.find(({ load }) => load < RESOLVER_LIMITS.openPerConnection.value)
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
      closed: () => {
        if (this.#connections.delete(connection)) this.#next()
      },
    })
    this.#connections.add(connection)
    return connection
  }
}

interface Waiting {
  readonly asking: Asking
  readonly fresh: boolean
  readonly settled: (outcome: Settled) => void
  callOff: (why: 'timeout' | 'aborted') => void
}
