import { Ede } from '../wire/codes/ede.ts'

/** Why an answer is not secure: a closed set, each with its Extended DNS Error. */
export const REASONS = {
  // Insecure: security ends here, and that is proven.
  'insecure-delegation': Ede.OtherError,
  'unsupported-algorithm': Ede.UnsupportedDnskeyAlgorithm,
  'unsupported-digest': Ede.UnsupportedDsDigestType,
  'nsec3-opt-out': Ede.OtherError,
  'nsec3-iterations': Ede.UnsupportedNsec3Iterations,
  'negative-trust-anchor': Ede.OtherError,
  'no-trust-anchor': Ede.DnssecIndeterminate,
  // Bogus: the data, the keys or the proofs are wrong.
  'signature-expired': Ede.SignatureExpired,
  'signature-not-yet-valid': Ede.SignatureNotYetValid,
  'signature-expired-before-valid': Ede.SignatureExpiredBeforeValid,
  'signature-failed': Ede.DnssecBogus,
  'signature-malformed': Ede.DnssecBogus,
  'signer-not-ancestor': Ede.DnssecBogus,
  'signer-not-zone': Ede.DnssecBogus,
  'labels-mismatch': Ede.DnssecBogus,
  'rrsigs-missing': Ede.RrsigsMissing,
  'dnskey-missing': Ede.DnskeyMissing,
  'dnskey-no-ds-match': Ede.DnskeyMissing,
  'dnskey-not-self-signed': Ede.DnskeyMissing,
  'dnskey-no-zone-bit': Ede.NoZoneKeyBitSet,
  'ds-denial-invalid': Ede.DnssecBogus,
  'denial-missing': Ede.NsecMissing,
  'denial-invalid': Ede.DnssecBogus,
  'wildcard-not-proven': Ede.NsecMissing,
  'alias-invalid': Ede.DnssecBogus,
  'alias-loop': Ede.DnssecBogus,
  'record-malformed': Ede.InvalidData,
  'limit-reached': Ede.DnssecBogus,
  // Indeterminate: no usable answer.
  'upstream-timeout': Ede.NoReachableAuthority,
  'upstream-failed': Ede.NetworkError,
  'upstream-refused': Ede.NoReachableAuthority,
  'dnssec-stripped': Ede.RrsigsMissing,
  'not-in-fixture': Ede.NoReachableAuthority,
  'cannot-be-validated': Ede.DnssecIndeterminate,
  aborted: Ede.OtherError,
} as const satisfies Record<string, number>

export type ReasonCode = keyof typeof REASONS
