/** Walks whose signatures are checked on other threads: what may be seen of them, and when. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { nobleEngine } from '../../src/dnssec/crypto/noble.ts'
import { selfTest } from '../../src/dnssec/crypto/self-test.ts'
import type { DenialMemory } from '../../src/dnssec/denial-memory.ts'
import type { ValidatedAnswer } from '../../src/dnssec/status.ts'
import { validate } from '../../src/dnssec/validate.ts'
import type { UpstreamAnswer, Walk } from '../../src/dnssec/walk.ts'
import { Budget, RESOLVER_LIMITS, validationLimits } from '../../src/limits.ts'
import { type Complete, type CreateWalk, drive, driveAtHand } from '../../src/resolver/driver.ts'
import type { Aside } from '../../src/resolver/provisional.ts'
import { Name } from '../../src/wire/name.ts'
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
const forged = (type: number) => forgedBy(upstream, type)

function forgedBy(honest: typeof upstream, type: number): (question: Question) => UpstreamAnswer {
  return (question) => {
    const reply = honest(question)
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

const FREE: Aside = { idle: () => true, overdue: () => undefined }
const NEVER = new AbortController().signal

/** A walk to the answer with all other answers at hand. */
function walk(engine: CryptoEngine, memory: PlainMemory, answers = upstream, aside = FREE) {
  return driveAtHand((complete) => validate(QUESTION, complete(context(engine, memory))), answers, aside)
}

// However slow the machine, patience ends when a test says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

describe('until all signatures are checked', () => {
  test('there is no answer, and nobody sees what was learnt', async () => {
    const { engine, finish, waiting, here } = threads()
    const memory = new PlainMemory()
    const put = vi.spyOn(memory, 'put')
    let answered = false
    const done = Promise.resolve(walk(engine, memory)).then((answer) => {
      answered = true
      return answer
    })
    await settled()
    // Two keys of DNSKEY RRsets, the DS of `example.`; and the answer itself, which is this thread's share.
    expect([waiting.length, here.length]).toEqual([3, 1])
    expect([answered, memory.known]).toEqual([false, []])
    finish()
    expect((await done).status).toBe('secure')
    expect(memory.known).toEqual(['', 'example'].map((text) => expect.stringContaining(text)))
    expect(put.mock.calls).toEqual([
      [expect.anything(), scenario.clock],
      [expect.anything(), scenario.clock],
    ])
  })

  test('and where one does not hold, nothing of it is used', async () => {
    const { engine, finish } = threads()
    const memory = new PlainMemory()
    const run = walk(engine, memory, forged(43))
    await settled()
    finish()
    expect(await run).toMatchObject({ status: 'bogus', reason: { code: 'signature-failed', at: { type: 43 } } })
    expect(memory.known).toHaveLength(1)
  })

  test.each([48, 43, 1])('the same comes out as without: forged signatures of type %i', async (type) => {
    const [memory, other] = [new PlainMemory(), new PlainMemory()]
    const aside = await walk(nativeEngine(), memory, forged(type))
    expect(aside).toEqual(await walk(nativeEngine(), other, forged(type), { ...FREE, idle: () => false }))
    expect(memory.known).toEqual(other.known)
  })

  test('denials are kept afterwards, once, and only where they hold', async () => {
    const absent = generated('absent.example. A', ZONES)
    const { question } = absent.scenario
    const run = async (answers: typeof upstream, aside?: Aside): Promise<unknown[]> => {
      const { engine, finish } = threads()
      const kept: unknown[] = []
      const denials: DenialMemory = { put: (zone, used, ttl, now) => kept.push([`${zone}`, used.length, ttl, now]) }
      const create: CreateWalk<ValidatedAnswer> = (complete) =>
        validate(question, complete({ ...context(engine, new PlainMemory()), anchors: absent.anchors, denials }))
      const done = driveAtHand(create, answers, aside)
      if (aside !== undefined) expect(kept).toEqual([])
      await settled()
      finish()
      await done
      return kept
    }
    const strictly = await run(absent.upstream)
    expect(strictly).toHaveLength(1)
    expect(await run(absent.upstream, FREE)).toEqual(strictly)
    expect(await run(forgedBy(absent.upstream, 48), FREE)).toEqual([])
  })
})

test('afterwards the keys that were learnt check truly, and at once', async () => {
  const { engine, finish, waiting } = threads()
  const memory = new PlainMemory()
  const first = walk(engine, memory)
  await settled()
  finish()
  await first
  expect(walk(engine, memory)).toMatchObject({ status: 'secure' })
  expect(walk(engine, memory, forged(1))).toMatchObject({ status: 'bogus' })
  expect(waiting).toEqual([])
})

