/** One signature of each algorithm and key size, and who can make such signatures. */
import type { KeyObject } from 'node:crypto'
import { ed448 } from '@noble/curves/ed448.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384 } from '@noble/curves/nist.js'
import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { nobleEngine } from '../../src/dnssec/crypto/noble.ts'
import { generatePrivateKey, publicKeyField, signData } from '../../test/lab/signer/algorithms.ts'
import { testRsaKey } from '../../test/lab/signer/test-keys.ts'
import { RSA_4096_MODULUS, RSA_4096_SIGNATURE } from './rsa-4096.ts'

export interface SignedOnce {
  readonly name: string
  readonly algorithm: number
  /** The Public Key field. */
  readonly publicKey: Uint8Array
  readonly data: Uint8Array
  readonly signature: Uint8Array
  /** What `openssl speed` calls it. */
  readonly openssl: string
  /** Those that can sign, by the names of their engines. */
  readonly signers: Readonly<Record<string, () => Uint8Array>>
}

export const ENGINES: readonly (() => CryptoEngine)[] = [nativeEngine, nobleEngine]

export function signedByEach(): SignedOnce[] {
  return [
    signed('RSA 1024', 8, 'rsa1024', testRsaKey('1024a')),
    signed('RSA 2048', 8, 'rsa2048', testRsaKey('2048a')),
    rsa4096(),
    signed('P-256', 13, 'ecdsap256', generatePrivateKey(13), ecdsaSigner(p256)),
    signed('P-384', 14, 'ecdsap384', generatePrivateKey(14), ecdsaSigner(p384)),
    signed('Ed25519', 15, 'ed25519', generatePrivateKey(15), ed25519.sign),
    signed('Ed448', 16, 'ed448', generatePrivateKey(16), ed448.sign),
  ]
}

type Sign = (data: Uint8Array, secret: Uint8Array) => Uint8Array

function signed(name: string, algorithm: number, openssl: string, key: KeyObject, noble?: Sign): SignedOnce {
  // A plain Uint8Array, as the parser makes them.
  const native = (): Uint8Array => Uint8Array.from(signData(algorithm, key, DATA))
  const secret = Uint8Array.from(Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url'))
  const signers = { native, ...(noble !== undefined && { noble: () => noble(DATA, secret) }) }
  const publicKey = Uint8Array.from(publicKeyField(algorithm, key))
  return { name, algorithm, publicKey, data: DATA, signature: native(), openssl, signers }
}

function rsa4096(): SignedOnce {
  const publicKey = Uint8Array.of(3, 1, 0, 1, ...Buffer.from(RSA_4096_MODULUS, 'base64'))
  const signature = Uint8Array.from(Buffer.from(RSA_4096_SIGNATURE, 'base64'))
  return { name: 'RSA 4096', algorithm: 8, publicKey, data: DATA, signature, openssl: 'rsa4096', signers: {} }
}

function ecdsaSigner(curve: typeof p256): Sign {
  return (data, secret) => curve.sign(data, secret, { prehash: true, lowS: false })
}

/** As long as what an RRSIG of a small RRset signs. */
const DATA = Uint8Array.from({ length: 160 }, (_, i) => i)
