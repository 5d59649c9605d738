import { type Effort, ratio, summary, type Timing } from './harness.ts'
import { exponent, type Point } from './fit.ts'

/** One line of results. */
export interface Result {
  readonly case: string
  /** Which data it was measured with. */
  readonly variant: string
  readonly measure: string
  readonly unit: Unit
  readonly min: number
  readonly median: number
  /** How many samples, and how many times in each. */
  readonly samples: number
  readonly times: number
  /** What is aimed at: no more than that. */
  readonly goal?: number
  /** What is aimed at: no less than that. */
  readonly atLeast?: number
  /** What grows from line to line of one measure, as `depth` or `names`, and how far it has. */
  readonly axis?: string
  readonly at?: number
  /** The measure of the same variant this is a part of; all of its parts make up the whole. */
  readonly part?: string
  /** What has to be known to read the figure. */
  readonly note?: string
}

/**
 * `us`: microseconds for one time. `ratio`: of two measures of the same run. `exponent`: of the growth of a measure
 * along its axis, 1 where it grows in proportion. `count` and `octets` are what they say.
 */
export type Unit = 'us' | 'ratio' | 'exponent' | 'count' | 'octets'

/** One question of the benchmark. */
export interface Case {
  readonly name: string
  /** What is measured, one line. */
  readonly about: string
  /** Yields results as they come. */
  run(effort: Effort): AsyncIterable<Result>
}

/** What may be said of any result. */
export type Remarks = Partial<Pick<Result, 'goal' | 'atLeast' | 'axis' | 'at' | 'part' | 'note'>>

export function timed(name: string, variant: string, timing: Timing, remarks: Remarks = {}): Result {
  const { min, median } = summary(timing.samples)
  const { samples, times } = timing
  return {
    case: name,
    variant,
    measure: timing.name,
    unit: 'us',
    min,
    median,
    samples: samples.length,
    times,
    ...remarks,
  }
}

/** @param goal at most; or remarks, with a goal of their own */
export function compared(name: string, variant: string, a: Timing, b: Timing, goal?: number | Remarks): Result {
  const measure = `${a.name} / ${b.name}`
  const counts = { samples: a.samples.length, times: a.times }
  const remarks = typeof goal === 'number' ? { goal } : goal
  return { case: name, variant, measure, unit: 'ratio', ...ratio(a, b), ...counts, ...remarks }
}

/** As `compared`, of what was not measured in turns: the least by the least, the middle one by the middle one. */
export function comparedApart(name: string, variant: string, a: Timing, b: Timing, remarks: Remarks = {}): Result {
  const [first, second] = [summary(a.samples), summary(b.samples)]
  const ratios = { min: first.min / second.min, median: first.median / second.median }
  const measure = `${a.name} / ${b.name}`
  return { ...timed(name, variant, a, remarks), measure, unit: 'ratio', ...ratios }
}

/** What a whole takes beyond some of its parts, sample by sample. Noise may make it negative. */
export function remaining(name: string, variant: string, measure: string, whole: Timing, parts: readonly Timing[]) {
  const left = whole.samples.map((sample, index) => parts.reduce((rest, part) => rest - part.samples[index]!, sample))
  const min = parts.reduce((rest, part) => rest - summary(part.samples).min, summary(whole.samples).min)
  const counts = { samples: left.length, times: whole.times }
  return { case: name, variant, measure, unit: 'us', min, median: summary(left).median, ...counts } as const
}

/** Something that is not a matter of time, counted once. */
export function counted(
  name: string,
  variant: string,
  measure: string,
  unit: Exclude<Unit, 'us' | 'ratio' | 'exponent'>,
  value: number,
  remarks: Remarks = {},
): Result {
  return { case: name, variant, measure, unit, min: value, median: value, samples: 1, times: 1, ...remarks }
}

/** How one measure grows along its axis: fitted to the least values, and to the middle ones. */
export function grown(results: readonly Result[], remarks: Remarks = {}): Result {
  const first = results[0]
  if (first?.axis === undefined) throw new RangeError('results: none, or without an axis')
  const points = (value: (result: Result) => number): Point[] =>
    results.map((result) => ({ size: result.at!, cost: value(result) }))
  return {
    case: first.case,
    variant: first.variant,
    measure: first.measure,
    unit: 'exponent',
    min: exponent(points(({ min }) => min)),
    median: exponent(points(({ median }) => median)),
    samples: results.length,
    times: 1,
    axis: first.axis,
    ...remarks,
  }
}
