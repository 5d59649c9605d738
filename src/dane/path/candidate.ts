import type { KeyObject } from 'node:crypto'
import { DanelawError } from '../../errors.ts'
import type { Tlsa } from '../../wire/rdata/tlsa.ts'
import { type Certificate, readCertificate } from '../certificate.ts'
import type { Presented } from '../match.ts'
import { commonNames, distinguishedNameKey } from './distinguished-name.ts'
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
    }
  } catch (error) {
    return { presented, label, problem: `cannot be used: ${error instanceof Error ? error.message : String(error)}` }
  }
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
export function publicKeyOf({ certificate }: Candidate): KeyObject | undefined {
  return importPublicKey(certificate.spki)
}

/** Whether a key signed a certificate. */
export function isSignedBy({ certificate }: Candidate, key: KeyObject): boolean {
  return isSignatureOf(key, certificate)
}

function printable(text: string): string {
  return text.replace(/[^ -~]/gu, '?').slice(0, 64)
}
