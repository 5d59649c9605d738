import { MATCHING_TYPE_MNEMONICS, SELECTOR_MNEMONICS, USAGE_MNEMONICS } from '../codes/dane.ts'
import { CERTIFICATE_TYPE_MNEMONICS } from '../codes/cert.ts'
import { ALGORITHM_MNEMONICS, DIGEST_TYPE_MNEMONICS } from '../codes/dnssec.ts'
import type { Mnemonics } from '../codes/mnemonic.ts'
import { RRType } from '../codes/rrtype.ts'
import { SSHFP_ALGORITHM_MNEMONICS, SSHFP_TYPE_MNEMONICS } from '../codes/sshfp.ts'
import {
  base64ToEnd,
  characterString,
  characterStrings,
  eui,
  type FieldKind,
  hashedOwnerName,
  hexToEnd,
  ipv4,
  ipv6,
  locator64,
  name,
  rrType,
  salt,
  seconds,
  signatureTime,
  stringToEnd,
  tag,
  typeBitMap,
  u16,
  u32,
  u8,
} from './field-kinds.ts'
import { loc } from './loc.ts'
import { svcParams } from './svc-params.ts'

/** The fields of a type's RDATA in the order of its presentation form, which is that of the wire. */
export type Layout = readonly FieldKind[]

const TARGET: Layout = [name('the name')]
const PREFERENCE_AND_NAME: Layout = [u16('the preference'), name('the name')]
const PREFERENCE_AND_LOCATOR: Layout = [u16('the preference'), locator64]
const TWO_NAMES: Layout = [name('the first name'), name('the second name')]
const STRINGS: Layout = [characterStrings('a string')]
const DS: Layout = [
  u16('the key tag'),
  u8('the algorithm', ALGORITHM_MNEMONICS),
  u8('the digest type', DIGEST_TYPE_MNEMONICS),
  hexToEnd('the digest'),
]
const DNSKEY: Layout = [
  u16('the flags field'),
  u8('the protocol'),
  u8('the algorithm', ALGORITHM_MNEMONICS),
  base64ToEnd('the public key'),
]
const TLSA: Layout = [
  u8('the certificate usage', USAGE_MNEMONICS),
  u8('the selector', SELECTOR_MNEMONICS),
  u8('the matching type', MATCHING_TYPE_MNEMONICS),
  hexToEnd('the certificate association data'),
]
const NSEC3PARAM: Layout = [u8('the hash algorithm'), u8('the flags field'), u16('the iterations'), salt]
const SVCB: Layout = [u16('the priority'), name('the target name'), svcParams]

/** RFC 9859 section 2.3. */
const DSYNC_SCHEMES: Mnemonics = new Map([['NOTIFY', 1]])

