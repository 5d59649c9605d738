import fc from 'fast-check'
import {
  Name,
  type ResourceRecord,
  RRType,
  TypeBitMap,
  writeA,
  writeAaaa,
  writeCaa,
  writeCsync,
  writeDnskey,
  writeDs,
  writeHinfo,
  writeMx,
  writeNaptr,
  writeNsec,
  writeNsec3,
  writeNsec3Param,
  writeRp,
  writeRrsig,
  writeSoa,
  writeSrv,
  writeSshfp,
  writeSvcb,
  writeTarget,
  writeTlsa,
  writeTxt,
  writeUri,
  writeZonemd,
  formatIpv4,
  formatIpv6,
  SvcParamKey,
  type SvcParam,
} from '../../src/wire/index.ts'

const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength })
const string = fc.oneof(
  octets(0, 255),
  fc.stringMatching(/^[ -~]{0,40}$/).map((text) => new TextEncoder().encode(text)),
)
const someOctets = octets(1, 80)

/** Plain host-name labels, so that a decoder that turns labels into strings may read them. */
const plainLabel = fc.stringMatching(/^[a-z0-9_][a-z0-9-]{0,14}$/)
export const plainName: fc.Arbitrary<Name> = fc
  .array(plainLabel, { minLength: 1, maxLength: 6 })
  .map((labels) => Name.parse(`${labels.join('.')}.`))

/** Any name: any octets, up to the longest, the root now and then. */
export const anyName: fc.Arbitrary<Name> = fc.oneof(
  { weight: 3, arbitrary: plainName },
  {
    weight: 3,
    arbitrary: fc.array(octets(1, 63), { maxLength: 12 }).map((labels) => {
      while (labels.reduce((sum, label) => sum + 1 + label.length, 1) > 255) labels.pop()
      return Name.fromLabels(labels)
    }),
  },
  { weight: 1, arbitrary: fc.constant(Name.root) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 127 }).map((labels) => Name.parse('a.'.repeat(labels))) },
)

/** Any text of at most `maxLength` code units, much of it US-ASCII, some of it ill-formed. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  const unit = fc.oneof({ weight: 3, arbitrary: fc.nat(0x7f) }, { weight: 1, arbitrary: fc.nat(0xffff) })
  return fc.array(unit, { maxLength }).map((units) => String.fromCharCode(...units))
}

const rrType = fc.oneof(fc.constantFrom(...Object.values(RRType)), u16)
const types = fc.array(rrType, { maxLength: 20 }).map((list) => new TypeBitMap(list))

/** A type, and an arbitrary of well-formed values for its writer and reader. */
export interface TypedRdata {
  readonly type: number
  readonly rdata: fc.Arbitrary<Uint8Array>
}

/** Well-formed RDATA of each type with a reader of its own. Names in it come from `name`. */
export function typedRdata(name: fc.Arbitrary<Name>): TypedRdata[] {
  const target = name.map(writeTarget)
  const txt = fc.array(string, { minLength: 1, maxLength: 4 }).map(writeTxt)
  const ds = fc.record({ keyTag: u16, algorithm: u8, digestType: u8, digest: someOctets }).map(writeDs)
  const dnskey = fc.record({ flags: u16, protocol: u8, algorithm: u8, publicKey: someOctets }).map(writeDnskey)
  const tlsa = fc.record({ usage: u8, selector: u8, matchingType: u8, data: someOctets }).map(writeTlsa)
  const nsec3Param = { hashAlgorithm: u8, flags: u8, iterations: u16, salt: string }
  const svcb = fc.record({ priority: u16, targetName: name, params: svcParams }).map(writeSvcb)
  const of = (type: number, rdata: fc.Arbitrary<Uint8Array>): TypedRdata => ({ type, rdata })
  return [
    of(
      RRType.A,
      octets(4, 4).map((address) => writeA(formatIpv4(address))),
    ),
    of(
      RRType.AAAA,
      ipv6.map((address) => writeAaaa(formatIpv6(address))),
    ),
    of(RRType.NS, target),
    of(RRType.CNAME, target),
    of(RRType.DNAME, target),
    of(RRType.PTR, target),
    of(
      RRType.SOA,
      fc
        .record({ mname: name, rname: name, serial: u32, refresh: u32, retry: u32, expire: u32, minimum: u32 })
        .map(writeSoa),
    ),
    of(RRType.MX, fc.record({ preference: u16, exchange: name }).map(writeMx)),
    of(RRType.TXT, txt),
    of(RRType.SPF, txt),
    of(RRType.HINFO, fc.record({ cpu: string, os: string }).map(writeHinfo)),
    of(RRType.RP, fc.record({ mbox: name, txt: name }).map(writeRp)),
    of(RRType.SRV, fc.record({ priority: u16, weight: u16, port: u16, target: name }).map(writeSrv)),
    of(
      RRType.NAPTR,
      fc
        .record({ order: u16, preference: u16, flags: string, services: string, regexp: string, replacement: name })
        .map(writeNaptr),
    ),
    of(RRType.URI, fc.record({ priority: u16, weight: u16, target: someOctets }).map(writeUri)),
    of(
      RRType.CAA,
      fc.record({ flags: u8, tag: fc.stringMatching(/^[0-9A-Za-z]{1,15}$/), value: string }).map(writeCaa),
    ),
    of(RRType.SSHFP, fc.record({ algorithm: u8, fingerprintType: u8, fingerprint: someOctets }).map(writeSshfp)),
    of(RRType.DS, ds),
    of(RRType.CDS, ds),
    of(RRType.DNSKEY, dnskey),
    of(RRType.CDNSKEY, dnskey),
    of(
      RRType.RRSIG,
      fc
        .record({
          typeCovered: rrType,
          algorithm: u8,
          labels: u8,
          originalTtl: u32,
          expiration: u32,
          inception: u32,
          keyTag: u16,
          signerName: name,
          signature: someOctets,
        })
        .map(writeRrsig),
    ),
    of(RRType.NSEC, fc.record({ nextDomainName: name, types }).map(writeNsec)),
    of(RRType.NSEC3, fc.record({ ...nsec3Param, nextHashedOwnerName: octets(1, 255), types }).map(writeNsec3)),
    of(RRType.NSEC3PARAM, fc.record(nsec3Param).map(writeNsec3Param)),
    of(RRType.TLSA, tlsa),
    of(RRType.SMIMEA, tlsa),
    of(RRType.OPENPGPKEY, someOctets),
    of(RRType.CSYNC, fc.record({ serial: u32, flags: u16, types }).map(writeCsync)),
    of(
      RRType.ZONEMD,
      fc.record({ serial: u32, scheme: u8, hashAlgorithm: u8, digest: octets(12, 64) }).map(writeZonemd),
    ),
    of(RRType.SVCB, svcb),
    of(RRType.HTTPS, svcb),
  ]
}

