import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { createRequire } from 'node:module'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { RESOLVER_LIMITS } from '../../limits.ts'
import { type Query, writeQuery } from '../query-message.ts'
import type { CallOff, Connection, ConnectionEvents, Settled } from './connection.ts'
import { judgeReply, MEDIA_TYPE, readReply } from './https-reply.ts'
import { Pool } from './pool.ts'
import { type ServerAuthentication, TlsOpener } from './tls-socket.ts'
import {
  type Asking,
  type Counters,
  type LocalAddresses,
  type Outcome,
  socketFailure,
  type Transport,
} from './transport.ts'

export interface HttpsTarget {
  /** `dns.example` or `dns.example:8443`: what the request is addressed to. */
  readonly authority: string
  readonly path: string
  readonly port: number
  readonly authentication: ServerAuthentication
  /** Never empty, or the reason why there are none. */
  readonly addresses: () => Promise<readonly string[] | Failure>
  readonly local?: LocalAddresses | undefined
  readonly counters: Counters
  /** Milliseconds, of whatever clock. */
  readonly now: () => number
}

type Failure = Extract<Outcome, { kind: 'failure' }>

/**
 * DNS over HTTPS (RFC 8484) by POST over HTTP/2, with ID 0 and queries padded. What it shows to the path: the address
 * and the name of the server, and how much is asked when; to the server, besides the questions, the path of its URL.
 */
export function httpsTransport(to: HttpsTarget): Transport {
  // By address, since each keeps a session of its own server to resume.
  const openers = new Map<string, TlsOpener>()
  const openerFor = (address: string): TlsOpener => {
    const { port, local, authentication } = to
    const known = openers.get(address)
    if (known !== undefined) return known
    const opener = new TlsOpener({ address, port, local, authentication, protocol: { name: 'h2', required: true } })
    if (openers.size >= RESOLVER_LIMITS.upstreamAddresses.max) openers.clear()
    openers.set(address, opener)
    return opener
  }
  // The address that a connection was opened to last is tried first; one that fails makes room for the next.
  const turn = { first: 0 }
  return new Pool({
    label: 'HTTPS',
    connect: (events) => new HttpsConnection(to, openerFor, turn, events),
    room: RESOLVER_LIMITS.streamsPerConnection.value,
    afterLoss: 'half',
    counters: to.counters,
    now: to.now,
  })
}

class HttpsConnection implements Connection {
  readonly #target: HttpsTarget
  readonly #events: ConnectionEvents
  readonly #openerFor: (address: string) => TlsOpener
  readonly #turn: { first: number }
  readonly #open = new Set<Open>()
  /** Those whose request is still to be written. */
  readonly #unsent = new Set<Open>()
  #writing = false
  #socket: TLSSocket | undefined
  #session: ClientHttp2Session | undefined
  #usable = true
  #ended = false
  #asked = 0
  #received = 0
  #idle: NodeJS.Timeout | undefined

  constructor(
    target: HttpsTarget,
    openerFor: (address: string) => TlsOpener,
    turn: { first: number },
    events: ConnectionEvents,
  ) {
    this.#target = target
    this.#openerFor = openerFor
    this.#turn = turn
    this.#events = events
    void this.#connect()
  }

  get load(): number {
    return this.#open.size
  }

  /** After a GOAWAY the session is closed: what is open is still answered. */
  get usable(): boolean {
    return this.#usable && this.#session?.closed !== true && this.#session?.destroyed !== true
  }

