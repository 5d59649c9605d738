/** The root and two top-level domains: one that denies with NSEC, one with NSEC3 and opt-out. */
import { type LabZone, oneHost, verified } from './zone.ts'

export const TREE_ZONES: readonly LabZone[] = [
  {
    apex: '.',
    keys: [
      { algorithm: 8, role: 'ksk', privateKey: '2048a' },
      { algorithm: 8, role: 'zsk', privateKey: '2048b' },
    ],
    questions: [
      {
        name: '.',
        type: 'SOA',
        shows: 'the root is signed with RSA, as the real one',
        status: 'secure',
        rcode: 'NOERROR',
      },
      { name: 'no-such-tld', type: 'A', shows: 'a name the root denies', status: 'secure', rcode: 'NXDOMAIN' },
    ],
  },
  {
    apex: 'test',
    keys: [{ role: 'ksk' }, { role: 'zsk' }],
    questions: [
      { name: 'absent.test', type: 'MX', shows: 'a name denied with NSEC', status: 'secure', rcode: 'NXDOMAIN' },
      {
        name: 'unsigned.test',
        type: 'DS',
        shows: 'the proof that a delegation is insecure, itself secure',
        status: 'secure',
        rcode: 'NOERROR',
      },
    ],
    domains: [
      {
        domain: 'absent.test',
        shows: 'a domain that does not exist',
        mx: { status: 'secure', rcode: 'NXDOMAIN' },
        hosts: [],
        verdict: 'unreachable',
      },
    ],
  },
  {
    apex: 'example',
    denial: { kind: 'nsec3', salt: new Uint8Array(0), iterations: 0, optOut: true },
    questions: [
      {
        name: 'absent.example',
        type: 'A',
        shows: 'a denial that an opt-out span covers is not secure (RFC 5155 section 9.2)',
        status: 'insecure',
        rcode: 'NXDOMAIN',
      },
      {
        name: 'unsigned.example',
        type: 'DS',
        shows: 'a delegation in an opt-out span: no more is known than that it is not signed',
        status: 'insecure',
        rcode: 'NOERROR',
      },
    ],
  },
  {
    apex: 'signed.example',
    mail: [{ host: 'mx.signed.example', tlsa: ['3 1 1'] }],
    domains: [verified('signed.example', 'a signed domain under a zone with NSEC3 and opt-out')],
  },
  {
    apex: 'unsigned.example',
    keys: 'unsigned',
    mail: [{ host: 'mx.unsigned.example' }],
    domains: [oneHost('unsigned.example', 'an unsigned domain in an opt-out span', 'insecure', 'may', 'encrypted')],
  },
  {
    apex: 'unsigned.test',
    keys: 'unsigned',
    text: '@ MX 10 mx\nwww A 127.0.0.1',
    mail: [{ host: 'mx.unsigned.test', tlsa: ['3 1 1'] }],
    domains: [
      oneHost(
        'unsigned.test',
        'an unsigned domain, whose TLSA records count for nothing',
        'insecure',
        'may',
        'encrypted',
      ),
    ],
  },
]
