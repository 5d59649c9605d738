/**
 * Certificates written octet by octet, so that anything can be wrong with them that one field can say. Nothing here
 * comes from the reader under test.
 */
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { freshKey } from '../../lab/signer/fresh-key.ts'

export interface Key {
  readonly privateKey: KeyObject
  readonly spki: Buffer
  readonly signature: SignatureAlgorithm
}

interface SignatureAlgorithm {
  readonly identifier: Buffer
  readonly sign: (octets: Uint8Array, key: KeyObject) => Buffer
}

export interface CertificateOptions {
  /** DER of the Name, or the common name. */
  readonly subject: string | Buffer
  readonly key: Key
  /** Default: itself. */
  readonly issuer?: Made
  /** In place of the issuer's subject. */
  readonly issuerName?: Buffer
  /** Signs in place of the issuer. */
  readonly signer?: Key
  /** In place of the signer's usual algorithm. */
  readonly signature?: SignatureAlgorithm
  /** What the signed part says of the algorithm, where it lies. */
  readonly innerIdentifier?: Buffer
  /** Unix seconds. */
  readonly notBefore: number
  readonly notAfter: number
  /** 0 for version 1. */
  readonly version?: number
  readonly extensions?: readonly Buffer[]
  /** Turns a bit of the signature. */
  readonly broken?: boolean
}

export interface Made {
  readonly der: Buffer
  readonly subject: Buffer
  readonly key: Key
  readonly serial: number
  /** Unix seconds. */
  readonly notAfter: number
}

let serials = 1000

export function certificate(options: CertificateOptions): Made {
  const { key, issuer, version = 2 } = options
  const subject = typeof options.subject === 'string' ? name(options.subject) : options.subject
  const signer = options.signer ?? issuer?.key ?? key
  const algorithm = options.signature ?? signer.signature
  const serial = serials++
  const tbs = sequence(
    ...(version === 0 ? [] : [tlv(0xa0, integer(version))]),
    integer(serial),
    options.innerIdentifier ?? algorithm.identifier,
    options.issuerName ?? issuer?.subject ?? subject,
    sequence(time(options.notBefore), time(options.notAfter)),
    subject,
    key.spki,
    ...(options.extensions === undefined || options.extensions.length === 0
      ? []
      : [tlv(0xa3, sequence(...options.extensions))]),
  )
  const signature = algorithm.sign(tbs, signer.privateKey)
  if (options.broken) signature[signature.length - 1]! ^= 1
  return { der: sequence(tbs, algorithm.identifier, bits(signature)), subject, key, serial, notAfter: options.notAfter }
}

/** A Name of one common name, or of further attributes in front of it. */
export function name(commonName: string, tag = UTF8, organisation?: string): Buffer {
  const attribute = (oid: string, text: string) =>
    tlv(0x31, sequence(objectIdentifier(oid), tlv(tag, encode(text, tag))))
  const above = organisation === undefined ? [] : [attribute('2.5.4.10', organisation)]
  return sequence(...above, attribute('2.5.4.3', commonName))
}

export const UTF8 = 0x0c
export const PRINTABLE = 0x13
export const BMP = 0x1e

function encode(text: string, tag: number): Buffer {
  return tag === BMP ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text, 'utf8')
}

export const extensions = {
  basicConstraints: (ca: boolean, pathLength?: number, critical = true) =>
    extension(
      '2.5.29.19',
      critical,
      sequence(...(ca ? [TRUE] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])),
    ),
  /** Bits in the order of RFC 5280 section 4.2.1.3. */
  keyUsage: (...bitNumbers: readonly number[]) => {
    let value = 0
    for (const bit of bitNumbers) value |= 0x8000 >> bit
    const octets = (value & 0xff) === 0 ? [value >> 8] : [value >> 8, value & 0xff]
    let unused = 0
    while (unused < 7 && ((octets.at(-1)! >> unused) & 1) === 0) unused++
    return extension('2.5.29.15', true, tlv(0x03, Buffer.from([unused, ...octets])))
  },
  purposes: (...oids: readonly string[]) => extension('2.5.29.37', false, sequence(...oids.map(objectIdentifier))),
  alternativeNames: (...names: readonly Buffer[]) => extension('2.5.29.17', false, sequence(...names)),
  subjectKey: (octets: Uint8Array) => extension('2.5.29.14', false, tlv(0x04, octets)),
  authorityKey: (octets: Uint8Array) => extension('2.5.29.35', false, sequence(tlv(0x80, octets))),
  authoritySerial: (issuer: Buffer, serial: number) =>
    extension('2.5.29.35', false, sequence(tlv(0xa1, tlv(0xa4, issuer)), tlv(0x82, integer(serial).subarray(2)))),
  nameConstraints: (permitted: readonly Buffer[], excluded: readonly Buffer[], critical = true) => {
    const subtrees = (tag: number, bases: readonly Buffer[]) =>
      bases.length === 0 ? [] : [tlv(tag, ...bases.map((base) => sequence(base)))]
    return extension('2.5.29.30', critical, sequence(...subtrees(0xa0, permitted), ...subtrees(0xa1, excluded)))
  },
  unknown: (critical: boolean) => extension('1.3.6.1.4.1.99999.1', critical, Buffer.from('0500', 'hex')),
  policies: (critical: boolean) =>
    extension('2.5.29.32', critical, sequence(sequence(objectIdentifier('2.5.29.32.0')))),
  of: extension,
}

function extension(oid: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [TRUE] : []), tlv(0x04, value))
}

