/** A small signed internet for resolvers to be asked about, and what is to come of each question. */
import type { Status } from '../../../src/dnssec/status.ts'
import { type WrittenZone, writeZone } from '../peers/zones.ts'

/** Name, type, status, RCODE, records of the type. */
type Row = readonly [name: string, type: string, status: Status, rcode: 'NOERROR' | 'NXDOMAIN', records: number]

/** What has records or a proof that there are none; bogus questions apart, since their RCODE is upstream's choice. */
export const QUESTIONS: readonly Row[] = [
  ['www.secure.test', 'A', 'secure', 'NOERROR', 1],
  ['secure.test', 'MX', 'secure', 'NOERROR', 1],
  ['_25._tcp.mx.secure.test', 'TLSA', 'secure', 'NOERROR', 1],
  ['alias.secure.test', 'A', 'secure', 'NOERROR', 1],
  ['away.secure.test', 'A', 'insecure', 'NOERROR', 1],
  ['x.renamed.secure.test', 'A', 'secure', 'NOERROR', 1],
  ['any.wild.secure.test', 'TXT', 'secure', 'NOERROR', 1],
  ['any.wild.secure.test', 'MX', 'secure', 'NOERROR', 0],
  ['large.secure.test', 'TXT', 'secure', 'NOERROR', 20],
  ['nothing.secure.test', 'A', 'secure', 'NXDOMAIN', 0],
  ['www.secure.test', 'MX', 'secure', 'NOERROR', 0],
  ['_tcp.mx.secure.test', 'A', 'secure', 'NOERROR', 0],
  ['www.nsec3.test', 'A', 'secure', 'NOERROR', 1],
  ['any.wild.nsec3.test', 'TXT', 'secure', 'NOERROR', 1],
  ['nothing.nsec3.test', 'A', 'secure', 'NXDOMAIN', 0],
  ['www.nsec3.test', 'AAAA', 'secure', 'NOERROR', 0],
  ['www.unsigned.test', 'A', 'insecure', 'NOERROR', 1],
  ['nothing.unsigned.test', 'A', 'insecure', 'NXDOMAIN', 0],
  ['test', 'NS', 'secure', 'NOERROR', 1],
  ['.', 'SOA', 'secure', 'NOERROR', 1],
]

export const BOGUS_QUESTIONS: readonly (readonly [name: string, type: string])[] = [
  ['www.expired.test', 'A'],
  ['www.forged.test', 'A'],
  ['www.wrong-ds.test', 'A'],
]

/** Child zones first, the root last, each with the DS records of those before it. */
export function writeInternet(folder: string): WrittenZone[] {
  const write = (apex: string, records: string, more: Partial<Parameters<typeof writeZone>[1]> = {}) =>
    writeZone(folder, { apex, records, denial: 'nsec', ...more })
  const wrong = write('wrong-ds.test.', 'www A 192.0.2.6')
  const children = [
    write('secure.test.', SECURE),
    write('nsec3.test.', 'www A 192.0.2.2\n*.wild TXT "wild"', { denial: 'nsec3' }),
    writeZone(folder, { apex: 'unsigned.test.', records: 'www A 192.0.2.3' }),
    write('forged.test.', 'www A 192.0.2.4', { tamper: (signed) => signed.replace('192.0.2.4', '192.0.2.44') }),
    write('expired.test.', 'www A 192.0.2.5', { expired: 'A' }),
    { ...wrong, ds: wrong.ds.replaceAll(/[0-9A-F]{8}(?=\s*\)?\s*$)/gm, '00000000') },
  ]
  const delegations = [...children.map(({ apex }) => `${apex} NS ns.nic.`), ...children.map(({ ds }) => ds)]
  const test = write('test.', delegations.join('\n'), { denial: 'opt-out' })
  const nic = write('nic.', 'ns A 127.0.0.1')
  return [...children, test, nic, write('.', `test. NS ns.nic.\nnic. NS ns.nic.\n${test.ds}\n${nic.ds}`)]
}

const SECURE = `www A 192.0.2.1
@ MX 10 mx
mx A 127.0.0.1
_25._tcp.mx TLSA 3 1 1 ${'ab'.repeat(32)}
alias CNAME www
away CNAME www.unsigned.test.
renamed DNAME target
x.target A 192.0.2.7
*.wild TXT "wild"
${Array.from({ length: 20 }, (_, i) => `large TXT "${i} ${'x'.repeat(180)}"`).join('\n')}`
