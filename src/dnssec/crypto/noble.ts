/** The engine in pure JavaScript: the browser's, and the second opinion of `both`. Several times slower than native. */
import { ed448 } from '@noble/curves/ed448.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384 } from '@noble/curves/nist.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { type CryptoEngine, createEngine, type PublicKey } from './engine.ts'
import type { Curve, Hash, RsaPublicKey } from './public-key.ts'

let engine: CryptoEngine | undefined

/** The engine of this process; algorithms already tested stay tested. */
export function nobleEngine(): CryptoEngine {
  engine ??= createEngine({
    name: 'noble',
    importRsa,
    importEcdsa,
    importEddsa: (curve, point) => (curve === 'Ed448' ? importEd448(point) : importEd25519(point)),
    digest: (hash, data) => HASHES[hash](data),
  })
  return engine
}

/**
 * RFC 8017 §8.2.2 with the comparison of §9.2: the one block that signing would have made is built and compared whole,
 * so that no octet of a forged block is left to be parsed. The work is bounded by the sizes readPublicKey() lets pass.
 */
function importRsa(key: RsaPublicKey, hash: Hash): PublicKey {
  const modulus = toBigInt(key.modulus)
  const exponent = toBigInt(key.exponent)
  const octets = key.modulus.length
  return {
    verify(signature, data) {
      const representative = toBigInt(signature)
      if (representative >= modulus) return false
      const block = emsaPkcs1(hash, data, octets)
      return block !== undefined && power(representative, exponent, modulus) === block
    },
  }
}

/** EMSA-PKCS1-v1_5 (RFC 8017 §9.2) as a number; undefined where the modulus is too short for the hash. */
function emsaPkcs1(hash: Hash, data: Uint8Array, octets: number): bigint | undefined {
  const digestInfo = DIGEST_INFO[hash] + bytesToHex(HASHES[hash](data))
  const padding = octets - 3 - digestInfo.length / 2
  if (padding < 8) return undefined
  return BigInt(`0x0001${'ff'.repeat(padding)}00${digestInfo}`)
}

/** base ^ exponent mod modulus, left to right; the exponent has at most 64 bits. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus
    if (bit === '1') result = (result * base) % modulus
  }
  return result
}

function importEcdsa(curve: Curve, point: Uint8Array): PublicKey {
  const ecdsa = curve === 'P-256' ? p256 : p384
  const key = concatBytes(UNCOMPRESSED, point)
  ecdsa.Point.fromBytes(key)
  // RFC 6605 knows no rule about the size of s: half of all good signatures have the larger one.
  return { verify: (signature, data) => ecdsa.verify(signature, data, key, { lowS: false, prehash: true }) }
}

/**
 * RFC 8032 §5.1.7 with the equation without the cofactor, [S]B = R + [k]A, which it allows and OpenSSL uses: the two
 * engines must not disagree about a signature whose R has a component of small order.
 */
function importEd25519(publicKey: Uint8Array): PublicKey {
  const { Point } = ed25519
  const { Fn } = Point
  const minusA = Point.fromBytes(publicKey).negate()
  return {
    verify(signature, data) {
      const R = signature.subarray(0, 32)
      const S = toBigInt(Uint8Array.from(signature.subarray(32)).reverse())
      const k = Fn.create(toBigInt(sha512(concatBytes(R, publicKey, data)).reverse()))
      // multiplyUnsafe() throws for S of L or above, which step 1 demands to be refused.
      const expected = Point.BASE.multiplyUnsafe(S).add(minusA.multiplyUnsafe(k)).toBytes()
      return expected.every((octet, index) => octet === R[index])
    },
  }
}

/** RFC 8032 §5.2.7; OpenSSL multiplies by the cofactor here, and so does this. Strict about encodings, not ZIP 215. */
function importEd448(publicKey: Uint8Array): PublicKey {
  ed448.Point.fromBytes(publicKey)
  return { verify: (signature, data) => ed448.verify(signature, data, publicKey, { zip215: false }) }
}

function toBigInt(bigEndian: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bigEndian)}`)
}

const HASHES: Readonly<Record<Hash, (data: Uint8Array) => Uint8Array>> = { sha1, sha256, sha384, sha512 }

/** The DER of DigestInfo up to the digest, with the NULL parameter (RFC 8017 §9.2 note 1). */
const DIGEST_INFO: Readonly<Record<Hash, string>> = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
}

/** SEC 1 §2.3.3; RFC 6605 §4 leaves it out. */
const UNCOMPRESSED = Uint8Array.of(4)
