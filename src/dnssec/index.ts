/**
 * `danelaw/dnssec`: validation, pure. It opens no socket, reads no clock and loads no module of Node, so that it runs
 * in a browser: questions, time, work allowed and trust anchors come in, verdicts come out.
 *
 * ```ts
 * const engine = nobleEngine()
 * const anchors = new TrustAnchors(ROOT_ANCHORS)
 * const walk = validate(question, { now, anchors, engine, budget: new Budget(), memory: undefined, acceptSha1: true, peek })
 * const answer = runSynchronously(walk, answerOf)
 * ```
 */
export { DanelawError, type ErrorCode, type Place } from '../errors.ts'
export { Budget, type Spent, type ValidationLimits, validationLimits } from '../limits.ts'
export { Name } from '../wire/name.ts'
export type { Question, ResourceRecord } from '../wire/record.ts'
export { parseAnchorFile } from './anchor-file.ts'
export type { CryptoEngine, EngineName, PublicKey } from './crypto/engine.ts'
export { nobleEngine } from './crypto/noble.ts'
export { REASONS, type ReasonCode } from './reason.ts'
export { ROOT_ANCHORS } from './root-anchors.ts'
export type { DenialMemory } from './denial-memory.ts'
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
} from './status.ts'
export {
  type AnchorDs,
  type AnchorKey,
  type NegativeTrustAnchor,
  type TrustAnchor,
  TrustAnchors,
} from './trust-anchors.ts'
export { validate } from './validate.ts'
export { type Ask, type Context, questionKey, runSynchronously, type UpstreamAnswer, type Walk } from './walk.ts'
export type { InsecureZone, KnownZone, ZoneKey, ZoneKeys } from './zone-keys.ts'
export type { ZoneMemory } from './zone-memory.ts'
