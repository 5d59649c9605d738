import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as wire from '../../src/wire/index.ts'
import { checkRdata, Name, RRType, rrTypeFromName, TypeBitMap } from '../../src/wire/index.ts'
import { anyName, typedRdata } from './arbitraries.ts'
import { hexBody, thrown, vectors } from './vectors.ts'

describe('malformed RDATA, one case a file', () => {
  for (const { file, head, body } of vectors('rdata')) {
    test(file, () => {
      expect(thrown(() => checkRdata(rrTypeFromName(head.get('type')!)!, hexBody(body)))).toMatchObject({
        code: 'bad-wire',
        message: expect.stringContaining(head.get('error')!),
      })
    })
  }
})

describe('readers and writers', () => {
  const octets = hexBody('00ff22')
  const target = Name.parse('Mail.Example.')
  const types = new TypeBitMap([RRType.A, 65534])

  test('bring back what they are given', () => {
    const mx = { preference: 10, exchange: target }
    expect(wire.readMx(wire.writeMx(mx))).toEqual(mx)
    const srv = { priority: 1, weight: 2, port: 25, target }
    expect(wire.readSrv(wire.writeSrv(srv))).toEqual(srv)
    const naptr = { order: 1, preference: 2, flags: octets, services: octets, regexp: octets, replacement: target }
    expect(wire.readNaptr(wire.writeNaptr(naptr))).toEqual(naptr)
    const uri = { priority: 1, weight: 2, target: octets }
    expect(wire.readUri(wire.writeUri(uri))).toEqual(uri)
    const caa = { flags: 128, tag: 'Issue', value: octets }
    expect(wire.readCaa(wire.writeCaa(caa))).toEqual(caa)
    const sshfp = { algorithm: 4, fingerprintType: 2, fingerprint: octets }
    expect(wire.readSshfp(wire.writeSshfp(sshfp))).toEqual(sshfp)
    const tlsa = { usage: 3, selector: 1, matchingType: 255, data: octets }
    expect(wire.readTlsa(wire.writeTlsa(tlsa))).toEqual(tlsa)
    const hinfo = { cpu: octets, os: new Uint8Array() }
    expect(wire.readHinfo(wire.writeHinfo(hinfo))).toEqual(hinfo)
    const rp = { mbox: target, txt: Name.root }
    expect(wire.readRp(wire.writeRp(rp))).toEqual(rp)
    const soa = { mname: target, rname: target, serial: 0xffffffff, refresh: 1, retry: 2, expire: 3, minimum: 4 }
    expect(wire.readSoa(wire.writeSoa(soa))).toEqual(soa)
    const csync = { serial: 1, flags: 3, types }
    expect(wire.readCsync(wire.writeCsync(csync))).toEqual(csync)
    const zonemd = { serial: 1, scheme: 1, hashAlgorithm: 1, digest: new Uint8Array(48) }
    expect(wire.readZonemd(wire.writeZonemd(zonemd))).toEqual(zonemd)
    const ds = { keyTag: 1, algorithm: 8, digestType: 2, digest: octets }
    expect(wire.readDs(wire.writeDs(ds))).toEqual(ds)
    const dnskey = { flags: 257, protocol: 3, algorithm: 13, publicKey: octets }
    expect(wire.readDnskey(wire.writeDnskey(dnskey))).toEqual(dnskey)
    const nsec3Param = { hashAlgorithm: 1, flags: 0, iterations: 5, salt: octets }
    expect(wire.readNsec3Param(wire.writeNsec3Param(nsec3Param))).toEqual(nsec3Param)
    const nsec3 = { ...nsec3Param, nextHashedOwnerName: octets, types }
    expect(wire.readNsec3(wire.writeNsec3(nsec3))).toEqual(nsec3)
    const nsec = { nextDomainName: target, types }
    expect(wire.readNsec(wire.writeNsec(nsec))).toEqual(nsec)
    const svcb = { priority: 1, targetName: target, params: [{ key: 3, value: hexBody('01bb') }] }
    expect(wire.readSvcb(wire.writeSvcb(svcb))).toEqual(svcb)
    const rrsig = {
      typeCovered: 15,
      algorithm: 13,
      labels: 2,
      originalTtl: 3600,
      expiration: 0xffffffff,
      inception: 0,
      keyTag: 1,
      signerName: target,
      signature: octets,
    }
    expect(wire.readRrsig(wire.writeRrsig(rrsig))).toEqual(rrsig)
    expect(wire.readTxt(wire.writeTxt([octets, new Uint8Array()]))).toEqual([octets, new Uint8Array()])
    expect(wire.readTarget(wire.writeTarget(target))).toEqual(target)
    expect(wire.readA(wire.writeA('192.0.2.1'))).toBe('192.0.2.1')
    expect(wire.readAaaa(wire.writeAaaa('2001:DB8::1'))).toBe('2001:db8::1')
  })

  test.each<[string, () => unknown]>([
    ['an address that is none', () => wire.writeA('192.0.2')],
    ['an address of the other family', () => wire.writeAaaa('192.0.2.1')],
    ['a preference of 17 bits', () => wire.writeMx({ preference: 65536, exchange: target })],
    ['a negative port', () => wire.writeSrv({ priority: 0, weight: 0, port: -1, target })],
    ['a usage of nine bits', () => wire.writeTlsa({ usage: 256, selector: 0, matchingType: 0, data: octets })],
    ['a serial number of 33 bits', () => wire.writeCsync({ serial: 2 ** 32, flags: 0, types })],
    ['no string', () => wire.writeTxt([])],
    ['a string of 256 octets', () => wire.writeTxt([new Uint8Array(256)])],
    ['a tag with a dash', () => wire.writeCaa({ flags: 0, tag: 'is-sue', value: octets })],
    ['an empty tag', () => wire.writeCaa({ flags: 0, tag: '', value: octets })],
    [
      'a salt of 256 octets',
      () => wire.writeNsec3Param({ hashAlgorithm: 1, flags: 0, iterations: 0, salt: new Uint8Array(256) }),
    ],
    [
      'SvcParams out of order',
      () => {
        const value = new Uint8Array()
        return wire.writeSvcb({
          priority: 1,
          targetName: target,
          params: [
            { key: 8, value },
            { key: 8, value },
          ],
        })
      },
    ],
  ])('%s is a RangeError of the writer', (_, write) => {
    expect(thrown(write)).toBeInstanceOf(RangeError)
  })
})

test('the key tag is that of RFC 4034 section 5.4', () => {
  const key =
    '256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=='
  expect(wire.keyTag(wire.parseRdata(RRType.DNSKEY, key))).toBe(60485)
})

describe('properties', () => {
  test('what the writers write is well-formed', () => {
    const all = typedRdata(anyName).map(({ type, rdata }) => rdata.map((octets) => ({ type, octets })))
    fc.assert(
      fc.property(fc.oneof(...all), ({ type, octets }) => checkRdata(type, octets)),
      { numRuns: 1000 },
    )
  })

  test('any octets are RDATA of a type or a bad-wire', () => {
    const known = typedRdata(anyName).map(({ type }) => type)
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.uint8Array({ maxLength: 80 }), (type, octets) => {
        try {
          checkRdata(type, octets)
        } catch (error) {
          expect(error).toMatchObject({ name: 'DanelawError', code: 'bad-wire' })
        }
      }),
      { numRuns: 1500 },
    )
  })
})
