/** From values to places on an axis, and where its ticks are. */
export interface Scale {
  place(value: number): number
  readonly ticks: readonly number[]
}

/** From zero; at most six ticks, at round values. */
export function linear(values: readonly number[], from: number, to: number): Scale {
  const most = Math.max(...values, Number.MIN_VALUE)
  const step = roundStep(most / 5)
  const ticks = Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => i * step)
  return { place: (value) => from + ((to - from) * value) / most, ticks }
}

/** Values above zero. Ticks at 1, 2 and 5 of each power of ten; at the powers alone where those are too many. */
export function logarithmic(values: readonly number[], from: number, to: number): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  // A line that does not grow has room above and below.
  const [low, high] = most / least < 4 ? [least / 2, most * 2] : [least / 1.15, most * 1.15]
  const span = Math.log(high / low)
  const place = (value: number): number => from + ((to - from) * Math.log(value / low)) / span
  const decades = ticksAt([1], low, high)
  const finer = ticksAt([1, 2, 5], low, high)
  return { place, ticks: finer.length <= MOST_TICKS || decades.length < 2 ? thinned(finer) : thinned(decades) }
}

function ticksAt(digits: readonly number[], low: number, high: number): number[] {
  const ticks: number[] = []
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const digit of digits) {
      const tick = Number(`${digit}e${power}`)
      if (tick >= low && tick <= high) ticks.push(tick)
    }
  }
  return ticks
}

/** Every second, third and so on, where there are too many. */
function thinned(ticks: readonly number[]): number[] {
  const every = Math.ceil(ticks.length / MOST_TICKS)
  return ticks.filter((_, index) => index % every === 0)
}

/** 1, 2 or 5 with zeros, at or above. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return power * ([1, 2, 5].find((digit) => digit * power >= least * (1 - 1e-9)) ?? 10)
}

const MOST_TICKS = 6
