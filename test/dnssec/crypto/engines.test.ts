import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bothEngines } from '../../../src/dnssec/crypto/both.ts'
import { nativeEngine } from '../../../src/dnssec/crypto/native.ts'
import { nobleEngine } from '../../../src/dnssec/crypto/noble.ts'

interface SignatureCase {
  readonly source: string
  readonly algorithm: number
  readonly expect: 'valid' | 'invalid' | 'unusable' | 'off-curve' | 'unsupported'
  readonly publicKey: string
  readonly signature: string
  readonly data: string
}

interface DigestCase {
  readonly digestType: number
  readonly data: string
  readonly digest: string
}

const signatures = vectors<SignatureCase>('signatures')
const digests = vectors<DigestCase>('digests')

describe.each([nativeEngine(), nobleEngine(), bothEngines()])('engine $name', (engine) => {
  test.each(signatures)('signature %s', (_name, vector) => {
    const { algorithm, expect: expected } = vector
    const publicKey = octets(vector.publicKey)
    const key = engine.importKey(algorithm, publicKey)
    const verdict = key?.verify(octets(vector.signature), octets(vector.data))
    const unsupported = engine.unsupportedKey(algorithm, publicKey) !== undefined
    expect(unsupported).toBe(expected === 'unsupported')
    if (expected === 'off-curve') expect(verdict ?? false).toBe(false)
    else expect(verdict).toBe({ valid: true, invalid: false, unusable: undefined, unsupported: undefined }[expected])
  })

  test.each(digests)('digest %s', (_name, { digestType, data, digest }) => {
    expect(engine.digest(digestType, Buffer.from(data, 'hex'))).toEqual(Uint8Array.from(Buffer.from(digest, 'hex')))
  })

  test('supports the algorithms and digests of its documentation and no other number', () => {
    const numbers = Array.from({ length: 300 }, (_, index) => index - 20)
    expect(numbers.filter((number) => engine.supportsAlgorithm(number))).toEqual([5, 7, 8, 10, 13, 14, 15, 16])
    expect(numbers.filter((number) => engine.supportsDigest(number))).toEqual([1, 2, 4])
  })

  test('knows nothing about an unknown algorithm or digest', () => {
    const key = new Uint8Array(64).fill(1)
    expect(engine.importKey(12, key)).toBeUndefined()
    expect(engine.unsupportedKey(12, key)).toBe('algorithm 12')
    expect(engine.digest(3, key)).toBeUndefined()
  })

  test('reads keys, signatures and data that are views into a message', () => {
    for (const [name, vector] of signatures.filter(([, { expect }]) => expect === 'valid')) {
      const [publicKey, signature, data] = [vector.publicKey, vector.signature, vector.data].map((text) => {
        const inner = octets(text)
        const message = new Uint8Array(inner.length + 20).fill(0xa5)
        message.set(inner, 7)
        return message.subarray(7, 7 + inner.length)
      })
      expect(engine.importKey(vector.algorithm, publicKey!)?.verify(signature!, data!), name).toBe(true)
    }
  })

  // A Buffer is a Uint8Array whose slice() is a view.
  test.each([
    ['Uint8Array', octets],
    ['Buffer', (text: string) => Buffer.from(text, 'base64')],
  ])('leaves its arguments as they are, each a %s', (_kind, read) => {
    for (const [name, vector] of signatures) {
      const given = [vector.publicKey, vector.signature, vector.data].map(read)
      const [publicKey, signature, data] = given
      const key = engine.importKey(vector.algorithm, publicKey!)
      const verdicts = [key?.verify(signature!, data!), key?.verify(signature!, data!)]
      expect(verdicts[1], name).toBe(verdicts[0])
      expect(given, name).toEqual([vector.publicKey, vector.signature, vector.data].map(read))
    }
  })
})

test('there is a good vector for every algorithm and a bad one', () => {
  for (const algorithm of [5, 7, 8, 10, 13, 14, 15, 16]) {
    const expectations = signatures
      .filter(([, vector]) => vector.algorithm === algorithm)
      .map(([, { expect }]) => expect)
    expect(expectations, `algorithm ${algorithm}`).toContain('valid')
    if (algorithm !== 5 && algorithm !== 7) expect(expectations, `algorithm ${algorithm}`).toContain('invalid')
  }
})

function vectors<T>(kind: string): [string, T][] {
  const folder = new URL(`../../vectors/crypto/${kind}/`, import.meta.url)
  return readdirSync(folder).map((file) => [
    file.replace('.json', ''),
    JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as T,
  ])
}

function octets(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, 'base64'))
}
