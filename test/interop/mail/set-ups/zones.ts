/** Zones of other kinds, and what is wrong with them. */
import { one, type SetUp } from './set-up.ts'

/** The zones besides `mail.test.`, and what is wrong with them. */
export const ZONES = {
  'nsec3.test.': { denial: 'nsec3' },
  'opt-out.test.': { denial: 'opt-out' },
  'insecure.test.': {},
  'bogus.test.': { denial: 'nsec', wrongDs: true },
  'old-tlsa.test.': { denial: 'nsec', expired: 'TLSA' },
  'old-mx.test.': { denial: 'nsec', expired: 'MX' },
  'old-a.test.': { denial: 'nsec', expired: 'A' },
  'old-cname.test.': { denial: 'nsec', expired: 'CNAME' },
} as const

export const ZONE_FAULTS: readonly SetUp[] = [
  { label: 'fits', zone: 'nsec3.test.', shows: 'NSEC3', ...one('good', '3 1 1'), verdict: 'verified' },
  { label: 'none', zone: 'nsec3.test.', shows: 'NSEC3 and no TLSA', ...one('good'), verdict: 'encrypted' },
  { label: 'fits', zone: 'opt-out.test.', shows: 'NSEC3 with opt-out', ...one('good', '3 1 1'), verdict: 'verified' },
  {
    label: 'none',
    zone: 'opt-out.test.',
    shows: 'NSEC3 with opt-out and no TLSA',
    ...one('good'),
    verdict: 'encrypted',
  },
  {
    label: 'implicit',
    zone: 'opt-out.test.',
    shows: 'NSEC3 with opt-out and no MX',
    hosts: { '@': { server: 'good', tlsa: ['3 1 1'] } },
    text: '% TXT "no MX"',
    verdict: 'verified',
  },
  {
    label: 'fits',
    zone: 'insecure.test.',
    shows: 'TLSA without signatures says nothing',
    ...one('good', 'wrong 3 1 1'),
    verdict: 'encrypted',
  },
  {
    label: 'outsourced',
    zone: 'insecure.test.',
    shows: 'a signed host of a domain that is not',
    text: '% MX 10 mx.3-1-1.mail.test.',
    verdict: 'encrypted',
  },
  {
    label: 'outsourced-wrong',
    zone: 'insecure.test.',
    shows: 'a signed host that does not fit of a domain that is not signed',
    text: '% MX 10 mx.wrong-3-1-1.mail.test.',
    verdict: 'refused',
  },
  {
    label: 'outsourced-cleartext',
    zone: 'insecure.test.',
    shows: 'a signed host without STARTTLS of a domain that is not signed',
    text: '% MX 10 mx.no-starttls.mail.test.',
    verdict: 'refused',
  },
  {
    label: 'hosted',
    shows: 'a host without signatures of a signed domain',
    text: '% MX 10 mx.fits.insecure.test.',
    verdict: 'encrypted',
  },
  {
    label: 'fits',
    zone: 'bogus.test.',
    shows: 'a zone whose DS is of another key',
    ...one('good', '3 1 1'),
    verdict: 'refused',
  },
  {
    label: 'hosted-bogus',
    shows: 'the host is in a bogus zone',
    text: '% MX 10 mx.fits.bogus.test.',
    verdict: 'refused',
  },
  {
    label: 'bad-tlsa',
    zone: 'old-tlsa.test.',
    shows: 'the signature of TLSA has ended',
    ...one('good', '3 1 1'),
    verdict: 'refused',
  },
  {
    label: 'bad-mx',
    zone: 'old-mx.test.',
    shows: 'the signature of MX has ended',
    ...one('good', '3 1 1'),
    verdict: 'refused',
  },
  {
    label: 'bad-a',
    zone: 'old-a.test.',
    shows: 'the signature of the address has ended',
    ...one('good', '3 1 1'),
    verdict: 'refused',
  },
  {
    label: 'bad-cname',
    zone: 'old-cname.test.',
    shows: "the signature of the host's alias has ended",
    hosts: { real: { server: 'good', tlsa: ['3 1 1'] } },
    text: '% MX 10 mx.%\nmx.% CNAME real.%',
    verdict: 'refused',
  },
]
