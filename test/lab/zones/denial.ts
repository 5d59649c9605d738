/** Ways to deny: NSEC3, opt-out, iterations above what validators follow, wildcards. */
import { type LabZone, oneHost, verified } from './zone.ts'

export const DENIAL_ZONES: readonly LabZone[] = [
  {
    apex: 'nsec3.test',
    denial: { kind: 'nsec3', salt: Uint8Array.of(0x5a, 0x17), iterations: 5, optOut: false },
    text: `@ MX 10 mx
deep.empty A 127.0.0.1`,
    mail: [{ host: 'mx.nsec3.test', tlsa: ['3 0 1'] }],
    questions: [
      { name: 'absent.nsec3.test', type: 'A', shows: 'a name denied with NSEC3', status: 'secure', rcode: 'NXDOMAIN' },
      { name: 'mx.nsec3.test', type: 'AAAA', shows: 'a type denied with NSEC3', status: 'secure', rcode: 'NOERROR' },
      {
        name: 'empty.nsec3.test',
        type: 'A',
        shows: 'an empty non-terminal has an NSEC3 of its own',
        status: 'secure',
        rcode: 'NOERROR',
      },
    ],
    domains: [verified('nsec3.test', 'a domain that denies with NSEC3, with a TLSA record for the whole certificate')],
  },
  {
    apex: 'opt-out.example',
    denial: { kind: 'nsec3', salt: new Uint8Array(0), iterations: 0, optOut: true },
    mail: [{ host: 'mx.opt-out.example' }],
    domains: [oneHost('opt-out.example', 'the absence of TLSA lies in an opt-out span', 'secure', 'may', 'encrypted')],
  },
  {
    apex: 'iterations-100.test',
    denial: { kind: 'nsec3', salt: new Uint8Array(0), iterations: 100, optOut: false },
    mail: [{ host: 'mx.iterations-100.test' }],
    questions: [
      {
        name: 'absent.iterations-100.test',
        type: 'A',
        shows: 'more iterations than a validator follows (RFC 9276 section 3.2)',
        status: 'insecure',
        rcode: 'NXDOMAIN',
      },
    ],
    domains: [
      oneHost('iterations-100.test', 'the absence of TLSA costs too much to prove', 'secure', 'may', 'encrypted'),
    ],
  },
  {
    apex: 'iterations-500.test',
    denial: { kind: 'nsec3', salt: new Uint8Array(0), iterations: 500, optOut: false },
    mail: [{ host: 'mx.iterations-500.test' }],
    questions: [
      { name: 'absent.iterations-500.test', type: 'A', shows: 'iterations without measure', status: 'bogus' },
    ],
    domains: [
      oneHost('iterations-500.test', 'iterations without measure: the host is not used', 'secure', 'defer', 'refused'),
    ],
  },
  {
    apex: 'wildcard.test',
    text: (tlsa) => `* MX 10 mx
*._tcp.mx TLSA ${tlsa('mx.wildcard.test', '3 1 1')}`,
    mail: [{ host: 'mx.wildcard.test' }],
    questions: [
      { name: 'any.wildcard.test', type: 'MX', shows: 'an answer from a wildcard', status: 'secure', rcode: 'NOERROR' },
      {
        name: 'any.wildcard.test',
        type: 'TXT',
        shows: 'a type the wildcard lacks',
        status: 'secure',
        rcode: 'NOERROR',
      },
    ],
    domains: [verified('any.wildcard.test', 'MX and TLSA both from wildcards', 'mx.wildcard.test')],
  },
]
