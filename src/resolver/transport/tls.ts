import { RESOLVER_LIMITS } from '../../limits.ts'
import { Pool } from './pool.ts'
import { StreamConnection } from './stream.ts'
import type { StreamTarget } from './tcp.ts'
import { type ServerAuthentication, TlsOpener } from './tls-socket.ts'
import type { Transport } from './transport.ts'

/**
 * DNS over TLS (RFC 7858), queries padded (RFC 8467). What it shows to the path: the address of the upstream, the name
 * it is authenticated by (in the handshake), and how much is asked when.
 */
export function tlsTransport(to: StreamTarget, authentication: ServerAuthentication): Transport {
  const { address, port, local, counters, now } = to
  const opener = new TlsOpener({ address, port, local, authentication, protocol: { name: 'dot', required: false } })
  return new Pool({
    label: 'TLS',
    connect: (events) => new StreamConnection({ label: 'TLS', open: opener.open, padded: true }, events),
    room: RESOLVER_LIMITS.openPerConnection.value,
    afterLoss: 'one',
    counters,
    now,
  })
}
