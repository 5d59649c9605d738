/** Certificates of the lab: authorities, leaves and self-signed ones, and the TLSA records that fit them. */
import 'reflect-metadata'
import { type KeyObject, X509Certificate, createHash, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { Tlsa } from '../../src/wire/rdata/tlsa.ts'

export type CertificateKey = 'p256' | 'p384' | 'rsa' | 'ed25519'

export interface CertificateOptions {
  /** Default: the first of `names`. */
  readonly commonName?: string
  /** DNS-IDs; without any there is no subjectAltName. */
  readonly names?: readonly string[]
  /** Default `p256`. RSA keys have 2048 bits. */
  readonly key?: CertificateKey
  /** A key pair to use again, for a renewed or cross-signed certificate. */
  readonly keyPair?: webcrypto.CryptoKeyPair
  /** Unix seconds; default: a day before `at` to 90 days after it. */
  readonly notBefore?: number
  readonly notAfter?: number
  /** Unix seconds the default dates hang on; default: now. */
  readonly at?: number
  /** Default: no authority for leaves, one without path length for authorities; `null` leaves the extension out. */
  readonly basicConstraints?: { readonly ca: boolean; readonly pathLength?: number } | null
  /** Flags of `x509.KeyUsageFlags`; `null` leaves the extension out. */
  readonly keyUsage?: number | null
  /** Object identifiers; default serverAuth for leaves, none for authorities; `null` leaves the extension out. */
  readonly extendedKeyUsage?: readonly string[] | null
  readonly extensions?: readonly x509.Extension[]
}

/** One certificate with its private key. */
export interface Certificate {
  readonly der: Buffer
  /** The issuer's, undefined for a self-signed one. */
  readonly issuer: Certificate | undefined
  readonly keyPair: webcrypto.CryptoKeyPair
  readonly subject: string
}

/** What a TLS server is given. */
export interface Credentials {
  /** PKCS #8 in PEM. */
  readonly key: string
  /** The chain as it is sent, leaf first. */
  readonly chain: readonly Buffer[]
  /** The same chain in PEM. */
  readonly cert: string
}

/** A certificate authority: self-signed, or below `issuer`. */
export function createAuthority(options: CertificateOptions = {}, issuer?: Certificate): Promise<Certificate> {
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags
  const basic = { basicConstraints: { ca: true }, keyUsage: keyCertSign | cRLSign, extendedKeyUsage: null } as const
  return create({ commonName: 'Lab Authority', ...basic, ...options }, issuer)
}

/** A server's certificate, signed by `issuer`, or by itself where there is none. */
export function createLeaf(options: CertificateOptions, issuer?: Certificate): Promise<Certificate> {
  const basic = { basicConstraints: { ca: false }, extendedKeyUsage: [SERVER_AUTH] }
  return create({ ...basic, keyUsage: x509.KeyUsageFlags.digitalSignature, ...options }, issuer)
}

/** Credentials that send the leaf and then exactly `above`; default: every issuer, the root included. */
export async function credentials(leaf: Certificate, above?: readonly Certificate[]): Promise<Credentials> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', leaf.keyPair.privateKey))
  const chain = [leaf, ...(above ?? issuersOf(leaf))].map(({ der }) => der)
  return { key: pem('PRIVATE KEY', pkcs8), chain, cert: chain.map((der) => pem('CERTIFICATE', der)).join('') }
}

/** The TLSA record that a certificate matches (RFC 6698 section 2.1); selectors 0 and 1, matching types 0, 1 and 2. */
export function tlsaFor(der: Uint8Array, usage: number, selector: number, matchingType: number): Tlsa {
  const publicKey: KeyObject = new X509Certificate(der).publicKey
  const selected = selector === 0 ? der : publicKey.export({ format: 'der', type: 'spki' })
  const hash = [undefined, 'sha256', 'sha512'][matchingType]
  const data = hash === undefined ? Buffer.from(selected) : createHash(hash).update(selected).digest()
  return { usage, selector, matchingType, data }
}

async function create(options: CertificateOptions, issuer: Certificate | undefined): Promise<Certificate> {
  const key = options.key ?? 'p256'
  const algorithm = KEY_ALGORITHMS[key]
  // The union of overloads has no common signature: a pair is what all these algorithms give.
  const generated = (): Promise<unknown> =>
    webcrypto.subtle.generateKey(algorithm as webcrypto.EcKeyGenParams, true, ['sign', 'verify'])
  const keyPair = options.keyPair ?? ((await generated()) as webcrypto.CryptoKeyPair)
  const at = options.at ?? Math.floor(Date.now() / 1000)
  const subject = `CN=${options.commonName ?? options.names?.[0] ?? 'Lab'}`
  const signer = issuer?.keyPair ?? keyPair
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: new Date((options.notBefore ?? at - DAY) * 1000),
    notAfter: new Date((options.notAfter ?? at + 90 * DAY) * 1000),
    publicKey: keyPair.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: signatureAlgorithm(signer.privateKey),
    extensions: await extensionsOf(options, keyPair.publicKey, signer.publicKey),
  })
  return { der: Buffer.from(made.rawData), issuer, keyPair, subject }
}

async function extensionsOf(
  options: CertificateOptions,
  publicKey: webcrypto.CryptoKey,
  issuerKey: webcrypto.CryptoKey,
): Promise<x509.Extension[]> {
  const { basicConstraints: basic, keyUsage, extendedKeyUsage: purposes, names = [] } = options
  const made: x509.Extension[] = []
  if (basic) made.push(new x509.BasicConstraintsExtension(basic.ca, basic.pathLength, true))
  if (typeof keyUsage === 'number') made.push(new x509.KeyUsagesExtension(keyUsage, true))
  if (purposes) made.push(new x509.ExtendedKeyUsageExtension([...purposes]))
  if (names.length > 0) {
    made.push(new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))))
  }
  made.push(await x509.SubjectKeyIdentifierExtension.create(publicKey))
  if (issuerKey !== publicKey) made.push(await x509.AuthorityKeyIdentifierExtension.create(issuerKey))
  return [...made, ...(options.extensions ?? [])]
}

function issuersOf(certificate: Certificate): Certificate[] {
  const { issuer } = certificate
  return issuer === undefined ? [] : [issuer, ...issuersOf(issuer)]
}

function signatureAlgorithm(key: webcrypto.CryptoKey): { name: string; hash?: string; saltLength?: number } {
  if (key.algorithm.name === 'Ed25519') return { name: 'Ed25519' }
  if (key.algorithm.name === 'RSA-PSS') return { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 }
  const curve = (key.algorithm as webcrypto.EcKeyAlgorithm).namedCurve
  return { name: key.algorithm.name, hash: curve === 'P-384' ? 'SHA-384' : 'SHA-256' }
}

function serialNumber(): string {
  const octets = webcrypto.getRandomValues(new Uint8Array(16))
  octets[0] = (octets[0]! & 0x3f) | 0x40 // positive and of full length (RFC 5280 section 4.1.2.2)
  return Buffer.from(octets).toString('hex')
}

function pem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0])

const DAY = 86_400
/** id-kp-serverAuth (RFC 5280 section 4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

const KEY_ALGORITHMS = {
  p256: { name: 'ECDSA', namedCurve: 'P-256' },
  p384: { name: 'ECDSA', namedCurve: 'P-384' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: 'SHA-256',
  },
  ed25519: { name: 'Ed25519' },
} as const
