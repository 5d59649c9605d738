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

/** Connects, asks for TLS, looks at the certificates and takes leave. */
export async function showCertificates(
  address: string,
  port: number,
  name: Name,
  settings: CheckedSettings,
): Promise<Served> {
  const text = name.toCanonicalString().slice(0, -1)
  const sni = isHostName(text) ? text : null
  let chain: readonly Uint8Array[] = []
  const report = await converse(
    { level: 'encrypt', ehloName: settings.ehloName },
    {
      addresses: [address],
      port: settings.connectPort ?? port,
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
    port: settings.connectPort ?? port,
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

const WITHOUT_TLS: ReadonlySet<SessionFailureKind> = new Set([
  'tls-not-offered',
  'tls-refused',
  'tls-failed',
  'injected',
])
