import { peerChain } from '../../dane/peer-chain.ts'
import { openTls } from '../../dane/tls-client.ts'
import { converse } from '../../smtp/connection.ts'
import type { CheckedSettings } from '../../smtp/connection-settings.ts'
import { isHostName } from '../../smtp/ehlo-name.ts'
import type { SessionFailureKind } from '../../smtp/session-types.ts'
import type { Name } from '../../wire/name.ts'

/** What one address shows where one name is asked for. */
export interface Served {
  readonly address: string
  readonly port: number
  /** For SNI; null where the name is none that SNI can carry. */
  readonly sni: string | null
  /** Such as `TLSv1.3`; null without TLS. */
  readonly protocol: string | null
  /** As the server sent them; empty without TLS. */
  readonly chain: readonly Uint8Array[]
  /** Why there is no certificate: the host cannot be talked to, or there is no TLS; null where there is one. */
  readonly failure: { readonly kind: 'unreachable' | 'no-tls'; readonly text: string } | null
}

/** How TLS is reached: by STARTTLS in SMTP, or from the first octet on. */
export type Protocol = 'smtp' | 'tls'

/** By the port's number: TLS from the first octet on where IANA's registry has it so. */
export function protocolOf(port: number): Protocol {
  return IMPLICIT_TLS.has(port) ? 'tls' : 'smtp'
}

/** Connects, looks at the certificates and takes leave. */
export function showCertificates(
  address: string,
  port: number,
  name: Name,
  protocol: Protocol,
  settings: CheckedSettings,
): Promise<Served> {
  const text = name.toCanonicalString().slice(0, -1)
  const target = { address, port: settings.connectPort ?? port, sni: isHostName(text) ? text : null }
  return protocol === 'tls' ? showTls(target, settings) : showStartTls(target, settings)
}

type Target = Pick<Served, 'address' | 'port' | 'sni'>

async function showTls(target: Target, { timeouts, signal }: CheckedSettings): Promise<Served> {
  const { address, port, sni } = target
  const { connectTimeout, handshakeTimeout } = timeouts
  const times = { connectTimeout, handshakeTimeout, signal }
  const attempt = await openTls({ address, port, serverName: sni, judgedBy: 'octets', tls: {}, ...times })
  if (attempt.socket === null) {
    const kind = attempt.code === 'no-connection' ? 'unreachable' : 'no-tls'
    // What OpenSSL calls octets that are no TLS: a server that greets first, as in SMTP.
    const text = attempt.text.replace(/wrong version number$/, 'the server does not begin with TLS')
    return { ...target, protocol: null, chain: [], failure: { kind, text } }
  }
  const { socket } = attempt
  const shown = { protocol: socket.getProtocol(), chain: peerChain(socket) }
  socket.on('error', () => undefined)
  socket.destroy()
  return { ...target, ...shown, failure: null }
}

async function showStartTls({ address, port, sni }: Target, settings: CheckedSettings): Promise<Served> {
  let chain: readonly Uint8Array[] = []
  const report = await converse(
    { level: 'encrypt', ehloName: settings.ehloName },
    {
      addresses: [address],
      port,
      localAddress: settings.localAddress,
      serverName: sni,
      approve: (shown) => {
        chain = shown
        return { authenticated: false, why: 'not judged here' }
      },
      timeouts: settings.timeouts,
      signal: settings.signal,
    },
  )
  const { failure } = report.session
  return {
    address,
    port,
    sni,
    protocol: report.tls?.protocol ?? null,
    chain,
    // What goes wrong behind the handshake does not change what was shown.
    failure:
      failure === null || report.tls !== null
        ? null
        : { kind: WITHOUT_TLS.has(failure.kind) ? 'no-tls' : 'unreachable', text: failure.text },
  }
}

const IMPLICIT_TLS: ReadonlySet<number> = new Set([
  443, // HTTPS
  465, // submission (RFC 8314 section 3.3)
  563, // NNTP
  636, // LDAP
  853, // DNS (RFC 7858)
  990, // FTP
  992, // Telnet
  993, // IMAP (RFC 8314 section 3.2)
  995, // POP3 (RFC 8314 section 3.1)
  5061, // SIP
  5223, // XMPP
  5349, // TURN
  5671, // AMQP
  6514, // syslog
  6697, // IRC
  8443, // HTTPS
  8883, // MQTT
])

const WITHOUT_TLS: ReadonlySet<SessionFailureKind> = new Set([
  'tls-not-offered',
  'tls-refused',
  'tls-failed',
  'injected',
])
