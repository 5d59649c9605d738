import { createPublicKey, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { Name } from '../../src/wire/name.ts'
import type { Rrsig } from '../../src/wire/rdata/dnssec.ts'
import { Writer } from '../../src/wire/writer.ts'
import { keyTag, readNsec, readNsec3, readRrsig, writeRrsig } from '../../src/wire/rdata/dnssec.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'
import { base32hex, nsec3HashOf } from '../lab/signer/denial.ts'
import { type SigningKey, dsFor, makeKey, revoked } from '../lab/signer/key.ts'
import { rrsigFields, signRRset } from '../lab/signer/sign-rrset.ts'
import { record, rrsetOf } from '../lab/signer/zone-content.ts'
import { APEX, signSample } from './sample-zone.ts'

const at = (name: string): Name => Name.parse(name, APEX)
const find = (zone: readonly ResourceRecord[], name: Name, type: number): ResourceRecord[] =>
  zone.filter((record) => record.type === type && record.name.equals(name))
const signatures = (zone: readonly ResourceRecord[], name: Name, type: number): Rrsig[] =>
  find(zone, name, RRType.RRSIG)
    .map((record) => readRrsig(record.rdata))
    .filter(({ typeCovered }) => typeCovered === type)

describe('signatures', () => {
  test.each([5, 7, 8, 10, 13, 14, 15, 16])('of algorithm %d verify', (algorithm) => {
    const key = makeKey({ algorithm })
    const zone = signSample({ keys: [key] })
    const [address] = find(zone, at('deep.empty.non-terminal'), RRType.A)
    const [rrsig] = signatures(zone, address!.name, RRType.A)
    expect(verifies(key, rrsig!, address!)).toBe(true)
    expect(verifies(key, { ...rrsig!, labels: rrsig!.labels - 1 }, address!)).toBe(false)
  })

  test('are made by the keys whose role it is', () => {
    const [ksk, zsk] = [makeKey({ role: 'ksk' }), makeKey({ role: 'zsk' })]
    const gone = revoked(makeKey())
    const zone = signSample({ keys: [ksk, zsk, gone, makeKey({ role: 'standby' })] })
    const tags = (type: number): number[] => signatures(zone, APEX, type).map((rrsig) => rrsig.keyTag)
    expect(tags(RRType.DNSKEY)).toEqual([ksk.keyTag, gone.keyTag])
    expect(tags(RRType.SOA)).toEqual([zsk.keyTag])
    expect(find(zone, APEX, RRType.DNSKEY)).toHaveLength(4)
  })

  test('cover the DS and NSEC at a cut, and neither NS nor glue', () => {
    const zone = signSample({ keys: [makeKey()] })
    const covered = (name: string): number[] =>
      find(zone, at(name), RRType.RRSIG).map((record) => readRrsig(record.rdata).typeCovered)
    expect(covered('secure').sort()).toEqual([RRType.DS, RRType.NSEC])
    expect(covered('insecure')).toEqual([RRType.NSEC])
    expect(covered('ns.secure')).toEqual([])
  })

  test('of a wildcard do not count its asterisk', () => {
    const [rrsig] = signatures(signSample({ keys: [makeKey()] }), at('*.wild'), RRType.A)
    expect(rrsig!.labels).toBe(3)
  })

  test('can be made wrong, before and after', () => {
    const zone = signSample({
      keys: [makeKey()],
      mutate: (fields, rrset) => {
        if (rrset.type === RRType.MX) return { ...fields, signerName: Name.root, expiration: 1 }
        return rrset.type === RRType.SOA ? null : fields
      },
      tamper: (rrsig, rrset) => (rrset.type === RRType.NS ? { ...rrsig, rdata: rrsig.rdata.subarray(0, 40) } : rrsig),
    })
    expect(signatures(zone, APEX, RRType.MX)).toMatchObject([{ expiration: 1, signerName: Name.root }])
    expect(signatures(zone, APEX, RRType.SOA)).toEqual([])
    expect(find(zone, APEX, RRType.RRSIG).map((record) => record.rdata.length)).toContain(40)
  })
})

test('a single RRset can be signed as anybody, for attacks', () => {
  const key = makeKey()
  const forged = rrsetOf([record(at('www'), RRType.A, 60, Uint8Array.of(192, 0, 2, 66))])
  const fields = rrsigFields(forged, key, Name.parse('attacker.test.'), { inception: 1, expiration: 2 })
  const rrsig = readRrsig(signRRset(forged, key, fields).rdata)
  expect(rrsig).toMatchObject({ labels: 3, originalTtl: 60, keyTag: key.keyTag })
  expect(String(rrsig.signerName)).toBe('attacker.test.')
  expect(verifies(key, rrsig, { ...forged.records[0]!, name: Name.parse('www.sample.test.') })).toBe(true)
})

describe('denial', () => {
  test('an NSEC chain passes through every name but glue, and wraps', () => {
    const zone = signSample({ keys: [makeKey()] })
    const chain = zone.filter((record) => record.type === RRType.NSEC)
    const next = chain.map((record) => readNsec(record.rdata).nextDomainName.key)
    expect(new Set(next)).toEqual(new Set(chain.map((record) => record.name.key)))
    expect(chain.some((record) => record.name.equals(at('ns.secure')))).toBe(false)
    expect(next.at(-1)).toBe(APEX.key)
  })

  test.each([false, true])('an NSEC3 chain has its empty non-terminals (opt-out %s)', (optOut) => {
    const params = { salt: Uint8Array.of(0xaa, 0xbb), iterations: 2, optOut }
    const zone = signSample({ keys: [makeKey()], denial: { kind: 'nsec3', ...params } })
    const types = (name: string): readonly number[] | undefined => {
      const owner = at(base32hex(nsec3HashOf(at(name), params)))
      const [found] = find(zone, owner, RRType.NSEC3)
      return found && readNsec3(found.rdata).types.types
    }
    expect(types('empty.non-terminal')).toEqual([])
    expect(types('secure')).toEqual([RRType.NS, RRType.DS, RRType.RRSIG])
    expect(types('insecure')).toEqual(optOut ? undefined : [RRType.NS])
    expect(types('insecure.below')).toEqual(optOut ? undefined : [])
  })

  test('the hash is that of RFC 5155 appendix A', () => {
    const params = { salt: Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd), iterations: 12 }
    expect(base32hex(nsec3HashOf(Name.parse('example.'), params))).toBe('0p9mhaveqvm6t7vbl5lop2u3t2rp3tom')
    expect(base32hex(nsec3HashOf(Name.parse('*.W.example.'), params))).toBe('r53bq7cc2uvmubfu5ocmm6pers9tk9en')
  })
})

