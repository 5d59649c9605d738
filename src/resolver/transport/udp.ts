import { createSocket, type Socket, type SocketOptions } from 'node:dgram'
import { RESOLVER_LIMITS } from '../../limits.ts'
import type { EdnsOption } from '../../wire/edns.ts'
import { OTHER_CASE, type Query, readResponse, type Response, writeQuery } from '../query-message.ts'
import type { Cookies } from './cookies.ts'
import {
  aborted,
  type Asking,
  type Counters,
  type LocalAddresses,
  type Outcome,
  socketFailure,
  type Transport,
} from './transport.ts'
import type { Cancellation } from '../cancellation.ts'

export interface UdpOptions {
  readonly address: string
  readonly family: 4 | 6
  readonly port: number
  readonly counters: Counters
  readonly local?: LocalAddresses | undefined
  readonly cookies?: Cookies | undefined
  /** Whether the letters of names go out in random case, to be returned so. */
  readonly randomCase?: boolean | undefined
  /** Milliseconds, of whatever clock. */
  readonly now: () => number
}

/**
 * DNS over UDP. Every query has a socket of its own, so a source port of its own, which the system picks at random,
 * and it is connected, so that the kernel drops what does not come from the upstream's address and port: together
 * with the ID, what RFC 5452 section 9 asks for. Cookies and random case add to that.
 *
 * A datagram that is not the answer is ignored and the wait goes on: whoever can send one must not thereby end a
 * lookup.
 */
export function udpTransport(upstream: UdpOptions): Transport {
  return {
    ask: (asking, timeout, signal) =>
      signal.aborted
        ? Promise.resolve(aborted())
        : new Promise((resolve) => new Exchange(upstream, asking, timeout, signal, resolve).begin()),
    // Each socket ends with its question.
    close: () => undefined,
  }
}

/** One query and the wait for its answer. */
class Exchange {
  readonly #upstream: UdpOptions
  readonly #asking: Asking
  readonly #timeout: number
  readonly #signal: Cancellation
  readonly #resolve: (outcome: Outcome) => void
  readonly #socket: Socket
  readonly #timer: NodeJS.Timeout
  readonly #onAbort = (): void => this.#settle(aborted())
  #query: Query | undefined
  #cookie: EdnsOption | undefined
  #settled = false
  #ignored = 0
  #lastIgnored: { why: string; malformed: boolean } | undefined

  constructor(
    upstream: UdpOptions,
    asking: Asking,
    timeout: number,
    signal: Cancellation,
    resolve: (outcome: Outcome) => void,
  ) {
    this.#upstream = upstream
    this.#asking = asking
    this.#timeout = timeout
    this.#signal = signal
    this.#resolve = resolve
    this.#socket = createSocket(upstream.family === 6 ? UDP6 : UDP4)
    this.#timer = setTimeout(Exchange.#expire, timeout, this)
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  begin(): void {
    const { family, local, port, address } = this.#upstream
    const socket = this.#socket
    socket.on('error', (error) => this.#settle(socketFailure(error)))
    socket.on('message', (octets, from) => this.#receive(octets, from))
    const from = family === 6 ? local?.ipv6 : local?.ipv4
    // In a worker of a cluster, a port that is not exclusive is shared with the others.
    if (from !== undefined) socket.bind({ address: from, port: 0, exclusive: true })
    if (!this.#settled) socket.connect(port, address, (error?: Error | null) => this.#send(error))
  }

  #send(error: Error | null | undefined): void {
    if (this.#settled) return
    if (error !== undefined && error !== null) {
      this.#settle(socketFailure(error))
      return
    }
    const { cookies, randomCase, counters, now } = this.#upstream
    // Only now is it known which address the query leaves from.
    this.#cookie = cookies?.option(this.#socket.address().address, now())
    const options = this.#cookie === undefined ? [] : [this.#cookie]
    const { question, checkingDisabled } = this.#asking
    this.#query = writeQuery(question, { checkingDisabled, options, randomCase: randomCase === true })
    counters.exchanges++
    this.#socket.send(this.#query.octets, (failed) => {
      if (failed !== null) this.#settle(socketFailure(failed))
    })
  }

  #receive(octets: Uint8Array, from: { address: string; port: number }): void {
    if (this.#settled) return
    const response = this.#judge(octets, from)
    if (response.kind !== 'ignored') {
      this.#settle(response)
      return
    }
    this.#lastIgnored = response
    this.#ignored++
    if (this.#ignored < RESOLVER_LIMITS.datagramsIgnored.value) return
    this.#settle({
      kind: 'failure',
      cause: 'doubtful',
      detail: `sent, or someone in its name, ${this.#ignored} datagrams that are not the answer, the last: ${response.why}`,
    })
  }

  #judge(octets: Uint8Array, from: { address: string; port: number }): Judgement {
    const upstream = this.#upstream
    const query = this.#query
    if (query === undefined || !fromUpstream(from, upstream)) return ANOTHER_SOURCE
    const response = readResponse(octets, query)
    if (query.randomCase && response.kind === 'ignored' && response.why === OTHER_CASE) {
      // It changes names, or someone guesses: over TCP neither matters.
      return { kind: 'failure', cause: 'doubtful', detail: 'sent, or someone in its name, the name in another case' }
    }
    if (response.kind !== 'message' || this.#cookie === undefined) return response
    switch (upstream.cookies!.receive(response.message.edns, this.#cookie)) {
      case 'fits':
        return { kind: 'message', message: response.message, octets, cookie: true }
      case 'forged':
        return { kind: 'ignored', why: 'another cookie', malformed: false }
      case 'missing':
        // RFC 7873 section 5.3: to be thrown away. A server that has stopped sending them answers over TCP.
        upstream.cookies!.forget()
        return { kind: 'failure', cause: 'doubtful', detail: 'sent, or someone in its name, an answer without cookie' }
    }
  }

  static #expire(exchange: Exchange): void {
    const { cookies, now } = exchange.#upstream
    if (exchange.#cookie !== undefined) cookies?.silence(now())
    const last = exchange.#lastIgnored
    const seen = last === undefined ? '' : `; ${exchange.#ignored} datagrams ignored, the last: ${last.why}`
    exchange.#settle({
      kind: 'failure',
      cause: last?.malformed === true ? 'malformed' : 'timeout',
      detail: `did not answer within ${exchange.#timeout} ms${seen}`,
    })
  }

  #settle(outcome: Outcome): void {
    if (this.#settled) return
    this.#settled = true
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#socket.close()
    this.#resolve(outcome)
  }
}

/**
 * Nothing but addresses comes here, and `node:dns`, which would be loaded for them, takes a while. At once, so that
 * binding and connecting take one turn and not three.
 */
function lookup(address: string, _options: object, callback: (error: null, address: string, family: number) => void) {
  callback(null, address, 0)
}

const UDP4: SocketOptions = { type: 'udp4', lookup }
const UDP6: SocketOptions = { type: 'udp6', lookup }

type Judgement = Outcome | Response

/** The kernel has checked this on a connected socket; the rule is too important to rest on that alone. */
function fromUpstream(from: { readonly address: string; readonly port: number }, upstream: UdpOptions): boolean {
  if (from.port !== upstream.port) return false
  return from.address === upstream.address || withoutZone(from.address) === withoutZone(upstream.address)
}

function withoutZone(address: string): string {
  const percent = address.indexOf('%')
  return percent < 0 ? address : address.slice(0, percent)
}

const ANOTHER_SOURCE = { kind: 'ignored', why: 'another source', malformed: false } as const
