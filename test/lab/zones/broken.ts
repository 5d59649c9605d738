/** Domains whose DNS is broken: no mail may go there, and never because an attacker says so. */
import { type LabZone, oneHost } from './zone.ts'

export const BROKEN_ZONES: readonly LabZone[] = [
  {
    apex: 'expired.test',
    signatures: 'expired',
    mail: [{ host: 'mx.expired.test', tlsa: ['3 1 1'] }],
    questions: [{ name: 'expired.test', type: 'SOA', shows: 'signatures that have expired', status: 'bogus' }],
    domains: [
      {
        domain: 'expired.test',
        shows: 'a domain whose signatures have expired',
        mx: { status: 'bogus' },
        hosts: [],
        verdict: 'refused',
      },
    ],
  },
  {
    apex: 'bogus-ds.test',
    ds: 'wrong',
    mail: [{ host: 'mx.bogus-ds.test', tlsa: ['3 1 1'] }],
    questions: [{ name: 'bogus-ds.test', type: 'SOA', shows: 'a DS for a key that is not there', status: 'bogus' }],
    domains: [
      {
        domain: 'bogus-ds.test',
        shows: 'a domain whose DS record fits none of its keys',
        mx: { status: 'bogus' },
        hosts: [],
        verdict: 'refused',
      },
    ],
  },
  {
    apex: 'servfail.test',
    // Delegated to a zone that no server has.
    text: `@ MX 10 mx
_tcp.mx NS ns`,
    mail: [{ host: 'mx.servfail.test' }],
    questions: [
      {
        name: '_25._tcp.mx.servfail.test',
        type: 'TLSA',
        shows: 'a lookup that fails',
        status: 'indeterminate',
      },
    ],
    domains: [oneHost('servfail.test', 'the lookup of TLSA fails: the host is not used', 'secure', 'defer', 'refused')],
  },
]
