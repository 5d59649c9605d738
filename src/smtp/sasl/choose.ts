import type { Credentials } from './credentials.ts'
import type { SaslExchange } from './mechanism.ts'
import { login, plain, xoauth2 } from './plain.ts'
import { Scram } from './scram.ts'

/**
 * The strongest mechanism of those the server offers that these credentials can use, or null. One is chosen for a
 * connection, and none after it: a weaker one after a no is what somebody in between would want.
 * @param offered the words behind AUTH in the reply to EHLO (RFC 4954 section 3)
 * @param channelBinding `tls-exporter` of the connection, or null
 */
export function chooseMechanism(
  credentials: Credentials,
  offered: readonly string[],
  channelBinding: Uint8Array | null,
): SaslExchange | null {
  const names = new Set(offered.map((name) => name.toUpperCase()))
  if (credentials.kind === 'token') return names.has('XOAUTH2') ? xoauth2(credentials) : null
  const serverBinds = names.has('SCRAM-SHA-256-PLUS')
  if (names.has('SCRAM-SHA-256') || (serverBinds && channelBinding !== null)) {
    return new Scram(credentials, { channelBinding, serverBinds })
  }
  if (names.has('PLAIN')) return plain(credentials)
  return names.has('LOGIN') ? login(credentials) : null
}
