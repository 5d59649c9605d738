/** CNAME and DNAME, of domains, hosts and TLSA records. */
import { type LabZone, verified } from './zone.ts'

export const ALIAS_ZONES: readonly LabZone[] = [
  {
    apex: 'alias.test',
    text: `www CNAME www.p256.test.
lists CNAME p256.test.
out CNAME www.unsigned.test.
gone CNAME absent.p256.test.
one CNAME two
two CNAME one`,
    questions: [
      { name: 'www.alias.test', type: 'A', shows: 'a CNAME to another zone', status: 'secure', rcode: 'NOERROR' },
      { name: 'out.alias.test', type: 'A', shows: 'a CNAME to an unsigned zone', status: 'insecure', rcode: 'NOERROR' },
      { name: 'gone.alias.test', type: 'A', shows: 'a CNAME to nothing', status: 'secure', rcode: 'NXDOMAIN' },
    ],
    domains: [verified('lists.alias.test', 'a domain that is an alias', 'mx.p256.test')],
  },
  {
    apex: 'mx-alias.test',
    text: `@ MX 10 mx
mx CNAME mx.p256.test.`,
    domains: [verified('mx-alias.test', 'an MX host that is an alias: TLSA at the final name comes first')],
  },
  {
    apex: 'mx-alias-out.test',
    text: (tlsa) => `@ MX 10 mx
mx CNAME mx.unsigned.test.
_25._tcp.mx TLSA ${tlsa('mx.unsigned.test', '3 1 1')}`,
    domains: [verified('mx-alias-out.test', 'an alias that leaves the signed world: TLSA at the first name counts')],
  },
  {
    apex: 'tlsa-alias.test',
    text: (tlsa) => `@ MX 10 mx
_25._tcp.mx CNAME _dane
_dane TLSA ${tlsa('mx.tlsa-alias.test', '3 1 1')}`,
    mail: [{ host: 'mx.tlsa-alias.test' }],
    domains: [verified('tlsa-alias.test', 'a TLSA record behind an alias, the name in SNI stays')],
  },
  {
    apex: 'dname.test',
    text: `@ MX 10 mx.old
old DNAME p256.test.`,
    questions: [
      { name: 'www.old.dname.test', type: 'A', shows: 'a DNAME and its CNAME', status: 'secure', rcode: 'NOERROR' },
      { name: 'absent.old.dname.test', type: 'A', shows: 'a DNAME to nothing', status: 'secure', rcode: 'NXDOMAIN' },
    ],
    domains: [verified('dname.test', 'an MX host below a DNAME', 'mx.old.dname.test')],
  },
]
