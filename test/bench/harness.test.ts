import { describe, expect, test } from 'vitest'
import { kept, race, ratio, repeat, repeatAsync, summary, type Timing } from '../../bench/harness.ts'

const timing = (name: string, samples: readonly number[]): Timing => ({ name, samples, times: 1 })

describe('summary', () => {
  test('least and middle of an odd number', () => {
    expect(summary([9, 2, 4])).toEqual({ min: 2, median: 4 })
  })

  test('an even number has the mean of the two in the middle', () => {
    expect(summary([8, 2, 4, 100])).toEqual({ min: 2, median: 6 })
  })

  test('leaves the samples in the order they were taken', () => {
    const samples = [3, 1, 2]
    summary(samples)
    expect(samples).toEqual([3, 1, 2])
  })

  test('of nothing there is none', () => {
    expect(() => summary([])).toThrow(RangeError)
  })
})

describe('ratio', () => {
  test('compares the least with the least, and sample by sample', () => {
    // The third round was disturbed for both: the pairs still tell the truth.
    const a = timing('a', [20, 22, 200])
    const b = timing('b', [10, 11, 100])
    expect(ratio(a, b)).toEqual({ min: 2, median: 2 })
  })

  test('the median is not the ratio of the medians', () => {
    expect(ratio(timing('a', [1, 10, 30]), timing('b', [1, 1, 10]))).toEqual({ min: 1, median: 3 })
  })
})

describe('race', () => {
  test('goes there and back again', async () => {
    const order: string[] = []
    const contenders = ['a', 'b', 'c'].map((name) => repeat(name, () => order.push(name)))
    const timings = await race(contenders, { rounds: 2, milliseconds: 0, warmUp: 0 })
    expect(order.join('')).toBe('abccbaabccba')
    expect(timings.map(({ name, samples, times }) => [name, samples.length, times])).toEqual([
      ['a', 4, 1],
      ['b', 4, 1],
      ['c', 4, 1],
    ])
  })

  test('waits for what is asynchronous, and makes ready before', async () => {
    const order: string[] = []
    const contender = {
      ...repeatAsync('a', async () => {
        order.push('start')
        await Promise.resolve()
        order.push('end')
      }),
      before: () => void order.push('before'),
    }
    await race([contender], { rounds: 1, milliseconds: 0, warmUp: 0 })
    expect(order).toEqual(['before', 'start', 'end', 'before', 'start', 'end'])
  })

  test('fills a sample with as many times as it takes, and reports one', async () => {
    let now = 0
    const run = (times: number): void => {
      now += 0.01 * times
    }
    const [timing] = await race([{ name: 'a', run }], { rounds: 1, milliseconds: 2, warmUp: 40 }, () => now)
    expect(timing!.times).toBeGreaterThanOrEqual(200)
    expect(timing!.times).toBeLessThan(250)
    expect(timing!.samples).toHaveLength(2)
    for (const sample of timing!.samples) expect(sample).toBeCloseTo(10)
  })

  test('keeps the last result, so that no work is left out', async () => {
    let count = 0
    await race([repeat('a', () => ++count)], { rounds: 1, milliseconds: 0, warmUp: 0 })
    expect(kept).toBe(2)
  })
})
