/** The engine on node:crypto: the fastest, and the default on Node. The only file of `dnssec` that imports node:. */
import { createPublicKey, hash as hashOctets, type KeyObject, verify } from 'node:crypto'
import { versions } from 'node:process'
import { type CryptoEngine, createEngine, type PublicKey } from './engine.ts'
import type { Curve, Hash, RsaPublicKey } from './public-key.ts'

let engine: CryptoEngine | undefined

/** The engine of this process; algorithms already tested stay tested. */
export function nativeEngine(): CryptoEngine {
  engine ??= createEngine({
    name: 'native',
    importRsa(publicKey, hash) {
      const key = rsaKey(publicKey)
      // No other thread: the way there and back takes as long as a check (20 µs each, measured).
      return { verify: (signature, data) => verify(hash, data, key, signature) }
    },
    importEcdsa(curve, point) {
      const key = ecdsaKey(curve, point)
      const hash = curve === 'P-256' ? 'sha256' : 'sha384'
      return verifier(key, hash, derSignature)
    },
    importEddsa: (curve, point) => verifier(okpKey(curve, point), null),
    digest(hash, data) {
      const { buffer, byteOffset, length } = hashOctets(hash, data, 'buffer')
      return new Uint8Array(buffer, byteOffset, length)
    },
  })
  return engine
}

/**
 * The bare KeyObject: any `{ key }` around it is parsed again at every call (measured). EdDSA brings its own hash.
 * @param encode from the Signature field to what OpenSSL takes, where that is something else
 */
function verifier(key: KeyObject, hash: Hash | null, encode = asItIs): PublicKey {
  return {
    verify: (signature, data) => verify(hash, data, key, encode(signature)),
    verifyAside: (signature, data, done) =>
      verify(hash, data, key, encode(signature), (error, good) => done(error === null && good)),
  }
}

function asItIs(signature: Uint8Array): Uint8Array {
  return signature
}

/** PKCS#1 (RFC 8017 appendix A.1.1) is the quickest way in on Node 20 to 26: 3 to 30 µs, SPKI 12 to 170 (measured). */
function rsaKey({ modulus, exponent }: RsaPublicKey): KeyObject {
  const integers = [derInteger(modulus), derInteger(exponent)]
  return createPublicKey({ key: Buffer.from(der(0x30, integers)), format: 'der', type: 'pkcs1' })
}

/** A point off the curve throws here, whichever way it comes in. */
function ecdsaKey(curve: Curve, point: Uint8Array): KeyObject {
  // Measured on Node 20: P-256 by JWK 85 µs, by SPKI 180. From 22 on SPKI is as quick or quicker, as always for P-384.
  if (curve === 'P-256' && SLOW_DECODER) {
    const jwk = { kty: 'EC', crv: curve, x: base64url(point.subarray(0, 32)), y: base64url(point.subarray(32)) }
    return createPublicKey({ key: jwk, format: 'jwk' })
  }
  const prefix = curve === 'P-256' ? P256_SPKI_PREFIX : P384_SPKI_PREFIX
  return createPublicKey({ key: Buffer.concat([prefix, point]), format: 'der', type: 'spki' })
}

function okpKey(curve: Curve, point: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x: base64url(point) }, format: 'jwk' })
}

/**
 * RFC 6605 §4 has r and s of fixed width side by side, OpenSSL wants SEQUENCE { INTEGER r, INTEGER s }. Written in one
 * go, as every check needs it (measured: 0.8 µs less of 64); no length here is above 127, so each takes one octet.
 */
function derSignature(signature: Uint8Array): Uint8Array {
  const octets = new Uint8Array(signature.length + 8)
  const half = signature.length / 2
  let at = 2
  for (let end = half; end <= signature.length; end += half) {
    let start = end - half
    while (start < end - 1 && signature[start] === 0) start++
    const sign = signature[start]! > 0x7f ? 1 : 0
    octets[at] = 0x02
    octets[at + 1] = sign + end - start
    at += 2 + sign
    while (start < end) octets[at++] = signature[start++]!
  }
  octets[0] = 0x30
  octets[1] = at - 2
  return octets.subarray(0, at)
}

/** An INTEGER that is not negative: no leading zeros, one zero octet where the first bit is set (X.690 §8.3). */
function derInteger(octets: Uint8Array): Uint8Array {
  let start = 0
  while (start < octets.length - 1 && octets[start] === 0) start++
  const value = octets.subarray(start)
  return der(0x02, (value[0] ?? 0) > 0x7f ? [ZERO, value] : [value])
}

function der(tag: number, parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const header = [tag, ...derLength(length)]
  const octets = new Uint8Array(header.length + length)
  octets.set(header)
  let offset = header.length
  for (const part of parts) {
    octets.set(part, offset)
    offset += part.length
  }
  return octets
}

/** X.690 §8.1.3; nothing here is longer than 65535 octets. */
function derLength(length: number): number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64url')
}

const SLOW_DECODER = Number.parseInt(versions.node, 10) < 22
const ZERO = Uint8Array.of(0)

/** SubjectPublicKeyInfo up to the point (RFC 5480 §2), its 04 for an uncompressed point included. */
const P256_SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex')
const P384_SPKI_PREFIX = Buffer.from('3076301006072a8648ce3d020106052b8104002203620004', 'hex')
