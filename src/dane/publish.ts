import { DanelawError } from '../errors.ts'
import type { Tlsa } from '../wire/rdata/tlsa.ts'
import { checkSubjectPublicKeyInfo, readCertificate } from './certificate.ts'
import { DerReader, Tag } from './der.ts'
import { associationDataOf } from './match.ts'
import { commonNames } from './path/distinguished-name.ts'
import { readConstraints } from './path/extensions.ts'
import { readValidity } from './path/validity.ts'
import type { PemBlock, PemKind } from './pem.ts'

/** What a TLSA record can be made for: a certificate, a request for one, or a public key. */
export interface Publishable {
  readonly kind: PemKind
  /** The whole certificate; null where there is none yet. */
  readonly certificate: Uint8Array | null
  readonly spki: Uint8Array
  /** The first common name; null where there is none. */
  readonly subject: string | null
  /** Unix seconds; null without a certificate. */
  readonly notAfter: number | null
  /** Whether it is the certificate of an authority. */
  readonly isAuthority: boolean
}

/** @throws {DanelawError} `bad-certificate` */
export function readPublishable({ kind, der }: Pick<PemBlock, 'kind' | 'der'>): Publishable {
  switch (kind) {
    case 'certificate':
      return ofCertificate(der)
    case 'certificate request':
      return ofRequest(der)
    case 'public key':
      checkSubjectPublicKeyInfo(der)
      return { kind, certificate: null, spki: der, subject: null, notAfter: null, isAuthority: false }
    default:
      throw new TypeError(`kind: '${kind as string}' is not known`)
  }
}

/** @throws {DanelawError} `bad-tlsa` where a whole certificate is wanted and none is there. */
export function recordFor(of: Publishable, usage: number, selector: number, matchingType: number): Tlsa {
  const selected = selector === 1 ? of.spki : of.certificate
  if (selected === null) {
    throw new DanelawError('bad-tlsa', `a ${of.kind} is no certificate, and selector 0 is for a whole one`, {
      hint: 'use selector 1, which is for the public key',
    })
  }
  return { usage, selector, matchingType, data: associationDataOf(selected, matchingType) }
}

function ofCertificate(der: Uint8Array): Publishable {
  const certificate = readCertificate(der)
  const { ca } = readConstraints(certificate).basic ?? { ca: certificate.version === 1 && isSelfIssued(certificate) }
  return {
    kind: 'certificate',
    certificate: der,
    spki: certificate.spki,
    subject: commonNames(certificate.subject)[0] ?? null,
    notAfter: readValidity(certificate.validity).notAfter,
    isAuthority: ca,
  }
}

function isSelfIssued({ subject, issuer }: { readonly subject: Uint8Array; readonly issuer: Uint8Array }): boolean {
  return Buffer.compare(subject, issuer) === 0
}

/**
 * CertificationRequest ::= SEQUENCE { SEQUENCE { version, subject, subjectPKInfo, attributes }, algorithm, signature }
 * (RFC 2986 section 4). The signature is for the authority to look at.
 */
function ofRequest(der: Uint8Array): Publishable {
  const info = new DerReader(der).enter(Tag.Sequence, 'the request').enter(Tag.Sequence, 'the request')
  info.integer('the version')
  const subject = info.whole(info.expect(Tag.Sequence, 'the subject'))
  const spki = info.whole(info.expect(Tag.Sequence, 'the public key'))
  checkSubjectPublicKeyInfo(spki)
  return {
    kind: 'certificate request',
    certificate: null,
    spki,
    subject: commonNames(subject)[0] ?? null,
    notAfter: null,
    isAuthority: false,
  }
}
