import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import { questionOf } from '../../src/dnssec/session.ts'
import type { ValidatedAnswer } from '../../src/dnssec/status.ts'
import type { TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import { validate } from '../../src/dnssec/validate.ts'
import { runSynchronously } from '../../src/dnssec/walk.ts'
import type { ZoneMemory } from '../../src/dnssec/zone-memory.ts'
import { driveAtHand } from '../../src/resolver/driver.ts'
import { Budget } from '../../src/limits.ts'
import { parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import type { Question } from '../../src/wire/record.ts'

export interface WalkOptions {
  readonly anchors: TrustAnchors
  readonly engine: CryptoEngine
  readonly memory?: ZoneMemory
}

/** One validation from the text of the name and the octets of the messages; only what the walk waits for is asked. */
export function walk(
  { anchors, engine, memory }: WalkOptions,
  name: string,
  type: number,
  wireOf: (question: Question) => Uint8Array,
): ValidatedAnswer {
  const context = { now: NOW, anchors, engine, budget: new Budget(), memory, acceptSha1: true, peek: nothing }
  return runSynchronously(validate(questionOf(Name.parse(name), type), context), (question) => ({
    kind: 'message',
    message: parseMessage(wireOf(question)),
    upstream: 'bench',
  }))
}

/** The same as the resolver does it: signatures by keys that are new are checked on other threads meanwhile. */
export async function walkAside(
  { anchors, engine, memory }: WalkOptions,
  name: string,
  type: number,
  wireOf: (question: Question) => Uint8Array,
): Promise<ValidatedAnswer> {
  const context = { now: NOW, anchors, engine, budget: new Budget(), memory, acceptSha1: true }
  return await driveAtHand(
    (complete) => validate(questionOf(Name.parse(name), type), complete(context)),
    (question) => ({ kind: 'message', message: parseMessage(wireOf(question)), upstream: 'bench' }),
    { idle: () => true, overdue: () => undefined },
  )
}

/** Unix seconds: all signatures are valid then. Of this run, because not every validator can be told the time. */
export const NOW = Math.floor(Date.now() / 1000)

/** No answer has arrived before it is waited for. */
function nothing(): undefined {}