/** Addresses with runs of zeros more often than chance would have it. */
const ipv6 = fc
  .array(fc.oneof(fc.constant(0), u16), { minLength: 8, maxLength: 8 })
  .map((fields) => Uint8Array.from(fields.flatMap((field) => [field >> 8, field & 0xff])))

const alpn = fc.array(octets(1, 12), { minLength: 1, maxLength: 3 }).map((list) => writeTxt(list))
const empty = fc.constant(new Uint8Array())
const values: Readonly<Record<number, fc.Arbitrary<Uint8Array>>> = {
  [SvcParamKey.alpn]: alpn,
  [SvcParamKey['no-default-alpn']]: empty,
  [SvcParamKey.port]: octets(2, 2),
  [SvcParamKey.ipv4hint]: fc.array(octets(4, 4), { minLength: 1, maxLength: 3 }).map((list) => joined(list)),
  [SvcParamKey.ech]: octets(0, 40).map((list) => joined([Uint8Array.of(0, list.length), list])),
  [SvcParamKey.ipv6hint]: fc.array(ipv6, { minLength: 1, maxLength: 3 }).map((list) => joined(list)),
  [SvcParamKey.dohpath]: fc.constant(new TextEncoder().encode('/dns-query{?dns}')),
  [SvcParamKey.ohttp]: empty,
  [SvcParamKey['tls-supported-groups']]: fc.constant(Uint8Array.of(0, 29, 0, 23)),
  [SvcParamKey.docpath]: fc.oneof(empty, alpn),
}

const svcParams: fc.Arbitrary<SvcParam[]> = fc
  .uniqueArray(fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 11, max: 0xffff })), { maxLength: 6 })
  .chain((keys) => {
    // Self-consistent, as RFC 9460 section 2.4.3 has it.
    const consistent = keys.filter((key) => key !== SvcParamKey['no-default-alpn'] || keys.includes(SvcParamKey.alpn))
    const sorted = consistent.toSorted((a, b) => a - b)
    const params = fc.tuple(
      ...sorted.map((key) => (values[key] ?? octets(0, 20)).map((value): SvcParam => ({ key, value }))),
    )
    return fc.tuple(params, fc.subarray(sorted)).map(([list, mandatory]) => {
      if (mandatory.length === 0) return list
      const value = Uint8Array.from(mandatory.flatMap((key) => [key >> 8, key & 0xff]))
      return [{ key: SvcParamKey.mandatory, value }, ...list]
    })
  })

/** A record of class IN of any type: those above, and unknown ones. */
export function anyRecord(name: fc.Arbitrary<Name>): fc.Arbitrary<ResourceRecord> {
  const known = typedRdata(name).map(({ type, rdata }) => rdata.map((value) => ({ type, rdata: value })))
  const unknown = fc.record({ type: fc.integer({ min: 1000, max: 65000 }), rdata: octets(0, 60) })
  return fc
    .tuple(name, fc.integer({ min: 0, max: 0x7fffffff }), fc.oneof(...known, unknown))
    .map(([owner, ttl, data]) => ({ name: owner, type: data.type, class: 1, ttl, rdata: data.rdata }))
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
