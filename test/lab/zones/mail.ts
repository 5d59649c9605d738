/** Domains whose DNS is in order: kinds of TLSA records, and mail hosts that keep to them or do not. */
import { type LabZone, oneHost, verified } from './zone.ts'

/** The digest of no key. */
const WRONG = `3 1 1 ${'00'.repeat(32)}`

export const MAIL_ZONES: readonly LabZone[] = [
  {
    apex: 'ta.test',
    mail: [{ host: 'mx.ta.test', tlsa: ['2 1 1'] }],
    domains: [verified('ta.test', 'the key of the authority (DANE-TA)')],
  },
  {
    apex: 'ta-full.test',
    mail: [{ host: 'mx.ta-full.test', tlsa: ['2 0 0'], certificate: 'root-not-sent' }],
    domains: [verified('ta-full.test', 'the whole certificate of an authority that the host does not send')],
  },
  {
    apex: 'ta-name.test',
    mail: [{ host: 'mx.ta-name.test', tlsa: ['2 1 1'], certificate: 'other-name' }],
    domains: [oneHost('ta-name.test', 'DANE-TA, and a certificate for another name', 'secure', 'dane', 'refused')],
  },
  {
    apex: 'new-and-old.test',
    mail: [{ host: 'mx.new-and-old.test', tlsa: ['3 1 1', '3 1 2', WRONG] }],
    domains: [verified('new-and-old.test', 'records for the old key and the new one, in two digests')],
  },
  {
    apex: 'expired-certificate.test',
    mail: [{ host: 'mx.expired-certificate.test', tlsa: ['3 1 1'], certificate: 'expired' }],
    domains: [verified('expired-certificate.test', 'DANE-EE does not look at the dates (RFC 7671 section 5.1)')],
  },
  {
    apex: 'mismatch.test',
    mail: [{ host: 'mx.mismatch.test', tlsa: [WRONG] }],
    domains: [oneHost('mismatch.test', 'a certificate that fits no record', 'secure', 'dane', 'refused')],
  },
  {
    apex: 'no-starttls.test',
    mail: [{ host: 'mx.no-starttls.test', tlsa: ['3 1 1'], starttls: 'hidden' }],
    domains: [oneHost('no-starttls.test', 'a TLSA record, and a host without STARTTLS', 'secure', 'dane', 'refused')],
  },
  {
    apex: 'unusable.test',
    mail: [{ host: 'mx.unusable.test', tlsa: ['1 1 1', '3 1 9 00'] }],
    domains: [
      oneHost('unusable.test', 'TLSA records that cannot be used: TLS is a must', 'secure', 'encrypt', 'encrypted'),
    ],
  },
  {
    apex: 'no-tlsa.test',
    mail: [{ host: 'mx.no-tlsa.test', certificate: 'self-signed' }],
    domains: [oneHost('no-tlsa.test', 'no TLSA record, and that is proven', 'secure', 'may', 'encrypted')],
  },
  {
    apex: 'cleartext.test',
    mail: [{ host: 'mx.cleartext.test', starttls: 'hidden' }],
    domains: [oneHost('cleartext.test', 'neither TLSA nor STARTTLS', 'secure', 'may', 'cleartext')],
  },
  {
    apex: 'two-hosts.test',
    text: `@ MX 10 mx1
@ MX 20 mx2`,
    mail: [
      { host: 'mx1.two-hosts.test', tlsa: [WRONG] },
      { host: 'mx2.two-hosts.test', tlsa: ['3 1 1'] },
    ],
    domains: [
      {
        domain: 'two-hosts.test',
        shows: 'the first host fails, the second is used',
        mx: { status: 'secure', rcode: 'NOERROR' },
        hosts: [
          { host: 'mx1.two-hosts.test', level: 'dane', verdict: 'refused' },
          { host: 'mx2.two-hosts.test', level: 'dane', verdict: 'verified' },
        ],
        verdict: 'verified',
      },
    ],
  },
  {
    apex: 'foreign.test',
    text: '@ MX 10 mx.signed.example.',
    domains: [verified('foreign.test', 'a host in a zone of another top-level domain', 'mx.signed.example')],
  },
  {
    apex: 'outsourced.test',
    keys: 'unsigned',
    text: '@ MX 10 mx.p256.test.',
    domains: [
      {
        domain: 'outsourced.test',
        shows: 'an unsigned domain with a host that has TLSA: the host is verified, the domain is not',
        mx: { status: 'insecure', rcode: 'NOERROR' },
        hosts: [{ host: 'mx.p256.test', level: 'dane', verdict: 'verified' }],
        verdict: 'encrypted',
      },
    ],
  },
  {
    apex: 'implicit.test',
    text: '',
    mail: [{ host: 'implicit.test', tlsa: ['3 1 1'] }],
    domains: [verified('implicit.test', 'no MX, proven: the domain is its own host', 'implicit.test')],
  },
  {
    apex: 'null-mx.test',
    text: '@ MX 0 .',
    domains: [
      {
        domain: 'null-mx.test',
        shows: 'a null MX: the domain takes no mail (RFC 7505)',
        mx: { status: 'secure', rcode: 'NOERROR' },
        hosts: [],
        verdict: 'unreachable',
      },
    ],
  },
  {
    apex: 'nothing.test',
    text: '@ TXT "neither MX nor address"',
    domains: [
      {
        domain: 'nothing.test',
        shows: 'neither MX nor address',
        mx: { status: 'secure', rcode: 'NOERROR' },
        hosts: [],
        verdict: 'unreachable',
      },
    ],
  },
]
