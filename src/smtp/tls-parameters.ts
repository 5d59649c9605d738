import { constants } from 'node:crypto'
import { type ConnectionOptions, DEFAULT_CIPHERS, type SecureVersion } from 'node:tls'
import type { TlsLevel } from './session-types.ts'

/**
 * What the handshake with a mail server offers. The certificate is never judged here: `checkServerIdentity` is not
 * called where the chain does not verify, so that only a look at the octets after the handshake can be trusted.
 */
export function tlsParameters(
  level: TlsLevel,
  {
    serverName,
    tlsMinimum,
  }: { readonly serverName: string | null; readonly tlsMinimum?: SecureVersion | null | undefined },
): ConnectionOptions {
  const owed = level === 'encrypt' || level === 'authenticate'
  return {
    ...(serverName === null ? {} : { servername: serverName }),
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    // Local authorities play no part (RFC 7672 section 3.1.3), so they need not be loaded.
    ca: [],
    // A renegotiation could bring another certificate after the first was judged.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(owed ? REQUIRED : OPPORTUNISTIC),
    // A policy that lets a host fall back to less may take an older version there, and not where TLS is owed (RFC 8996).
    ...(tlsMinimum == null || (owed && tlsMinimum !== 'TLSv1.3') ? {} : { minVersion: tlsMinimum }),
  }
}

const REQUIRED: ConnectionOptions = {
  minVersion: 'TLSv1.2',
  minDHSize: 2048,
  // An anonymous suite shows no certificate (RFC 7672 section 3.1).
  ciphers: `${DEFAULT_CIPHERS}:!aNULL:!eNULL`,
}

/**
 * Whatever is better than nothing, anonymous suites last: who is refused here gets the mail in the clear (RFC 7435
 * section 3). The name of a suite of TLS 1.3 in the list would leave the others of TLS 1.3 out.
 */
const OPPORTUNISTIC: ConnectionOptions = {
  minVersion: 'TLSv1',
  minDHSize: 1024,
  ciphers: 'HIGH:MEDIUM:+aNULL:!eNULL:!LOW:!EXPORT:!PSK:!SRP:@SECLEVEL=0',
}
