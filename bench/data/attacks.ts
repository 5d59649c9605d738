/** Attacks as they arrive: octets, validated with nothing known. */
import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import type { ValidatedAnswer } from '../../src/dnssec/status.ts'
import { validate } from '../../src/dnssec/validate.ts'
import { questionKey, runSynchronously } from '../../src/dnssec/walk.ts'
import { Budget, validationLimits } from '../../src/limits.ts'
import { encodeMessage, parseMessage } from '../../src/wire/message.ts'
import type { Question } from '../../src/wire/record.ts'
import {
  type Attack,
  deepName,
  keysTimesSignatures,
  manyDs,
  manyKeys,
  manySignatures,
  manyTypes,
  MOST_LENIENT,
} from '../../test/dnssec/scenario/attacks.ts'
import { generated } from '../../test/dnssec/scenario/generated.ts'
import { countingEngine, type Work } from '../../test/dnssec/scenario/counting-engine.ts'

export interface KindOfAttack {
  readonly name: string
  /** How many of what the name says there are. */
  readonly sizes: readonly number[]
  readonly make: (size: number) => Attack
}

export const ATTACKS: readonly KindOfAttack[] = [
  { name: 'one key, many signatures', sizes: [8, 32, 128, 512], make: (n) => manySignatures(n) },
  { name: 'many keys of one tag', sizes: [8, 32, 128, 512], make: (n) => manyKeys(n) },
  { name: 'keys times signatures', sizes: [8, 32, 128, 512], make: (n) => keysTimesSignatures(n) },
  {
    name: 'keys times signatures, every limit at its maximum',
    sizes: [8, 32, 128, 512],
    make: (n) => keysTimesSignatures(n, MOST_LENIENT),
  },
  { name: 'many DS', sizes: [8, 32, 128, 512], make: (n) => manyDs(n) },
  { name: 'ANY, a bad signature before each good one', sizes: [4, 16, 64], make: (n) => manyTypes(n) },
  { name: 'closest encloser, no iterations', sizes: [8, 30, 120], make: (n) => deepName(n, 0) },
  { name: 'closest encloser, 50 iterations', sizes: [8, 30, 120], make: (n) => deepName(n, 50) },
]

/** One attack, ready to be made again and again. */
export interface ReadyAttack {
  /** @throws {TypeError} where it comes out insecure: an attack that works. */
  once(): ValidatedAnswer
  /** Of all messages. */
  readonly octets: number
  /** What one time made the engine do. */
  readonly work: Work
}

/** What all of them are measured against: an address of a zone below the root. */
export function honestAnswer(): Attack {
  return { prepared: generated('www.example. A', 'zone example.\nwww A 192.0.2.1\n') }
}

export function readyAttack({ prepared, upstream = prepared.upstream }: Attack): ReadyAttack {
  const { scenario, anchors } = prepared
  const wires = new Map<string, Uint8Array>()
  const wireOf = (question: Question): Uint8Array => {
    const key = questionKey(question)
    const known = wires.get(key)
    if (known !== undefined) return known
    const answer = upstream(question)
    if (answer.kind !== 'message') throw new TypeError(`${question.name}: no message`)
    const wire = encodeMessage(answer.message)
    wires.set(key, wire)
    return wire
  }
  const limits = validationLimits(
    Object.fromEntries([...scenario.limits].map(([name, value]) => [name, Number(value)])),
  )
  const validated = (engine: CryptoEngine): ValidatedAnswer => {
    const budget = new Budget(limits)
    const context = { now: scenario.clock, anchors, engine, budget, memory: undefined, acceptSha1: true, peek: nothing }
    const answer = runSynchronously(validate(scenario.question, context), (question) => ({
      kind: 'message',
      message: parseMessage(wireOf(question)),
      upstream: 'bench',
    }))
    if (answer.status !== 'secure' && answer.status !== 'bogus') throw new TypeError(`an attack is ${answer.status}`)
    return answer
  }
  const { engine, work } = countingEngine(nativeEngine())
  validated(engine)
  const octets = [...wires.values()].reduce((sum, { length }) => sum + length, 0)
  return { once: () => validated(nativeEngine()), octets, work }
}

/** No answer has arrived before it is waited for. */
function nothing(): undefined {}
