import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { weakSpki } from '../../../src/dane/path/key-strength.ts'

const ec = (namedCurve: string) => spkiOf(generateKeyPairSync('ec', { namedCurve }).publicKey)
const rsa = (modulusLength: number) => spkiOf(generateKeyPairSync('rsa', { modulusLength }).publicKey)

describe('a key of strength enough', () => {
  it.each(['P-256', 'P-384', 'P-521', 'brainpoolP256r1', 'secp256k1'])('on %s', (curve) => {
    expect(weakSpki(ec(curve))).toBeNull()
  })

  it.each(['rsa-pss', 'ed25519', 'ed448', 'rsa'] as const)('of %s', (type) => {
    const { publicKey } = generateKeyPairSync(type as 'rsa', { modulusLength: 2048 })
    expect(weakSpki(spkiOf(publicKey))).toBeNull()
  })

  it('of 1024 bits, and none of 1023', () => {
    expect(weakSpki(rsa(1024))).toBeNull()
    expect(weakSpki(rsa(1023))).toBe('a key of 1023 bits')
    expect(weakSpki(rsa(512))).toBe('a key of 512 bits')
  })
})

describe('no key', () => {
  it.each(['P-256', 'P-384'])('a point off the curve %s, as the platform says', (curve) => {
    for (let turn = 0; turn < 20; turn++) {
      const spki = ec(curve)
      spki[spki.length - 1 - turn]! ^= 1 << (turn % 8)
      expect(() => createPublicKey({ key: spki, format: 'der', type: 'spki' })).toThrow()
      expect(weakSpki(spki)).toBeUndefined()
    }
  })

  it('a coordinate that is not reduced', () => {
    const spki = ec('P-256')
    // The point at x = 0, with the field's prime in place of 0.
    spki.set(Buffer.from('66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4', 'hex'), 27 + 32)
    spki.set(Buffer.alloc(32), 27)
    expect(weakSpki(spki)).toBeNull()
    spki.set(Buffer.from('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff', 'hex'), 27)
    expect(weakSpki(spki)).toBeUndefined()
  })

  it('what is of no known kind, cut short, or followed by something', () => {
    const spki = rsa(2048)
    expect(weakSpki(spki.subarray(0, -1))).toBeUndefined()
    expect(weakSpki(Buffer.alloc(0))).toBeUndefined()
    const odd = Buffer.from(spki)
    odd[14]! ^= 0x40
    expect(weakSpki(odd)).toBeUndefined()
  })
})

function spkiOf(key: { export(options: { format: 'der'; type: 'spki' }): Buffer }): Buffer {
  return key.export({ format: 'der', type: 'spki' })
}
