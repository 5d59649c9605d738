import type { Result } from './result.ts'

/** A value of a result with its unit. */
export function format({ unit }: Pick<Result, 'unit'>, value: number): string {
  switch (unit) {
    case 'ratio':
      return value >= 100 ? value.toFixed(0) : value.toFixed(3)
    case 'exponent':
      return value.toFixed(2).replace('-0.00', '0.00')
    case 'us':
      return `${value.toFixed(Math.abs(value) < 10 ? 2 : 1)} us`
    case 'octets':
      return value < 1e6 ? `${Math.round(value)} octets` : `${(value / 1e6).toFixed(1)} MB`
    case 'count':
      return String(Number(value.toFixed(2)))
  }
}

/** Whether a goal is met, by the least values; undefined where there is none. */
export function isMet({ goal, atLeast, min }: Result): boolean | undefined {
  if (goal !== undefined) return min <= goal
  return atLeast === undefined ? undefined : min >= atLeast
}
