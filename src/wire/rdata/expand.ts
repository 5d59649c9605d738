import { RRType } from '../codes/rrtype.ts'
import { Reader } from '../reader.ts'

/**
 * RDATA as received, with compressed names written out: the types of RFC 3597 section 4, in which a receiver must
 * expect compression. In all other types a pointer is data or an error, and the octets stay as they are.
 * @throws {DanelawError} `bad-wire` where a name is malformed or does not end where the RDATA does.
 */
export function expandRdata(type: number, octets: Uint8Array, start: number, end: number): Uint8Array {
  const layout = COMPRESSIBLE.get(type)
  // Empty RDATA occurs in dynamic updates only; it stays empty, and the type's own reader refuses it.
  if (layout === undefined || start === end) return octets.slice(start, end)
  const reader = new Reader(octets, start, end)
  const parts: Uint8Array[] = []
  for (const field of layout) {
    if (field === 'name') parts.push(reader.name(true).wire)
    else if (field === 'string') parts.push(reader.bytes(1 + (octets[reader.offset] ?? 0)))
    else parts.push(reader.bytes(field))
  }
  reader.finish('the RDATA')
  return concat(parts)
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const octets = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    octets.set(part, at)
    at += part.length
  }
  return octets
}

/** Fields: a name, a character-string, or a number of plain octets. */
type Layout = readonly ('name' | 'string' | number)[]

const COMPRESSIBLE: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [RRType.NS, ['name']],
  [RRType.MD, ['name']],
  [RRType.MF, ['name']],
  [RRType.CNAME, ['name']],
  [RRType.SOA, ['name', 'name', 20]],
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
  [RRType.SRV, [6, 'name']],
  [RRType.NAPTR, [4, 'string', 'string', 'string', 'name']],
  // Not to be compressed by a sender (RFC 6672 section 2.5), yet read from one that does.
  [RRType.DNAME, ['name']],
])
