import { linear } from './scale.ts'
import { COLOURS, fitted, rect, segment, svg, text, WIDTH } from './svg.ts'
import { tickText, valueText } from './text.ts'

export interface Stack {
  readonly label: string
  /** Microseconds, by the names of the parts, which are the same for all. What noise has made negative counts as zero. */
  readonly parts: ReadonlyMap<string, number>
}

/** What wholes are made of, one below the other. */
export function stacks(title: string, all: readonly Stack[]): string {
  const names = [...new Set(all.flatMap(({ parts }) => [...parts.keys()]))]
  const sums = all.map(({ parts }) => [...parts.values()].reduce((sum, part) => sum + Math.max(0, part), 0))
  const scale = linear(sums, LEFT, RIGHT)
  const bottom = TOP + ROW * all.length
  const body = scale.ticks.flatMap((tick) => [
    segment(scale.place(tick), TOP, scale.place(tick), bottom, 'grid'),
    text(scale.place(tick), bottom + 14, tickText('us', tick), { anchor: 'middle', className: 'tick' }),
  ])
  for (const [index, name] of names.entries()) {
    const x = LEFT + (index * (RIGHT - LEFT)) / names.length
    body.push(rect(x, 4, 10, 10, `fill s${index % COLOURS}`), text(x + 14, 13, name))
  }
  for (const [index, { label, parts }] of all.entries()) {
    const y = TOP + ROW * index
    const figure = valueText('us', sums[index]!)
    body.push(text(LEFT, y + 12, fitted(label, RIGHT - LEFT - 7 * figure.length)))
    body.push(text(RIGHT, y + 12, figure, { anchor: 'end', className: 'value' }))
    let from = 0
    for (const [part, name] of names.entries()) {
      const to = from + Math.max(0, parts.get(name) ?? 0)
      // A hair between neighbours tells them apart without colours.
      const width = scale.place(to) - scale.place(from) - 0.6
      body.push(rect(scale.place(from), y + 17, width, 10, `fill s${part % COLOURS}`))
      from = to
    }
  }
  const described = all.map(({ label, parts }) => {
    const shares = [...parts].map(([name, value]) => `${name} ${valueText('us', value)}`)
    return `${label}: ${shares.join(', ')}`
  })
  return svg({ title, description: described.join('; '), height: bottom + 22, body })
}

const LEFT = 20
const RIGHT = WIDTH - 24
const TOP = 22
const ROW = 32