  ask(asking: Asking, settled: (outcome: Settled) => void): CallOff {
    // RFC 8484 section 4.1: an ID of 0, so that equal questions are equal requests.
    const { checkingDisabled, question } = asking
    const query = writeQuery(question, { id: 0, checkingDisabled, padded: true })
    const open: Open = { query, settled, stream: undefined, received: this.#received }
    this.#open.add(open)
    this.#unsent.add(open)
    this.#asked++
    clearTimeout(this.#idle)
    this.#session?.ref()
    if (this.#session === undefined) this.#socket?.ref()
    this.#sendNext()
    return (why) => this.#callOff(open, why)
  }

  close(): void {
    this.#end({ kind: 'failure', cause: 'aborted', detail: 'was not waited for' })
  }

  /** One address after the other, until one leads to the server. */
  async #connect(): Promise<void> {
    const addresses = await this.#target.addresses()
    if (!Array.isArray(addresses)) return this.#end(addresses as Failure)
    let failure: Failure | undefined
    for (let tried = 0; tried < addresses.length && !this.#ended; tried++) {
      const outcome = await this.#tryAddress(addresses[this.#turn.first % addresses.length]!)
      if (outcome === 'open') return
      failure ??= outcome
      this.#turn.first++
    }
    this.#end(failure ?? { kind: 'failure', cause: 'network', detail: 'has no address' })
  }

  #tryAddress(address: string): Promise<'open' | Failure> {
    return new Promise((resolve) => {
      const socket = this.#openerFor(address).open(
        () => {
          if (!this.#ended) this.#onReady(socket)
          resolve('open')
        },
        (failure) => {
          socket.destroy()
          resolve(failure)
        },
      )
      socket.once('close', () => resolve({ kind: 'failure', cause: 'network', detail: 'closed the TLS connection' }))
      this.#socket = socket
      if (this.#open.size === 0) socket.unref()
    })
  }

  #onReady(socket: TLSSocket): void {
    const { authority } = this.#target
    const session = http2().connect(`https://${authority}`, {
      createConnection: () => socket as Duplex,
      settings: { enablePush: false, maxHeaderListSize: MAX_HEADER_OCTETS },
    })
    session.on('error', (error) => this.#fail(socketFailure(error)))
    session.on('close', () => {
      this.#fail({ kind: 'failure', cause: 'network', detail: 'closed the HTTPS connection before it answered' })
    })
    this.#session = session
    this.#sendNext()
    this.#rest()
  }

  /**
   * One request after the other, header and body: written all at once, the headers would go first, and a server may
   * refuse a request that begins before the last one is complete (Knot Resolver 5 does).
   */
  #sendNext(): void {
    const [open] = this.#unsent
    const session = this.#session
    if (this.#writing || open === undefined || session === undefined) return
    this.#unsent.delete(open)
    this.#writing = true
    const written = (): void => {
      this.#writing = false
      this.#sendNext()
    }
    try {
      this.#send(open, session, once(written))
    } catch (error) {
      // A session that is about to end takes no more requests; its caller is not to be told before `ask` returns.
      setImmediate(() => {
        this.#lose(open, socketFailure(error as Error))
        written()
      })
    }
  }

  #send(open: Open, session: ClientHttp2Session, written: () => void): void {
    const { octets } = open.query
    open.received = this.#received
    const stream = session.request({
      [http2().constants.HTTP2_HEADER_METHOD]: 'POST',
      [http2().constants.HTTP2_HEADER_PATH]: this.#target.path,
      [http2().constants.HTTP2_HEADER_CONTENT_TYPE]: MEDIA_TYPE,
      [http2().constants.HTTP2_HEADER_ACCEPT]: MEDIA_TYPE,
      [http2().constants.HTTP2_HEADER_CONTENT_LENGTH]: octets.length,
    })
    open.stream = stream
    this.#events.sent()
    readReply(stream, (reply) => {
      this.#received++
      this.#settle(open, 'detail' in reply ? reply : judgeReply(reply, open.query))
    })
    stream.on('error', (error) => setImmediate(() => this.#lose(open, socketFailure(error))))
    stream.on('finish', written)
    stream.on('close', () => {
      written()
      // Requests end just before the session they are on, which is what has to be known.
      setImmediate(() =>
        this.#lose(open, { kind: 'failure', cause: 'network', detail: 'ended the HTTPS request without an answer' }),
      )
    })
    stream.end(octets)
  }

  #settle(open: Open, outcome: Settled): void {
    if (!this.#open.delete(open)) return
    this.#unsent.delete(open)
    open.stream?.close(http2().constants.NGHTTP2_CANCEL)
    this.#rest()
    open.settled(outcome)
  }

  #callOff(open: Open, why: 'timeout' | 'aborted'): void {
    if (!this.#open.delete(open)) return
    this.#unsent.delete(open)
    open.stream?.close(http2().constants.NGHTTP2_CANCEL)
    // Not one answer since the question went out: the path may have forgotten this connection.
    if (why === 'timeout' && open.received === this.#received) {
      this.#usable = false
      if (this.#session === undefined) this.#turn.first++
    }
    this.#rest()
  }

  /** Lets the process end, and the connection, when nothing waits for an answer. */
  #rest(): void {
    if (this.#open.size > 0 || this.#ended) return
    if (!this.#usable) {
      this.close()
      return
    }
    this.#session?.unref()
    this.#socket?.unref()
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.close(), RESOLVER_LIMITS.connectionIdle.value)
    this.#idle.unref()
  }

  /** One request ended; where that is because the session did, so did the others. */
  #lose(open: Open, failure: Failure): void {
    if (!this.#open.has(open)) return
    const socket = this.#socket
    const over = this.#session?.destroyed === true || socket?.destroyed === true || socket?.readableEnded === true
    if (over) this.#fail(failure)
    else this.#settle(open, this.#asked > 1 ? { kind: 'lost', detail: failure.detail } : failure)
  }

  #fail(failure: Failure): void {
    this.#end(this.#asked > 1 ? { kind: 'lost', detail: failure.detail } : failure)
  }

  #end(outcome: Settled): void {
    if (this.#ended) return
    this.#ended = true
    this.#usable = false
    clearTimeout(this.#idle)
    const open = [...this.#open]
    this.#open.clear()
    this.#unsent.clear()
    this.#session?.destroy()
    this.#socket?.destroy()
    this.#events.closed(outcome.kind === 'lost' && open.length > 0)
    for (const { settled } of open) settled(outcome)
  }
}

interface Open {
  readonly query: Query
  readonly settled: (outcome: Settled) => void
  stream: ClientHttp2Stream | undefined
  /** Answers received when it went out. */
  received: number
}

function once(call: () => void): () => void {
  let called = false
  return () => {
    if (called) return
    called = true
    call()
  }
}

const MAX_HEADER_OCTETS = 16_384

/** Loaded with the first connection: it takes a tenth of the start of a program that needs none (measured: 8 ms). */
function http2(): typeof import('node:http2') {
  return createRequire(import.meta.url)('node:http2') as typeof import('node:http2')
}
