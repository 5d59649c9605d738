import { constants } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { type ConnectionOptions, connect as connectTls, DEFAULT_CIPHERS, type TLSSocket } from 'node:tls'

/** One attempt at one address. */
export interface TlsTarget {
  readonly address: string
  readonly port: number
  /** For SNI, lower case without the final dot; null sends none. */
  readonly serverName: string | null
  /** `octets`: the caller judges the certificates; `authorities`: the platform does, for `serverName` or the address. */
  readonly judgedBy: 'octets' | 'authorities'
  readonly tls: TlsOptions
  /** Milliseconds. */
  readonly connectTimeout: number
  readonly handshakeTimeout: number
  readonly signal: AbortSignal | undefined
}

/** What a caller may say about TLS. */
export type TlsOptions = Pick<ConnectionOptions, 'ALPNProtocols' | 'cert' | 'key' | 'ca'>

export type TlsAttempt =
  | { readonly socket: TLSSocket }
  | { readonly socket: null; readonly code: 'no-connection' | 'no-tls' | 'pkix-failed'; readonly text: string }

/** Connects and shakes hands. Rejects with the signal's reason alone; the socket has read and written nothing. */
export function openTls(target: TlsTarget): Promise<TlsAttempt> {
  const { address, port, signal } = target
  const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  return new Promise((resolve, reject) => {
    const plain = connectTcp({ host: address, port })
    let socket: TLSSocket | undefined
    const settle = (action: () => void): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      action()
    }
    const fail = (code: 'no-connection' | 'no-tls' | 'pkix-failed', text: string): void => {
      settle(() => resolve({ socket: null, code, text }))
      socket?.destroy()
      plain.destroy()
    }
    const abort = (): void => {
      settle(() => reject(signal?.reason))
      socket?.destroy()
      plain.destroy()
    }
    let timer = setTimeout(() => fail('no-connection', `no connection to ${at} in time`), target.connectTimeout)
    signal?.addEventListener('abort', abort, { once: true })
    plain.on('error', (error) => fail('no-connection', `no connection to ${at}: ${error.message}`))
    plain.once('connect', () => {
      clearTimeout(timer)
      timer = setTimeout(() => fail('no-tls', `no TLS with ${at} in time`), target.handshakeTimeout)
      socket = connectTls({ socket: plain, ...parameters(target) })
      socket.on('error', (error: Error & { readonly code?: string; readonly reason?: string }) => {
        const isJudgement = target.judgedBy === 'authorities' && socket?.authorizationError != null
        fail(isJudgement ? 'pkix-failed' : 'no-tls', `TLS with ${at} failed: ${error.reason ?? error.message}`)
      })
      socket.once('close', () => fail('no-tls', `${at} closed the connection`))
      socket.once('secureConnect', () => {
        const secured = socket!
        secured.removeAllListeners('close')
        secured.removeAllListeners('error')
        settle(() => resolve({ socket: secured }))
      })
    })
  })
}

/**
 * `checkServerIdentity` is not called where the chain does not verify, so that with DANE only a look at the octets
 * after the handshake counts.
 */
function parameters({ serverName, address, judgedBy, tls }: TlsTarget): ConnectionOptions {
  const { ALPNProtocols, cert, key, ca } = tls
  return {
    ...(ALPNProtocols !== undefined && { ALPNProtocols }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName === null ? { host: address } : { servername: serverName }),
    minVersion: 'TLSv1.2',
    minDHSize: 2048,
    // An anonymous suite shows no certificate.
    ciphers: `${DEFAULT_CIPHERS}:!aNULL:!eNULL`,
    // A renegotiation could bring another certificate after the first was judged.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(judgedBy === 'octets'
      ? { rejectUnauthorized: false, checkServerIdentity: () => undefined, ca: [] }
      : { rejectUnauthorized: true, ...(ca !== undefined && { ca }) }),
  }
}
