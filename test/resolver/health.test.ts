import { describe, expect, test } from 'vitest'
import { Health } from '../../src/resolver/health.ts'

describe('the time to an answer (RFC 6298 section 2)', () => {
  test('is smoothed, and what is usual lies four variations above it', () => {
    const health = new Health(0)
    expect(health.roundTrip).toBeUndefined()
    expect(health.usual).toBeUndefined()
    health.answered(100, 0)
    expect([health.roundTrip, health.usual]).toEqual([100, 300])
    health.answered(180, 0)
    // 7/8 * 100 + 1/8 * 180; 3/4 * 50 + 1/4 * 80.
    expect([health.roundTrip, health.usual]).toEqual([110, 110 + 4 * 57.5])
  })

  test('follows a path that gets slower or quicker', () => {
    const health = new Health(0)
    for (let i = 0; i < 60; i++) health.answered(20, 0)
    expect(health.usual).toBeLessThan(21)
    for (let i = 0; i < 60; i++) health.answered(200, 0)
    expect(health.roundTrip).toBeGreaterThan(199)
  })

  test('grows when others were quicker, and does not shrink by that', () => {
    const health = new Health(0)
    health.answered(100, 0)
    health.late(900)
    expect(health.roundTrip).toBe(200)
    health.late(50)
    expect(health.roundTrip).toBe(200)
    const unmeasured = new Health(0)
    unmeasured.late(500)
    expect(unmeasured.roundTrip).toBe(500)
  })
})

describe('the grade', () => {
  const measured = (milliseconds: number): Health => {
    const health = new Health(0)
    health.answered(milliseconds, 0)
    return health
  }

  test('is that of the time, alike within a power of two', () => {
    expect(measured(20).grade(0)).toBe(measured(30).grade(0))
    expect(measured(20).grade(0)).toBeLessThan(measured(40).grade(0))
    expect(measured(0.1).grade(0)).toBe(measured(9).grade(0))
  })

  test('of one not measured yet lies behind those that are quick and before those that are slow', () => {
    const grade = new Health(0).grade(0)
    expect(measured(100).grade(0)).toBeLessThan(grade)
    expect(measured(1000).grade(0)).toBeGreaterThan(grade)
  })

  test('of one that rests lies behind all, the more the more often it failed', () => {
    const once = measured(1)
    once.failed(0, 0)
    const twice = measured(1)
    twice.failed(0, 0)
    twice.failed(1, 1)
    expect(measured(60_000).grade(1)).toBeLessThan(once.grade(1))
    expect(once.grade(1)).toBeLessThan(twice.grade(1))
  })
})

describe('quick retreat, slow return', () => {
  test('one failure is a second of rest, each further one twice as long, a minute at the most', () => {
    const health = new Health(0)
    const rests = Array.from({ length: 12 }, (_, i) => {
      const at = i * 1_000_000
      health.failed(at, at)
      let end = at
      while (health.resting(end)) end += 500
      return end - at
    })
    expect(rests).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000])
  })

  test('questions that were open at the same time fail once', () => {
    const health = new Health(0)
    for (let asked = 0; asked < 40; asked++) health.failed(100, asked)
    expect(health.due(1099)).toBe(false)
    expect(health.due(1100)).toBe(true)
  })

  test('after the rest one question goes there, and not another one before it is answered', () => {
    const health = new Health(0)
    health.failed(0, 0)
    expect(health.due(999)).toBe(false)
    expect(health.due(1000)).toBe(true)
    health.asked(1000)
    expect(health.due(1001)).toBe(false)
    expect(health.resting(1001)).toBe(true)
    health.answered(20, 1100)
    expect(health.resting(1100)).toBe(false)
    expect(health.due(1100)).toBe(false)
  })

  test('who has failed eight times needs several answers, with rests between them', () => {
    const health = new Health(0)
    for (let at = -8; at < 0; at++) health.failed(at, at)
    let now = 0
    const waits: number[] = []
    for (;;) {
      const start = now
      while (!health.due(now)) now += 500
      waits.push(now - start)
      health.asked(now)
      health.answered(20, now)
      if (!health.resting(now)) break
    }
    // Seven are remembered; an answer takes back half of them.
    expect(waits).toEqual([60_000, 4000, 1000])
  })

  test('one that is not asked is looked at again after a minute', () => {
    const health = new Health(0)
    expect(health.due(59_999)).toBe(false)
    expect(health.due(60_000)).toBe(true)
    health.asked(60_000)
    expect(health.due(60_001)).toBe(false)
  })
})
