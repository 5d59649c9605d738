/** Walks whose signatures are checked on other threads: what may be seen of them, and when. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { nobleEngine } from '../../src/dnssec/crypto/noble.ts'
import { validate } from '../../src/dnssec/validate.ts'
import type { UpstreamAnswer } from '../../src/dnssec/walk.ts'
import { Budget, RESOLVER_LIMITS, validationLimits } from '../../src/limits.ts'
import { drive, driveAtHand } from '../../src/resolver/driver.ts'
import type { Question } from '../../src/wire/record.ts'
import { generated } from '../dnssec/scenario/generated.ts'
import { PlainMemory } from '../dnssec/scenario/run.ts'

const ZONES = 'zone example.\nwww A 192.0.2.1\nftp A 192.0.2.2\nalias CNAME www\n'
const prepared = generated('www.example. A', ZONES)
const { scenario, anchors, upstream } = prepared
const QUESTION = scenario.question

/** The native engine, whose other threads a test moves. */
function threads() {
  const native = nativeEngine()
  const waiting: (() => void)[] = []
  const here: Uint8Array[] = []
  const engine: CryptoEngine = {
    ...native,
    importKey(algorithm, publicKey) {
      const key = native.importKey(algorithm, publicKey)
      return (
        key && {
          verify(signature, data) {
            here.push(signature)
            return key.verify(signature, data)
          },
          verifyAside: (signature, data, done) => waiting.push(() => done(key.verify(signature, data))),
        }
      )
    },
  }
  return { engine, waiting, here, finish: () => waiting.splice(0).map((each) => each()) }
}

function context(engine: CryptoEngine, memory: PlainMemory) {
  return { now: scenario.clock, anchors, engine, budget: new Budget(), memory, acceptSha1: true }
}