/** Types with a presentation form of their own; all others have that of RFC 3597 section 5 only. */
export const LAYOUTS: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [RRType.A, [ipv4]],
  [RRType.NS, TARGET],
  [RRType.MD, TARGET],
  [RRType.MF, TARGET],
  [RRType.CNAME, TARGET],
  [
    RRType.SOA,
    [
      name('the primary server'),
      name('the mailbox'),
      u32('the serial number'),
      seconds('the refresh time'),
      seconds('the retry time'),
      seconds('the expire time'),
      seconds('the minimum'),
    ],
  ],
  [RRType.MB, TARGET],
  [RRType.MG, TARGET],
  [RRType.MR, TARGET],
  [RRType.PTR, TARGET],
  [RRType.HINFO, [characterString('the CPU'), characterString('the operating system')]],
  [RRType.MINFO, TWO_NAMES],
  [RRType.MX, PREFERENCE_AND_NAME],
  [RRType.TXT, STRINGS],
  [RRType.RP, TWO_NAMES],
  [RRType.AFSDB, PREFERENCE_AND_NAME],
  [RRType.X25, [characterString('the address')]],
  [RRType.ISDN, STRINGS],
  [RRType.RT, PREFERENCE_AND_NAME],
  [RRType.KEY, DNSKEY],
  [RRType.PX, [u16('the preference'), name('the first name'), name('the second name')]],
  [RRType.GPOS, [characterString('the longitude'), characterString('the latitude'), characterString('the altitude')]],
  [RRType.AAAA, [ipv6]],
  [RRType.LOC, [loc]],
  [RRType.SRV, [u16('the priority'), u16('the weight'), u16('the port'), name('the target')]],
  [
    RRType.NAPTR,
    [
      u16('the order'),
      u16('the preference'),
      characterString('the flags field'),
      characterString('the services field'),
      characterString('the regular expression'),
      name('the replacement'),
    ],
  ],
  [
    RRType.CERT,
    [
      u16('the certificate type', CERTIFICATE_TYPE_MNEMONICS),
      u16('the key tag'),
      u8('the algorithm', ALGORITHM_MNEMONICS),
      base64ToEnd('the certificate'),
    ],
  ],
  [RRType.KX, PREFERENCE_AND_NAME],
  [RRType.DNAME, TARGET],
  [RRType.DS, DS],
  [
    RRType.SSHFP,
    [
      u8('the algorithm', SSHFP_ALGORITHM_MNEMONICS),
      u8('the fingerprint type', SSHFP_TYPE_MNEMONICS),
      hexToEnd('the fingerprint'),
    ],
  ],
  [
    RRType.RRSIG,
    [
      rrType,
      u8('the algorithm', ALGORITHM_MNEMONICS),
      u8('the labels field'),
      seconds('the original TTL'),
      signatureTime('the expiration'),
      signatureTime('the inception'),
      u16('the key tag'),
      name("the signer's name"),
      base64ToEnd('the signature'),
    ],
  ],
  [RRType.NSEC, [name('the next domain name'), typeBitMap]],
  [RRType.DNSKEY, DNSKEY],
  [RRType.DHCID, [base64ToEnd('the digest')]],
  [
    RRType.NSEC3,
    [u8('the hash algorithm'), u8('the flags field'), u16('the iterations'), salt, hashedOwnerName, typeBitMap],
  ],
  [RRType.NSEC3PARAM, NSEC3PARAM],
  [RRType.TLSA, TLSA],
  [RRType.SMIMEA, TLSA],
  [RRType.NINFO, STRINGS],
  [RRType.TALINK, TWO_NAMES],
  [RRType.CDS, DS],
  [RRType.CDNSKEY, DNSKEY],
  [RRType.OPENPGPKEY, [base64ToEnd('the key')]],
  [RRType.CSYNC, [u32('the SOA serial number'), u16('the flags field'), typeBitMap]],
  [RRType.ZONEMD, [u32('the serial number'), u8('the scheme'), u8('the hash algorithm'), hexToEnd('the digest')]],
  [RRType.SVCB, SVCB],
  [RRType.HTTPS, SVCB],
  [RRType.DSYNC, [rrType, u8('the scheme', DSYNC_SCHEMES), u16('the port'), name('the target')]],
  [RRType.SPF, STRINGS],
  [RRType.NID, PREFERENCE_AND_LOCATOR],
  [RRType.L32, [u16('the preference'), ipv4]],
  [RRType.L64, PREFERENCE_AND_LOCATOR],
  [RRType.LP, PREFERENCE_AND_NAME],
  [RRType.EUI48, [eui(6)]],
  [RRType.EUI64, [eui(8)]],
  [RRType.URI, [u16('the priority'), u16('the weight'), stringToEnd('the target')]],
  [RRType.CAA, [u8('the flags field'), tag('the tag'), stringToEnd('the value')]],
  [RRType.AVC, STRINGS],
  [RRType.RESINFO, STRINGS],
  [RRType.WALLET, STRINGS],
  [RRType.TA, DS],
  [RRType.DLV, DS],
])

/** Types whose format is defined for class IN; in other classes their RDATA is opaque (RFC 3597 section 4). */
export const ONLY_IN: ReadonlySet<number> = new Set([
  RRType.A,
  RRType.AAAA,
  RRType.SRV,
  RRType.PX,
  RRType.KX,
  RRType.DHCID,
  RRType.SVCB,
  RRType.HTTPS,
])
