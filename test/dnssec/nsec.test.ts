import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  closestEncloser,
  covers,
  isWellFormed,
  type OwnedNsec,
  readBitMap,
  showsEmptyNonTerminal,
} from '../../src/dnssec/nsec.ts'
import { RRType, rrTypeFromName } from '../../src/wire/codes/rrtype.ts'
import { Name } from '../../src/wire/name.ts'
import { TypeBitMap } from '../../src/wire/rdata/type-bit-map.ts'

describe('what an NSEC covers', () => {
  it.each([
    ['between', 'b.z.', 'd.z.', 'c.z.', true],
    ['the owner itself', 'b.z.', 'd.z.', 'b.z.', false],
    ['the next name itself', 'b.z.', 'd.z.', 'd.z.', false],
    ['before', 'b.z.', 'd.z.', 'a.z.', false],
    ['behind', 'b.z.', 'd.z.', 'e.z.', false],
    ['below the owner', 'b.z.', 'd.z.', 'x.b.z.', true],
    ['below the next name', 'b.z.', 'd.z.', 'x.d.z.', false],
    ['behind the last', 'd.z.', 'z.', 'e.z.', true],
    ['before the last', 'd.z.', 'z.', 'c.z.', false],
    ['the apex', 'd.z.', 'z.', 'z.', false],
    ['the only one of the zone', 'z.', 'z.', 'c.z.', true],
    ['a name of another zone', 'd.z.', 'z.', 'e.y.', false],
    ['a name above', 'd.z.', 'z.', '.', false],
    ['upper case', 'b.z.', 'D.z.', 'C.Z.', true],
  ])('%s', (_, owner, next, name, covered) => {
    expect(covers(nsec(owner, next), Name.parse(name))).toBe(covered)
  })

  it.each([
    ['NS', false],
    ['NS DS', false],
    ['DNAME', false],
    ['NS SOA', true],
    ['NS SOA DNAME', false],
    ['A', true],
  ])('below an owner with %s: %s', (types, covered) => {
    expect(covers(nsec('b.z.', 'd.z.', types), Name.parse('x.b.z.'))).toBe(covered)
    expect(covers(nsec('b.z.', 'd.z.', types), Name.parse('c.z.'))).toBe(true)
  })

  it('is every name of the zone exactly once, or none of a chain', () => {
    const label = fc.constantFrom('a', 'b', 'c', '*', 'B', '-')
    const name = fc.array(label, { maxLength: 3 }).map((labels) => Name.parse([...labels, 'z', ''].join('.')))
    fc.assert(
      fc.property(fc.array(name, { maxLength: 6 }), name, (names, asked) => {
        const owners = [...new Map([Name.parse('z.'), ...names].map((owner) => [owner.key, owner])).values()]
        owners.sort((a, b) => a.compare(b))
        const chain = owners.map(
          (owner, i): OwnedNsec => ({
            owner,
            nsec: { nextDomainName: owners[(i + 1) % owners.length]!, types: new TypeBitMap([RRType.A]) },
            zone: Name.parse('z.'),
          }),
        )
        for (const record of chain) expect(isWellFormed(record)).toBe(true)
        const exists = owners.some((owner) => owner.equals(asked))
        expect(chain.filter((record) => covers(record, asked)).length).toBe(exists ? 0 : 1)
      }),
    )
  })
})

describe('what an NSEC chain can hold', () => {
  it.each([
    ['forwards', 'b.z.', 'd.z.', true],
    ['back to the apex', 'b.z.', 'z.', true],
    ['back to another name', 'd.z.', 'b.z.', false],
    ['to itself', 'b.z.', 'b.z.', false],
    ['the apex to itself', 'z.', 'z.', true],
    ['out of the zone', 'b.z.', 'zz.', false],
    ['to the parent', 'b.z.', '.', false],
    ['an owner outside', 'b.y.', 'd.z.', false],
  ])('%s', (_, owner, next, good) => {
    expect(isWellFormed(nsec(owner, next))).toBe(good)
  })
})

describe('what an NSEC says of the names between', () => {
  it.each([
    ['a.z.', 'd.z.', 'c.z.', 'z.'],
    ['a.z.', 'x.c.z.', 'b.c.z.', 'c.z.'],
    ['x.c.z.', 'z.', 'z.c.z.', 'c.z.'],
    ['z.', 'z.', 'a.b.c.z.', 'z.'],
  ])('%s NSEC %s: the closest encloser of %s is %s', (owner, next, name, encloser) => {
    const record = nsec(owner, next)
    expect(closestEncloser(record, Name.parse(name)).toString()).toBe(encloser)
    expect(showsEmptyNonTerminal(record, Name.parse(name))).toBe(false)
  })

  it.each([
    ['a.z.', 'x.c.z.', 'c.z.'],
    ['a.z.', 'y.x.c.z.', 'x.c.z.'],
    ['a.z.', 'y.x.c.z.', 'c.z.'],
  ])('%s NSEC %s: %s is an empty non-terminal', (owner, next, name) => {
    expect(showsEmptyNonTerminal(nsec(owner, next), Name.parse(name))).toBe(true)
  })
})

describe('the bit map of a matching record', () => {
  it.each([
    ['A', 'TXT', 'absent'],
    ['A', 'A', 'present'],
    ['CNAME', 'A', 'present'],
    ['CNAME', 'CNAME', 'present'],
    ['NS', 'A', 'wrong-side'],
    ['NS DS', 'NS', 'wrong-side'],
    ['NS', 'DS', 'absent'],
    ['NS DS', 'DS', 'present'],
    ['NS SOA', 'DS', 'wrong-side'],
    ['NS SOA', 'A', 'absent'],
    ['NS SOA', 'NS', 'present'],
    ['RRSIG NSEC NXNAME', 'A', 'nxname'],
    ['RRSIG NSEC', 'ANY', 'absent'],
    ['A RRSIG NSEC', 'ANY', 'present'],
  ])('%s, asked for %s: %s', (types, type, verdict) => {
    expect(readBitMap(bitMap(types), rrTypeFromName(type)!, false)).toBe(verdict)
  })

  it('of the root speaks for its DS', () => {
    expect(readBitMap(bitMap('NS SOA'), RRType.DS, true)).toBe('absent')
  })
})

function nsec(owner: string, next: string, types = 'A'): OwnedNsec {
  return {
    owner: Name.parse(owner),
    nsec: { nextDomainName: Name.parse(next), types: bitMap(types) },
    zone: Name.parse('z.'),
  }
}

function bitMap(types: string): TypeBitMap {
  return new TypeBitMap(types.split(' ').map((type) => rrTypeFromName(type)!))
}
