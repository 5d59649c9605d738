import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nsec3Hash, nsec3HashBlocks } from '../../../src/dnssec/crypto/nsec3-hash.ts'

interface Nsec3Case {
  readonly name: string
  readonly salt: string
  readonly iterations: number
  readonly hash: string
  readonly blocks: number
}

const folder = new URL('../../vectors/crypto/nsec3/', import.meta.url)

test.each(readdirSync(folder))('%s', (file) => {
  const vector = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Nsec3Case
  const [name, salt] = [hex(vector.name), hex(vector.salt)]
  expect(Buffer.from(nsec3Hash(name, salt, vector.iterations)).toString('hex')).toBe(vector.hash)
  expect(nsec3HashBlocks(name.length, salt.length, vector.iterations)).toBe(vector.blocks)
})

test('is SHA-1 in a loop, for any name, salt and number of iterations', () => {
  const name = fc.uint8Array({ minLength: 1, maxLength: 255 })
  const salt = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 255 }))
  fc.assert(
    fc.property(name, salt, fc.nat(40), (owner, saltOctets, iterations) => {
      let digest = createHash('sha1').update(owner).update(saltOctets).digest()
      for (let index = 0; index < iterations; index++) {
        digest = createHash('sha1').update(digest).update(saltOctets).digest()
      }
      expect(nsec3Hash(owner, saltOctets, iterations)).toEqual(Uint8Array.from(digest))
    }),
    { numRuns: 500 },
  )
})

test('one call leaves nothing behind for the next', () => {
  const [short, long] = [Uint8Array.of(0), new Uint8Array(255).fill(0xff)]
  const fresh = nsec3Hash(short, short, 1)
  const kept = Uint8Array.from(fresh)
  nsec3Hash(long, long, 3)
  expect(nsec3Hash(short, short, 1)).toEqual(kept)
  expect(fresh).toEqual(kept)
})

test('refuses what no record can carry, naming the argument', () => {
  const octet = Uint8Array.of(0)
  expect(() => nsec3Hash(new Uint8Array(256), octet, 0)).toThrow(/^owner: /)
  expect(() => nsec3Hash(octet, new Uint8Array(256), 0)).toThrow(/^salt: /)
  for (const iterations of [-1, 65536, 0.5, Number.NaN]) {
    expect(() => nsec3Hash(octet, octet, iterations)).toThrow(RangeError)
  }
})

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}
