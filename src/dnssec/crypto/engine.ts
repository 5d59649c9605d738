/**
 * What the validator needs from cryptography, and what every engine does alike: which keys are refused, how a
 * Public Key field is read, when an algorithm counts as unsupported. An engine brings only the mathematics.
 */
import {
  type Curve,
  DIGESTS,
  type Hash,
  isProperEdwardsPoint,
  readPublicKey,
  type RsaPublicKey,
  SIGNATURE_ALGORITHMS,
  unsupportedSize,
} from './public-key.ts'
import { selfTest } from './self-test.ts'

export type EngineName = 'native' | 'noble' | 'both'

/** A public key ready to verify. */
export interface PublicKey {
  /** Never throws; a malformed signature is false. `signature` is the Signature field of RRSIG, `data` RFC 4034 §3.1.8.1. */
  verify(signature: Uint8Array, data: Uint8Array): boolean
  /** The same on another thread, where the engine has any: `done` is told once, mostly later. Never throws. */
  readonly verifyAside?: ((signature: Uint8Array, data: Uint8Array, done: (good: boolean) => void) => void) | undefined
}

export interface CryptoEngine {
  readonly name: EngineName
  /**
   * DNSSEC algorithm numbers 5, 7, 8, 10, 13, 14, 15, 16, each where this engine can do it: the first question about
   * an algorithm verifies one good signature. Every other number is false.
   */
  supportsAlgorithm(algorithm: number): boolean
  /** DS digest types 1 (SHA-1), 2 (SHA-256), 4 (SHA-384); every other number is false. */
  supportsDigest(digestType: number): boolean
  /**
   * Why a key is outside what is supported, in words; undefined when algorithm and size are supported. RSA: modulus of
   * 512 to 4096 bits, exponent odd, above 1, at most 64 bits; ECDSA: 64 and 96 octets; EdDSA: 32 and 57 octets.
   */
  unsupportedKey(algorithm: number, publicKey: Uint8Array): string | undefined
  /**
   * Reads the Public Key field of a DNSKEY (RFC 3110, 6605, 8080). Undefined when the octets are no usable key.
   * Importing can cost more than verifying: import only the key an RRSIG names, and keep it.
   */
  importKey(algorithm: number, publicKey: Uint8Array): PublicKey | undefined
  /** The DS digest of `data`; undefined when the digest type is not supported. */
  digest(digestType: number, data: Uint8Array): Uint8Array | undefined
}

/** The mathematics. A backend may throw on anything it dislikes: that is a key not imported, a signature failed. */
export interface Backend {
  readonly name: EngineName
  importRsa(key: RsaPublicKey, hash: Hash): PublicKey
  importEcdsa(curve: Curve, point: Uint8Array): PublicKey
  importEddsa(curve: Curve, point: Uint8Array): PublicKey
  digest(hash: Hash, data: Uint8Array): Uint8Array
}

/** Makes an engine of a backend. */
export function createEngine(backend: Backend): CryptoEngine {
  const working = new Map<number, boolean>()

  function supportsAlgorithm(algorithm: number): boolean {
    if (!SIGNATURE_ALGORITHMS.has(algorithm)) return false
    let works = working.get(algorithm)
    if (works === undefined) {
      works = passesSelfTest(backend, algorithm)
      working.set(algorithm, works)
    }
    return works
  }

  return {
    name: backend.name,
    supportsAlgorithm,
    supportsDigest: (digestType) => DIGESTS.has(digestType),
    unsupportedKey(algorithm, publicKey) {
      if (!supportsAlgorithm(algorithm)) return `algorithm ${algorithm}`
      return unsupportedSize(algorithm, publicKey)
    },
    importKey(algorithm, publicKey) {
      if (!supportsAlgorithm(algorithm)) return undefined
      return importWith(backend, algorithm, publicKey)
    },
    digest(digestType, data) {
      const hash = DIGESTS.get(digestType)
      return hash === undefined ? undefined : backend.digest(hash, data)
    },
  }
}

/** An algorithm is unsupported only when a signature known to be good fails: never because live data made it throw. */
function passesSelfTest(backend: Backend, algorithm: number): boolean {
  const test = selfTest(algorithm)
  if (test === undefined) return false
  return importWith(backend, algorithm, test.publicKey)?.verify(test.signature, test.data) === true
}

function importWith(backend: Backend, algorithm: number, publicKey: Uint8Array): PublicKey | undefined {
  const key = readPublicKey(algorithm, publicKey)
  if (key === undefined) return undefined
  try {
    switch (key.kind) {
      case 'rsa':
        return guarded(backend.importRsa(key.rsa, key.hash), key.signatureOctets)
      case 'ecdsa':
        return guarded(backend.importEcdsa(key.curve, key.point), key.signatureOctets)
      case 'eddsa':
        return guarded(properR(key.curve, backend.importEddsa(key.curve, key.point)), key.signatureOctets)
    }
  } catch {
    return undefined
  }
}

/** A signature has exactly one length for its key (RFC 3110 §3, RFC 6605 §4, RFC 8080 §4), and no octets make verify throw. */
function guarded(key: PublicKey, signatureOctets: number): PublicKey {
  return refusing(key, (signature) => signature.length !== signatureOctets)
}

/** R, the first half of an EdDSA signature, is a point like the key (RFC 8032 §5.1.6). */
function properR(curve: Curve, key: PublicKey): PublicKey {
  return refusing(key, (signature) => !isProperEdwardsPoint(curve, signature.subarray(0, signature.length / 2)))
}

/** The same key for which some signatures are false from the start, and all that make it throw. */
function refusing(key: PublicKey, refused: (signature: Uint8Array) => boolean): PublicKey {
  const aside = key.verifyAside
  return {
    verify(signature, data) {
      try {
        return !refused(signature) && key.verify(signature, data)
      } catch {
        return false
      }
    },
    verifyAside:
      aside &&
      ((signature, data, done) => {
        try {
          if (!refused(signature)) return aside(signature, data, done)
        } catch {}
        done(false)
      }),
  }
}
