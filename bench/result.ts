import { type Effort, ratio, summary, type Timing } from './harness.ts'

/** One line of results. */
export interface Result {
  readonly case: string
  /** Which data it was measured with. */
  readonly variant: string
  readonly measure: string
  /** `us`: microseconds for one time. `ratio`: of two measures of the same run. */
  readonly unit: 'us' | 'ratio'
  readonly min: number
  readonly median: number
  /** How many samples, and how many times in each. */
  readonly samples: number
  readonly times: number
  /** The ratio that is aimed at; only for ratios. */
  readonly goal?: number
}

/** One question of the benchmark. */
export interface Case {
  readonly name: string
  /** What is measured, one line. */
  readonly about: string
  /** Yields results as they come. */
  run(effort: Effort): AsyncIterable<Result>
}

export function timed(name: string, variant: string, timing: Timing): Result {
  const { min, median } = summary(timing.samples)
  const { samples, times } = timing
  return { case: name, variant, measure: timing.name, unit: 'us', min, median, samples: samples.length, times }
}

export function compared(name: string, variant: string, a: Timing, b: Timing, goal?: number): Result {
  const measure = `${a.name} / ${b.name}`
  const counts = { samples: a.samples.length, times: a.times }
  return { case: name, variant, measure, unit: 'ratio', ...ratio(a, b), ...counts, ...(goal !== undefined && { goal }) }
}
