import type { KeyObject } from 'node:crypto'
import { timeText } from '../../dnssec/time.ts'
import { DanelawError } from '../../errors.ts'
import { type Candidate, isSignedBy } from './candidate.ts'
import { KeyUsage } from './extensions.ts'
import { presentedNames } from './identifiers.ts'
import { weakKey, weakSpki } from './key-strength.ts'
import { nameConstraintProblem } from './name-constraints.ts'

/** Why a certificate must not stand where it does. */
export interface Problem {
  readonly code: 'certificate-expired' | 'certificate-not-yet-valid' | 'path-invalid'
  /** One sentence without a final dot. */
  readonly text: string
}

/** What a server's certificate must be under a trust anchor (RFC 5280 section 6.1, as OpenSSL's DANE does it). */
export function leafProblem(leaf: Candidate, at: number): Problem | null {
  const { keyUsage } = leaf.constraints
  const forTls = KeyUsage.DigitalSignature | KeyUsage.KeyEncipherment | KeyUsage.KeyAgreement
  if (keyUsage !== null && (keyUsage & forTls) === 0) return invalid(leaf, 'has a key usage that excludes TLS')
  const weakness = weakSpki(leaf.certificate.spki)
  if (weakness === undefined) return invalid(leaf, 'has a public key of a kind that is not known')
  if (weakness !== null) return invalid(leaf, `has ${weakness}, which others may have found out`)
  return commonProblem(leaf, at)
}

/**
 * What an issuer must be.
 * @param below the path under it, the leaf first
 * @param key its public key
 * @param isAnchor whether the path ends here
 * @param pay is told the comparisons of names before they are made, and throws where they are too many
 */
export function issuerProblem(
  issuer: Candidate,
  below: readonly Candidate[],
  key: KeyObject,
  isAnchor: boolean,
  at: number,
  pay: (comparisons: number) => void,
): Problem | null {
  const { basic, keyUsage, names } = issuer.constraints
  if (basic === null) {
    // Version 1 knows no authorities, so that only the anchor itself may be one.
    if (issuer.certificate.version !== 1) return invalid(issuer, 'is no certificate authority: no basicConstraints')
    if (!isAnchor || !issuer.selfIssued || !isSignedBy(issuer, key)) {
      return invalid(issuer, 'is of version 1 and no self-signed trust anchor')
    }
  } else if (!basic.ca) {
    return invalid(issuer, 'is no certificate authority')
  }
  // Self-issued certificates do not count (RFC 5280 section 4.2.1.9).
  const intermediates = below.slice(1).filter(({ selfIssued }) => !selfIssued).length
  if (basic?.pathLength != null && intermediates > basic.pathLength) {
    return invalid(issuer, `allows ${basic.pathLength} authorities below it, and there are ${intermediates}`)
  }
  if (keyUsage !== null && (keyUsage & KeyUsage.KeyCertSign) === 0) {
    return invalid(issuer, 'must not sign certificates by its key usage')
  }
  const weakness = weakKey(key)
  if (weakness !== null) return invalid(issuer, `has ${weakness}, which others may have found out`)
  if (names !== null) {
    for (const [depth, certificate] of below.entries()) {
      const problem = constrainedProblem(issuer, certificate, depth, pay)
      if (problem !== null) return problem
    }
  }
  return commonProblem(issuer, at)
}

/** Self-issued authorities are exempt (RFC 5280 section 6.1.3 (b)). */
function constrainedProblem(
  issuer: Candidate,
  candidate: Candidate,
  depth: number,
  pay: (comparisons: number) => void,
): Problem | null {
  const { names } = issuer.constraints
  if (names === null || (depth > 0 && candidate.selfIssued)) return null
  const { certificate, constraints } = candidate
  try {
    const presented = presentedNames(certificate, constraints)
    // Only the leaf's common names stand in for DNS names, and only those that could be one.
    const isStandIn = depth === 0 && presented.kind === 'CN-ID'
    const commonNames = isStandIn ? presented.names.filter((name) => /^[A-Za-z0-9_.*-]+$/.test(name)) : []
    const subject = { subject: certificate.subject, alternativeNames: constraints.alternativeNames, commonNames }
    const problem = nameConstraintProblem(names, subject, pay)
    return problem === null ? null : invalid(candidate, `has ${problem}, set by ${issuer.label}`)
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    return invalid(candidate, `has names that cannot be read: ${error.message}`)
  }
}

function commonProblem(candidate: Candidate, at: number): Problem | null {
  const { constraints, validity, label } = candidate
  if (constraints.purposes !== null && !constraints.purposes.has(SERVER_AUTH)) {
    return invalid(candidate, 'is for other purposes than TLS servers')
  }
  if (at > validity.notAfter) {
    return { code: 'certificate-expired', text: `${label} expired at ${timeText(validity.notAfter)}` }
  }
  if (at < validity.notBefore) {
    return { code: 'certificate-not-yet-valid', text: `${label} is not valid before ${timeText(validity.notBefore)}` }
  }
  return null
}

function invalid({ label }: Candidate, what: string): Problem {
  return { code: 'path-invalid', text: `${label} ${what}` }
}

/** id-kp-serverAuth (RFC 5280 section 4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
