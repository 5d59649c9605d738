import { createHash, type KeyObject, verify } from 'node:crypto'
import type { Certificate } from '../../dane/certificate.ts'
import { Presented } from '../../dane/match.ts'
import { type Candidate, isSignedBy, publicKeyOf, readCandidate } from '../../dane/path/candidate.ts'
import { distinguishedNameKey, emailAddresses } from '../../dane/path/distinguished-name.ts'
import { KeyUsage } from '../../dane/path/extensions.ts'
import { asciiText, NameKind } from '../../dane/path/general-name.ts'
import { signatureAlgorithmProblem } from '../../dane/path/signature-algorithm.ts'
import { readPemCertificates } from '../../dane/pem.ts'
import { DerReader, Tag } from '../../dane/der.ts'
import { DanelawError } from '../../errors.ts'
import { compareOctets } from '../../wire/name.ts'
import { formatTime } from '../time.ts'
import { DATA, readDetachedSignature, type SignerInfo } from './cms.ts'

/** What a signature over trust anchors has to live up to. */
export interface SignatureRules {
  /** DER of certificates: those that signed themselves are trusted, the others may stand in between. */
  readonly authorities: readonly Uint8Array[]
  /** The address in the signer's certificate. */
  readonly email: string
  /** Unix seconds. */
  readonly at: number
}

export type SignatureVerdict =
  /** Labels of the certificates from the signer up to the authority, and the first second at which one has expired. */
  | { readonly verified: true; readonly path: readonly string[]; readonly until: number }
  | { readonly verified: false; readonly reason: string }

/**
 * Checks a detached CMS signature (RFC 5652) over `content`: that the digest is that of the content, that the signer's
 * key made the signature, that an authority stands behind the signer, and that the signer is who is allowed to.
 */
export function verifyDetached(content: Uint8Array, signature: Uint8Array, rules: SignatureRules): SignatureVerdict {
  try {
    const { certificates, signer } = readDetachedSignature(signature)
    const sent = candidates(certificates, 'certificate')
    const own = sent.filter(({ certificate }) => isSigner(certificate, signer.id))
    const [leaf] = own
    if (leaf === undefined) return refused('the certificate of the signer does not come with the signature')
    if (own.length > 1) return refused('the signature names a signer that two certificates stand for')
    const problem = signatureProblem(content, signer, leaf) ?? signerProblem(leaf, rules)
    if (problem !== undefined) return refused(problem)
    const search = new PathSearch(sent, candidates(rules.authorities, 'authority'), rules.at)
    const path = search.from([leaf])
    if (path === undefined) return refused(search.closest)
    const until = Math.min(...path.map(({ validity }) => validity.notAfter)) + 1
    return { verified: true, path: path.map(({ label }) => label), until }
  } catch (error) {
    if (error instanceof DanelawError) return refused(`the signature cannot be read: ${error.message}`)
    throw error
  }
}

/** Certificates of authorities from a PEM file. @throws {DanelawError} `bad-certificate` with file and line */
export function readAuthorities(pem: string, file: string): Uint8Array[] {
  return readPemCertificates(pem, file)
}

function refused(reason: string): SignatureVerdict {
  return { verified: false, reason }
}

/** What is malformed has no place in a path, and does not stop the others. */
function candidates(all: readonly Uint8Array[], what: string): Candidate[] {
  return all.flatMap((der, index) => {
    const read = readCandidate(new Presented(der), `${what} ${index + 1}`)
    return 'problem' in read ? [] : [read]
  })
}

function isSigner(certificate: Certificate, id: SignerInfo['id']): boolean {
  if ('subjectKeyIdentifier' in id) {
    const extension = certificate.extensions.find(({ oid }) => oid === SUBJECT_KEY_IDENTIFIER)
    if (extension === undefined) return false
    const value = new DerReader(extension.value)
    const identifier = value.content(value.expect(Tag.OctetString, 'the subject key identifier'))
    return compareOctets(identifier, id.subjectKeyIdentifier) === 0
  }
  return (
    compareOctets(certificate.serialNumber, id.serialNumber) === 0 &&
    distinguishedNameKey(certificate.issuer) === distinguishedNameKey(id.issuer)
  )
}

/** Digest and signature (RFC 5652 section 5.4, 5.6). */
function signatureProblem(content: Uint8Array, signer: SignerInfo, leaf: Candidate): string | undefined {
  const { digestOid, signatureOid, signed, contentTypeOid, messageDigest, signature } = signer
  const hash = HASHES.get(digestOid)
  if (hash === undefined) return `the digest algorithm ${digestOid} is not accepted`
  const kind = SIGNATURES.get(signatureOid)
  if (kind === undefined) return `the signature algorithm ${signatureOid} is not accepted`
  if (kind.hash !== undefined && kind.hash !== hash) return 'the signature and the digest are by different hashes'
  if (contentTypeOid !== DATA) return 'the signed content type is not that of the message'
  if (compareOctets(createHash(hash).update(content).digest(), messageDigest) !== 0) {
    return 'the signature is over other content: its digest does not fit'
  }
  const key = publicKeyOf(leaf)
  if (key === undefined || key.asymmetricKeyType !== kind.key) return `the key of ${leaf.label} is of another kind`
  const weak = weakness(key)
  if (weak !== undefined) return `${leaf.label} ${weak}`
  return isGood(hash, signed, key, signature) ? undefined : `the signature was not made by the key of ${leaf.label}`
}

