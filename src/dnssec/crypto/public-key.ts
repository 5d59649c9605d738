/** The Public Key field of DNSKEY: what each algorithm's octets mean and which keys are refused before any mathematics. */

export type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512'
export type Curve = 'P-256' | 'P-384' | 'Ed25519' | 'Ed448'

/** Modulus and exponent, big-endian, without leading zero octets. */
export interface RsaPublicKey {
  readonly modulus: Uint8Array
  readonly exponent: Uint8Array
}

export type ReadPublicKey =
  | { readonly kind: 'rsa'; readonly hash: Hash; readonly rsa: RsaPublicKey; readonly signatureOctets: number }
  | {
      readonly kind: 'ecdsa' | 'eddsa'
      readonly curve: Curve
      readonly point: Uint8Array
      readonly signatureOctets: number
    }

type SignatureAlgorithm =
  | { readonly kind: 'rsa'; readonly hash: Hash }
  | {
      readonly kind: 'ecdsa' | 'eddsa'
      readonly curve: Curve
      readonly keyOctets: number
      readonly signatureOctets: number
    }

/**
 * Reads a Public Key field; undefined when it is malformed, of a size that is not supported, or a key under which a
 * signature would mean nothing. Whether a point lies on its curve is left to the engine.
 */
export function readPublicKey(algorithm: number, publicKey: Uint8Array): ReadPublicKey | undefined {
  const known = SIGNATURE_ALGORITHMS.get(algorithm)
  if (known === undefined || unsupportedSize(algorithm, publicKey) !== undefined) return undefined
  if (known.kind !== 'rsa') {
    if (known.kind === 'eddsa' && !isProperEdwardsPoint(known.curve, publicKey)) return undefined
    return { kind: known.kind, curve: known.curve, point: publicKey, signatureOctets: known.signatureOctets }
  }
  const rsa = readRsa(publicKey)
  // An even modulus is no product of two odd primes, and Montgomery arithmetic is undefined for it.
  if (rsa === undefined || isEven(rsa.modulus)) return undefined
  return { kind: 'rsa', hash: known.hash, rsa, signatureOctets: rsa.modulus.length }
}

/**
 * Why algorithm or size is not supported, in words, or undefined. An RSA field whose exponent runs past its end has
 * no size: it is left to `readPublicKey` to refuse, so that it ends bogus and not insecure.
 */
export function unsupportedSize(algorithm: number, publicKey: Uint8Array): string | undefined {
  const known = SIGNATURE_ALGORITHMS.get(algorithm)
  if (known === undefined) return `algorithm ${algorithm}`
  if (known.kind !== 'rsa') {
    const { length } = publicKey
    return length === known.keyOctets ? undefined : `${known.curve} key of ${length} octets, not ${known.keyOctets}`
  }
  const rsa = readRsa(publicKey)
  if (rsa === undefined) return undefined
  const modulusBits = bitLength(rsa.modulus)
  if (modulusBits < RSA_MODULUS_BITS.min || modulusBits > RSA_MODULUS_BITS.max) {
    return `RSA modulus of ${modulusBits} bits, not ${RSA_MODULUS_BITS.min} to ${RSA_MODULUS_BITS.max}`
  }
  const exponentBits = bitLength(rsa.exponent)
  if (exponentBits > RSA_EXPONENT_BITS) return `RSA exponent of ${exponentBits} bits, above ${RSA_EXPONENT_BITS}`
  if (exponentBits < 2) return 'RSA exponent below 2'
  if (isEven(rsa.exponent)) return 'RSA exponent is even'
  return undefined
}

/**
 * RFC 3110 §2: the exponent's length in one octet, or zero and two octets; the exponent; the rest is the modulus.
 * Leading zero octets, which signers must not write, are dropped as every validator drops them: the DS covers them.
 */
function readRsa(publicKey: Uint8Array): RsaPublicKey | undefined {
  const [first = 0, second, third] = publicKey
  let start = 1
  let length = first
  if (first === 0) {
    if (second === undefined || third === undefined) return undefined
    start = 3
    length = second * 256 + third
  }
  if (length === 0 || start + length >= publicKey.length) return undefined
  return {
    exponent: withoutLeadingZeros(publicKey.subarray(start, start + length)),
    modulus: withoutLeadingZeros(publicKey.subarray(start + length)),
  }
}

/**
 * RFC 8032 §5.1.3 and §5.2.3: y below the field's prime, and no sign on x = 0. Points of small order are refused too:
 * under such a key one signature fits much data, no honest signature begins with such an R, and implementations, even
 * versions of one, disagree about both (measured on OpenSSL 3.0 and 3.5). Says nothing about lying on the curve.
 */
export function isProperEdwardsPoint(curve: Curve, point: Uint8Array): boolean {
  const field = curve === 'Ed448' ? ED448_FIELD : ED25519_FIELD
  const last = point.length - 1
  let y = BigInt((point[last] ?? 0) & 0x7f)
  for (let index = last - 1; index >= 0; index--) y = (y << 8n) | BigInt(point[index] ?? 0)
  return y < field.prime && !field.smallOrder.includes(y)
}

function withoutLeadingZeros(octets: Uint8Array): Uint8Array {
  let start = 0
  while (octets[start] === 0) start++
  return octets.subarray(start)
}

function bitLength(octets: Uint8Array): number {
  return octets.length === 0 ? 0 : octets.length * 8 - Math.clz32(octets[0] ?? 0) + 24
}

function isEven(octets: Uint8Array): boolean {
  return ((octets[octets.length - 1] ?? 0) & 1) === 0
}

/** IANA "DNS Security Algorithm Numbers"; 5 and 7 differ only in what they promise about NSEC3 (RFC 5155 §2). */
export const SIGNATURE_ALGORITHMS: ReadonlyMap<number, SignatureAlgorithm> = new Map<number, SignatureAlgorithm>([
  [5, { kind: 'rsa', hash: 'sha1' }],
  [7, { kind: 'rsa', hash: 'sha1' }],
  [8, { kind: 'rsa', hash: 'sha256' }],
  [10, { kind: 'rsa', hash: 'sha512' }],
  [13, { kind: 'ecdsa', curve: 'P-256', keyOctets: 64, signatureOctets: 64 }],
  [14, { kind: 'ecdsa', curve: 'P-384', keyOctets: 96, signatureOctets: 96 }],
  [15, { kind: 'eddsa', curve: 'Ed25519', keyOctets: 32, signatureOctets: 64 }],
  [16, { kind: 'eddsa', curve: 'Ed448', keyOctets: 57, signatureOctets: 114 }],
])

/** IANA "DS RR Type Digest Algorithms". */
export const DIGESTS: ReadonlyMap<number, Hash> = new Map<number, Hash>([
  [1, 'sha1'],
  [2, 'sha256'],
  [4, 'sha384'],
])

/** RFC 3110 §2 allows up to 4096 bits and RFC 5702 §2.1 from 512; no exponent in use is longer than a machine word. */
const RSA_MODULUS_BITS = { min: 512, max: 4096 } as const
const RSA_EXPONENT_BITS = 64

const ED25519_PRIME = 2n ** 255n - 19n
const ED448_PRIME = 2n ** 448n - 2n ** 224n - 1n

/** The y coordinates of the points whose order divides the cofactor, eight and four. */
const ED25519_FIELD = {
  prime: ED25519_PRIME,
  smallOrder: [
    0n,
    1n,
    ED25519_PRIME - 1n,
    0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
    0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  ],
}
const ED448_FIELD = { prime: ED448_PRIME, smallOrder: [0n, 1n, ED448_PRIME - 1n] }
