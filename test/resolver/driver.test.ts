import { afterEach, describe, expect, test, vi } from 'vitest'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import type { Ask, UpstreamAnswer, Walk } from '../../src/dnssec/walk.ts'
import { type CreateWalk, drive, driveAtHand } from '../../src/resolver/driver.ts'
import { Budget } from '../../src/limits.ts'
import { Name } from '../../src/wire/name.ts'
import type { Cancellation } from '../../src/resolver/cancellation.ts'
import type { Question } from '../../src/wire/record.ts'

const NEVER = new AbortController().signal
const CONTEXT = {
  now: 0,
  anchors: new TrustAnchors([]),
  engine: nativeEngine(),
  budget: new Budget(),
  memory: undefined,
  acceptSha1: true,
}

function question(name: string): Question {
  return { name: Name.parse(name), type: 1, class: 1 }
}
const A = question('a')
const B = question('b')
const C = question('c')

/** An upstream whose answers a test gives; the text of an answer is its `detail`. */
function upstream() {
  const asked: {
    name: string
    signal: Cancellation
    answer: (detail: string) => void
    fail: (error: Error) => void
  }[] = []
  const ask = (asking: Question, signal: Cancellation): Promise<UpstreamAnswer> =>
    new Promise((resolve, reject) => {
      const answer = (detail: string) => resolve({ kind: 'failure', cause: 'absent', detail, upstream: undefined })
      asked.push({ name: asking.name.toString(), signal, answer, fail: reject })
    })
  return { asked, ask }
}

function text(answer: UpstreamAnswer | undefined): string | undefined {
  return answer?.kind === 'failure' ? `${answer.cause}: ${answer.detail}` : undefined
}