function isGood(hash: string, signed: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  try {
    return verify(hash, signed, key, signature)
  } catch {
    return false
  }
}

/** Who the signer has to be. */
function signerProblem(leaf: Candidate, { email, at }: SignatureRules): string | undefined {
  const { certificate, constraints, label } = leaf
  const names = constraints.alternativeNames.filter(({ tag }) => tag === NameKind.Rfc822Name)
  const addresses = [...emailAddresses(certificate.subject), ...names.map(({ content }) => asciiText(content) ?? '')]
  if (!addresses.some((address) => address.toLowerCase() === email.toLowerCase())) {
    return `${label} is not a certificate of ${email}`
  }
  if (constraints.keyUsage === null || (constraints.keyUsage & KeyUsage.DigitalSignature) === 0) {
    return `${label} must not sign documents by its key usage`
  }
  return commonProblem(leaf, at)
}

/** Depth first through issuers that signed, up to one of the authorities that signed itself (RFC 5280 section 6.1). */
class PathSearch {
  readonly #issuers: readonly Candidate[]
  readonly #anchors: ReadonlySet<Candidate>
  readonly #at: number
  #checks = 0
  /** What stood in the way furthest up. */
  closest = ''
  #depth = 0

  constructor(sent: readonly Candidate[], authorities: readonly Candidate[], at: number) {
    this.#issuers = [...authorities, ...sent]
    this.#anchors = new Set(authorities.filter(isSelfSigned))
    this.#at = at
  }

  from(path: readonly Candidate[]): readonly Candidate[] | undefined {
    const top = path.at(-1)!
    const weak = signatureAlgorithmProblem(top.certificate)
    if (weak !== null) return this.#fail(path.length, `${top.label} ${weak}`)
    for (const issuer of this.#issuers) {
      if (issuer.subjectKey !== top.issuerKey || path.includes(issuer)) continue
      if (++this.#checks > MAX_CHECKS)
        return this.#fail(Number.MAX_SAFE_INTEGER, 'too many certificates to choose from')
      const key = publicKeyOf(issuer)
      if (key === undefined || !isSignedBy(top, key)) {
        this.#fail(path.length, `${issuer.label} did not sign ${top.label}`)
        continue
      }
      const problem = issuerProblem(issuer, key, path.length - 1, this.#at)
      if (problem !== undefined) {
        this.#fail(path.length + 1, problem)
        continue
      }
      const longer = [...path, issuer]
      if (this.#anchors.has(issuer)) return longer
      const found = this.from(longer)
      if (found !== undefined) return found
    }
    return this.#fail(path.length, `${top.label} leads to none of the authorities that are trusted`)
  }

  #fail(depth: number, why: string): undefined {
    if (depth <= this.#depth) return
    this.#depth = depth
    this.closest = why
  }
}

function isSelfSigned(candidate: Candidate): boolean {
  const key = publicKeyOf(candidate)
  return candidate.selfIssued && key !== undefined && isSignedBy(candidate, key)
}

/** `below` is the number of authorities between the issuer and the signer. */
function issuerProblem(issuer: Candidate, key: KeyObject, below: number, at: number): string | undefined {
  const { label, constraints } = issuer
  const { basic, keyUsage, names } = constraints
  if (basic?.ca !== true) return `${label} is no certificate authority`
  if (basic.pathLength !== null && below > basic.pathLength) return `${label} allows fewer authorities below it`
  if (keyUsage !== null && (keyUsage & KeyUsage.KeyCertSign) === 0) {
    return `${label} must not sign certificates by its key usage`
  }
  if (names !== null) return `${label} is limited to certain names, which is not supported here`
  const weak = weakness(key)
  return weak === undefined ? commonProblem(issuer, at) : `${label} ${weak}`
}

function commonProblem({ label, validity, constraints }: Candidate, at: number): string | undefined {
  // As OpenSSL has it for signed mail, which is how these signatures are made and commonly checked.
  if (constraints.purposes !== null && !constraints.purposes.has(EMAIL_PROTECTION)) {
    return `${label} is for other purposes than signing`
  }
  if (at > validity.notAfter) return `${label} expired at ${formatTime(validity.notAfter)}`
  if (at < validity.notBefore) return `${label} is not valid before ${formatTime(validity.notBefore)}`
  return undefined
}

function weakness(key: KeyObject): string | undefined {
  const bits = key.asymmetricKeyDetails?.modulusLength
  return bits !== undefined && bits < 2048 ? `has an RSA key of ${bits} bits, where 2048 is the least` : undefined
}

/** id-kp-emailProtection (RFC 5280 section 4.2.1.12). */
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14'
const MAX_CHECKS = 64

const HASHES: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

/** rsaEncryption takes the hash of the digest (RFC 3370 section 3.2); the others name their own. */
const SIGNATURES: ReadonlyMap<string, { readonly key: 'rsa' | 'ec'; readonly hash?: string }> = new Map([
  ['1.2.840.113549.1.1.1', { key: 'rsa' }],
  ['1.2.840.113549.1.1.11', { key: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { key: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { key: 'rsa', hash: 'sha512' }],
  ['1.2.840.10045.4.3.2', { key: 'ec', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { key: 'ec', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { key: 'ec', hash: 'sha512' }],
])
