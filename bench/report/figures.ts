import type { Result } from '../result.ts'
import { bars } from './bars.ts'
import { lines } from './lines.ts'
import { stacks } from './stack.ts'

/** A picture with the results it shows. */
export interface Figure {
  readonly title: string
  readonly svg: string
  readonly results: readonly Result[]
}

/** What there is to see of one case: parts of wholes, what grows, and all other times. */
export function figuresOf(results: readonly Result[]): Figure[] {
  return [...inParts(results), ...growing(results), ...alone(results)]
}

/** The results that no picture shows: ratios, and what was counted once. */
export function figuresApart(results: readonly Result[]): Result[] {
  return results.filter((result) => !isTime(result) && !isGrowth(result) && result.unit !== 'exponent')
}

function inParts(results: readonly Result[]): Figure[] {
  const parts = results.filter(({ part }) => part !== undefined)
  if (parts.length === 0) return []
  const wholes = results.filter((result) => isTime(result) && parts.some(isPartOf(result)))
  const all = [...groups(parts, ({ variant }) => variant)].map(([label, of]) => ({
    label,
    parts: new Map(of.map(({ measure, min }) => [measure, min])),
  }))
  const title = `${parts[0]!.case}: ${parts[0]!.part} and what it is made of`
  return [{ title, svg: stacks(title, all), results: [...wholes, ...parts] }]
}

function growing(results: readonly Result[]): Figure[] {
  const points = results.filter(isGrowth)
  const exponents = results.filter(({ unit }) => unit === 'exponent')
  return [...groups(points, ({ axis, unit }) => `${axis} ${unit}`).values()].flatMap((along) =>
    [...byMeasure(along).values()].map((those) => {
      const { axis, unit, case: name } = those[0]!
      const series = [...groups(those, ({ variant, measure }) => JSON.stringify([variant, measure])).values()]
      const labels = labelsOf(series.map(([first]) => first!))
      const fits = exponents.filter((fit) => those.some((point) => isSameMeasure(point, fit)))
      const all = series.map((of, index) => ({
        label: labels[index]!,
        points: of.map(({ at, min, median }) => ({ at: at!, min, median })),
        exponent: fits.find((fit) => isSameMeasure(of[0]!, fit))?.min,
      }))
      const title = `${name}: ${shared(those)} by ${axis}`
      return { title, svg: lines(title, axis!, unit, all), results: [...those, ...fits] }
    }),
  )
}

/** One picture for each variant; one for all where there are many variants of a pair of figures each. */
function alone(results: readonly Result[]): Figure[] {
  const times = results.filter((result) => isTime(result) && result.part === undefined && !hasParts(result, results))
  const variants = [...groups(times, ({ variant }) => variant).values()]
  const pairs = variants.length > 3 && variants.every(({ length }) => length <= 2)
  return (pairs ? [times] : variants).map((rows) => {
    const labels = labelsOf(rows)
    const title = pairs ? rows[0]!.case : `${rows[0]!.case}: ${rows[0]!.variant}`
    const all = rows.map(({ min, median }, index) => ({ label: labels[index]!, min, median }))
    return { title, svg: bars(title, 'us', all), results: rows }
  })
}

/** Where there are many variants of many measures, each measure has its own picture. */
function byMeasure(points: readonly Result[]): ReadonlyMap<string, Result[]> {
  const variants = new Set(points.map(({ variant }) => variant)).size
  const measures = new Set(points.map(({ measure }) => measure)).size
  return groups(points, ({ measure }) => (variants > 2 && measures > 1 ? measure : ''))
}

/** What tells them apart: variant, measure, or both. */
function labelsOf(results: readonly Result[]): string[] {
  const variants = new Set(results.map(({ variant }) => variant)).size
  const measures = new Set(results.map(({ measure }) => measure)).size
  return results.map(({ variant, measure }) => {
    if (variants === 1) return measure
    return measures === 1 ? variant : `${variant}: ${measure}`
  })
}

function shared(results: readonly Result[]): string {
  const measures = [...new Set(results.map(({ measure }) => measure))]
  return measures.length === 1 ? measures[0]! : 'growth'
}

function isTime({ unit, axis }: Result): boolean {
  return unit === 'us' && axis === undefined
}

function isGrowth({ unit, axis }: Result): boolean {
  return axis !== undefined && unit !== 'ratio' && unit !== 'exponent'
}

function hasParts(result: Result, results: readonly Result[]): boolean {
  return results.some((part) => isPartOf(result)(part))
}

function isPartOf({ variant, measure }: Result): (part: Result) => boolean {
  return (part) => part.part === measure && part.variant === variant
}

function isSameMeasure(a: Result, b: Result): boolean {
  return a.variant === b.variant && a.measure === b.measure && a.axis === b.axis
}

/** In the order in which each key is first met. */
export function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const item of items) {
    const group = found.get(keyOf(item))
    if (group === undefined) found.set(keyOf(item), [item])
    else group.push(item)
  }
  return found
}
