/** The signature algorithms of DNSSEC on node:crypto: keys, the Public Key field of a DNSKEY, signing. */
import { type KeyObject, sign } from 'node:crypto'
import { freshKey } from './fresh-key.ts'

/** What the signer has to know of one algorithm number. */
interface SigningAlgorithm {
  readonly kind: 'rsa' | 'ec' | 'ed'
  readonly hash: string | null
  /** Of a fresh key; RSA keys are those of `test-keys.ts`, which cost no time. */
  readonly generate: () => KeyObject
}

/** Private keys for an algorithm; undefined for RSA, whose keys take too long to make. */
export function generatePrivateKey(algorithm: number): KeyObject {
  return signingAlgorithm(algorithm).generate()
}

/** The Public Key field: RFC 3110 section 2, RFC 6605 section 4, RFC 8080 section 3. */
export function publicKeyField(algorithm: number, privateKey: KeyObject): Buffer {
  const { kind } = signingAlgorithm(algorithm)
  const jwk = privateKey.export({ format: 'jwk' })
  const field = (text: unknown): Buffer => Buffer.from(String(text), 'base64url')
  if (kind === 'ed') return field(jwk.x)
  // A private algorithm begins with the name that tells it from others (RFC 4034 appendix A.1.1).
  if (kind === 'ec') return Buffer.concat([algorithm === 253 ? PRIVATE_NAME : NOTHING, field(jwk.x), field(jwk.y)])
  const exponent = field(jwk.e)
  const length = exponent.length < 256 ? [exponent.length] : [0, exponent.length >> 8, exponent.length & 0xff]
  return Buffer.concat([Buffer.from(length), exponent, field(jwk.n)])
}

/** The Signature field over `data`. */
export function signData(algorithm: number, privateKey: KeyObject, data: Uint8Array): Buffer {
  const { kind, hash } = signingAlgorithm(algorithm)
  // r and s side by side, not DER (RFC 6605 section 4).
  const key = kind === 'ec' ? ({ key: privateKey, dsaEncoding: 'ieee-p1363' } as const) : privateKey
  const signature = sign(hash, data, key)
  return algorithm === 253 ? Buffer.concat([PRIVATE_NAME, signature]) : signature
}

function signingAlgorithm(algorithm: number): SigningAlgorithm {
  // A number nobody supports is signed as P-256 is: what counts is that nobody can tell.
  return ALGORITHMS.get(algorithm) ?? P256
}

function elliptic(namedCurve: string): () => KeyObject {
  return () => freshKey('ec', { namedCurve })
}

const NOTHING = Buffer.alloc(0)
/** `private.` in wire form. */
const PRIVATE_NAME = Buffer.from('\x07private\0', 'latin1')

const RSA = { kind: 'rsa', generate: () => freshKey('rsa', { modulusLength: 2048 }) } as const
const P256: SigningAlgorithm = { kind: 'ec', hash: 'sha256', generate: elliptic('P-256') }

const ALGORITHMS: ReadonlyMap<number, SigningAlgorithm> = new Map<number, SigningAlgorithm>([
  [5, { ...RSA, hash: 'sha1' }],
  [7, { ...RSA, hash: 'sha1' }],
  [8, { ...RSA, hash: 'sha256' }],
  [10, { ...RSA, hash: 'sha512' }],
  [13, P256],
  [14, { kind: 'ec', hash: 'sha384', generate: elliptic('P-384') }],
  [15, { kind: 'ed', hash: null, generate: () => freshKey('ed25519') }],
  [16, { kind: 'ed', hash: null, generate: () => freshKey('ed448') }],
])
