/** Domains that ask for TLS reports (RFC 8460), or almost. */
import { type LabZone, verified } from './zone.ts'

const MX = '@ MX 10 mx.p256.test.'

export const REPORT_ZONES: readonly LabZone[] = [
  {
    apex: 'reported.test',
    text: `${MX}\n_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@p384.test"`,
    domains: [verified('reported.test', 'a domain that asks for TLS reports by mail (RFC 8460)', 'mx.p256.test')],
  },
  {
    apex: 'reported-badly.test',
    text: `${MX}\n_smtp._tls TXT "v=TLSRPTv1; rua=javascript:alert(1),https://127.0.0.1/,mailto:tls@mismatch.test"`,
    domains: [verified('reported-badly.test', 'a domain that wants TLS reports where none are sent', 'mx.p256.test')],
  },
]
