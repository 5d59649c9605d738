import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Certificate as Parts, readCertificate } from '../../../src/dane/certificate.ts'
import { importPublicKey } from '../../../src/dane/path/public-key.ts'
import { isSignatureOf } from '../../../src/dane/path/signature.ts'
import { createAuthority, createLeaf } from '../../lab/certificates.ts'

const KEYS = ['p256', 'p384', 'rsa', 'ed25519'] as const

async function pairOf(key: (typeof KEYS)[number]) {
  const authority = await createAuthority({ key })
  const leaf = readCertificate((await createLeaf({ names: ['mx.example.com'] }, authority)).der)
  return { leaf, key: importPublicKey(readCertificate(authority.der).spki)! }
}

describe.each(KEYS)('a signature by %s', (kind) => {
  it('holds, as the platform says', async () => {
    const { leaf, key } = await pairOf(kind)
    expect(isSignatureOf(key, leaf)).toBe(true)
    expect(new X509Certificate(leaf.der).verify(key)).toBe(true)
  })

  it('does not hold with an octet changed, over another octet, or with bits that do not count', async () => {
    const { leaf, key } = await pairOf(kind)
    const { bits } = leaf.signature
    const odd: readonly Partial<Parts>[] = [
      { signature: { bits: flipped(bits), unused: 0 } },
      { signature: { bits, unused: 1 } },
      { tbs: flipped(leaf.tbs) },
    ]
    for (const part of odd) expect(isSignatureOf(key, { ...leaf, ...part })).toBe(false)
  })

  it.each(KEYS.filter((other) => other !== kind))('is none of a key of %s', async (other) => {
    const { leaf } = await pairOf(kind)
    expect(isSignatureOf((await pairOf(other)).key, leaf)).toBe(false)
  })
})

it('an algorithm goes with its own kind of key alone', async () => {
  const { leaf, key } = await pairOf('rsa')
  // The same hash, so that a verifier which looks at nothing but the key would take it.
  const ecdsa = Buffer.from('300a06082a8648ce3d040302', 'hex')
  expect(isSignatureOf(key, { ...leaf, signatureAlgorithm: ecdsa })).toBe(false)
})

function flipped(octets: Uint8Array): Uint8Array {
  const copy = new Uint8Array(octets)
  copy[copy.length - 1]! ^= 1
  return copy
}
