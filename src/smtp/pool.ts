import { SMTP_LIMITS, within } from '../limits.ts'

/** How long and how many connections are kept. Times are milliseconds. */
export interface PoolOptions {
  /** Without a mail; default 5 s. */
  readonly idleTime?: number
  /** Since it was made: what was proven of the peer is to be proven again. Default 300 s. */
  readonly age?: number
  /** Mails on one connection; default 100. */
  readonly mailsPerConnection?: number
  /** Idle at a time; default 64. */
  readonly connections?: number
}

/** A connection that waits for another mail. */
export interface IdleConnection {
  /** As `performance.now()` has it. */
  readonly madeAt: number
  /** It has carried so many. */
  readonly mails: number
  /** Takes leave of the server. */
  close(): void
}

/**
 * Connections between two mails. One is given out only for the very key under which it came, so that a key has to hold
 * all that was proven and agreed on: host, TLSA base and records, reference identifiers, level, credentials. What is in
 * here keeps no process alive.
 */
export class ConnectionPool {
  readonly #idleTime: number
  readonly #age: number
  readonly #mails: number
  readonly #most: number
  /** The one that came last is at the end. */
  readonly #idle = new Map<IdleConnection, { readonly key: string; readonly timer: NodeJS.Timeout }>()
  #closed = false

  /** @throws {RangeError} that names the option. */
  constructor(options: PoolOptions = {}) {
    this.#idleTime = within('idleTime', SMTP_LIMITS.connectionIdle, options.idleTime)
    this.#age = within('age', SMTP_LIMITS.connectionAge, options.age)
    this.#mails = within('mailsPerConnection', SMTP_LIMITS.mailsPerConnection, options.mailsPerConnection)
    this.#most = within('connections', SMTP_LIMITS.idleConnections, options.connections)
  }

  /** Connections that wait. */
  get size(): number {
    return this.#idle.size
  }

  /** The one of this key that came last, which is no longer in here then; undefined where there is none. */
  take(key: string): IdleConnection | undefined {
    for (const [connection, entry] of [...this.#idle].reverse()) {
      if (entry.key !== key) continue
      this.remove(connection)
      if (this.#mayStay(connection)) return connection
      connection.close()
    }
    return undefined
  }

  /** False where it is not taken in: it is the giver's to close then. */
  put(key: string, connection: IdleConnection): boolean {
    if (this.#closed || !this.#mayStay(connection)) return false
    const [oldest] = this.#idle.keys()
    if (this.#idle.size >= this.#most && oldest !== undefined) this.#retire(oldest)
    const left = Math.min(this.#idleTime, connection.madeAt + this.#age - performance.now())
    const timer = setTimeout(() => this.#retire(connection), left)
    timer.unref()
    this.#idle.set(connection, { key, timer })
    return true
  }

  /** Forgets one that broke while it waited. */
  remove(connection: IdleConnection): void {
    clearTimeout(this.#idle.get(connection)?.timer)
    this.#idle.delete(connection)
  }

  /** Takes leave of all servers, and takes nothing in any more. */
  close(): void {
    this.#closed = true
    for (const connection of [...this.#idle.keys()]) this.#retire(connection)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #retire(connection: IdleConnection): void {
    this.remove(connection)
    connection.close()
  }

  #mayStay({ mails, madeAt }: IdleConnection): boolean {
    return mails < this.#mails && performance.now() - madeAt < this.#age
  }
}
