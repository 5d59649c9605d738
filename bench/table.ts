import type { Result } from './result.ts'

/** The results of one case and variant for a person, in columns. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => [
    result.measure,
    figure(result, result.min),
    figure(result, result.median),
    note(result),
  ])
  const widths = [0, 1, 2].map((column) => Math.max(HEAD[column]!.length, ...rows.map((row) => row[column]!.length)))
  return [HEAD, ...rows].map((row) => `  ${line(row, widths)}`.trimEnd()).join('\n')
}

function line([measure, min, median, note]: readonly string[], [first, second, third]: readonly number[]): string {
  return `${measure!.padEnd(first!)}  ${min!.padStart(second!)}  ${median!.padStart(third!)}  ${note}`
}

function figure({ unit }: Result, value: number): string {
  return unit === 'ratio' ? value.toFixed(3) : `${value.toFixed(value < 10 ? 2 : 1)} us`
}

function note({ goal, min }: Result): string {
  if (goal === undefined) return ''
  return min <= goal ? `(goal ${goal}: met)` : `(goal ${goal})`
}

const HEAD = ['', 'min', 'median', '']
