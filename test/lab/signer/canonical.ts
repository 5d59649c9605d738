/**
 * Canonical form and order (RFC 4034 section 6), written for the signer alone: were it shared with the validator,
 * a mistake made once would verify itself.
 */
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import type { Name } from '../../../src/wire/name.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'

/** Order of names: labels from the right, octet by octet, in lower case (RFC 4034 section 6.1). */
export function compareNames(a: Name, b: Name): number {
  const mine = reversedLabels(a)
  const theirs = reversedLabels(b)
  for (const [index, label] of mine.entries()) {
    const other = theirs[index]
    if (other === undefined) return 1
    const order = Buffer.compare(label, other)
    if (order !== 0) return order
  }
  return mine.length - theirs.length
}

/** The records of one RRset as they are signed: canonical RDATA, ascending, without duplicates (section 6.3). */
export function canonicalRdatas(rrset: readonly ResourceRecord[]): Buffer[] {
  const sorted = rrset.map((record) => canonicalRdata(record.type, record.rdata)).sort(Buffer.compare)
  return sorted.filter((rdata, index) => index === 0 || !rdata.equals(sorted[index - 1]!))
}

/** The wire form of a name in lower case. */
export function canonicalName(name: Name): Buffer {
  return lowerCaseNameAt(Buffer.from(name.wire), 0).octets
}

function canonicalRdata(type: number, rdata: Uint8Array): Buffer {
  if (NOT_WRITTEN.has(type)) throw new RangeError(`type: the signer does not know the canonical form of ${type}`)
  let octets: Buffer = Buffer.from(rdata)
  let at = 0
  for (const field of LAYOUTS.get(type) ?? []) {
    if (field === 'name') ({ octets, next: at } = lowerCaseNameAt(octets, at))
    else if (field === 'string') at += 1 + octets[at]!
    else at += field
  }
  return octets
}

function lowerCaseNameAt(octets: Buffer, start: number): { octets: Buffer; next: number } {
  let at = start
  for (let length = octets[at]!; length !== 0; length = octets[at]!) {
    for (let i = at + 1; i <= at + length; i++) {
      const octet = octets[i]!
      if (octet >= 0x41 && octet <= 0x5a) octets[i] = octet | 0x20
    }
    at += 1 + length
  }
  return { octets, next: at + 1 }
}

function reversedLabels(name: Name): Buffer[] {
  const wire = canonicalName(name)
  const labels: Buffer[] = []
  for (let at = 0; wire[at] !== 0; at += 1 + wire[at]!) labels.unshift(wire.subarray(at + 1, at + 1 + wire[at]!))
  return labels
}

/** Where the types of RFC 4034 section 6.2 have their names; NSEC is not among them (RFC 6840 section 5.1). */
const LAYOUTS: ReadonlyMap<number, readonly ('name' | 'string' | number)[]> = new Map<
  number,
  readonly ('name' | 'string' | number)[]
>([
  [RRType.NS, ['name']],
  [RRType.MD, ['name']],
  [RRType.MF, ['name']],
  [RRType.CNAME, ['name']],
  [RRType.SOA, ['name', 'name']],
  [RRType.MB, ['name']],
  [RRType.MG, ['name']],
  [RRType.MR, ['name']],
  [RRType.PTR, ['name']],
  [RRType.MINFO, ['name', 'name']],
  [RRType.MX, [2, 'name']],
  [RRType.RP, ['name', 'name']],
  [RRType.AFSDB, [2, 'name']],
  [RRType.RT, [2, 'name']],
  [RRType.PX, [2, 'name', 'name']],
  [RRType.NAPTR, [4, 'string', 'string', 'string', 'name']],
  [RRType.KX, [2, 'name']],
  [RRType.SRV, [6, 'name']],
  [RRType.DNAME, ['name']],
])

/** Obsolete types of the same list that no zone of the lab holds. */
const NOT_WRITTEN: ReadonlySet<number> = new Set([RRType.SIG, RRType.NXT, RRType.A6, RRType.RRSIG])
