import type { KeyObject } from 'node:crypto'
import { DanelawError } from '../../errors.ts'
import { DerReader, Tag } from '../der.ts'
import { importPublicKey } from './public-key.ts'

/** A key below 80 bits of strength can be had by others than its owner (OpenSSL: security level 1). */
export function weakKey({ asymmetricKeyDetails: details }: KeyObject): string | null {
  const bits = details?.modulusLength
  if (bits !== undefined) return weakRsa(bits)
  const curve = details?.namedCurve
  if (curve === undefined) return null
  // Every curve has the size of its field in its name: P-256 is prime256v1.
  const size = Number(/\d{3}/.exec(curve)?.[0] ?? 0)
  return size < 160 ? `a key on the curve ${curve}` : null
}

/**
 * The same for a key that verifies nothing here, as that of a leaf: undefined where there is no such key. The platform
 * is asked about all but the common kinds, as an import takes it longer than everything else about a leaf (measured on
 * Node 20: 106 us).
 */
export function weakSpki(spki: Uint8Array): string | null | undefined {
  const octets = Buffer.from(spki.buffer, spki.byteOffset, spki.length)
  for (const curve of CURVES) {
    if (octets.length === curve.prefix.length + 2 * curve.octets && octets.indexOf(curve.prefix) === 0) {
      return isOnCurve(octets.subarray(curve.prefix.length), curve) ? null : undefined
    }
  }
  const bits = rsaBits(spki)
  if (bits !== undefined) return weakRsa(bits)
  const key = importPublicKey(spki)
  return key === undefined ? undefined : weakKey(key)
}

function weakRsa(bits: number): string | null {
  return bits < 1024 ? `a key of ${bits} bits` : null
}

/**
 * RSAPublicKey ::= SEQUENCE { modulus, publicExponent } (RFC 8017 appendix A.1.1); undefined for anything else. What
 * follows the modulus does not change its size, and the platform reads over it.
 */
function rsaBits(spki: Uint8Array): number | undefined {
  try {
    const outer = new DerReader(spki).enter(Tag.Sequence, 'the public key')
    const algorithm = outer.whole(outer.expect(Tag.Sequence, 'the algorithm of the public key'))
    if (Buffer.compare(algorithm, RSA_ENCRYPTION) !== 0) return undefined
    const key = new DerReader(outer.bitString('the public key').bits)
    const modulus = key.enter(Tag.Sequence, 'the public key').integer('the modulus')
    const start = modulus[0] === 0 ? 1 : 0
    return (modulus.length - start) * 8 - (modulus.length === start ? 0 : Math.clz32(modulus[start]!) - 24)
  } catch (error) {
    if (error instanceof DanelawError) return undefined
    throw error
  }
}

/** y² = x³ - 3x + b, which is asked here of a point that is not at infinity, as it has coordinates. */
function isOnCurve(point: Buffer, { octets, p, b }: Curve): boolean {
  const x = BigInt(`0x${point.toString('hex', 0, octets)}`)
  const y = BigInt(`0x${point.toString('hex', octets)}`)
  return x < p && y < p && (y * y - (x * x - 3n) * x - b) % p === 0n
}

interface Curve {
  /** SubjectPublicKeyInfo up to the coordinates (RFC 5480 section 2), the 04 of an uncompressed point included. */
  readonly prefix: Buffer
  /** Of a coordinate. */
  readonly octets: number
  readonly p: bigint
  readonly b: bigint
}

/** P-256 and P-384 (FIPS 186-4 appendix D.1.2; SEC 2 sections 2.4.2 and 2.5.1). */
const CURVES: readonly Curve[] = [
  {
    prefix: Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex'),
    octets: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  {
    prefix: Buffer.from('3076301006072a8648ce3d020106052b8104002203620004', 'hex'),
    octets: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
]

/** AlgorithmIdentifier of rsaEncryption (RFC 3279 section 2.3.1). */
const RSA_ENCRYPTION = Buffer.from('300d06092a864886f70d0101010500', 'hex')
