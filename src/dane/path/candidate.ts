import type { KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { DanelawError } from '../../errors.ts'
import { DANE_LIMITS } from '../../limits.ts'
import type { Tlsa } from '../../wire/rdata/tlsa.ts'
import { type Certificate, readCertificate } from '../certificate.ts'
import { Presented } from '../match.ts'
import { distinguishedNameKey, keyAndCommonNames } from './distinguished-name.ts'
import { type Constraints, readConstraints } from './extensions.ts'
import { importPublicKey } from './public-key.ts'
import { isSignatureOf } from './signature.ts'
import { readValidity, type Validity } from './validity.ts'

/** A certificate that may have a place in a path, with all that its place depends on. */
export interface Candidate {
  readonly presented: Presented
  /** For messages. */
  readonly label: string
  readonly certificate: Certificate
  readonly constraints: Constraints
  readonly validity: Validity
  readonly subjectKey: string
  readonly issuerKey: string
  readonly selfIssued: boolean
  /** The first common name, as labels show it; null where there is none. */
  readonly commonName: string | null
}

/** A certificate that cannot have a place in a path, and why. */
export interface Unreadable {
  readonly presented: Presented
  readonly label: string
  readonly problem: string
}

/** Takes a certificate apart. What is malformed has no place in a path, and does not stop the others. */
export function readCandidate(presented: Presented, source: string): Candidate | Unreadable {
  let label = source
  try {
    const certificate = readCertificate(presented.der)
    const { key: subjectKey, commonNames } = keyAndCommonNames(certificate.subject)
    const commonName = commonNames[0] === undefined ? null : printable(commonNames[0])
    label = labelOf(source, commonName)
    const issuerKey = distinguishedNameKey(certificate.issuer)
    return {
      presented,
      label,
      certificate,
      constraints: readConstraints(certificate),
      validity: readValidity(certificate.validity),
      subjectKey,
      issuerKey,
      selfIssued: subjectKey === issuerKey,
      commonName,
    }
  } catch (error) {
    return { presented, label, problem: `cannot be used: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/**
 * The same for a certificate above the leaf. Few authorities stand above most servers: what was read of one, and its
 * digests, are kept under its octets.
 */
export function readAuthority({ der }: Presented, source: string): Candidate | Unreadable {
  if (der.length > LARGEST_KEPT) return readCandidate(new Presented(der), source)
  // The end of a signature tells certificates apart; all octets decide.
  const { buffer, byteOffset, length } = der.subarray(-KEY_OCTETS)
  const end = Buffer.from(buffer, byteOffset, length).toString('latin1')
  const known = authorities.get(end)
  if (known !== undefined && Buffer.compare(known.presented.der, der) === 0) {
    return { ...known, label: labelOf(source, known.commonName) }
  }
  // A copy: what the caller does with its own afterwards must not change what is known by these octets.
  const candidate = readCandidate(new Presented(new Uint8Array(der)), source)
  if (!('problem' in candidate)) authorities.set(end, candidate)
  return candidate
}

/** Whether a record matches. One that wants a key where none can be found does not. */
export function recordMatches({ presented }: Pick<Candidate, 'presented'>, tlsa: Tlsa): boolean {
  try {
    return presented.matches(tlsa)
  } catch (error) {
    if (error instanceof DanelawError) return false
    throw error
  }
}

/**
 * The key of a certificate; undefined where the platform does not know its kind. An import can take longer than a check
 * with the key (measured on Node 20: P-256 106 us and 62, RSA 2048 102 and 20): it is kept as long as the certificate.
 */
export function publicKeyOf({ certificate }: Candidate): KeyObject | undefined {
  const known = keys.get(certificate)
  if (known !== undefined) return known
  const key = importPublicKey(certificate.spki)
  if (key !== undefined) keys.set(certificate, key)
  return key
}

/** Whether a key signed a certificate. */
export function isSignedBy({ certificate }: Candidate, key: KeyObject): boolean {
  return isSignatureOf(key, certificate)
}

function labelOf(source: string, commonName: string | null): string {
  return commonName === null ? source : `${source} (CN=${commonName})`
}

function printable(text: string): string {
  return text.replace(/[^ -~]/gu, '?').slice(0, 64)
}

const keys = new WeakMap<Certificate, KeyObject>()
const authorities = new LRUCache<string, Candidate>({ max: DANE_LIMITS.knownAuthorities.value })

const KEY_OCTETS = 32

/** Octets; most certificates of authorities have some 1500. */
const LARGEST_KEPT = 4096
