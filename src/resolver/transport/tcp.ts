import { connect } from 'node:net'
import { RESOLVER_LIMITS } from '../../limits.ts'
import { type Query, readResponse } from '../query-message.ts'
import type { UpstreamSpec } from '../upstream-spec.ts'
import { frame, FrameReader } from './frames.ts'
import { aborted, type Outcome, socketFailure, type Transport } from './transport.ts'

/** DNS over TCP (RFC 7766), one connection for one query. */
export function tcpTransport(upstream: UpstreamSpec): Transport {
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
  const frames = new FrameReader()
  const socket = connect({ host: upstream.address, port: upstream.port, family: upstream.family, noDelay: true })
  let settled = false
  let ignoredCount = 0

  const settle = (outcome: Outcome): void => {
    if (settled) return
    settled = true
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
    resolve(outcome)
  }
  const onAbort = (): void => settle(aborted())
  const timer = setTimeout(() => {
    settle({ kind: 'failure', cause: 'timeout', detail: `did not answer over TCP within ${timeout} ms` })
  }, timeout)
  signal.addEventListener('abort', onAbort, { once: true })

  // Stays in place after the exchange is settled: an error without a handler ends the process.
  socket.on('error', (error) => settle(socketFailure(error)))
  socket.on('close', () => {
    const where = frames.atBoundary ? 'before it answered' : 'in the middle of a message'
    settle({ kind: 'failure', cause: 'network', detail: `closed the TCP connection ${where}` })
  })
  socket.on('data', (chunk: Uint8Array) => {
    if (settled) return
    for (const octets of frames.push(chunk)) {
      const response = readResponse(octets, query)
      if (response.kind === 'message') return settle(response)
      if (response.kind === 'truncated') return settle(malformed('sent a truncated message over TCP'))
      // What is not ours may belong to a proxy that mixes up its clients; the answer may still come.
      ignoredCount++
      if (response.malformed) return settle(malformed(`sent over TCP what cannot be read; ${response.why}`))
      if (ignoredCount >= RESOLVER_LIMITS.datagramsIgnored.value) {
        return settle(malformed(`sent ${ignoredCount} messages over TCP that are not the answer`))
      }
    }
  })
  socket.write(frame(query.octets))
}

function malformed(detail: string): Outcome {
  return { kind: 'failure', cause: 'malformed', detail }
}
