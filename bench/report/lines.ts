import { format } from '../figure.ts'
import { line as fittedLine } from '../fit.ts'
import type { Result } from '../result.ts'
import { linear, logarithmic } from './scale.ts'
import { fitted, mark, segment, strokeOf, svg, text, WIDTH } from './svg.ts'
import { tickText, valueText } from './text.ts'

export interface Series {
  readonly label: string
  readonly points: readonly { readonly at: number; readonly min: number; readonly median: number }[]
  /** As the results have it; undefined where none was fitted. */
  readonly exponent: number | undefined
}

/**
 * Growth: the least values as marks, the line that was fitted to them, the middle values as ticks. Both axes are
 * logarithmic, so that a power is a straight line and its exponent the slope; linear where something begins at zero.
 */
export function lines(title: string, axis: string, unit: Result['unit'], all: readonly Series[]): string {
  const xs = all.flatMap(({ points }) => points.map(({ at }) => at))
  const ys = all.flatMap(({ points }) => points.flatMap(({ min, median }) => [min, median]))
  const powers = Math.min(...xs, ...ys) > 0
  const scaleOf = powers ? logarithmic : linear
  const x = scaleOf(xs, LEFT, RIGHT)
  const y = scaleOf(ys, BOTTOM, TOP)
  const xTicks = xs.length > 0 && new Set(xs).size <= 6 ? [...new Set(xs)].sort((a, b) => a - b) : x.ticks
  const body = [
    ...y.ticks.flatMap((tick) => [
      segment(LEFT, y.place(tick), RIGHT, y.place(tick), 'grid'),
      text(LEFT - 5, y.place(tick) + 4, tickText(unit, tick), { anchor: 'end', className: 'tick' }),
    ]),
    ...apart(xTicks, x.place).flatMap((tick) => [
      segment(x.place(tick), TOP, x.place(tick), BOTTOM, 'grid'),
      text(x.place(tick), BOTTOM + 15, tickText(undefined, tick), { anchor: 'middle', className: 'tick' }),
    ]),
    text((LEFT + RIGHT) / 2, BOTTOM + 31, axis, { anchor: 'middle', className: 'tick' }),
  ]
  for (const [index, { label, points, exponent }] of all.entries()) {
    for (const { at, min, median } of points) {
      body.push(segment(x.place(at), y.place(min), x.place(at), y.place(median), 'whisker'))
      body.push(segment(x.place(at) - 3, y.place(median), x.place(at) + 3, y.place(median), 'whisker'))
    }
    body.push(trend(points, powers, x.place, y.place, strokeOf(index)))
    for (const { at, min } of points) body.push(mark(x.place(at), y.place(min), index))
    const row = BOTTOM + 50 + 17 * index
    const grows = exponent === undefined ? '' : `exponent ${format({ unit: 'exponent' }, exponent)}`
    body.push(segment(12, row - 4, 32, row - 4, strokeOf(index)), mark(22, row - 4, index))
    body.push(text(38, row, fitted(label, RIGHT - 38 - 7 * grows.length)))
    body.push(text(RIGHT, row, grows, { anchor: 'end', className: 'value' }))
  }
  return svg({ title, description: described(axis, unit, all), height: BOTTOM + 42 + 17 * all.length, body })
}

/** The line nearest to the points, from the first to the last. */
function trend(
  points: Series['points'],
  powers: boolean,
  x: (value: number) => number,
  y: (value: number) => number,
  className: string,
): string {
  if (points.length < 2) return ''
  const [there, back] = powers ? [Math.log, Math.exp] : [same, same]
  const { slope, start } = fittedLine(points.map(({ at, min }) => [there(at), there(min)] as const))
  const value = (at: number): number => back(start + slope * there(at))
  const ends = points.map(({ at }) => at)
  const [first, last] = [Math.min(...ends), Math.max(...ends)]
  const within = (place: number): number => Math.min(BOTTOM, Math.max(TOP, place))
  return segment(x(first), within(y(value(first))), x(last), within(y(value(last))), className)
}

/** Those that have room for their numbers. */
function apart(ticks: readonly number[], place: (value: number) => number): number[] {
  const kept: number[] = []
  for (const tick of ticks) {
    const before = kept.at(-1)
    if (before === undefined || place(tick) - place(before) >= 34) kept.push(tick)
  }
  return kept
}

function described(axis: string, unit: Result['unit'], all: readonly Series[]): string {
  return all
    .map(({ label, points, exponent }) => {
      const values = points.map(({ at, min }) => `${valueText(unit, min)} at ${at}`)
      return `${label} by ${axis}: ${values.join(', ')}${exponent === undefined ? '' : `; exponent ${format({ unit: 'exponent' }, exponent)}`}`
    })
    .join('. ')
}

function same(value: number): number {
  return value
}

const LEFT = 66
const RIGHT = WIDTH - 16
const TOP = 10
const BOTTOM = 210
