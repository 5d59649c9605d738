import type { SecureVersion } from 'node:tls'
import type { ConnectionPool } from './pool.ts'
import type { Unreached } from './race.ts'
import type { Approval, SessionResult, SessionTimer } from './session-types.ts'

/** Milliseconds each wait may last. */
export type Timeouts = Readonly<Record<SessionTimer | 'connectTimeout', number>>

export interface ConnectionOptions<A extends Approval = Approval> {
  /** Those of one host, the best first: the first that answers is talked to. IPv4 or IPv6, at least one. */
  readonly addresses: readonly string[]
  readonly port: number
  /** Our end's address; by default the system chooses. */
  readonly localAddress?: string | undefined
  /** For SNI: a name in lower case without the final dot; null sends none. */
  readonly serverName: string | null
  /** The least version of TLS; by default as the level has it. */
  readonly tlsMinimum?: SecureVersion | null | undefined
  /** Judges the peer by the certificates it sent, in DER and in its order; before the first octet goes to it. */
  readonly approve: (chain: readonly Uint8Array[]) => A
  readonly timeouts: Timeouts
  readonly signal?: AbortSignal | undefined
  /**
   * Takes a connection that waits under this very key before it makes one, and leaves it there for the next mail. All
   * that `approve` decides by must be in the key.
   */
  readonly reuse?: { readonly pool: ConnectionPool; readonly key: string } | undefined
}

/** What was negotiated, as `node:tls` names it. */
export interface TlsFacts {
  /** Such as `TLSv1.3`. */
  readonly protocol: string
  /** In the words of IANA's registry. */
  readonly cipher: string
}

export interface ConnectionReport<A extends Approval = Approval> {
  /** The one that was talked to; null where none answered. */
  readonly address: string | null
  /** Our end of that connection. */
  readonly localAddress: string | null
  /** Addresses that did not answer the call, in the order in which they failed. */
  readonly unreached: readonly Unreached[]
  /** Whether the connection had carried another mail before; `tls` and `approval` are those of its beginning. */
  readonly reused: boolean
  /** What `approve` said about the peer; null where it was not asked. */
  readonly approval: A | null
  /** Null where the handshake did not come to its end. */
  readonly tls: TlsFacts | null
  readonly session: SessionResult
}