test('so do those of a walk that was all checked at once', () => {
  const { engine, waiting } = threads()
  const memory = new PlainMemory()
  // Free when the walk begins, then busy, and free again when it is over.
  let idle = [true]
  const aside = { ...FREE, idle: () => idle.shift() ?? false }
  expect(walk(engine, memory, forged(1), aside)).toMatchObject({ status: 'bogus' })
  idle = Array.from({ length: 20 }, () => true)
  expect(walk(engine, memory, upstream, aside)).toMatchObject({ status: 'secure' })
  expect(walk(engine, memory, forged(1), aside)).toMatchObject({ status: 'bogus' })
  expect(waiting).toEqual([])
})

test('other threads that do not get to it are not waited for', async () => {
  const { engine, waiting, here } = threads()
  const overdue = vi.fn()
  const done = walk(engine, new PlainMemory(), upstream, { ...FREE, overdue })
  await vi.advanceTimersByTimeAsync(RESOLVER_LIMITS.asidePatience.value)
  expect(await done).toMatchObject({ status: 'secure' })
  expect([waiting.length, here.length, overdue.mock.calls.length]).toEqual([3, 4, 1])
})

test('where they are busy, or the engine has none, it is all done at once', () => {
  const busy = walk(threads().engine, new PlainMemory(), upstream, { ...FREE, idle: () => false })
  expect(busy).toMatchObject({ status: 'secure' })
  expect(walk(nobleEngine(), new PlainMemory())).toMatchObject({ status: 'secure' })
})

test('what may be taken for good is bounded; the rest is checked at once', async () => {
  const links = Array.from({ length: 20 }, (_, i) => `c${i} CNAME c${i + 1}\n`).join('')
  const long = generated('c0.example. A', `${ZONES}${links}c20 A 192.0.2.3\n`)
  const { engine, finish, here } = threads()
  const budget = new Budget(validationLimits({ aliasSteps: 32 }))
  const create: CreateWalk<ValidatedAnswer> = (complete) =>
    validate(long.scenario.question, complete({ ...context(engine, new PlainMemory()), anchors: long.anchors, budget }))
  const done = driveAtHand(create, long.upstream, FREE)
  await settled()
  finish()
  const answer = await done
  expect(answer.status).toBe('secure')
  expect(answer.spent.signatureChecks - here.length).toBe(RESOLVER_LIMITS.checksAside.value - 1)
})