/** The same upstream, whose answers of `type` have the last octet of each signature changed. */
function forged(type: number): (question: Question) => UpstreamAnswer {
  return (question) => {
    const reply = upstream(question)
    if (reply.kind !== 'message' || question.type !== type) return reply
    const answer = reply.message.answer.map((record) => {
      if (record.type !== 46) return record
      const rdata = record.rdata.slice()
      rdata[rdata.length - 1]! ^= 1
      return { ...record, rdata }
    })
    return { ...reply, message: { ...reply.message, answer } }
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

afterEach(() => {
  vi.useRealTimers()
})

describe('until all signatures are checked', () => {
  test('there is no answer, and nobody sees what was learnt', async () => {
    const { engine, finish, waiting, here } = threads()
    const memory = new PlainMemory()
    let answered = false
    const done = Promise.resolve(
      driveAtHand(
        (complete) => validate(QUESTION, complete(context(engine, memory))),
        upstream,
        () => true,
      ),
    ).then((answer) => {
      answered = true
      return answer
    })
    await settled()
    // Two in each zone, the DS of `example.` among the first, and the answer itself, which is this thread's share.
    expect([waiting.length, here.length]).toEqual([3, 1])
    expect([answered, memory.known]).toEqual([false, []])
    finish()
    expect((await done).status).toBe('secure')
    expect(memory.known).toEqual(['', 'example'].map((text) => expect.stringContaining(text)))
  })

  test('and where one does not hold, nothing of it is used', async () => {
    const { engine, finish } = threads()
    const memory = new PlainMemory()
    const run = driveAtHand(
      (complete) => validate(QUESTION, complete(context(engine, memory))),
      forged(43),
      () => true,
    )
    await settled()
    finish()
    expect(await run).toMatchObject({ status: 'bogus', reason: { code: 'signature-failed', at: { type: 43 } } })
    expect(memory.known).toHaveLength(1)
  })

  test.each([48, 43, 1])('the same comes out as without: forged signatures of type %i', async (type) => {
    const memory = new PlainMemory()
    const other = new PlainMemory()
    const make = (into: PlainMemory, idle: boolean) =>
      driveAtHand(
        (complete) => validate(QUESTION, complete(context(nativeEngine(), into))),
        forged(type),
        () => idle,
      )
    expect(await make(memory, true)).toEqual(await make(other, false))
    expect(memory.known).toEqual(other.known)
  })
})

test('afterwards the keys that were learnt check truly, and at once', async () => {
  const { engine, finish, waiting } = threads()
  const memory = new PlainMemory()
  const ask = (answers = upstream) =>
    driveAtHand(
      (complete) => validate(QUESTION, complete(context(engine, memory))),
      answers,
      () => true,
    )
  const first = ask()
  await settled()
  finish()
  await first
  expect(ask()).toMatchObject({ status: 'secure' })
  expect(ask(forged(1))).toMatchObject({ status: 'bogus' })
  expect(waiting).toEqual([])
})

test('so do those of a walk that was all checked at once', () => {
  const { engine, waiting } = threads()
  const memory = new PlainMemory()
  let idle = false
  const ask = (answers = upstream) =>
    driveAtHand(
      (complete) => validate(QUESTION, complete(context(engine, memory))),
      answers,
      () => idle,
    )
  expect(ask(forged(1))).toMatchObject({ status: 'bogus' })
  idle = true
  expect(ask()).toMatchObject({ status: 'secure' })
  expect(ask(forged(1))).toMatchObject({ status: 'bogus' })
  expect(waiting).toEqual([])
})

test('other threads that do not get to it are not waited for', async () => {
  vi.useFakeTimers()
  const { engine, waiting, here } = threads()
  const memory = new PlainMemory()
  const done = driveAtHand(
    (complete) => validate(QUESTION, complete(context(engine, memory))),
    upstream,
    () => true,
  )
  await vi.advanceTimersByTimeAsync(RESOLVER_LIMITS.asidePatience.value)
  expect(await done).toMatchObject({ status: 'secure' })
  expect([waiting.length, here.length]).toEqual([3, 4])
})

test('where they are busy, or the engine has none, it is all done at once', () => {
  for (const [engine, idle] of [
    [threads().engine, false],
    [nobleEngine(), true],
  ] as const) {
    const memory = new PlainMemory()
    const answer = driveAtHand(
      (complete) => validate(QUESTION, complete(context(engine, memory))),
      upstream,
      () => idle,
    )
    expect(answer).toMatchObject({ status: 'secure' })
  }
})

test('what may be taken for good is bounded; the rest is checked at once', async () => {
  const links = Array.from({ length: 20 }, (_, i) => `c${i} CNAME c${i + 1}\n`).join('')
  const long = generated('c0.example. A', `${ZONES}${links}c20 A 192.0.2.3\n`)
  const { engine, finish, here } = threads()
  const limits = validationLimits({ aliasSteps: 32 })
  const done = driveAtHand(
    (complete) =>
      validate(
        long.scenario.question,
        complete({ ...context(engine, new PlainMemory()), anchors: long.anchors, budget: new Budget(limits) }),
      ),
    long.upstream,
    () => true,
  )
  await settled()
  finish()
  const answer = await done
  expect(answer.status).toBe('secure')
  expect(answer.spent.signatureChecks - here.length).toBe(RESOLVER_LIMITS.checksAside.value - 1)
})

describe('over the network', () => {
  const NEVER = new AbortController().signal

  test('a signature that does not hold ends the walk while it waits, and what it waited for is not missed', async () => {
    const { engine, finish } = threads()
    const asked: string[] = []
    const never = new Promise<UpstreamAnswer>(() => undefined)
    const answers = forged(48)
    // The answer rests on forged keys; only who believes in them comes to ask for the address.
    const ask = (question: Question): Promise<UpstreamAnswer> => {
      asked.push(`${question.name} ${question.type}`)
      return question.type === 43 ? never : Promise.resolve(answers(question))
    }
    const memory = new PlainMemory()
    const done = drive((complete) => validate(QUESTION, complete(context(engine, memory))), {
      ask,
      timeout: 60_000,
      signal: NEVER,
      idle: () => true,
    })
    await settled()
    finish()
    expect(await done).toMatchObject({ status: 'bogus', reason: { at: { type: 48 } } })
    expect(new Set(asked).size).toBe(asked.length)
  })

  test('nothing is open any more while the last signatures are checked', async () => {
    const { engine, finish } = threads()
    const signals: boolean[] = []
    const done = drive((complete) => validate(QUESTION, complete(context(engine, new PlainMemory()))), {
      ask(question, signal) {
        const needed = question.name.labelCount < 2 || question.type === 1
        if (needed) return Promise.resolve(upstream(question))
        return new Promise(() => signal.addEventListener('abort', () => signals.push(true)))
      },
      timeout: 60_000,
      signal: NEVER,
      idle: () => true,
    })
    await settled()
    await settled()
    expect(signals).toEqual([true, true])
    finish()
    expect((await done).status).toBe('secure')
  })
})
