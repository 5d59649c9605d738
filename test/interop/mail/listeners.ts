/** The ports each receiving server has, and what is published for them. */
import type { CertificateKey } from '../../lab/certificates.ts'
import type { Listener } from '../peers/receiver.ts'
import type { Identity } from './identities.ts'

export interface ListenerKind {
  readonly label: string
  readonly key?: CertificateKey
  readonly sends?: 'no-root'
  /** Whether what fits is shown only to who names the host in SNI. */
  readonly bySni?: true
  readonly tlsa: string
  readonly settings?: Pick<Listener, 'protocol' | 'asks' | 'sizeLimit'>
  /** Protocol version that must come out; default: TLS 1.3. */
  readonly version?: 'TLSv1.2'
}

export const LISTENERS: readonly ListenerKind[] = [
  { label: 'rsa', key: 'rsa', tlsa: '3 1 1', settings: { protocol: 'TLSv1.2' }, version: 'TLSv1.2' },
  { label: 'p256', tlsa: '3 0 1', settings: { protocol: 'TLSv1.3' } },
  { label: 'p384', key: 'p384', tlsa: '3 1 2' },
  { label: 'ed25519', key: 'ed25519', tlsa: '3 1 1' },
  { label: 'sni', bySni: true, tlsa: '3 1 1' },
  { label: 'chain', tlsa: '2 1 1' },
  { label: 'ta-in-dns', sends: 'no-root', tlsa: '2 0 0' },
  { label: 'asks', key: 'rsa', tlsa: '2 0 1', settings: { asks: true } },
  { label: 'small', tlsa: '3 1 1', settings: { sizeLimit: 100_000 } },
]

export interface PlannedListener extends ListenerKind {
  readonly listener: Listener
  /** Of the recipients whose host this is. */
  readonly domain: string
  /** The same host, with TLSA records that do not fit. */
  readonly wrongDomain: string
  /** What the TLSA records are made from. */
  readonly identity: Identity
}
