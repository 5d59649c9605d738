/** How cost grows with size. */

/** One measurement; both above zero. */
export interface Point {
  readonly size: number
  readonly cost: number
}

/**
 * The slope of cost against size, both as logarithms, fitted by least squares: 0 where cost does not depend on size, 1
 * where it is in proportion, 2 where it is quadratic.
 */
export function exponent(points: readonly Point[]): number {
  if (points.length < 2) throw new RangeError('points: two are needed to tell growth')
  if (points.some(({ size, cost }) => !(size > 0 && cost > 0))) throw new RangeError('points: not all are above zero')
  return line(points.map(({ size, cost }) => [Math.log(size), Math.log(cost)])).slope
}

/** The line through points of x and y that is nearest to them by the squares of the distances. */
export function line(points: readonly (readonly [number, number])[]): {
  readonly slope: number
  readonly start: number
} {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const x = mean(points.map((point) => point[0]))
  const y = mean(points.map((point) => point[1]))
  const slope =
    mean(points.map((point) => (point[0] - x) * (point[1] - y))) / mean(points.map((point) => (point[0] - x) ** 2))
  return { slope, start: y - slope * x }
}
