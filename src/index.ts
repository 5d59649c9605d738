/**
 * danelaw: DNS answers validated by this library itself, DANE, and mail delivery that is never downgraded.
 *
 * ```ts
 * const resolver = new Resolver({ upstreams: ['192.0.2.1'] })
 * const answer = await resolver.query('example.com', 'MX')
 * const policy = await discover(resolver, 'example.com')
 * const outcomes = await deliver({ from, to, content }, { resolver })
 * ```
 *
 * Failures have three channels: what the network says is a value (look at `status`, `level`, `outcome`); a caller's
 * mistake is a TypeError or RangeError that names the argument; an input that cannot be read is a DanelawError.
 */
export * from './dane/index.ts'
export type { EngineName } from './dnssec/crypto/engine.ts'
export { REASONS, type ReasonCode } from './dnssec/reason.ts'
export { ROOT_ANCHORS } from './dnssec/root-anchors.ts'
export type {
  AliasStep,
  AnswerProof,
  BogusAnswer,
  ChainDs,
  ChainKey,
  ChainLink,
  ChainProof,
  ChainSignature,
  DataPlace,
  Failure,
  IndeterminateAnswer,
  InsecureAnswer,
  SecureAnswer,
  Status,
  ValidatedAnswer,
} from './dnssec/status.ts'
export {
  type AnchorDs,
  type AnchorKey,
  type NegativeTrustAnchor,
  type TrustAnchor,
  TrustAnchors,
} from './dnssec/trust-anchors.ts'
export type { UpstreamAnswer } from './dnssec/walk.ts'
export { DanelawError, type ErrorCode, type Place } from './errors.ts'
export type { Spent, ValidationLimits } from './limits.ts'
export type { Fixture } from './resolver/fixture/fixture.ts'
export { loadFixture } from './resolver/fixture/load.ts'
export {
  danelawLookup,
  type DanelawLookupOptions,
  type LookupCallOptions,
  type LookupFunction,
} from './resolver/node-dns/lookup.ts'
export type { DnsError } from './resolver/node-dns/dns-error.ts'
export type { AddressOptions, ResolveOptions } from './resolver/node-dns/methods.ts'
export type { AnyRecord, TlsaRecord } from './resolver/node-dns/shapes.ts'
export type { TrustPointRefresh } from './resolver/anchors/keeper.ts'
export type { KeyChange, KeyState, ManagedKey, TrustPoint } from './resolver/anchors/rfc5011.ts'
export { type AnchorCircumstances, anchorWarnings } from './resolver/anchors/warnings.ts'
export { type AnchorSource, readAnchors } from './resolver/read-anchors.ts'
export { type QueryOptions, Resolver, type ResolverStats } from './resolver/resolver.ts'
export type { BudgetEvent, CacheEvent, Logger, QuestionEvent, ValidationEvent } from './resolver/events.ts'
export type { CacheOptions, ResolverOptions } from './resolver/settings.ts'
export type { UpstreamStats } from './resolver/upstream.ts'
export * from './smtp/index.ts'
export { Rcode, rcodeName } from './wire/codes/rcode.ts'
export { RRType, rrTypeFromName, rrTypeName } from './wire/codes/rrtype.ts'
export { Name } from './wire/name.ts'
export { formatRdata } from './wire/presentation/rdata.ts'
export { formatRecord } from './wire/presentation/record.ts'
export type { Question, ResourceRecord } from './wire/record.ts'
