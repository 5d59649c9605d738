/** Times contenders side by side: in turns, there and back again, so that none has the quieter half of the run. */

/** One thing to be timed. */
export interface Contender {
  readonly name: string
  /** Does it `times` times. */
  readonly run: (times: number) => void | Promise<void>
  /** What has to be made ready for the next `times` times; not timed. */
  readonly before?: (times: number) => void | Promise<void>
}

/** How much time is given to a measurement. */
export interface Effort {
  /** Rounds, each of which takes two samples of every contender: A B C C B A. */
  readonly rounds: number
  /** Length of one sample; 0 runs everything once, to see that it works. */
  readonly milliseconds: number
  /** Milliseconds that each contender runs before, for the code to be compiled to the end. */
  readonly warmUp: number
  /** The full sizes, and programs of others as well; else what fits into a first look. */
  readonly thorough?: boolean
  /** Names that are looked up to see what memory that takes. */
  readonly lookups?: number
}

/** A part of the effort for each of many measurements, whose code is warm soon. */
export function share(effort: Effort, part: number): Effort {
  const rounds = Math.max(1, Math.round(effort.rounds * part))
  return { ...effort, rounds, warmUp: effort.warmUp * part }
}

/** What was measured of one contender. */
export interface Timing {
  readonly name: string
  /** Microseconds for one time, sample by sample, in the order they were taken. */
  readonly samples: readonly number[]
  /** How many times one sample did it. */
  readonly times: number
}

/** The least and the middle one of the samples: what it costs undisturbed, and what it cost here. */
export interface Summary {
  readonly min: number
  readonly median: number
}

/** Times all contenders in turns. `clock` tells milliseconds. */
export async function race(
  contenders: readonly Contender[],
  effort: Effort,
  clock: Clock = () => performance.now(),
): Promise<Timing[]> {
  const entries: { contender: Contender; times: number; samples: number[] }[] = []
  for (const contender of contenders) {
    entries.push({ contender, times: await warmUp(contender, effort, clock), samples: [] })
  }
  for (let round = 0; round < effort.rounds; round++) {
    for (const entry of [...entries, ...entries.toReversed()]) {
      entry.samples.push((1000 * (await sample(entry.contender, entry.times, clock))) / entry.times)
    }
  }
  return entries.map(({ contender, times, samples }) => ({ name: contender.name, samples, times }))
}

export function summary(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError('samples: none')
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { min: sorted[0]!, median }
}

/** How many times `a` takes as long as `b`: the one minimum by the other, and the median of samples taken together. */
export function ratio(a: Timing, b: Timing): Summary {
  const pairs = a.samples.map((sample, index) => sample / b.samples[index]!)
  return { min: summary(a.samples).min / summary(b.samples).min, median: summary(pairs).median }
}

/** A contender that is one synchronous function. */
export function repeat(name: string, once: () => unknown): Contender {
  return {
    name,
    run(times) {
      for (let i = 0; i < times; i++) kept = once()
    },
  }
}

/** A contender that is one function to be awaited. */
export function repeatAsync(name: string, once: () => Promise<unknown>): Contender {
  return {
    name,
    async run(times) {
      for (let i = 0; i < times; i++) kept = await once()
    },
  }
}

/** The last result; a compiler that sees it used cannot leave the work out. */
export let kept: unknown

/** Runs for a while, and finds how many times fill one sample. */
async function warmUp(contender: Contender, { milliseconds, warmUp }: Effort, clock: Clock): Promise<number> {
  if (milliseconds === 0) return 1
  let times = 1
  let total = 0
  for (;;) {
    const spent = await sample(contender, times, clock)
    total += spent
    if (spent < milliseconds) times = Math.ceil(times * Math.min(2, (1.05 * milliseconds) / Math.max(spent, 0.001)))
    else if (total >= warmUp) return times
  }
}

/** Milliseconds. */
async function sample(contender: Contender, times: number, clock: Clock): Promise<number> {
  await contender.before?.(times)
  const start = clock()
  const running = contender.run(times)
  if (running !== undefined) await running
  return clock() - start
}

type Clock = () => number
