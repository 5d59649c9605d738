// @ts-expect-error It comes without types.
import untyped from 'dns-packet'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  encodeMessage,
  type Message,
  parseMessage,
  type ResourceRecord,
  RRType,
  rrTypeName,
  TypeBitMap,
  writeCaa,
  writeDnskey,
  writeDs,
  writeMx,
  writeNsec,
  writeNsec3,
  writeRrsig,
  writeSoa,
  writeSrv,
  writeTarget,
  writeTlsa,
  writeTxt,
} from '../../src/wire/index.ts'
import { plainName } from './arbitraries.ts'

/** What is used of dns-packet, an independent codec that comes without types. */
interface DnsPacket {
  encode(packet: object): Uint8Array
  decode(octets: Uint8Array): {
    questions: object[]
    answers: { type: string; name: string; ttl: number; data: unknown }[]
  }
}
const dnsPacket = untyped as DnsPacket

const u8 = fc.nat(0xff)
const u16 = fc.nat(0xffff)
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const octets = fc.uint8Array({ minLength: 1, maxLength: 70 })
const type = fc.constantFrom(
  RRType.A,
  RRType.NS,
  RRType.SOA,
  RRType.MX,
  RRType.TXT,
  RRType.AAAA,
  RRType.SRV,
  RRType.DNSKEY,
)
const types = fc.array(type, { minLength: 1, maxLength: 6 }).map((list) => new TypeBitMap(list))

/** Only what dns-packet can hold: plain names, protocol 3, types it has names for, text that is US-ASCII. */
const RDATA: readonly [number, fc.Arbitrary<Uint8Array>][] = [
  [RRType.A, fc.uint8Array({ minLength: 4, maxLength: 4 })],
  [RRType.AAAA, fc.uint8Array({ minLength: 16, maxLength: 16 })],
  [RRType.NS, plainName.map(writeTarget)],
  [RRType.CNAME, plainName.map(writeTarget)],
  [RRType.MX, fc.record({ preference: u16, exchange: plainName }).map(writeMx)],
  [RRType.TXT, fc.array(octets, { minLength: 1, maxLength: 3 }).map(writeTxt)],
  [RRType.SRV, fc.record({ priority: u16, weight: u16, port: u16, target: plainName }).map(writeSrv)],
  [
    RRType.SOA,
    fc
      .record({ mname: plainName, rname: plainName, serial: u32, refresh: u32, retry: u32, expire: u32, minimum: u32 })
      .map(writeSoa),
  ],
  [
    RRType.CAA,
    fc
      .record({
        flags: fc.constantFrom(0, 128),
        tag: fc.constantFrom('issue', 'iodef'),
        value: fc.stringMatching(/^[!-~]{1,40}$/),
      })
      .map(({ value, ...caa }) => writeCaa({ ...caa, value: new TextEncoder().encode(value) })),
  ],
  [RRType.DS, fc.record({ keyTag: u16, algorithm: u8, digestType: u8, digest: octets }).map(writeDs)],
  [
    RRType.DNSKEY,
    fc.record({ flags: u16, protocol: fc.constant(3), algorithm: u8, publicKey: octets }).map(writeDnskey),
  ],
  [
    RRType.RRSIG,
    fc
      .record({
        typeCovered: type,
        algorithm: u8,
        labels: u8,
        originalTtl: u32,
        expiration: u32,
        inception: u32,
        keyTag: u16,
        signerName: plainName,
        signature: octets,
      })
      .map(writeRrsig),
  ],
  [RRType.NSEC, fc.record({ nextDomainName: plainName, types }).map(writeNsec)],
  [
    RRType.NSEC3,
    fc
      .record({ hashAlgorithm: u8, flags: u8, iterations: u16, salt: octets, nextHashedOwnerName: octets, types })
      .map(writeNsec3),
  ],
  [RRType.TLSA, fc.record({ usage: u8, selector: u8, matchingType: u8, data: octets }).map(writeTlsa)],
]

test.each(RDATA.map(([number, rdata]) => [rrTypeName(number), number, rdata] as const))(
  'dns-packet reads and writes %s as danelaw does',
  (mnemonic, number, rdata) => {
    fc.assert(
      fc.property(plainName, fc.nat(0x7fffffff), rdata, (name, ttl, value) => {
        const record: ResourceRecord = { name, type: number, class: 1, ttl, rdata: value }
        const ours = encodeMessage(messageOf(record))
        const theirs = dnsPacket.decode(Buffer.from(ours))
        expect(theirs.answers).toMatchObject([{ type: mnemonic, name: name.toString().slice(0, -1), ttl }])
        const again = dnsPacket.encode({ type: 'response', id: 4711, flags: 0x0100, ...theirs })
        expect(parseMessage(new Uint8Array(again))).toMatchObject({ id: 4711, answer: [record] })
      }),
      { numRuns: 50 },
    )
  },
)

function messageOf(record: ResourceRecord): Message {
  return {
    id: 4711,
    response: true,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    checkingDisabled: false,
    rcode: 0,
    questions: [{ name: record.name, type: record.type, class: 1 }],
    answer: [record],
    authority: [],
    additional: [],
    edns: undefined,
  }
}
