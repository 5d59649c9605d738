import { describe, expect, test } from 'vitest'
import { exponent, line } from '../../bench/fit.ts'
import { format, isMet } from '../../bench/figure.ts'
import { readSpeed } from '../../bench/openssl-speed.ts'
import { compared, grown, remaining, type Result, timed } from '../../bench/result.ts'

const points = (cost: (size: number) => number) => [1, 4, 16, 64].map((size) => ({ size, cost: cost(size) }))

describe('exponent', () => {
  test.each([
    ['of what does not grow', () => 7, 0],
    ['of a line', (size: number) => 3 * size, 1],
    ['of a square', (size: number) => 0.5 * size * size, 2],
    ['of what falls', (size: number) => 1 / size, -1],
  ])('%s', (_name, cost, expected) => {
    expect(exponent(points(cost))).toBeCloseTo(expected)
  })

  test('of one point there is none, nor of nothing', () => {
    expect(() => exponent([{ size: 1, cost: 1 }])).toThrow('points')
    expect(() => exponent(points((size) => size - 1))).toThrow('points')
  })

  test('a line has a slope and a start', () => {
    expect(line([0, 5, 80].map((x) => [x, 3 * x + 2] as const))).toEqual({ slope: 3, start: 2 })
  })
})

describe('results', () => {
  const timing = (name: string, samples: readonly number[]) => ({ name, samples, times: 1 })

  test('what remains of a whole, sample by sample', () => {
    const rest = remaining('case', 'variant', 'rest', timing('whole', [10, 12, 30]), [
      timing('a', [1, 2, 3]),
      timing('b', [4, 4, 20]),
    ])
    expect(rest).toMatchObject({ measure: 'rest', unit: 'us', min: 10 - 1 - 4, median: 6 })
  })

  test('growth is that of one measure along its axis', () => {
    const along = (at: number): Result =>
      timed('case', 'variant', timing('m', [at, 2 * at * at]), { axis: 'names', at })
    const result = grown([along(2), along(8), along(32)], { goal: 1.2 })
    expect(result).toMatchObject({ measure: 'm', unit: 'exponent', axis: 'names', samples: 3, goal: 1.2 })
    expect(result.min).toBeCloseTo(1)
    expect(result.median).toBeGreaterThan(1.5)
    expect(() => grown([])).toThrow('results')
  })

  test('goals go up or down', () => {
    const result = compared('case', 'variant', timing('a', [20]), timing('b', [10]), 2.5)
    expect(isMet(result)).toBe(true)
    expect(isMet({ ...result, goal: 1.9 })).toBe(false)
    const down = compared('case', 'variant', timing('a', [20]), timing('b', [10]), { atLeast: 3 })
    expect(isMet(down)).toBe(false)
    expect(isMet(timed('case', 'variant', timing('a', [20])))).toBeUndefined()
  })

  test.each([
    ['us', 2.345, '2.35 us'],
    ['us', 1234.56, '1234.6 us'],
    ['ratio', 1.1, '1.100'],
    ['ratio', 1392.4, '1392'],
    ['exponent', 0.987, '0.99'],
    ['octets', 3359, '3359 octets'],
    ['octets', 3_140_000, '3.1 MB'],
    ['count', 9, '9'],
    ['count', 3.749, '3.75'],
  ] as const)('%s %d is %s', (unit, value, text) => {
    expect(format({ unit }, value)).toBe(text)
  })
})

describe('openssl speed', () => {
  test.each([
    [
      'ECDSA',
      '+DTP:256:verify:ecdsa:1\n+R6:9775:256:0.65\n+F4:3:256:50000.000000:12500.000000\n',
      { sign: 20, verify: 80 },
    ],
    ['EdDSA', '+R9:8324:253:Ed25519:0.97\n+F6:0:253:Ed25519:25000.0:10000.0\n', { sign: 40, verify: 100 }],
    ['RSA', '+R2:53038:2048:0.99\n+F2:2:2048:4000.0:50000.0\n', { sign: 250, verify: 20 }],
  ])('%s', (_name, output, expected) => {
    expect(readSpeed(output)).toEqual(expected)
  })

  test.each(['', 'speed: Unknown algorithm', '+F4:3:256:0:0\n', '+F4:3:256:x:y\n'])('%j is no result', (output) => {
    expect(readSpeed(output)).toBeUndefined()
  })
})
