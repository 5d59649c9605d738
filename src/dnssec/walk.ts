import type { Budget } from '../limits.ts'
import type { Message } from '../wire/message.ts'
import type { Question } from '../wire/record.ts'
import type { CryptoEngine } from './crypto/engine.ts'
import type { DenialMemory } from './denial-memory.ts'
import type { ValidatedAnswer } from './status.ts'
import type { TrustAnchors } from './trust-anchors.ts'
import type { ZoneMemory } from './zone-memory.ts'

/** What came back for one question. Never thrown: what the network does is a value. */
export type UpstreamAnswer =
  | { readonly kind: 'message'; readonly message: Message; readonly upstream: string }
  | {
      readonly kind: 'failure'
      /** `stripped`: the path removes DNSSEC records (RFC 8027). `absent`: a fixture that does not hold the answer. */
      readonly cause: 'timeout' | 'network' | 'malformed' | 'stripped' | 'absent' | 'aborted'
      /** One sentence for a person, without a final dot. */
      readonly detail: string
      readonly upstream: string | undefined
      /** The RCODE of the last answer that could not be used, if there was one. */
      readonly rcode?: number
    }

/**
 * What the walk wants of its driver: `start` may be asked at once and side by side, and include what turns out not
 * to be needed; the answer to `wait` is what the walk is resumed with.
 */
export interface Ask {
  readonly start: readonly Question[]
  readonly wait: Question
}

/**
 * The validator as a state machine without I/O: it yields questions and is fed their answers, by a resolver, a
 * fixture, a browser page or a test.
 */
export type Walk<T = ValidatedAnswer> = Generator<Ask, T, UpstreamAnswer>

/** Everything a walk may look at besides the answers. */
export interface Context {
  /** Unix seconds. */
  readonly now: number
  readonly anchors: TrustAnchors
  readonly engine: CryptoEngine
  readonly budget: Budget
  /** Verified zone keys and signatures kept from earlier walks. */
  readonly memory: ZoneMemory | undefined
  /** Is told of verified denials; it has no part in the verdict. */
  readonly denials?: DenialMemory | undefined
  /** Whether signatures of algorithms 5 and 7 count; `false` makes zones that have no other insecure (RFC 9905). */
  readonly acceptSha1: boolean
  /** The answer to a question started before, if it has arrived. */
  readonly peek: (question: Question) => UpstreamAnswer | undefined
}

/** Drives a walk whose answers are all at hand. */
export function runSynchronously<T>(walk: Walk<T>, answer: (question: Question) => UpstreamAnswer): T {
  let step = walk.next()
  while (!step.done) step = walk.next(answer(step.value.wait))
  return step.value
}

/** One key for equal questions. */
export function questionKey(question: Question): string {
  return `${question.type}/${question.class}/${question.name.key}`
}
