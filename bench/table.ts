import { format, isMet } from './figure.ts'
import type { Result } from './result.ts'

/** The results of one case and variant for a person, in columns. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => [
    label(result),
    format(result, result.min),
    format(result, result.median),
    note(result),
  ])
  const widths = [0, 1, 2].map((column) => Math.max(HEAD[column]!.length, ...rows.map((row) => row[column]!.length)))
  return [HEAD, ...rows].map((row) => `  ${line(row, widths)}`.trimEnd()).join('\n')
}

function label({ measure, unit, axis, at }: Result): string {
  if (axis === undefined) return measure
  return unit === 'exponent' ? `${measure}, exponent by ${axis}` : `${measure}, ${axis} ${at}`
}

function line([measure, min, median, note]: readonly string[], [first, second, third]: readonly number[]): string {
  return `${measure!.padEnd(first!)}  ${min!.padStart(second!)}  ${median!.padStart(third!)}  ${note}`
}

function note(result: Result): string {
  const met = isMet(result)
  if (met === undefined) return ''
  const goal = result.goal ?? `at least ${result.atLeast}`
  return met ? `(goal ${goal}: met)` : `(goal ${goal})`
}

const HEAD = ['', 'min', 'median', '']
