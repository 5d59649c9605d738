/**
 * DANE for fetch: a connector for undici's `Agent`, `Pool` and `Client` (version 6 and later).
 *
 * ```ts
 * const dispatcher = new Agent({ connect: daneConnector({ resolver }) })
 * const response = await fetch('https://www.example.com/', { dispatcher })
 * ```
 */
import type { TLSSocket } from 'node:tls'
import { type DaneConnectOptions, daneConnect } from './dane/connect.ts'
import { DanelawError } from './errors.ts'

export type DaneConnectorOptions = Omit<DaneConnectOptions, 'host' | 'port' | 'signal'>

/** What undici asks a connector for. */
export interface ConnectorRequest {
  /** Of the URL, an IPv6 address in brackets. */
  readonly hostname: string
  /** `https:`. */
  readonly protocol: string
  /** Empty for the protocol's own. */
  readonly port: string
}

export type ConnectorCallback = (...result: [error: Error, socket: null] | [error: null, socket: TLSSocket]) => void

/**
 * Makes the connector. A server with secure usable TLSA records is authenticated by them or not at all; others by the
 * platform's authorities, unless `otherwise` is `refuse`. Names are compared under DANE-EE(3) too unless `checkNames`
 * is false: a browser-like client sends one site's secrets, and another could publish a key that is not its own.
 *
 * The requests of a server that is refused fail with a DanelawError `not-authenticated`, those under `http:` too.
 */
export function daneConnector(
  options: DaneConnectorOptions,
): (request: ConnectorRequest, callback: ConnectorCallback) => void {
  // An option that is there and undefined is one that is not there.
  const settings = { ...options, checkNames: options.checkNames ?? true }
  return ({ hostname, protocol, port }, callback) => {
    if (protocol !== 'https:') {
      callback(new DanelawError('not-authenticated', `${protocol}//${hostname} is not https, which DANE needs`), null)
      return
    }
    const tls = { ALPNProtocols: ['http/1.1'], ...options.tls }
    daneConnect({ ...settings, tls, host: hostname, port: port === '' ? 443 : Number(port) }).then(
      (connection) => {
        if (connection.outcome !== 'refused') callback(null, connection.socket)
        else callback(new DanelawError('not-authenticated', `${hostname}: ${connection.reason.text}`), null)
      },
      (error: Error) => callback(error, null),
    )
  }
}
