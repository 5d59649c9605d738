import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { DANE_LIMITS } from '../limits.ts'

/**
 * The certificates as the peer sent them, in its order. `getPeerX509Certificate` works once on a connection, and
 * `issuerCertificate` is whatever came next on the wire, related or not.
 */
export function peerChain(socket: TLSSocket): Uint8Array[] {
  const chain: Uint8Array[] = []
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate()
  while (certificate !== undefined && chain.length < DANE_LIMITS.certificates.value) {
    chain.push(new Uint8Array(certificate.raw))
    certificate = certificate.issuerCertificate
  }
  return chain
}
