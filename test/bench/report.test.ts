import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { bars } from '../../bench/report/bars.ts'
import { figuresApart, figuresOf } from '../../bench/report/figures.ts'
import { lines } from '../../bench/report/lines.ts'
import { reportPage } from '../../bench/report/page.ts'
import { readRuns } from '../../bench/report/read.ts'
import { linear, logarithmic } from '../../bench/report/scale.ts'
import { stacks } from '../../bench/report/stack.ts'
import type { Result } from '../../bench/result.ts'

const folder = mkdtempSync(join(tmpdir(), 'danelaw-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

const MACHINE = { danelaw: '0.1.0', date: '2026-11-22', cpu: 'a <processor>', node: '20.20.2' }
const COUNTS = { samples: 2, times: 1 }

function result(measure: string, more: Partial<Result> = {}): Result {
  return { case: 'chain', variant: 'p256', measure, unit: 'us', min: 10, median: 12, ...COUNTS, ...more }
}

function fileOf(name: string, ...content: readonly object[]): string {
  const file = join(folder, name)
  writeFileSync(file, content.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return file
}

describe('files of results', () => {
  test('what one machine measured is one run, and the later figure counts', () => {
    const first = fileOf('first', MACHINE, result('cold'), result('floor'))
    const second = fileOf('second', MACHINE, result('cold', { min: 9 }), { ...MACHINE, node: '24.1.0' }, result('cold'))
    const runs = readRuns([first, second])
    expect(runs.map(({ machine }) => machine['node'])).toEqual(['20.20.2', '24.1.0'])
    expect(runs[0]!.results.map(({ measure, min }) => [measure, min])).toEqual([
      ['cold', 9],
      ['floor', 10],
    ])
  })

  test('sizes are not mixed up', () => {
    const along = (at: number) => result('cold', { axis: 'depth', at, min: at })
    expect(readRuns([fileOf('sizes', MACHINE, along(1), along(2))])[0]!.results).toHaveLength(2)
  })

  test.each([
    ['no JSON', 'no-JSON:2: not a line of results', '{'],
    ['no object', 'no-object:2: not a line of results', '7'],
    ['neither', 'neither:2: neither a result', '{"case":"chain"}'],
    ['another unit', 'another-unit:2: neither a result', JSON.stringify({ ...result('cold'), unit: 'miles' })],
    ['no number', 'no-number:2: neither a result', JSON.stringify({ ...result('cold'), min: '1' })],
  ])('%s is told with file and line', (name, message, line) => {
    const file = join(folder, name.replace(' ', '-'))
    writeFileSync(file, `${JSON.stringify(MACHINE)}\n${line}\n`)
    expect(() => readRuns([file])).toThrow(message)
  })

  test('results of an unknown machine are none', () => {
    expect(() => readRuns([fileOf('headless', result('cold'))])).toThrow('headless:1')
  })
})

describe('scales', () => {
  test('a linear one begins at zero', () => {
    const { place, ticks } = linear([3, 42], 10, 110)
    expect(ticks).toEqual([0, 10, 20, 30, 40])
    expect(place(0)).toBe(10)
    expect(place(42)).toBe(110)
  })

  test('a logarithmic one has round ticks within its ends', () => {
    const { place, ticks } = logarithmic([0.3, 12], 0, 100)
    expect(ticks).toEqual([0.5, 1, 2, 5, 10])
    expect(place(0.3)).toBeGreaterThanOrEqual(0)
    expect(place(12)).toBeLessThanOrEqual(100)
    expect(logarithmic([1, 1e6], 0, 100).ticks.every((tick) => Number.isInteger(Math.log10(tick)))).toBe(true)
    expect(logarithmic([2, 2], 0, 100).place(2)).toBeCloseTo(50)
  })
})

describe('pictures', () => {
  const near = [
    { label: 'one', min: 10, median: 20 },
    { label: 'two', min: 30, median: 31 },
  ]

  test('bars are as long as their values', () => {
    const widths = [...bars('title', 'us', near).matchAll(/width="([\d.]+)" height="8"/g)].map((match) =>
      Number(match[1]),
    )
    expect(widths[1]! / widths[0]!).toBeCloseTo(3, 1)
  })

  test('what lies orders of magnitude apart has places, not bars', () => {
    const picture = bars('title', 'us', [...near, { label: 'three', min: 9000, median: 9000 }])
    expect(picture).toContain('logarithmic')
    expect(picture).not.toContain('height="8"')
  })

  test('a part that noise has made negative takes no room', () => {
    const picture = stacks('title', [
      {
        label: 'a',
        parts: new Map([
          ['parse', 5],
          ['rest', -2],
        ]),
      },
    ])
    expect(picture).toContain('>5 µs<')
    expect(picture).not.toMatch(/width="-/)
  })

  test('growth from zero is drawn on linear axes', () => {
    const points = [0, 5, 20].map((at) => ({ at, min: 3 * at + 1, median: 3 * at + 2 }))
    const picture = lines('title', 'ms latency', 'us', [{ label: 'cold', points, exponent: undefined }])
    expect(picture).not.toMatch(/NaN|Infinity/)
    expect(picture).toContain('>ms latency<')
  })

  test('each has a title, a description, and numbers everywhere', () => {
    const points = [1, 10, 100].map((at) => ({ at, min: at, median: 2 * at }))
    const picture = lines('by <names>', 'names', 'us', [{ label: 'a & b', points, exponent: 1 }])
    expect(picture).toMatch(/role="img" aria-labelledby="(\S+) (\S+)"/)
    expect(picture).toContain('by &#60;names&#62;</title>')
    expect(picture).toContain('exponent 1.00')
    expect(picture).not.toMatch(/NaN|undefined|<names>|a & b/)
  })
})

describe('figures of a case', () => {
  test('parts, growth and the rest each have their own; ratios have none', () => {
    const results = [
      result('cold'),
      result('parse', { part: 'cold' }),
      result('rest', { part: 'cold' }),
      result('alone'),
      result('deep', { axis: 'depth', at: 1 }),
      result('deep', { axis: 'depth', at: 2, min: 20, median: 20 }),
      result('deep', { axis: 'depth', unit: 'exponent', min: 1, median: 1 }),
      result('cold / floor', { unit: 'ratio', goal: 1.1 }),
      result('questions', { unit: 'count' }),
    ]
    const figures = figuresOf(results)
    expect(figures.map(({ results: shown }) => shown.map(({ measure, unit }) => `${measure} ${unit}`))).toEqual([
      ['cold us', 'parse us', 'rest us'],
      ['deep us', 'deep us', 'deep exponent'],
      ['alone us'],
    ])
    expect(figuresApart(results).map(({ measure }) => measure)).toEqual(['cold / floor', 'questions'])
  })
})

describe('the page', () => {
  const results = [
    result('cold'),
    result('cold / floor', { unit: 'ratio', min: 1.2, median: 1.3, goal: 1.1 }),
    result('cold / by text', { case: 'warm', unit: 'ratio', min: 900, median: 950, atLeast: 300 }),
    result('danelaw', { case: 'peers-js' }),
    result('other', { case: 'peers-js', note: 'leaves out: <wildcards>' }),
    result('whatever', { case: 'brand-new' }),
  ]
  const page = reportPage([{ machine: MACHINE, results }])

  test('says which goals are met', () => {
    expect(page).toContain('1 of 2 are missed')
    expect(page).toMatch(/cold \/ floor.*≤ 1\.1.*1\.200.*class="missed"/)
    expect(page).toMatch(/cold \/ by text.*≥ 300.*class="met"/)
  })

  test('has the machine, what peers leave out, and cases nobody has placed', () => {
    expect(page).toContain('a &#60;processor&#62;')
    expect(page).toContain('leaves out: &#60;wildcards&#62;')
    expect(page).toContain('>More</h3>')
    expect(page).toContain('brand-new')
  })

  test('needs nothing from elsewhere', () => {
    expect(page).not.toMatch(/<script|<link|<img|src=|https?:|@import|url\(/)
  })

  test('every link leads to a heading, and no id is given twice', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1])
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target)
  })

  test('every picture has a table beneath it', () => {
    const count = (text: string): number => page.split(text).length - 1
    expect(count('<figure>')).toBeGreaterThan(2)
    expect(count('<details><summary>')).toBe(count('<figure>'))
  })
})
