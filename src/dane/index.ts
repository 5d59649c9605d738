/**
 * DANE (RFC 6698, RFC 7671) and what it means for SMTP (RFC 7672): where mail for a domain goes, how each host must be
 * authenticated, and whether a certificate chain passes.
 *
 * Nothing here takes the word of a resolver: `discover` wants answers of this library's own validator.
 */
export type { Tlsa } from '../wire/rdata/tlsa.ts'
export type { AddressOrder } from './addresses.ts'
export { type DaneConnection, type DaneConnectOptions, daneConnect, type RefusalCode } from './connect.ts'
export { type DiscoverOptions, discover } from './destination.ts'
export type { InsecureMx } from './host.ts'
export type { Lookup } from './lookup.ts'
export { tlsaFor } from './match.ts'
export { readPemCertificates } from './pem.ts'
export type {
  DanePolicy,
  DeferPolicy,
  Destination,
  EncryptPolicy,
  HostPolicy,
  JudgedTlsa,
  MayPolicy,
  NoHosts,
  NoSubmission,
  PkixPolicy,
  SubmissionDestination,
  SubmissionPolicy,
  SubmissionService,
} from './policy.ts'
export { discoverSubmission, type SubmissionOptions } from './submission.ts'
export type { TlsOptions } from './tls-client.ts'
export { parseTlsaText } from './tlsa-text.ts'
export type { Digest, PkixAuthorities, PkixUsages, TlsaSettings } from './usability.ts'
export {
  type DaneReasonCode,
  type DaneVerdict,
  type MatchedTlsa,
  type TlsaVerdict,
  type VerifyOptions,
  verifyDane,
} from './verify.ts'
