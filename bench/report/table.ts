import type { Result } from '../result.ts'
import { escapeText, valueText } from './text.ts'

/** Results as rows, with what is only there for some as columns of its own. */
export function resultTable(results: readonly Result[]): string {
  const columns = COLUMNS.filter(({ of }) => results.some((result) => of(result) !== undefined))
  const head = columns.map(({ title }) => `<th scope="col">${title}</th>`).join('')
  const rows = results.map((result) => {
    const cells = columns.map(({ of, isText }) => {
      const content = escapeText(of(result) ?? '')
      return isText === true ? `<td class="text">${content}</td>` : `<td>${content}</td>`
    })
    return `<tr>${cells.join('')}</tr>`
  })
  return `<table><thead><tr>${head}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody></table>`
}

interface Column {
  readonly title: string
  readonly isText?: true
  readonly of: (result: Result) => string | undefined
}

const COLUMNS: readonly Column[] = [
  { title: 'variant', isText: true, of: ({ variant }) => variant },
  {
    title: 'measure',
    isText: true,
    of: ({ measure, unit }) => (unit === 'exponent' ? `${measure}, exponent` : measure),
  },
  { title: 'by', isText: true, of: ({ axis, at }) => (axis === undefined ? undefined : `${axis} ${at ?? ''}`.trim()) },
  { title: 'least', of: ({ unit, min }) => valueText(unit, min) },
  { title: 'median', of: ({ unit, median }) => valueText(unit, median) },
  {
    title: 'goal',
    of: ({ goal, atLeast }) => {
      if (goal !== undefined) return `≤ ${short(goal)}`
      return atLeast === undefined ? undefined : `≥ ${short(atLeast)}`
    },
  },
  { title: 'samples', of: ({ samples, times }) => (times === 1 ? `${samples}` : `${samples} of ${times}`) },
  { title: 'note', isText: true, of: ({ note }) => note },
]

function short(goal: number): string {
  return String(Number(goal.toPrecision(4)))
}
