/** NSEC chains (RFC 4034 section 4) and NSEC3 chains with empty non-terminals and opt-out (RFC 5155 section 7.1). */
import { createHash } from 'node:crypto'
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import type { Name } from '../../../src/wire/name.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'
import { writeNsec, writeNsec3, writeNsec3Param } from '../../../src/wire/rdata/dnssec.ts'
import { TypeBitMap } from '../../../src/wire/rdata/type-bit-map.ts'
import { canonicalName } from './canonical.ts'
import { type ZoneNode, isSigned, record } from './zone-content.ts'

export interface Nsec3Parameters {
  readonly salt: Uint8Array
  readonly iterations: number
  /** Leaves delegations without DS out of the chain, and sets the flag in every record. */
  readonly optOut: boolean
}

export function nsecChain(nodes: readonly ZoneNode[], ttl: number): ResourceRecord[] {
  const owners = nodes.filter((node) => node.place !== 'hidden')
  return owners.map((node, index) => {
    const next = owners[(index + 1) % owners.length]!.name
    const types = new TypeBitMap([...typesOf(node), RRType.NSEC, RRType.RRSIG])
    return record(node.name, RRType.NSEC, ttl, writeNsec({ nextDomainName: next, types }))
  })
}

export function nsec3Chain(
  apex: Name,
  nodes: readonly ZoneNode[],
  ttl: number,
  params: Nsec3Parameters,
): ResourceRecord[] {
  const owners = new Map<string, { hash: Buffer; types: number[] }>()
  for (const node of nodes) {
    if (node.place === 'hidden' || (params.optOut && isInsecureDelegation(node))) continue
    const types = [...typesOf(node), ...(node.rrsets.some(({ type }) => isSigned(node, type)) ? [RRType.RRSIG] : [])]
    owners.set(node.name.key, { hash: nsec3HashOf(node.name, params), types })
    for (let labels = node.name.labelCount - 1; labels > apex.labelCount; labels--) {
      const above = node.name.suffix(labels)
      if (!owners.has(above.key)) owners.set(above.key, { hash: nsec3HashOf(above, params), types: [] })
    }
  }
  const chain = [...owners.values()].sort((a, b) => Buffer.compare(a.hash, b.hash))
  return chain.map(({ hash, types }, index) => {
    const rdata = writeNsec3({
      hashAlgorithm: 1,
      flags: params.optOut ? 1 : 0,
      iterations: params.iterations,
      salt: params.salt,
      nextHashedOwnerName: chain[(index + 1) % chain.length]!.hash,
      types: new TypeBitMap(types),
    })
    return record(apex.prepend(base32hex(hash)), RRType.NSEC3, ttl, rdata)
  })
}

export function nsec3ParamRecord(apex: Name, params: Nsec3Parameters): ResourceRecord {
  const { salt, iterations } = params
  // The flags of NSEC3PARAM are zero, opt-out or not (RFC 5155 section 4.1.2).
  return record(apex, RRType.NSEC3PARAM, 0, writeNsec3Param({ hashAlgorithm: 1, flags: 0, iterations, salt }))
}

/** IH of RFC 5155 section 5, written for the lab alone. */
export function nsec3HashOf(name: Name, params: Pick<Nsec3Parameters, 'salt' | 'iterations'>): Buffer {
  let hash: Buffer = canonicalName(name)
  for (let round = 0; round <= params.iterations; round++) {
    hash = createHash('sha1').update(hash).update(params.salt).digest()
  }
  return hash
}

/** RFC 4648 section 7, in lower case and without padding. */
export function base32hex(octets: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const octet of octets) {
    held = (held << 8) | octet
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(held >> (bits - 5)) & 31]
    held &= 0xff
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text
}

/** Types present at the name that this zone answers for: at a cut NS and DS only, not the glue. */
function typesOf(node: ZoneNode): number[] {
  const types = node.rrsets.map(({ type }) => type)
  return node.place === 'cut' ? types.filter((type) => type === RRType.NS || type === RRType.DS) : types
}

function isInsecureDelegation(node: ZoneNode): boolean {
  return node.place === 'cut' && !node.rrsets.some(({ type }) => type === RRType.DS)
}

const ALPHABET = '0123456789abcdefghijklmnopqrstuv'
