/** Zone keys that can sign, and the DS records that point at them. */
import { type KeyObject, createHash } from 'node:crypto'
import { RRClass } from '../../../src/wire/codes/rrclass.ts'
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import type { Name } from '../../../src/wire/name.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'
import { generatePrivateKey, publicKeyField } from './algorithms.ts'
import { canonicalName } from './canonical.ts'
import { type TestRsaKey, testRsaKey } from './test-keys.ts'

/**
 * What a key does: `csk` signs everything, `ksk` the DNSKEY RRset, `zsk` all the rest, `standby` is published and
 * signs nothing.
 */
type KeyRole = 'csk' | 'ksk' | 'zsk' | 'standby'

/** A DNSKEY with its private half. */
export interface SigningKey {
  readonly role: KeyRole
  readonly algorithm: number
  readonly flags: number
  readonly keyTag: number
  /** DNSKEY RDATA. */
  readonly rdata: Uint8Array
  readonly privateKey: KeyObject
}

export interface KeyOptions {
  /** Default 13, ECDSA P-256. A number without an implementation is signed with P-256 under that number. */
  readonly algorithm?: number
  /** Default `csk`. */
  readonly role?: KeyRole
  /** Default: 256 for a ZSK, else 257 (RFC 4034 section 2.1.1). */
  readonly flags?: number
  /** Default 3, the only value a DNSKEY may have. */
  readonly protocol?: number
  /** Default: fresh, for RSA one of the fixed keys. */
  readonly privateKey?: KeyObject | TestRsaKey
}

export function makeKey(options: KeyOptions = {}): SigningKey {
  const { algorithm = 13, role = 'csk', protocol = 3 } = options
  const flags = options.flags ?? (role === 'zsk' ? ZONE_KEY : ZONE_KEY | SECURE_ENTRY_POINT)
  const privateKey = privateKeyOf(options.privateKey ?? (RSA.has(algorithm) ? RSA_DEFAULT[role] : undefined), algorithm)
  const head = Buffer.from([flags >> 8, flags & 0xff, protocol, algorithm])
  const rdata = Buffer.concat([head, publicKeyField(algorithm, privateKey)])
  return { role, algorithm, flags, keyTag: tagOf(rdata), rdata, privateKey }
}

/** The same key with the REVOKE bit, which changes its tag; it signs the DNSKEY RRset (RFC 5011 section 2.1). */
export function revoked(key: SigningKey): SigningKey {
  return makeKey({ algorithm: key.algorithm, role: 'ksk', flags: key.flags | REVOKE, privateKey: key.privateKey })
}

/** A DS record for a key (RFC 4034 section 5.1.4); digest types 1, 2 and 4. */
export function dsFor(key: SigningKey, apex: Name, digestType = 2, ttl = 3600): ResourceRecord {
  const hash = DIGESTS.get(digestType)
  if (hash === undefined) throw new RangeError(`digestType: ${digestType} is none of 1, 2, 4`)
  const digest = createHash(hash).update(canonicalName(apex)).update(key.rdata).digest()
  const head = Buffer.from([key.keyTag >> 8, key.keyTag & 0xff, key.algorithm, digestType])
  return { name: apex, type: RRType.DS, class: RRClass.IN, ttl, rdata: Buffer.concat([head, digest]) }
}

/** RFC 4034 appendix B, with the sum of 16-bit words taken literally. */
function tagOf(rdata: Buffer): number {
  let sum = 0
  const even = rdata.length % 2 === 0 ? rdata : Buffer.concat([rdata, Buffer.alloc(1)])
  for (let at = 0; at < even.length; at += 2) sum += even.readUInt16BE(at)
  return (sum + Math.floor(sum / 0x10000)) % 0x10000
}

function privateKeyOf(given: KeyObject | TestRsaKey | undefined, algorithm: number): KeyObject {
  if (given === undefined) return generatePrivateKey(algorithm)
  return typeof given === 'string' ? testRsaKey(given) : given
}

const ZONE_KEY = 0x0100
const REVOKE = 0x0080
const SECURE_ENTRY_POINT = 0x0001

const RSA: ReadonlySet<number> = new Set([5, 7, 8, 10])
const RSA_DEFAULT: Readonly<Record<KeyRole, TestRsaKey>> = {
  csk: '1024a',
  ksk: '2048a',
  zsk: '1024a',
  standby: '2048b',
}

const DIGESTS: ReadonlyMap<number, string> = new Map([
  [1, 'sha1'],
  [2, 'sha256'],
  [4, 'sha384'],
])
