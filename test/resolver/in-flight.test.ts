import { describe, expect, test } from 'vitest'
import type { Cancellation } from '../../src/resolver/cancellation.ts'
import { InFlight } from '../../src/resolver/in-flight.ts'

/** Work that ends when the test says so. */
function work() {
  const calls: { signal: Cancellation; resolve: (value: number) => void; reject: (error: Error) => void }[] = []
  const start = (signal: Cancellation): Promise<number> =>
    new Promise((resolve, reject) => calls.push({ signal, resolve, reject }))
  return { calls, start }
}

describe('the same key at the same time', () => {
  test('is worked on once, for all', async () => {
    const { calls, start } = work()
    const jobs = new InFlight<number>()
    const both = Promise.all([jobs.run('a', undefined, start), jobs.run('a', new AbortController().signal, start)])
    expect(calls).toHaveLength(1)
    calls[0]!.resolve(7)
    expect(await both).toEqual([7, 7])
    expect(jobs.size).toBe(0)
  })

  test('and anew once it is done, or for another key', async () => {
    const { calls, start } = work()
    const jobs = new InFlight<number>()
    const first = jobs.run('a', undefined, start)
    jobs.run('b', undefined, start)
    expect(calls).toHaveLength(2)
    calls[0]!.resolve(1)
    await first
    jobs.run('a', undefined, start)
    expect(calls).toHaveLength(3)
  })

  test('fails for all', async () => {
    const { calls, start } = work()
    const jobs = new InFlight<number>()
    const both = [jobs.run('a', undefined, start), jobs.run('a', undefined, start)]
    calls[0]!.reject(new Error('gone'))
    for (const one of both) await expect(one).rejects.toThrow('gone')
    expect(jobs.size).toBe(0)
  })
})

describe('a caller who leaves', () => {
  test('has the reason, and the others go on', async () => {
    const { calls, start } = work()
    const jobs = new InFlight<number>()
    const leaver = new AbortController()
    const left = jobs.run('a', leaver.signal, start)
    const stays = jobs.run('a', new AbortController().signal, start)
    leaver.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    expect(calls[0]!.signal.aborted).toBe(false)
    calls[0]!.resolve(1)
    expect(await stays).toBe(1)
  })

  test('calls the work off as the last one, and the next to come starts anew', async () => {
    const { calls, start } = work()
    const jobs = new InFlight<number>()
    const leaver = new AbortController()
    const left = jobs.run('a', leaver.signal, start)
    leaver.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    expect(calls[0]!.signal.aborted).toBe(true)
    const next = jobs.run('a', undefined, start)
    expect(calls).toHaveLength(2)
    // What was called off ends late and does not disturb its successor.
    calls[0]!.reject(new Error('called off'))
    calls[1]!.resolve(2)
    expect(await next).toBe(2)
  })

  test('and when all is called off, all leave', async () => {
    const jobs = new InFlight<number>()
    const untilAborted = (signal: Cancellation): Promise<number> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const waiting = [
      jobs.run('a', undefined, untilAborted),
      jobs.run('a', new AbortController().signal, untilAborted),
      jobs.run('b', undefined, untilAborted),
    ]
    jobs.abort(new Error('closed'))
    for (const one of waiting) await expect(one).rejects.toThrow('closed')
    expect(jobs.size).toBe(0)
  })

  test('before coming starts nothing', async () => {
    const { calls, start } = work()
    await expect(new InFlight<number>().run('a', AbortSignal.abort(new Error('no')), start)).rejects.toThrow('no')
    expect(calls).toHaveLength(0)
  })
})
