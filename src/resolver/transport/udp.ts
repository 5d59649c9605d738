import { createSocket } from 'node:dgram'
import { RESOLVER_LIMITS } from '../../limits.ts'
import { type Query, readResponse } from '../query-message.ts'
import type { UpstreamSpec } from '../upstream-spec.ts'
import { aborted, type Outcome, socketFailure, type Transport } from './transport.ts'

/**
 * DNS over UDP. Every query has a socket of its own, so a source port of its own, which the system picks at random,
 * and it is connected, so that the kernel drops what does not come from the upstream's address and port: together
 * with the ID, what RFC 5452 section 9 asks for.
 *
 * A datagram that is not the answer is ignored and the wait goes on: whoever can send one must not thereby end a
 * lookup.
 */
export function udpTransport(upstream: UpstreamSpec): Transport {
  return {
    ask: (query, timeout, signal) =>
      signal.aborted
        ? Promise.resolve(aborted())
        : new Promise((resolve) => exchange(upstream, query, timeout, signal, resolve)),
  }
}

function exchange(
  upstream: UpstreamSpec,
  query: Query,
  timeout: number,
  signal: AbortSignal,
  resolve: (outcome: Outcome) => void,
): void {
  const socket = createSocket(upstream.family === 6 ? 'udp6' : 'udp4')
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
    const seen = lastIgnored === undefined ? '' : `; ${ignoredCount} datagrams ignored, the last: ${lastIgnored.why}`
    settle({
      kind: 'failure',
      cause: lastIgnored?.malformed === true ? 'malformed' : 'timeout',
      detail: `did not answer within ${timeout} ms${seen}`,
    })
  }, timeout)
  signal.addEventListener('abort', onAbort, { once: true })

  socket.on('error', (error) => settle(socketFailure(error)))
  socket.on('message', (octets, from) => {
    if (settled) return
    const response = fromUpstream(from, upstream)
      ? readResponse(octets, query)
      : ({ kind: 'ignored', why: 'another source', malformed: false } as const)
    if (response.kind !== 'ignored') return settle(response)
    lastIgnored = response
    ignoredCount++
    if (ignoredCount < RESOLVER_LIMITS.datagramsIgnored.value) return
    settle({
      kind: 'failure',
      cause: 'flooded',
      detail: `sent, or someone in its name, ${ignoredCount} datagrams that are not the answer, the last: ${response.why}`,
    })
  })
  socket.connect(upstream.port, upstream.address, (error?: Error) => {
    if (settled) return
    if (error !== undefined && error !== null) return settle(socketFailure(error))
    socket.send(query.octets, (failed) => {
      if (failed !== null) settle(socketFailure(failed))
    })
  })
}

/** The kernel has checked this on a connected socket; the rule is too important to rest on that alone. */
function fromUpstream(from: { readonly address: string; readonly port: number }, upstream: UpstreamSpec): boolean {
  return from.port === upstream.port && withoutZone(from.address) === withoutZone(upstream.address)
}

function withoutZone(address: string): string {
  const percent = address.indexOf('%')
  return percent < 0 ? address : address.slice(0, percent)
}
