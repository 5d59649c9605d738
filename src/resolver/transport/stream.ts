import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import { RESOLVER_LIMITS } from '../../limits.ts'
import { type Query, readResponse, writeQuery } from '../query-message.ts'
import type { CallOff, Connection, ConnectionEvents, Settled } from './connection.ts'
import { frame, FrameReader } from './frames.ts'
import { type Asking, malformed, type Outcome, socketFailure } from './transport.ts'

/** How a connection comes about. Exactly one of the two is called, and `ready` only when the server may be asked. */
type OpenSocket = (ready: () => void, failed: (outcome: Extract<Outcome, { kind: 'failure' }>) => void) => Socket

export interface StreamOptions {
  /** `TCP` or `TLS`: for people. */
  readonly label: string
  readonly open: OpenSocket
  readonly padded: boolean
}

/**
 * DNS over a stream (RFC 7766; over TLS RFC 7858). Questions go out as they come, each with an ID of its own, and
 * answers are taken in any order. While nothing is open the socket keeps no process alive, and it is closed after
 * some seconds.
 */
export class StreamConnection implements Connection {
  readonly #options: StreamOptions
  readonly #events: ConnectionEvents
  readonly #socket: Socket
  readonly #frames = new FrameReader()
  readonly #open = new Map<number, Open>()
  readonly #unsent = new Set<Open>()
  #writing = false
  /** IDs of questions nobody waits for any more, whose answers may still come. */
  readonly #abandoned = new Set<number>()
  #ready = false
  #usable = true
  #ended = false
  #asked = 0
  #received = 0
  #strays = 0
  #idle: NodeJS.Timeout | undefined

  constructor(options: StreamOptions, events: ConnectionEvents) {
    this.#options = options
    this.#events = events
    this.#socket = options.open(
      () => this.#onReady(),
      (outcome) => this.#end(outcome),
    )
    // Stay in place to the end: an error without a handler ends the process.
    this.#socket.on('error', (error) => this.#fail(socketFailure(error)))
    this.#socket.on('end', () => this.#onEnd())
    this.#socket.on('close', () => this.#onEnd())
    this.#socket.on('data', (chunk: Uint8Array) => this.#onData(chunk))
  }

  get load(): number {
    return this.#open.size
  }

  get usable(): boolean {
    return this.#usable && this.#open.size + this.#abandoned.size < MOST_IDS
  }

  ask(asking: Asking, settled: (outcome: Settled) => void): CallOff {
    const id = this.#freeId()
    const { checkingDisabled, question } = asking
    const query = writeQuery(question, { id, checkingDisabled, padded: this.#options.padded })
    const open: Open = { query, settled, sent: false, received: this.#received }
    this.#open.set(id, open)
    this.#unsent.add(open)
    this.#asked++
    clearTimeout(this.#idle)
    this.#socket.ref()
    this.#sendNext()
    return (why) => this.#callOff(id, open, why)
  }

  close(): void {
    this.#end({ kind: 'failure', cause: 'aborted', detail: 'was not waited for' })
  }

  #freeId(): number {
    for (;;) {
      const id = randomInt(0x10000)
      if (!this.#open.has(id) && !this.#abandoned.has(id)) return id
    }
  }

  #onReady(): void {
    if (this.#ended) return
    this.#ready = true
    this.#sendNext()
  }

  /**
   * One query after the other, each in a TLS record of its own: of several in one record, dnsdist 1.7 answers the first
   * and leaves the others lying until more comes.
   */
  #sendNext(): void {
    const [open] = this.#unsent
    if (!this.#ready || this.#writing || open === undefined) return
    this.#unsent.delete(open)
    this.#writing = true
    open.sent = true
    open.received = this.#received
    this.#events.sent()
    // Length and message in one segment (RFC 7766 section 8).
    this.#socket.write(frame(open.query.octets), () => {
      this.#writing = false
      this.#sendNext()
    })
  }

  #onData(chunk: Uint8Array): void {
    if (this.#ended) return
    this.#received++
    for (const octets of this.#frames.push(chunk)) {
      this.#onMessage(octets)
      if (this.#ended) return
    }
  }

  #onMessage(octets: Uint8Array): void {
    const id = octets.length < 2 ? -1 : (octets[0]! << 8) | octets[1]!
    if (this.#abandoned.delete(id)) return
    const open = this.#open.get(id)
    const response = open && readResponse(octets, open.query)
    const { label } = this.#options
    if (response === undefined || (response.kind === 'ignored' && !response.malformed)) this.#onStray(octets)
    else if (response.kind === 'message') this.#settle(id, response)
    else if (response.kind === 'truncated') this.#settle(id, malformed(`sent a truncated message over ${label}`))
    else this.#settle(id, malformed(`sent over ${label} what cannot be read; ${response.why}`))
  }

  /** What answers nothing may belong to a proxy that mixes up its clients; the answers may still come. */
  #onStray(octets: Uint8Array): void {
    const { label } = this.#options
    this.#strays++
    if (octets.length < HEADER_OCTETS) {
      this.#end(malformed(`sent over ${label} what cannot be read`))
    } else if (this.#strays >= RESOLVER_LIMITS.strayMessages.value) {
      this.#end(malformed(`sent ${this.#strays} messages over ${label} that are not the answer`))
    }
  }

  #settle(id: number, outcome: Settled): void {
    const open = this.#open.get(id)
    this.#open.delete(id)
    this.#rest()
    open?.settled(outcome)
  }

  #callOff(id: number, open: Open, why: 'timeout' | 'aborted'): void {
    if (this.#open.get(id) !== open) return
    this.#open.delete(id)
    this.#unsent.delete(open)
    if (open.sent) this.#abandoned.add(id)
    // Not one octet since the question went out: the path may have forgotten this connection.
    if (why === 'timeout' && open.received === this.#received) this.#usable = false
    this.#rest()
  }

  /** Lets the process end, and the connection, when nothing waits for an answer. */
  #rest(): void {
    if (this.#open.size > 0 || this.#ended) return
    if (!this.#usable) {
      this.close()
      return
    }
    this.#socket.unref()
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.close(), RESOLVER_LIMITS.connectionIdle.value)
    this.#idle.unref()
  }

  #onEnd(): void {
    const { label } = this.#options
    const where = this.#frames.atBoundary ? 'before it answered' : 'in the middle of a message'
    const detail = `closed the ${label} connection ${where}`
    this.#fail({ kind: 'failure', cause: this.#frames.atBoundary ? 'network' : 'malformed', detail })
  }

  #fail(failure: Extract<Outcome, { kind: 'failure' }>): void {
    const served = this.#ready && this.#asked > 1
    this.#end(served ? { kind: 'lost', detail: failure.detail } : failure)
  }

  #end(outcome: Settled): void {
    if (this.#ended) return
    this.#ended = true
    this.#usable = false
    clearTimeout(this.#idle)
    if (this.#ready) this.#socket.destroySoon()
    else this.#socket.destroy()
    const open = [...this.#open.values()]
    this.#open.clear()
    this.#unsent.clear()
    this.#events.closed(outcome.kind === 'lost' && open.length > 0)
    for (const { settled } of open) settled(outcome)
  }
}

interface Open {
  readonly query: Query
  readonly settled: (outcome: Settled) => void
  sent: boolean
  /** Segments received when it went out. */
  received: number
}

/** Of questions open and given up, so that a free one is found at once. */
const MOST_IDS = 4096
const HEADER_OCTETS = 12
