import type { Proof } from './denial.ts'
import type { VerifiedRRset } from './rrsig.ts'
import type { ChainProof } from './status.ts'

/** The span of Unix seconds in which everything seen so far is valid, and the seconds it may be kept. */
export interface Span {
  readonly validFrom: number
  readonly validUntil: number
  readonly ttl: number
}

/** No bound yet. */
export const OPEN_SPAN: Span = { validFrom: 0, validUntil: Number.MAX_SAFE_INTEGER, ttl: Number.MAX_SAFE_INTEGER }

/** The span of all. */
export function intersect(...spans: readonly Span[]): Span {
  let { validFrom, validUntil, ttl } = OPEN_SPAN
  for (const span of spans) {
    validFrom = Math.max(validFrom, span.validFrom)
    validUntil = Math.min(validUntil, span.validUntil)
    ttl = Math.min(ttl, span.ttl)
  }
  return { validFrom, validUntil, ttl }
}

export function spanOf({ signature, ttl }: VerifiedRRset): Span {
  return { validFrom: signature.inception, validUntil: signature.expiration, ttl }
}

/** A zone's span, its `expires` counted from `now`. */
export function spanOfZone(zone: { validFrom: number; validUntil: number; expires: number }, now: number): Span {
  return { validFrom: zone.validFrom, validUntil: zone.validUntil, ttl: zone.expires - now }
}

/** A proof as it is shown. */
export function chainProof(proof: Proof): ChainProof {
  return {
    proves: proof.proves,
    records: proof.used.length === 1 ? proof.used[0]!.rrset.records : proof.used.flatMap(({ rrset }) => rrset.records),
    signatures: proof.used.map(({ signature }) => signature),
  }
}
