import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import { compareOctets } from '../wire/name.ts'
import type { Nsec3 } from '../wire/rdata/dnssec.ts'
import { nsec3Hash, nsec3HashBlocks } from './crypto/nsec3-hash.ts'
import type { Session } from './session.ts'

/** An NSEC3 record with the hash its owner name holds. */
export interface OwnedNsec3 {
  readonly owner: Name
  readonly ownerHash: Uint8Array
  readonly nsec3: Nsec3
  readonly zone: Name
}

/**
 * The hash in an NSEC3 owner name, which is exactly one base32hex label below the zone (RFC 5155 section 3); undefined
 * where the name is anything else.
 */
export function ownerHash(owner: Name, zone: Name): Uint8Array | undefined {
  if (owner.labelCount !== zone.labelCount + 1 || !owner.isBelow(zone)) return undefined
  return fromBase32Hex(owner.labels[0]!)
}

/** Whether the flags and the hash are ones that are defined (RFC 5155 sections 3.1.2, 8.1, 8.2). */
export function isUsable(nsec3: Nsec3): boolean {
  return nsec3.hashAlgorithm === SHA1 && nsec3.flags <= OPT_OUT && nsec3.nextHashedOwnerName.length === HASH_OCTETS
}

export function isOptOut(nsec3: Nsec3): boolean {
  return (nsec3.flags & OPT_OUT) !== 0
}

/** One key for equal hash parameters; all records of a proof must share it (RFC 5155 section 8.2). */
export function parameterKey({ hashAlgorithm, iterations, salt }: Nsec3): string {
  return `${hashAlgorithm}/${iterations}/${String.fromCharCode(...salt)}`
}

/** Whether `hash` falls strictly between the record's own and the next (RFC 5155 section 1.3, "covers"). */
export function coversHash({ ownerHash: from, nsec3 }: OwnedNsec3, hash: Uint8Array): boolean {
  const to = nsec3.nextHashedOwnerName
  const afterFrom = compareOctets(hash, from) > 0
  const beforeTo = compareOctets(hash, to) < 0
  // The last record's next hash is the first of the chain: it covers what is behind it and what is before that.
  return compareOctets(from, to) < 0 ? afterFrom && beforeTo : afterFrom || beforeTo
}

/**
 * The hash of `name` under the record's parameters, worked out once a question.
 * @throws {LimitReached} before the work, when the question has hashed enough (CVE-2023-50868).
 */
export function hashName(session: Session, { nsec3 }: OwnedNsec3, name: Name): Uint8Array {
  const key = `${parameterKey(nsec3)}/${name.key}`
  let hash = session.hashes.get(key)
  if (hash === undefined) {
    session.place = { name, type: RRType.NSEC3 }
    session.context.budget.spend(
      'nsec3HashBlocks',
      nsec3HashBlocks(name.wire.length, nsec3.salt.length, nsec3.iterations),
    )
    hash = nsec3Hash(name.canonicalWire, nsec3.salt, nsec3.iterations)
    session.hashes.set(key, hash)
  }
  return hash
}

/** RFC 4648 section 7, in either case, of a label of 32 characters. */
function fromBase32Hex(label: Uint8Array): Uint8Array | undefined {
  if (label.length !== 32) return undefined
  const octets = new Uint8Array(HASH_OCTETS)
  let bits = 0
  let value = 0
  let at = 0
  for (const character of label) {
    const digit = base32HexDigit(character)
    if (digit < 0) return undefined
    value = (value << 5) | digit
    bits += 5
    if (bits < 8) continue
    bits -= 8
    octets[at++] = value >>> bits
    value &= (1 << bits) - 1
  }
  return octets
}

function base32HexDigit(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30
  const lower = character | 0x20
  return lower >= 0x61 && lower <= 0x76 ? lower - 0x61 + 10 : -1
}

const SHA1 = 1
const OPT_OUT = 1
const HASH_OCTETS = 20
