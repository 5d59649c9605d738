import { connect } from 'node:net'
import { RESOLVER_LIMITS } from '../../limits.ts'
import { Pool } from './pool.ts'
import { StreamConnection } from './stream.ts'
import type { Counters, LocalAddresses, Transport } from './transport.ts'

/** Where a stream leads. */
export interface StreamTarget {
  readonly address: string
  readonly family: 4 | 6
  readonly port: number
  readonly local?: LocalAddresses | undefined
  readonly counters: Counters
  /** Milliseconds, of whatever clock. */
  readonly now: () => number
}

/** DNS over TCP (RFC 7766). */
export function tcpTransport(to: StreamTarget): Transport {
  const { address, family, port, local, counters, now } = to
  const localAddress = family === 6 ? local?.ipv6 : local?.ipv4
  const open = (ready: () => void) =>
    connect({
      host: address,
      port,
      family,
      noDelay: true,
      keepAlive: true,
      ...(localAddress && { localAddress }),
    }).once('connect', ready)
  return new Pool({
    label: 'TCP',
    connect: (events) => new StreamConnection({ label: 'TCP', open, padded: false }, events),
    room: RESOLVER_LIMITS.openPerConnection.value,
    afterLoss: 'one',
    counters,
    now,
  })
}
