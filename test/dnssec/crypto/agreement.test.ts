import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { agreeing, bothEngines } from '../../../src/dnssec/crypto/both.ts'
import type { CryptoEngine } from '../../../src/dnssec/crypto/engine.ts'
import { nativeEngine } from '../../../src/dnssec/crypto/native.ts'
import { nobleEngine } from '../../../src/dnssec/crypto/noble.ts'
import { freshKey } from '../../lab/signer/fresh-key.ts'

interface Signer {
  readonly algorithm: number
  readonly publicKey: Uint8Array
  sign(data: Uint8Array): Uint8Array
}

const rsa1024 = rsaSigner(1024, 65537)
const rsa768 = rsaSigner(768, 3)
const signers: [string, Signer, number][] = [
  ['RSASHA1', rsa768(5, 'sha1'), 160],
  ['RSASHA1-NSEC3-SHA1', rsa1024(7, 'sha1'), 160],
  ['RSASHA256', rsa768(8, 'sha256'), 160],
  ['RSASHA512', rsa1024(10, 'sha512'), 160],
  ['ECDSAP256SHA256', ecdsaSigner(13, 'P-256', 'sha256'), 60],
  ['ECDSAP384SHA384', ecdsaSigner(14, 'P-384', 'sha384'), 40],
  ['ED25519', eddsaSigner(15, 'ed25519'), 60],
  ['ED448', eddsaSigner(16, 'ed448'), 40],
]

describe.each(signers)('%s', (_name, signer, numRuns) => {
  const octets = fc.uint8Array({ maxLength: 300 })

  test('both engines accept what was signed', () => {
    fc.assert(
      fc.property(octets, (data) => {
        expect(verdicts(signer.algorithm, signer.publicKey, signer.sign(data), data)).toEqual([true, true])
      }),
      { numRuns: numRuns / 4 },
    )
  })

  test('both engines agree about a signature, key or data with octets changed', () => {
    const data = Uint8Array.of(1, 2, 3, 4)
    const signature = signer.sign(data)
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(fc.constantFrom('signature', 'key', 'data'), edits, (target, changes) => {
        const edited = (name: string, given: Uint8Array) => (name === target ? edit(given, changes) : given)
        const [native, noble] = verdicts(
          signer.algorithm,
          edited('key', signer.publicKey),
          edited('signature', signature),
          edited('data', data),
        )
        expect(native).toBe(noble)
        // Two changes can cancel each other.
        if (target !== 'key' && changes.length === 1) expect(native).toBe(false)
      }),
      { numRuns },
    )
  })

  test('no octets make an engine throw', () => {
    fc.assert(
      fc.property(octets, octets, octets, (key, signature, data) => {
        expect(verdicts(signer.algorithm, key, signature, data)).toEqual([false, false])
        expect(verdicts(signer.algorithm, signer.publicKey, signature, data)).toEqual([false, false])
      }),
      { numRuns: numRuns / 2 },
    )
  })
})

describe('two engines in agreement', () => {
  const data = Uint8Array.of(1)
  const [, signer] = signers.find(([name]) => name === 'ED25519')!
  const signature = signer.sign(data)
  const native = nativeEngine()
  const not = (changed: Partial<CryptoEngine>): CryptoEngine => ({ ...native, ...changed })

  test('accept what both accept', () => {
    expect(bothEngines().name).toBe('both')
    expect(bothEngines().importKey(15, signer.publicKey)?.verify(signature, data)).toBe(true)
  })

  test.each([0, 1])('refuse what engine %i refuses', (index) => {
    const pair = (other: CryptoEngine) => (index === 0 ? agreeing(other, native) : agreeing(native, other))
    const refusing = pair(not({ importKey: () => ({ verify: () => false }) }))
    expect(refusing.importKey(15, signer.publicKey)?.verify(signature, data)).toBe(false)
    expect(pair(not({ importKey: () => undefined })).importKey(15, signer.publicKey)).toBeUndefined()
    expect(pair(not({ supportsAlgorithm: () => false })).supportsAlgorithm(15)).toBe(false)
    expect(pair(not({ supportsDigest: () => false })).supportsDigest(2)).toBe(false)
    expect(pair(not({ unsupportedKey: () => 'why' })).unsupportedKey(15, signer.publicKey)).toBe('why')
    expect(pair(not({ digest: () => undefined })).digest(2, data)).toBeUndefined()
  })

  test('two digests of one text are a defect and nothing to go on with', () => {
    const longer = Uint8Array.from([...native.digest(2, data)!, 0])
    for (const digest of [new Uint8Array(32), longer]) {
      const disagreeing = agreeing(native, not({ digest: () => digest }))
      expect(() => disagreeing.digest(2, data)).toThrow(expect.objectContaining({ code: 'internal' }))
    }
  })
})

function verdicts(algorithm: number, key: Uint8Array, signature: Uint8Array, data: Uint8Array): boolean[] {
  return [nativeEngine(), nobleEngine()].map(
    (engine) => engine.importKey(algorithm, key)?.verify(signature, data) ?? false,
  )
}

function edit(octets: Uint8Array, changes: readonly (readonly [number, number])[]): Uint8Array {
  const edited = Uint8Array.from(octets)
  for (const [position, mask] of changes) edited[position % edited.length]! ^= mask
  return edited
}

function rsaSigner(modulusLength: number, publicExponent: number) {
  const privateKey = freshKey('rsa', { modulusLength, publicExponent })
  const publicKey = createPublicKey(privateKey)
  const [modulus, exponent] = [field(publicKey, 'n'), field(publicKey, 'e')]
  return (algorithm: number, hash: string): Signer => ({
    algorithm,
    publicKey: Uint8Array.from([exponent.length, ...exponent, ...modulus]),
    sign: (data) => Uint8Array.from(sign(hash, data, privateKey)),
  })
}

function ecdsaSigner(algorithm: number, namedCurve: string, hash: string): Signer {
  const privateKey = freshKey('ec', { namedCurve })
  const publicKey = createPublicKey(privateKey)
  return {
    algorithm,
    publicKey: Uint8Array.from([...field(publicKey, 'x'), ...field(publicKey, 'y')]),
    sign: (data) => Uint8Array.from(sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  }
}

function eddsaSigner(algorithm: number, type: 'ed25519' | 'ed448'): Signer {
  const privateKey = freshKey(type)
  const publicKey = createPublicKey(privateKey)
  return {
    algorithm,
    publicKey: Uint8Array.from(field(publicKey, 'x')),
    sign: (data) => Uint8Array.from(sign(null, data, privateKey)),
  }
}

function field(key: KeyObject, name: 'n' | 'e' | 'x' | 'y'): Buffer {
  return Buffer.from(key.export({ format: 'jwk' })[name] ?? '', 'base64url')
}
