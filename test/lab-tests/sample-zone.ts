/** A zone with one of everything a signer must treat apart, for the tests of the signer. */
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { Name } from '../../src/wire/name.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'
import { writeMx, writeSoa } from '../../src/wire/rdata/target.ts'
import type { SigningKey } from '../lab/signer/key.ts'
import { dsFor, makeKey } from '../lab/signer/key.ts'
import { type SignZoneOptions, signZone } from '../lab/signer/sign-zone.ts'
import { record } from '../lab/signer/zone-content.ts'

export const APEX: Name = Name.parse('Sample.test.')
const CHILD_KEY: SigningKey = makeKey()

function sampleRecords(): ResourceRecord[] {
  const at = (name: string): Name => Name.parse(name, APEX)
  const soa = { mname: at('ns'), rname: at('Host.Master'), serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 300 }
  const a = (name: string, last: number): ResourceRecord =>
    record(at(name), RRType.A, 3600, Uint8Array.of(192, 0, 2, last))
  const named = (name: string, type: number, target: string): ResourceRecord =>
    record(at(name), type, 3600, at(target).wire)
  return [
    record(APEX, RRType.SOA, 3600, writeSoa({ ...soa })),
    named('@', RRType.NS, 'NS'),
    record(APEX, RRType.MX, 3600, writeMx({ preference: 10, exchange: at('Mail') })),
    a('ns', 1),
    a('Mail', 2),
    a('mail', 3),
    a('mail', 3),
    a('deep.empty.non-terminal', 4),
    a('*.wild', 5),
    named('alias', RRType.CNAME, 'MAIL'),
    named('moved', RRType.DNAME, 'Elsewhere'),
    named('secure', RRType.NS, 'ns.secure'),
    dsFor(CHILD_KEY, at('secure')),
    dsFor(CHILD_KEY, at('secure'), 4),
    a('ns.secure', 6),
    named('insecure', RRType.NS, 'ns.insecure'),
    a('ns.insecure', 7),
    named('only.insecure.below', RRType.NS, 'ns'),
    record(at('\\000odd\\.label'), 65280, 60, Uint8Array.of(0, 255)),
  ]
}

export function signSample(options: Partial<SignZoneOptions> & Pick<SignZoneOptions, 'keys'>): ResourceRecord[] {
  const now = Math.floor(Date.now() / 1000)
  return signZone({
    apex: APEX,
    records: sampleRecords(),
    denial: { kind: 'nsec' },
    inception: now - 3600,
    expiration: now + 86400,
    ...options,
  })
}