describe('over the network', () => {
  const options = { timeout: 60_000, signal: NEVER, aside: FREE }

  test('nothing is asked and nothing is waited for because of a signature that is not checked', async () => {
    const { engine, finish } = threads()
    const asked: string[] = []
    const alias = generated('alias.example. A', `${ZONES}alias CNAME www.other.\nzone other.\nwww A 192.0.2.9\n`)
    const answers = forgedBy(alias.upstream, 48)
    const done = drive(
      (complete) =>
        validate(alias.scenario.question, complete({ ...context(engine, new PlainMemory()), anchors: alias.anchors })),
      {
        ...options,
        ask(question) {
          asked.push(`${question.name} ${question.type}`)
          return Promise.resolve(answers(question))
        },
      },
    )
    await settled()
    const before = [...asked]
    await settled()
    expect(asked).toEqual(before)
    finish()
    expect(await done).toMatchObject({ status: 'bogus', reason: { at: { type: 48 } } })
    expect(asked).toEqual(before)
    expect(new Set(asked).size).toBe(asked.length)
  })

  /** A walk that takes `forged` for good, and what the test would have it do then. */
  function* believing(complete: Complete, next: (good: boolean) => Walk<string>): Walk<string> {
    const { publicKey, signature, data } = selfTest(13)!
    const key = complete(context(believed.engine, new PlainMemory())).engine.importKey(13, publicKey)!
    yield { start: [A, B], wait: A }
    return yield* next(key.verify(signature.slice().fill(7, 40), data))
  }
  let believed = threads()
  const [A, B, C] = ['a', 'b', 'c'].map((text) => ({ name: Name.parse(text), type: 1, class: 1 })) as [
    Question,
    Question,
    Question,
  ]
  const said = (detail: string) => ({ kind: 'failure', cause: 'absent', detail, upstream: undefined }) as const

  test('what it would ask ahead waits as well', async () => {
    believed = threads()
    const asked: string[] = []
    const walking = drive(
      (complete) =>
        believing(complete, function* (good) {
          yield { start: [C], wait: A }
          return `${good}`
        }),
      {
        ...options,
        ask(question) {
          asked.push(`${question.name} after ${believed.here.length} checks`)
          return Promise.resolve(said(''))
        },
      },
    )
    // One for what it was told, and one of the walk that is told the truth.
    expect(await walking).toBe('false')
    expect(asked).toEqual(['a. after 0 checks', 'b. after 0 checks', 'c. after 2 checks'])
  })

  test('what was called off is asked again where it is needed after all', async () => {
    believed = threads()
    let round = 0
    const answer = await drive(
      (complete) =>
        believing(complete, function* (good) {
          if (good) return 'believed'
          const reply = yield { start: [], wait: B }
          return reply.kind === 'failure' ? reply.detail : 'a message'
        }),
      {
        ...options,
        ask(question, signal) {
          if (question === A || round++ > 0) return Promise.resolve(said(`round ${round}`))
          return new Promise((resolve) => signal.addEventListener('abort', () => resolve(said('called off'))))
        },
      },
    )
    expect(answer).toBe('round 2')
  })

  test('what is known of a zone is not asked again for each alias in it', async () => {
    const chain = generated('a.x.test. A', 'zone test.\nzone x.test.\na CNAME b\nb CNAME c\nc A 192.0.2.1\n')
    const count = async (aside?: Aside): Promise<number> => {
      let asked = 0
      const { status } = await drive(
        (complete) =>
          validate(
            chain.scenario.question,
            complete({ ...context(nativeEngine(), new PlainMemory()), anchors: chain.anchors }),
          ),
        {
          ...options,
          aside,
          ask(question) {
            asked++
            const reply = chain.upstream(question)
            if (reply.kind !== 'message') return Promise.resolve(reply)
            // An upstream that leaves aliases to who asked.
            const answer = reply.message.answer.filter(({ name }) => name.equals(question.name))
            return Promise.resolve({ ...reply, message: { ...reply.message, answer } })
          },
        },
      )
      expect(status).toBe('secure')
      return asked
    }
    expect(await count(FREE)).toBe(await count())
  })

  test('a walk sees the zones that it has come to know, and after it has waited so do others', async () => {
    const { engine, finish } = threads()
    const memory = new PlainMemory()
    let arrive = (): void => undefined
    const late = new Promise<void>((resolve) => {
      arrive = resolve
    })
    const done = drive((complete) => validate(QUESTION, complete(context(engine, memory))), {
      ...options,
      async ask(question) {
        if (question.type === 48 && !question.name.isRoot) await late
        return upstream(question)
      },
    })
    await settled()
    finish()
    await settled()
    expect(memory.known).toHaveLength(1)
    arrive()
    await settled()
    finish()
    expect((await done).status).toBe('secure')
    expect(memory.known).toHaveLength(2)
  })

  test('nothing is open any more while the last signatures are checked', async () => {
    const { engine, finish } = threads()
    const signals: boolean[] = []
    const done = drive((complete) => validate(QUESTION, complete(context(engine, new PlainMemory()))), {
      ...options,
      ask(question, signal) {
        const needed = question.name.labelCount < 2 || question.type === 1
        if (needed) return Promise.resolve(upstream(question))
        return new Promise(() => signal.addEventListener('abort', () => signals.push(true)))
      },
    })
    await settled()
    await settled()
    expect(signals).toEqual([true, true])
    finish()
    expect((await done).status).toBe('secure')
  })

  test.each([43, 0])('who has left gets no answer, and nothing is learnt: forged %i', async (type) => {
    const { engine, finish } = threads()
    const memory = new PlainMemory()
    const leaver = new AbortController()
    let asked = 0
    const done = drive((complete) => validate(QUESTION, complete(context(engine, memory))), {
      ...options,
      signal: leaver.signal,
      ask(question) {
        asked++
        return Promise.resolve(forged(type)(question))
      },
    })
    await settled()
    const before = asked
    leaver.abort(new Error('enough'))
    finish()
    await expect(done).rejects.toThrow('enough')
    expect([memory.known, asked]).toEqual([[], before])
  })
})

describe('of the platform', () => {
  test.each([13, 15])('a signature that is none is none there, too: algorithm %i', async (algorithm) => {
    const { publicKey, signature, data } = selfTest(algorithm)!
    const key = nativeEngine().importKey(algorithm, publicKey)!
    const aside = (octets: Uint8Array): Promise<boolean> =>
      new Promise((resolve) => key.verifyAside!(octets, data, resolve))
    expect(await aside(signature)).toBe(true)
    const flipped = Uint8Array.from(signature, (octet, at) => (at === 40 ? octet ^ 1 : octet))
    // No R (RFC 8032 section 5.1.3) has y at or above the field's prime.
    const noPoint = Uint8Array.from(signature, (octet, at) => (at < 32 ? 0xff : octet))
    for (const octets of [flipped, noPoint, signature.slice(1), new Uint8Array(0), new Uint8Array(64)]) {
      expect(await aside(octets)).toBe(false)
      expect(key.verify(octets, data)).toBe(false)
    }
  })
})