/** Lets everything run that can. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** A walk that waits for one question after the other and returns the texts of the answers. */
function inTurn(...asks: Ask[]): CreateWalk<(string | undefined)[]> {
  return function* () {
    const texts: (string | undefined)[] = []
    for (const ask of asks) texts.push(text(yield ask))
    return texts
  }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('over the network', () => {
  test('everything that is started goes out at once, and nothing twice', async () => {
    const { asked, ask } = upstream()
    const done = drive(inTurn({ start: [A, B, question('A'), C], wait: A }, { start: [B], wait: C }), {
      ask,
      timeout: 5000,
      signal: NEVER,
    })
    expect(asked.map(({ name }) => name)).toEqual(['a.', 'b.', 'c.'])
    asked[2]!.answer('c')
    asked[0]!.answer('a')
    expect(await done).toEqual(['absent: a', 'absent: c'])
    expect(asked).toHaveLength(3)
  })

  test('what is started goes out also where the answer that is waited for is at hand', async () => {
    const { asked, ask } = upstream()
    const walk = inTurn({ start: [A], wait: A }, { start: [B], wait: A }, { start: [], wait: C })
    const done = drive(walk, { ask, timeout: 5000, signal: NEVER })
    asked[0]!.answer('a')
    await settle()
    expect(asked.map(({ name }) => name)).toEqual(['a.', 'b.', 'c.'])
    asked[2]!.answer('c')
    await done
  })

  test('a question that is waited for is asked also if it was not started', async () => {
    const { asked, ask } = upstream()
    const done = drive(inTurn({ start: [], wait: A }), { ask, timeout: 5000, signal: NEVER })
    asked[0]!.answer('a')
    expect(await done).toEqual(['absent: a'])
  })

  test('peek sees what has arrived and nothing else', async () => {
    const { asked, ask } = upstream()
    const seen: (string | undefined)[] = []
    const done = drive<void>(
      (complete) =>
        (function* (): Walk<void> {
          const { peek } = complete(CONTEXT)
          seen.push(text(peek(B)))
          yield { start: [A, B, C], wait: A }
          seen.push(text(peek(A)), text(peek(B)), text(peek(C)))
        })(),
      { ask, timeout: 5000, signal: NEVER },
    )
    asked[1]!.answer('b')
    await settle()
    asked[0]!.answer('a')
    await done
    expect(seen).toEqual([undefined, 'absent: a', 'absent: b', undefined])
  })

  test('questions that are still open at the end are called off', async () => {
    const { asked, ask } = upstream()
    const done = drive(inTurn({ start: [A, B], wait: A }), { ask, timeout: 5000, signal: NEVER })
    asked[0]!.answer('a')
    await done
    expect(asked[1]!.signal.aborted).toBe(true)
  })

  test('where all is to be recorded, the end waits for them, but not for ever', async () => {
    const { asked, ask } = upstream()
    const walk = (timeout: number) =>
      drive(inTurn({ start: [A, B], wait: A }), { ask, timeout, signal: NEVER, waitForAll: true })
    let over = false
    const done = walk(5000).finally(() => {
      over = true
    })
    asked[0]!.answer('a')
    await settle()
    expect(over).toBe(false)
    asked[1]!.answer('b')
    expect(await done).toEqual(['absent: a'])
    // It is answered: there is nothing to call off.
    expect(asked[1]!.signal.aborted).toBe(false)

    const late = walk(20)
    asked[2]!.answer('a')
    expect(await late).toEqual(['absent: a'])
    expect(asked[3]!.signal.aborted).toBe(true)
  })

  test('after the time for the whole lookup every open question has failed, and no other goes out', async () => {
    const { asked, ask } = upstream()
    const walk = inTurn(
      { start: [A, B], wait: A },
      { start: [], wait: B },
      { start: [C], wait: C },
      { start: [], wait: A },
    )
    const done = drive(walk, { ask, timeout: 10, signal: NEVER })
    asked[1]!.answer('b')
    const late = 'timeout: the whole lookup has taken 10 ms'
    expect(await done).toEqual([late, 'absent: b', late, late])
    expect(asked.map(({ name }) => name)).toEqual(['a.', 'b.'])
  })

  test('the caller leaves: its reason is what the promise rejects with, and every question is called off', async () => {
    const { asked, ask } = upstream()
    const leaver = new AbortController()
    const done = drive(inTurn({ start: [A, B], wait: A }), { ask, timeout: 5000, signal: leaver.signal })
    leaver.abort(new Error('enough'))
    await expect(done).rejects.toThrow('enough')
    expect(asked.every(({ signal }) => signal.aborted)).toBe(true)
  })

  test('no timer is left behind, whatever the end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { asked, ask } = upstream()
    const leaver = new AbortController()
    const options = { ask, timeout: 5000, signal: leaver.signal }
    const done = drive(inTurn({ start: [A], wait: A }), options)
    const left = drive(inTurn({ start: [B], wait: B }), options)
    expect(vi.getTimerCount()).toBe(2)
    asked[0]!.answer('a')
    await done
    expect(vi.getTimerCount()).toBe(1)
    leaver.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a caller that has left before asks nothing', async () => {
    const { asked, ask } = upstream()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(drive(inTurn({ start: [A], wait: A }), { ask, timeout: 5000, signal })).rejects.toThrow('enough')
    expect(asked).toHaveLength(0)
  })

  test('a defect in the walk or in asking comes through, and calls everything off', async () => {
    const { asked, ask } = upstream()
    const broken = drive<void>(
      () =>
        (function* (): Walk<void> {
          yield { start: [A, B], wait: A }
          throw new Error('defect')
        })(),
      { ask, timeout: 5000, signal: NEVER },
    )
    asked[0]!.answer('a')
    await expect(broken).rejects.toThrow('defect')
    expect(asked[1]!.signal.aborted).toBe(true)

    const failing = drive(inTurn({ start: [A, B], wait: B }), { ask, timeout: 5000, signal: NEVER })
    asked[2]!.fail(new Error('one that nobody waits for'))
    await settle()
    asked[3]!.fail(new Error('asking is broken'))
    await expect(failing).rejects.toThrow('asking is broken')
  })
})

describe('with the answers at hand', () => {
  const answers =
    (looked: string[], cause: 'network' | 'absent' = 'network') =>
    (asking: Question) => {
      looked.push(asking.name.toString())
      return { kind: 'failure', cause, detail: asking.name.toString(), upstream: undefined } as const
    }

  test('in one go, each looked up once and only when wanted', () => {
    const looked: string[] = []
    const walk = inTurn({ start: [A, B, C], wait: A }, { start: [], wait: question('A') }, { start: [], wait: C })
    expect(driveAtHand(walk, answers(looked))).toEqual(['network: a.', 'network: a.', 'network: c.'])
    expect(looked).toEqual(['a.', 'c.'])
  })

  test.each([
    ['network', 'network: b.'],
    // What a fixture does not hold has not arrived.
    ['absent', undefined],
  ] as const)('peek sees what was started: %s', (cause, expected) => {
    const seen: (string | undefined)[] = []
    driveAtHand<void>(
      (complete) =>
        (function* (): Walk<void> {
          const { peek } = complete(CONTEXT)
          yield { start: [B], wait: A }
          seen.push(text(peek(B)), text(peek(C)))
        })(),
      answers([], cause),
    )
    expect(seen).toEqual([expected, undefined])
  })
})
