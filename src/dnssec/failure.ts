import { rrTypeName } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import { REASONS, type ReasonCode } from './reason.ts'
import type { Failure } from './status.ts'

/** Makes a `Failure` about the RRset `name`/`type`. */
export function failure(code: ReasonCode, text: string, name: Name, type: number, advice?: string): Failure {
  return { code, ede: REASONS[code], text, at: { name, type }, advice }
}

/** `www.example.com. A`: how a place is written in texts. */
export function placeText(name: Name, type: number): string {
  return `${name.toCanonicalString()} ${rrTypeName(type)}`
}

/**
 * Of two reasons for the same RRset, the one that says more: what is known of an authentic signature before what is
 * known of a key, and that before what merely does not fit.
 */
export function moreSpecific(a: Failure | undefined, b: Failure): Failure {
  if (a === undefined) return b
  return specificity(b.code) < specificity(a.code) ? b : a
}

/** The lower, the more a reason says. */
export function specificity(code: ReasonCode): number {
  const place = SPECIFIC_FIRST.indexOf(code)
  return place < 0 ? SPECIFIC_FIRST.length : place
}

const SPECIFIC_FIRST: readonly ReasonCode[] = [
  'limit-reached',
  'signature-expired',
  'signature-not-yet-valid',
  'signature-expired-before-valid',
  'signature-failed',
  'labels-mismatch',
  'dnskey-no-zone-bit',
  'dnskey-not-self-signed',
  'dnskey-no-ds-match',
  'dnskey-missing',
  'unsupported-algorithm',
  'signer-not-zone',
  'signer-not-ancestor',
  'signature-malformed',
  'denial-invalid',
  'denial-missing',
  'rrsigs-missing',
]
