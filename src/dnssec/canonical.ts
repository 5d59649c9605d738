import { RRType } from '../wire/codes/rrtype.ts'
import { compareOctets } from '../wire/name.ts'
import { Name } from '../wire/name.ts'

/**
 * RDATA in canonical form (RFC 4034 section 6.2, with the corrections of RFC 6840 section 5.1): names in the types of
 * that list in lower case, all else as received. NSEC's next name and everything in RRSIG keep their case, and HINFO,
 * which the list names, holds no domain name. Malformed RDATA is left as it is, so that it cannot verify by accident.
 */
function canonicalRdata(type: number, rdata: Uint8Array): Uint8Array {
  const layout = NAMES_IN_RDATA.get(type)
  if (layout === undefined) return rdata
  let copy: Uint8Array | undefined
  let at = 0
  for (const field of layout) {
    if (field === 'string') at += 1 + (rdata[at] ?? 0)
    else if (field !== 'name') at += field
    else {
      const end = nameEnd(rdata, at)
      if (end < 0) return rdata
      for (; at < end; at++) {
        // Length octets are below 0x40, so they are never taken for a letter.
        if (rdata[at]! < 0x41 || rdata[at]! > 0x5a) continue
        copy ??= Uint8Array.from(rdata)
        copy[at] = rdata[at]! + 0x20
      }
    }
  }
  return copy ?? rdata
}

/** Canonical RDATA of a whole RRset: sorted by octets, duplicates dropped (RFC 4034 section 6.3). */
export function canonicalRdataSet(type: number, rdatas: readonly Uint8Array[]): Uint8Array[] {
  if (rdatas.length === 1) return [canonicalRdata(type, rdatas[0]!)]
  const sorted = rdatas.map((rdata) => canonicalRdata(type, rdata)).sort(compareOctets)
  return sorted.filter((rdata, i) => i === 0 || compareOctets(sorted[i - 1]!, rdata) !== 0)
}

/**
 * The name an RRSIG with this Labels field was made for: the owner itself, or `*.` and its rightmost `labels` labels
 * (RFC 4035 section 5.3.2).
 */
export function signedOwner(owner: Name, labels: number): Name {
  return labels >= ownerLabels(owner) ? owner : Name.fromLabels([ASTERISK, ...owner.suffix(labels).labels])
}

/** Labels as RRSIG counts them: without the root and without a leading `*` (RFC 4034 section 3.1.3). */
export function ownerLabels(owner: Name): number {
  return owner.isWildcard ? owner.labelCount - 1 : owner.labelCount
}

/** Offset behind an uncompressed name at `at`, or -1. */
function nameEnd(rdata: Uint8Array, at: number): number {
  for (;;) {
    const length = rdata[at]
    if (length === undefined || length > 63) return -1
    at += 1 + length
    if (length === 0) return at
  }
}

const ASTERISK = Uint8Array.of(0x2a)

/** Fields up to the last name: a name, a character-string, or a number of plain octets. */
const NAMES_IN_RDATA: ReadonlyMap<number, readonly ('name' | 'string' | number)[]> = new Map<
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
  [RRType.SIG, [18, 'name']],
  [RRType.PX, [2, 'name', 'name']],
  [RRType.NXT, ['name']],
  [RRType.NAPTR, [4, 'string', 'string', 'string', 'name']],
  [RRType.KX, [2, 'name']],
  [RRType.SRV, [6, 'name']],
  [RRType.DNAME, ['name']],
  [RRType.A6, []],
])
