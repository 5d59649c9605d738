/** What hosts show, and what they do instead. */
import { one, type SetUp } from './set-up.ts'

export const CERTIFICATES: readonly SetUp[] = [
  { label: 'expired-ee', shows: 'DANE-EE does not look at dates', ...one('expired', '3 1 1'), verdict: 'verified' },
  { label: 'expired-ta', shows: 'DANE-TA does', ...one('expired', '2 1 1'), verdict: 'refused' },
  {
    label: 'other-name-ee',
    shows: 'DANE-EE does not look at names',
    ...one('other-name', '3 1 1'),
    verdict: 'verified',
  },
  { label: 'other-name-ta', shows: 'DANE-TA does', ...one('other-name', '2 1 1'), verdict: 'refused' },
  {
    label: 'domain-name-ta',
    shows: 'the name of the domain is a reference identifier too',
    ...one('domain-name', '2 1 1'),
    verdict: 'verified',
  },
  {
    label: 'wildcard-ta',
    shows: 'a certificate for one label and the rest of the name',
    ...one('wildcard', '2 1 1'),
    verdict: 'verified',
  },
  {
    label: 'ta-not-sent',
    shows: 'a digest of an authority that is not sent',
    ...one('no-root', '2 1 1'),
    verdict: 'refused',
  },
  {
    label: 'ta-from-dns',
    shows: 'a whole authority that is not sent',
    ...one('no-root', '2 0 0'),
    verdict: 'verified',
  },
  {
    label: 'ta-key-from-dns',
    shows: 'the key of an authority that is not sent',
    ...one('no-root', '2 1 0'),
    verdict: 'verified',
  },
]

export const SERVERS: readonly SetUp[] = [
  { label: 'no-starttls', shows: 'TLSA and no STARTTLS', ...one('no-starttls', '3 1 1'), verdict: 'refused' },
  {
    label: 'starttls-refused',
    shows: 'TLSA, and STARTTLS is answered by 454',
    ...one('starttls-refused', '3 1 1'),
    verdict: 'refused',
  },
  {
    label: 'starttls-closed',
    shows: 'TLSA, and the connection ends after STARTTLS',
    ...one('starttls-closed', '3 1 1'),
    verdict: 'refused',
  },
  {
    label: 'handshake-broken',
    shows: 'TLSA and a handshake that fails',
    ...one('handshake-broken', '3 1 1'),
    verdict: 'refused',
  },
  { label: 'garbage', shows: 'TLSA, and no handshake at all', ...one('garbage', '3 1 1'), verdict: 'refused' },
  { label: 'tls-1-0', shows: 'TLSA, and nothing newer than TLS 1.0', ...one('tls-1.0', '3 1 1'), verdict: 'refused' },
  {
    label: 'anonymous',
    shows: 'TLSA, and no suite with a certificate',
    ...one('anonymous', '3 1 1'),
    verdict: 'refused',
  },
  {
    label: 'unusable-no-starttls',
    shows: 'TLSA of no use is still an order to do TLS',
    ...one('no-starttls', '1 1 1'),
    verdict: 'refused',
  },
  {
    label: 'unusable-broken',
    shows: 'TLSA of no use, and a handshake that fails',
    ...one('handshake-broken', '1 1 1'),
    verdict: 'refused',
  },
  { label: 'no-tlsa', shows: 'no TLSA', ...one('other-name'), verdict: 'encrypted' },
  { label: 'no-tlsa-no-starttls', shows: 'neither TLSA nor STARTTLS', ...one('no-starttls'), verdict: 'cleartext' },
  {
    label: 'no-tlsa-refused',
    shows: 'no TLSA, and STARTTLS is answered by 454',
    ...one('starttls-refused'),
    verdict: 'cleartext',
  },
  {
    label: 'no-tlsa-broken',
    shows: 'no TLSA and a handshake that fails',
    ...one('handshake-broken'),
    verdict: 'cleartext',
  },
  { label: 'down', shows: 'nobody listens', ...one('down', '3 1 1'), verdict: 'unreachable' },
]

export const SEVERAL: readonly SetUp[] = [
  {
    label: 'second-fits',
    shows: 'the first host fails, the second is used',
    hosts: { mx1: { server: 'good', tlsa: ['wrong 3 1 1'] }, mx2: { server: 'good', tlsa: ['3 1 1'] } },
    verdict: 'verified',
  },
  {
    label: 'second-dane',
    shows: 'a better host without TLSA is not passed over',
    hosts: { mx1: { server: 'good' }, mx2: { server: 'good', tlsa: ['3 1 1'] } },
    verdict: 'encrypted',
  },
  {
    label: 'first-down',
    shows: 'the first host is away',
    hosts: { mx1: { server: 'down', tlsa: ['3 1 1'] }, mx2: { server: 'good', tlsa: ['3 1 1'] } },
    verdict: 'verified',
  },
  {
    label: 'first-no-starttls',
    shows: 'the first host was stripped of STARTTLS',
    hosts: { mx1: { server: 'no-starttls', tlsa: ['3 1 1'] }, mx2: { server: 'good' } },
    verdict: 'encrypted',
  },
  {
    label: 'both-wrong',
    shows: 'no host fits',
    hosts: { mx1: { server: 'good', tlsa: ['wrong 3 1 1'] }, mx2: { server: 'handshake-broken', tlsa: ['3 1 1'] } },
    verdict: 'refused',
  },
  {
    label: 'first-bogus',
    shows: 'TLSA of the first host is bogus',
    hosts: { mx2: { server: 'good', tlsa: ['3 1 1'] } },
    text: '% MX 10 mx.bad-tlsa.old-tlsa.test.\n% MX 20 mx2.%',
    verdict: 'verified',
  },
]
