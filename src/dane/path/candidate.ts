import { type KeyObject, X509Certificate } from 'node:crypto'
import { DanelawError } from '../../errors.ts'
import type { Tlsa } from '../../wire/rdata/tlsa.ts'
import { type Certificate, readCertificate } from '../certificate.ts'
import type { Presented } from '../match.ts'
import { commonNames, distinguishedNameKey } from './distinguished-name.ts'
import { type Constraints, readConstraints } from './extensions.ts'
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
  /** What checks signatures, and nothing else. */
  readonly platform: X509Certificate
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
    const [commonName] = commonNames(certificate.subject)
    if (commonName !== undefined) label = `${source} (CN=${printable(commonName)})`
    const subjectKey = distinguishedNameKey(certificate.subject)
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
      platform: platformView(presented.der),
    }
  } catch (error) {
    return { presented, label, problem: `cannot be used: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/**
 * The platform looks for PEM inside the octets before it reads them as DER, so that a certificate with another one in
 * PEM form in some extension would have the signature and key of that other one checked. Its view must be of these octets.
 */
function platformView(der: Uint8Array): X509Certificate {
  const platform = new X509Certificate(der)
  if (Buffer.compare(platform.raw, der) === 0) return platform
  throw new DanelawError('bad-certificate', 'the platform reads another certificate from these octets')
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

/** The key of a certificate; undefined where the platform does not know its kind. */
export function publicKeyOf({ platform }: Candidate): KeyObject | undefined {
  try {
    return platform.publicKey
  } catch {
    return undefined
  }
}

/** Whether a key signed a certificate. What makes the platform throw is no signature. */
export function isSignedBy({ platform }: Candidate, key: KeyObject): boolean {
  try {
    return platform.verify(key)
  } catch {
    return false
  }
}

function printable(text: string): string {
  return text.replace(/[^ -~]/gu, '?').slice(0, 64)
}
