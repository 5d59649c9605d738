/** One domain for each signature algorithm, a rollover in progress, and an algorithm nobody knows. */
import { type LabZone, oneHost, verified } from './zone.ts'

export const ALGORITHM_ZONES: readonly LabZone[] = [
  signedWith(5, 'rsasha1.test', 'RSASHA1 (5), which validators still accept', { ds: [1] }),
  signedWith(7, 'rsasha1-nsec3.test', 'RSASHA1-NSEC3-SHA1 (7)', {
    denial: { kind: 'nsec3', salt: new Uint8Array(0), iterations: 0, optOut: false },
  }),
  signedWith(8, 'rsasha256.test', 'RSASHA256 (8)', { ds: [1, 2] }),
  signedWith(10, 'rsasha512.test', 'RSASHA512 (10)'),
  signedWith(13, 'p256.test', 'ECDSAP256SHA256 (13)', {
    text: `@ MX 10 mx
@ A 127.0.0.1
@ TXT "signed with P-256"
www A 127.0.0.1
www AAAA ::1
deep.empty A 127.0.0.1`,
    mail: [{ host: 'mx.p256.test', tlsa: ['3 1 1'] }],
    questions: [
      { name: 'www.p256.test', type: 'A', shows: 'an address', status: 'secure', rcode: 'NOERROR' },
      { name: 'www.p256.test', type: 'MX', shows: 'a type denied with NSEC', status: 'secure', rcode: 'NOERROR' },
      { name: 'absent.p256.test', type: 'A', shows: 'a name denied with NSEC', status: 'secure', rcode: 'NXDOMAIN' },
      { name: 'empty.p256.test', type: 'A', shows: 'an empty non-terminal exists', status: 'secure', rcode: 'NOERROR' },
    ],
  }),
  signedWith(14, 'p384.test', 'ECDSAP384SHA384 (14), with a DS of SHA-384', { ds: [4] }),
  signedWith(15, 'ed25519.test', 'ED25519 (15)'),
  signedWith(16, 'ed448.test', 'ED448 (16)'),
  {
    ...signedWith(13, 'rollover.test', 'a zone in the middle of an algorithm rollover'),
    keys: [
      { algorithm: 8, role: 'ksk' },
      { algorithm: 8, role: 'zsk' },
      { algorithm: 13 },
      { algorithm: 13, role: 'standby' },
    ],
    ds: [2, 4],
  },
  {
    apex: 'unsupported.test',
    keys: [{ algorithm: 253 }],
    mail: [{ host: 'mx.unsupported.test', tlsa: ['3 1 1'] }],
    questions: [
      {
        name: 'unsupported.test',
        type: 'SOA',
        shows: 'a zone with no algorithm that is known is insecure (RFC 4035 section 5.2)',
        status: 'insecure',
        rcode: 'NOERROR',
      },
    ],
    domains: [oneHost('unsupported.test', 'a domain signed with a private algorithm', 'insecure', 'may', 'encrypted')],
  },
]

function signedWith(algorithm: number, apex: string, what: string, more: Partial<LabZone> = {}): LabZone {
  return {
    apex,
    keys: [
      { algorithm, role: 'ksk' },
      { algorithm, role: 'zsk' },
    ],
    mail: [{ host: `mx.${apex}`, tlsa: ['3 1 1'] }],
    domains: [verified(apex, what)],
    ...more,
  }
}
