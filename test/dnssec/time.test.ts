import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { serialTime, timeText } from '../../src/dnssec/time.ts'

describe('serial numbers as times (RFC 1982, RFC 4034 section 3.1.5)', () => {
  const WRAP = 2 ** 32

  it.each([
    ['today', 1_795_348_800, 1_795_348_800, 1_795_348_800],
    ['the last second of 32 bits', WRAP - 1, WRAP - 1, WRAP - 1],
    ['the first second after the wrap', 0, WRAP, WRAP],
    ['after the wrap, seen from before', 10, WRAP - 10, WRAP + 10],
    ['before the wrap, seen from after', WRAP - 10, WRAP + 10, WRAP - 10],
    ['before the second wrap', WRAP - 1, 2 * WRAP + 1, 2 * WRAP - 1],
    ['68 years ahead', 2 ** 31 - 1, 0, 2 ** 31 - 1],
    ['68 years back', 2 ** 31, 0, -(2 ** 31)],
  ])('%s', (_, serial, now, time) => {
    expect(serialTime(serial, now)).toBe(time)
  })

  it('gives back every time within 68 years of now', () => {
    const within = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(fc.integer({ min: 2 ** 31, max: 2 ** 40 }), within, (now, distance) => {
        expect(serialTime((now + distance) % WRAP, now)).toBe(now + distance)
      }),
    )
  })
})

describe('times as text', () => {
  it('is RFC 3339 in UTC', () => {
    expect(timeText(1_795_348_800)).toBe('2026-11-22T12:00:00Z')
    expect(timeText(2 ** 32)).toBe('2106-02-07T06:28:16Z')
  })

  it('does not fail for what is no time', () => {
    expect(timeText(Number.MAX_SAFE_INTEGER)).toBe('9007199254740991 s')
  })
})
