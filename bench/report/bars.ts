import type { Result } from '../result.ts'
import { linear, logarithmic } from './scale.ts'
import { fitted, mark, rect, segment, svg, text, WIDTH } from './svg.ts'
import { tickText, valueText } from './text.ts'

export interface Bar {
  readonly label: string
  readonly min: number
  readonly median: number
}

/**
 * What each costs, one below the other: the least value as a bar, the middle one as a tick beyond its end. Where they
 * lie orders of magnitude apart, places on a logarithmic axis, since a bar would have no beginning there.
 */
export function bars(title: string, unit: Result['unit'], all: readonly Bar[]): string {
  const values = all.flatMap(({ min, median }) => [min, median])
  const least = all.map(({ min }) => min)
  const wide = Math.min(...least) > 0 && Math.max(...least) > WIDE * Math.min(...least)
  const scale = wide ? logarithmic(values, LEFT, RIGHT) : linear(values, LEFT, RIGHT)
  const bottom = TOP + ROW * all.length
  const body = scale.ticks.flatMap((tick) => [
    segment(scale.place(tick), TOP, scale.place(tick), bottom, 'grid'),
    text(scale.place(tick), bottom + 14, tickText(unit, tick), { anchor: 'middle', className: 'tick' }),
  ])
  for (const [index, { label, min, median }] of all.entries()) {
    const y = TOP + ROW * index
    const figure = valueText(unit, min)
    body.push(text(LEFT, y + 12, fitted(label, RIGHT - LEFT - 7 * figure.length)))
    body.push(text(RIGHT, y + 12, figure, { anchor: 'end', className: 'value' }))
    const [from, to] = [scale.place(min), scale.place(median)]
    body.push(segment(from, y + 22, to, y + 22, 'whisker'), segment(to, y + 17, to, y + 27, 'whisker'))
    body.push(wide ? mark(from, y + 22, 0) : rect(LEFT, y + 18, from - LEFT, 8, 'fill s0'))
  }
  const note = `${wide ? 'dot' : 'bar'}: least; tick: median${wide ? '; logarithmic axis' : ''}`
  body.push(text(LEFT, bottom + 30, note, { className: 'tick' }))
  const description = all.map(({ label, min }) => `${label}: ${valueText(unit, min)}`).join('; ')
  return svg({ title, description, height: bottom + 36, body })
}

const LEFT = 20
const RIGHT = WIDTH - 24
const TOP = 6
const ROW = 32
/** From there on bars of different orders of magnitude cannot be compared by eye. */
const WIDE = 300
