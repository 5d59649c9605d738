import { createSocket } from 'node:dgram'
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
        : new Promise((resolve) => exchange(upstream, asking, timeout, signal, resolve)),
    // Each socket ends with its question.
    close: () => undefined,
  }
}

function exchange(
  upstream: UdpOptions,
  asking: Asking,
  timeout: number,
  signal: Cancellation,
  resolve: (outcome: Outcome) => void,
): void {
  const socket = createSocket({ type: upstream.family === 6 ? 'udp6' : 'udp4', lookup })
  let sent: { readonly query: Query; readonly cookie: EdnsOption | undefined } | undefined
  let settled = false
  let ignoredCount = 0
  let lastIgnored: { why: string; malformed: boolean } | undefined

  const settle = (outcome: Outcome): void => {
    if (settled) return
    settled = true
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    socket.close()
    resolve(outcome)
  }
  const onAbort = (): void => settle(aborted())
  const timer = setTimeout(() => {
    if (sent?.cookie !== undefined) upstream.cookies?.silence(upstream.now())
    const seen = lastIgnored === undefined ? '' : `; ${ignoredCount} datagrams ignored, the last: ${lastIgnored.why}`
    settle({
      kind: 'failure',
      cause: lastIgnored?.malformed === true ? 'malformed' : 'timeout',
      detail: `did not answer within ${timeout} ms${seen}`,
    })
  }, timeout)
  signal.addEventListener('abort', onAbort, { once: true })

  const judge = (octets: Uint8Array, from: { address: string; port: number }): Judgement => {
    if (sent === undefined || !fromUpstream(from, upstream)) return ANOTHER_SOURCE
    const response = readResponse(octets, sent.query)
    if (sent.query.randomCase && response.kind === 'ignored' && response.why === OTHER_CASE) {
      // It changes names, or someone guesses: over TCP neither matters.
      return { kind: 'failure', cause: 'doubtful', detail: 'sent, or someone in its name, the name in another case' }
    }
    if (response.kind !== 'message' || sent.cookie === undefined) return response
    switch (upstream.cookies!.receive(response.message.edns, sent.cookie)) {
      case 'fits':
        return { ...response, cookie: true }
      case 'forged':
        return { kind: 'ignored', why: 'another cookie', malformed: false }
      case 'missing':
        // RFC 7873 section 5.3: to be thrown away. A server that has stopped sending them answers over TCP.
        upstream.cookies!.forget()
        return { kind: 'failure', cause: 'doubtful', detail: 'sent, or someone in its name, an answer without cookie' }
    }
  }
  socket.on('error', (error) => settle(socketFailure(error)))
  socket.on('message', (octets, from) => {
    if (settled) return
    const response = judge(octets, from)
    if (response.kind !== 'ignored') return settle(response)
    lastIgnored = response
    ignoredCount++
    if (ignoredCount < RESOLVER_LIMITS.datagramsIgnored.value) return
    settle({
      kind: 'failure',
      cause: 'doubtful',
      detail: `sent, or someone in its name, ${ignoredCount} datagrams that are not the answer, the last: ${response.why}`,
    })
  })
  const from = upstream.family === 6 ? upstream.local?.ipv6 : upstream.local?.ipv4
  if (from !== undefined) socket.bind({ address: from, port: 0 })
  socket.connect(upstream.port, upstream.address, (error?: Error) => {
    if (settled) return
    if (error !== undefined && error !== null) return settle(socketFailure(error))
    // Only now is it known which address the query leaves from.
    const cookie = upstream.cookies?.option(socket.address().address, upstream.now())
    const options = cookie === undefined ? [] : [cookie]
    const { question, checkingDisabled } = asking
    const query = writeQuery(question, { checkingDisabled, options, randomCase: upstream.randomCase === true })
    sent = { query, cookie }
    upstream.counters.exchanges++
    socket.send(query.octets, (failed) => {
      if (failed !== null) settle(socketFailure(failed))
    })
  })
}

/** Nothing but addresses comes here, and `node:dns`, which would be loaded for them, takes a while. */
function lookup(address: string, _options: object, callback: (error: null, address: string, family: number) => void) {
  process.nextTick(callback, null, address, 0)
}

type Judgement = Outcome | Response

/** The kernel has checked this on a connected socket; the rule is too important to rest on that alone. */
function fromUpstream(from: { readonly address: string; readonly port: number }, upstream: UdpOptions): boolean {
  return from.port === upstream.port && withoutZone(from.address) === withoutZone(upstream.address)
}

function withoutZone(address: string): string {
  const percent = address.indexOf('%')
  return percent < 0 ? address : address.slice(0, percent)
}

const ANOTHER_SOURCE = { kind: 'ignored', why: 'another source', malformed: false } as const