describe('keys', () => {
  test('have the tag of RFC 4034 appendix B', () => {
    for (const algorithm of [8, 13, 16]) {
      const key = makeKey({ algorithm })
      expect(key.keyTag).toBe(keyTag(key.rdata))
    }
  })

  test('a digest of an unknown type is refused', () => {
    expect(() => dsFor(makeKey(), APEX, 3)).toThrow(RangeError)
    expect(dsFor(makeKey(), APEX, 4).rdata).toHaveLength(4 + 48)
  })
})

/** For one record whose owner and RDATA are in canonical form already. */
function verifies(key: SigningKey, rrsig: Rrsig, record: ResourceRecord): boolean {
  const signerName = Name.fromWire(rrsig.signerName.canonicalWire)
  const unsigned = writeRrsig({ ...rrsig, signerName, signature: new Uint8Array(0) })
  const writer = new Writer().bytes(unsigned).bytes(record.name.canonicalWire).u16(record.type).u16(1)
  writer.u32(rrsig.originalTtl).u16(record.rdata.length).bytes(record.rdata)
  const hash = { 5: 'sha1', 7: 'sha1', 8: 'sha256', 10: 'sha512', 13: 'sha256', 14: 'sha384' }[rrsig.algorithm] ?? null
  const publicKey = createPublicKey(key.privateKey)
  return verify(hash, writer.finish(), { key: publicKey, dsaEncoding: 'ieee-p1363' }, rrsig.signature)
}
