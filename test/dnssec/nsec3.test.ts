import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coversHash, isUsable, type OwnedNsec3, ownerHash, parameterKey } from '../../src/dnssec/nsec3.ts'
import { Name } from '../../src/wire/name.ts'
import { TypeBitMap } from '../../src/wire/rdata/type-bit-map.ts'
import { base32hex } from '../lab/signer/denial.ts'

const ZONE = Name.parse('example.')

describe('the hash in an owner name (RFC 5155 section 3)', () => {
  it('is read in either case', () => {
    const hash = Uint8Array.from({ length: 20 }, (_, i) => i * 13)
    const text = base32hex(hash)
    expect(ownerHash(ZONE.prepend(text), ZONE)).toEqual(hash)
    expect(ownerHash(ZONE.prepend(text.toUpperCase()), ZONE)).toEqual(hash)
  })

  it('is whatever 20 octets it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (hash) => {
        expect(ownerHash(ZONE.prepend(base32hex(hash)), ZONE)).toEqual(hash)
      }),
    )
  })

  it.each([
    ['31 characters', '0'.repeat(31)],
    ['33 characters', '0'.repeat(33)],
    ['a letter behind v', `${'0'.repeat(31)}w`],
    ['a hyphen', `${'0'.repeat(31)}-`],
    ['a colon, next to the digits', `${'0'.repeat(31)}:`],
    ['an at sign, next to the letters', `${'0'.repeat(31)}\\@`],
    ['a backquote, next to the letters', `${'0'.repeat(31)}\``],
    ['two labels', `${'0'.repeat(32)}.x`],
  ])('is not read from %s', (_, text) => {
    expect(ownerHash(Name.parse(text, ZONE), ZONE)).toBeUndefined()
  })

  it('is not read above the zone or beside it', () => {
    expect(ownerHash(Name.parse(`${'0'.repeat(32)}.`), ZONE)).toBeUndefined()
    expect(ownerHash(Name.parse(`${'0'.repeat(32)}.other.`), ZONE)).toBeUndefined()
    expect(ownerHash(ZONE, ZONE)).toBeUndefined()
  })
})

describe('what an NSEC3 covers', () => {
  it.each([
    ['between', 10, 30, 20, true],
    ['its own hash', 10, 30, 10, false],
    ['the next hash', 10, 30, 30, false],
    ['before', 10, 30, 5, false],
    ['behind', 10, 30, 35, false],
    ['behind the last', 30, 10, 35, true],
    ['before the first', 30, 10, 5, true],
    ['neither, of the last', 30, 10, 20, false],
    ['the first, of the last', 30, 10, 10, false],
    ['the only one, another hash', 10, 10, 11, true],
    ['the only one, its own hash', 10, 10, 10, false],
  ])('%s', (_, from, to, asked, covered) => {
    expect(coversHash(nsec3(from, to), octets(asked))).toBe(covered)
  })
})

describe('what is defined (RFC 5155 sections 3.1, 8)', () => {
  it.each([
    ['hash 1, no flags', {}, true],
    ['opt-out', { flags: 1 }, true],
    ['another flag', { flags: 2 }, false],
    ['another flag and opt-out', { flags: 3 }, false],
    ['the highest flag', { flags: 128 }, false],
    ['hash 0', { hashAlgorithm: 0 }, false],
    ['hash 2', { hashAlgorithm: 2 }, false],
    ['a next hash of 19 octets', { nextHashedOwnerName: new Uint8Array(19) }, false],
    ['a next hash of 21 octets', { nextHashedOwnerName: new Uint8Array(21) }, false],
  ])('%s', (_, change, usable) => {
    expect(isUsable({ ...nsec3(1, 2).nsec3, ...change })).toBe(usable)
  })

  it('parameters differ by hash, iterations and salt, and not by flags', () => {
    const { nsec3: base } = nsec3(1, 2)
    const keys = [
      {},
      { iterations: 1 },
      { salt: Uint8Array.of(0) },
      { hashAlgorithm: 2 },
      { salt: Uint8Array.of(0, 0) },
    ]
    expect(new Set(keys.map((change) => parameterKey({ ...base, ...change }))).size).toBe(keys.length)
    expect(parameterKey({ ...base, flags: 1 })).toBe(parameterKey(base))
  })
})

function nsec3(from: number, to: number): OwnedNsec3 {
  return {
    owner: ZONE.prepend(base32hex(octets(from))),
    ownerHash: octets(from),
    zone: ZONE,
    nsec3: {
      hashAlgorithm: 1,
      flags: 0,
      iterations: 0,
      salt: new Uint8Array(0),
      nextHashedOwnerName: octets(to),
      types: new TypeBitMap([]),
    },
  }
}

function octets(last: number): Uint8Array {
  const hash = new Uint8Array(20)
  hash[19] = last
  return hash
}
