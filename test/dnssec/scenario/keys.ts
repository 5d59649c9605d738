/** Keys of scenario zones: the same key for the same seed, so that key tags and digests never change. */
import { type KeyObject, createECDH, createHash, createPrivateKey } from 'node:crypto'
import { keyTag } from '../../../src/wire/rdata/dnssec.ts'
import { type SigningKey, makeKey, revoked } from '../../lab/signer/key.ts'
import type { TestRsaKey } from '../../lab/signer/test-keys.ts'

export interface ScenarioKey {
  readonly key: SigningKey
  /** Whether it stands in the DNSKEY RRset. */
  readonly published: boolean
}

/** `13:ksk:flags=256:unpublished`: algorithm, role, and what is special about the key. */
export function scenarioKey(text: string, seed: string, earlier: readonly ScenarioKey[]): ScenarioKey {
  const [number, role = 'csk', ...rest] = text.split(':')
  const algorithm = Number(number)
  if (!Number.isInteger(algorithm) || !ROLES.has(role)) throw new Error(`'${text}' is not a key`)
  const options = new Map(rest.map((word) => word.split('=') as [string, string]))
  for (const option of options.keys())
    if (!KEY_OPTIONS.has(option)) throw new Error(`'${option}' is no option of a key`)
  const rsa = options.get('rsa') as TestRsaKey | undefined
  const privateKey = rsa ?? seededKey(algorithm, options.get('seed') ?? seed)
  const flags = options.get('flags')
  const protocol = options.get('protocol')
  let key = makeKey({
    algorithm,
    role: role as SigningKey['role'],
    ...(privateKey !== undefined && { privateKey }),
    ...(flags !== undefined && { flags: Number(flags) }),
    ...(protocol !== undefined && { protocol: Number(protocol) }),
  })
  if (options.has('revoked')) key = { ...revoked(key), role: key.role }
  const bits = options.get('bits')
  if (bits !== undefined) key = withPublicKey(key, rsaField(Number(bits), options.get('exponent') ?? '010001'))
  const octets = options.get('octets')
  if (octets !== undefined) {
    key = withPublicKey(
      key,
      createHash('shake256', { outputLength: Number(octets) })
        .update(seed)
        .digest(),
    )
  }
  const like = options.get('like')
  if (like !== undefined) key = withTag(key, earlier[Number(like) - 1]!.key.keyTag)
  return { key, published: !options.has('unpublished') }
}

/** Changes the last two octets so that the key tag is that of another key. */
function withTag(key: SigningKey, tag: number): SigningKey {
  const rdata = Buffer.from(key.rdata)
  for (let word = 0; word < 0x10000; word++) {
    rdata.writeUInt16BE(word, rdata.length - 2)
    if (keyTag(rdata) === tag) return { ...key, rdata, keyTag: tag }
  }
  throw new Error(`no key with tag ${tag}`)
}

/** An RSA public key of that many bits which nobody has the private half of. */
function rsaField(bits: number, exponent: string): Buffer {
  const modulus = Buffer.alloc(Math.ceil(bits / 8), 0xb5)
  modulus[0] = 1 << ((bits - 1) % 8)
  const e = Buffer.from(exponent, 'hex')
  return Buffer.concat([Buffer.from([e.length]), e, modulus])
}

function withPublicKey(key: SigningKey, publicKey: Buffer): SigningKey {
  const rdata = Buffer.concat([key.rdata.subarray(0, 4), publicKey])
  return { ...key, rdata, keyTag: keyTag(rdata) }
}

function seededKey(algorithm: number, seed: string): KeyObject | undefined {
  if (RSA.has(algorithm)) return undefined
  const known = made.get(`${algorithm} ${seed}`)
  if (known !== undefined) return known
  const key = makeSeeded(algorithm, seed)
  made.set(`${algorithm} ${seed}`, key)
  return key
}

function makeSeeded(algorithm: number, seed: string): KeyObject {
  const octets = createHash('sha512').update(`danelaw scenario ${algorithm} ${seed}`).digest()
  if (algorithm === 15 || algorithm === 16) {
    const oid = algorithm === 15 ? 0x70 : 0x71
    const length = algorithm === 15 ? 32 : 57
    const secret = Buffer.concat([octets, octets]).subarray(0, length)
    // PKCS #8 of RFC 8410 section 7.
    const head = Buffer.from([0x30, 14 + length, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, oid, 4, length + 2, 4, length])
    return createPrivateKey({ key: Buffer.concat([head, secret]), format: 'der', type: 'pkcs8' })
  }
  const p384 = algorithm === 14
  const size = p384 ? 48 : 32
  const ecdh = createECDH(p384 ? 'secp384r1' : 'prime256v1')
  // The first bit clear keeps the number below the order of the curve.
  const d = Buffer.from(octets.subarray(0, size))
  d[0]! &= 0x7f
  ecdh.setPrivateKey(d)
  const point = ecdh.getPublicKey()
  const field = (from: number): string => point.subarray(from, from + size).toString('base64url')
  const jwk = { kty: 'EC', crv: p384 ? 'P-384' : 'P-256', d: d.toString('base64url'), x: field(1), y: field(1 + size) }
  return createPrivateKey({ key: jwk, format: 'jwk' })
}

const made = new Map<string, KeyObject>()
const RSA: ReadonlySet<number> = new Set([5, 7, 8, 10])
const ROLES: ReadonlySet<string> = new Set(['csk', 'ksk', 'zsk', 'standby'])
const KEY_OPTIONS: ReadonlySet<string> = new Set([
  'rsa',
  'seed',
  'flags',
  'protocol',
  'revoked',
  'bits',
  'exponent',
  'octets',
  'like',
  'unpublished',
])
