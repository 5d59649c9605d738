import { parseAnchorFile } from '../../src/dnssec/anchor-file.ts'
import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import type { ValidatedAnswer } from '../../src/dnssec/status.ts'
import { TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import { validate } from '../../src/dnssec/validate.ts'
import { type Context, runSynchronously } from '../../src/dnssec/walk.ts'
import { Budget } from '../../src/limits.ts'
import type { Fixture } from '../../src/resolver/fixture/fixture.ts'
import { Name } from '../../src/wire/name.ts'
import { rrTypeFromName } from '../../src/wire/codes/rrtype.ts'
import type { Question } from '../../src/wire/record.ts'

export function context(engine: CryptoEngine, now: number, anchors: readonly string[] = []): Context {
  const read = anchors.length === 0 ? [] : parseAnchorFile(anchors.join('\n'), 'header')
  return {
    now,
    anchors: new TrustAnchors(read),
    engine,
    budget: new Budget(),
    memory: undefined,
    acceptSha1: true,
    peek: () => undefined,
  }
}

export function validateIn(fixture: Fixture, question: Question, given: Context): ValidatedAnswer {
  return runSynchronously(validate(question, given), (asked) => fixture.answer(asked))
}

/** `NAME TYPE` as a question. */
export function questionFor(text: string): Question {
  const [name, type] = text.split(' ')
  return { name: Name.parse(name!), type: rrTypeFromName(type!)!, class: 1 }
}