export const general = {
  dns: (text: string) => tlv(0x82, Buffer.from(text, 'latin1')),
  mail: (text: string) => tlv(0x81, Buffer.from(text, 'latin1')),
  uri: (text: string) => tlv(0x86, Buffer.from(text, 'latin1')),
  address: (...octets: readonly number[]) => tlv(0x87, Buffer.from(octets)),
  directory: (subject: Buffer) => tlv(0xa4, subject),
  /** id-on-SmtpUTF8Mailbox (RFC 8398). */
  smtpUtf8Mailbox: (text: string) =>
    tlv(0xa0, objectIdentifier('1.3.6.1.5.5.7.8.9'), tlv(0xa0, tlv(UTF8, Buffer.from(text)))),
  registered: (oid: string) => tlv(0x88, objectIdentifier(oid).subarray(2)),
}

export function keyIdentifier(key: Key): Buffer {
  return createHash('sha1').update(key.spki).digest()
}

const ECDSA_SHA256 = plain('1.2.840.10045.4.3.2', 'sha256')
const ECDSA_SHA384 = plain('1.2.840.10045.4.3.3', 'sha384')
const ECDSA_SHA512 = plain('1.2.840.10045.4.3.4', 'sha512')
const ED25519 = plain('1.3.101.112', null)
const ED448 = plain('1.3.101.113', null)

export const signatures = {
  ecdsaSha1: plain('1.2.840.10045.4.1', 'sha1'),
  ecdsaSha224: plain('1.2.840.10045.4.3.1', 'sha224'),
  ecdsaSha512: ECDSA_SHA512,
  rsaMd5: plain('1.2.840.113549.1.1.4', 'md5', true),
  rsaSha1: plain('1.2.840.113549.1.1.5', 'sha1', true),
  rsaSha224: plain('1.2.840.113549.1.1.14', 'sha224', true),
  rsaSha256: plain('1.2.840.113549.1.1.11', 'sha256', true),
  rsaSha384: plain('1.2.840.113549.1.1.12', 'sha384', true),
  rsaSha512: plain('1.2.840.113549.1.1.13', 'sha512', true),
  pssSha256: pss('sha256', '2.16.840.1.101.3.4.2.1', 32),
  pssSha384: pss('sha384', '2.16.840.1.101.3.4.2.2', 48),
  pssSha512: pss('sha512', '2.16.840.1.101.3.4.2.3', 64),
  pssSha1: {
    identifier: sequence(objectIdentifier('1.2.840.113549.1.1.10'), sequence()),
    sign: (octets, key) => sign('sha1', octets, { key, padding: PSS_PADDING, saltLength: 20 }),
  } as SignatureAlgorithm,
}

export const newKey = {
  p256: (): Key => pair('ec', { namedCurve: 'P-256' }, ECDSA_SHA256),
  p384: (): Key => pair('ec', { namedCurve: 'P-384' }, ECDSA_SHA384),
  p521: (): Key => pair('ec', { namedCurve: 'P-521' }, ECDSA_SHA512),
  secp256k1: (): Key => pair('ec', { namedCurve: 'secp256k1' }, ECDSA_SHA256),
  ed25519: (): Key => pair('ed25519', {}, ED25519),
  ed448: (): Key => pair('ed448', {}, ED448),
  rsa: (modulusLength = 2048): Key => pair('rsa', { modulusLength }, signatures.rsaSha256),
  /** A key that may only sign with RSASSA-PSS (RFC 4055 section 1.2). */
  rsaPss: (): Key => pair('rsa-pss', { modulusLength: 2048 }, signatures.pssSha256),
}

function pair(kind: string, options: object, signature: SignatureAlgorithm): Key {
  const privateKey = freshKey(kind, options)
  return { privateKey, spki: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }), signature }
}

function plain(oid: string, hash: string | null, withNull = false): SignatureAlgorithm {
  return {
    identifier: sequence(objectIdentifier(oid), ...(withNull ? [Buffer.from('0500', 'hex')] : [])),
    sign: (octets, key) => sign(hash, octets, key),
  }
}

function pss(hash: string, oid: string, saltLength: number): SignatureAlgorithm {
  const digest = sequence(objectIdentifier(oid), Buffer.from('0500', 'hex'))
  const mask = sequence(objectIdentifier('1.2.840.113549.1.1.8'), digest)
  const parameters = sequence(tlv(0xa0, digest), tlv(0xa1, mask), tlv(0xa2, integer(saltLength)))
  return {
    identifier: sequence(objectIdentifier('1.2.840.113549.1.1.10'), parameters),
    sign: (octets, key) => sign(hash, octets, { key, padding: PSS_PADDING, saltLength }),
  }
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tlv(0x30, ...parts)
}

function integer(value: number): Buffer {
  const hex = value.toString(16)
  const octets = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex')
  return tlv(0x02, octets[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), octets]) : octets)
}

function bits(octets: Uint8Array): Buffer {
  return tlv(0x03, Buffer.of(0), octets)
}

function objectIdentifier(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]]
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left & 0x7f) | 0x80)
    return digits
  })
  return tlv(0x06, Buffer.from(octets))
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). */
function time(seconds: number): Buffer {
  const text = new Date(seconds * 1000).toISOString().replace(/[-:T]|\.000/g, '')
  const year = Number(text.slice(0, 4))
  return year >= 1950 && year < 2050 ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text))
}

const TRUE = Buffer.from('0101ff', 'hex')
const PSS_PADDING = 6
