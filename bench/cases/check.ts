import { type CheckBench, startCheckBench } from '../data/check.ts'
import { line } from '../fit.ts'
import type { Effort, Timing } from '../harness.ts'
import { type Case, counted, type Result, timed } from '../result.ts'

/** A whole `danelaw check`, over UDP to a recursive server that takes its time. */
export const check: Case = {
  name: 'check',
  about: 'a check of a mail domain by the latency of DNS: questions, octets, round trips, time; cold and warm',
  async *run(effort) {
    await using bench = await startCheckBench()
    // The code is compiled, sockets are open, the server's answers are made.
    for (let i = 0; i < 1 + effort.warmUp / 20; i++) await cold(bench, 'with STARTTLS')
    const delays = latencies(effort)
    for (const how of ['DNS alone', 'with STARTTLS'] as const) {
      yield* traffic(bench, how)
      yield* times(bench, how, delays, effort)
    }
  },
}

/** What a check that knows nothing puts on the wire, and one that knows everything. */
async function* traffic(bench: CheckBench, how: How) {
  bench.setLatency(0)
  await using resolver = bench.resolver()
  for (const state of ['cold', 'warm'] as const) {
    const before = { ...bench.traffic }
    await bench.check(resolver, how)
    const { queries, octets } = bench.traffic
    yield counted('check', how, `${state}, questions`, 'count', queries - before.queries)
    yield counted('check', how, `${state}, octets both ways`, 'octets', octets - before.octets)
  }
}

async function* times(bench: CheckBench, how: How, delays: readonly number[], effort: Effort) {
  const rounds = Math.max(1, Math.round(effort.rounds / 20))
  const samples = new Map(delays.map((delay) => [delay, { cold: [] as number[], warm: [] as number[] }]))
  for (let round = 0; round < rounds; round++) {
    for (const delay of [...delays, ...delays.toReversed()]) {
      bench.setLatency(delay)
      await using resolver = bench.resolver()
      samples.get(delay)!.cold.push(await timeOf(() => bench.check(resolver, how)))
      samples.get(delay)!.warm.push(await timeOf(() => bench.check(resolver, how)))
    }
  }
  for (const state of ['cold', 'warm'] as const) {
    const results: Result[] = []
    for (const at of delays) {
      const timing: Timing = { name: state, samples: samples.get(at)![state], times: 1 }
      results.push(timed('check', how, timing, { axis: 'ms latency', at }))
      yield results.at(-1)!
    }
    yield roundTrips(how, state, results)
  }
}

/** How much longer it takes for each millisecond an answer takes longer. */
function roundTrips(how: How, state: string, results: readonly Result[]): Result {
  const trips = (value: (result: Result) => number): number =>
    line(results.map((result) => [result.at!, value(result) / 1000])).slope
  const [min, median] = [trips((result) => result.min), trips((result) => result.median)]
  const result = counted('check', how, `${state}, round trips`, 'count', min)
  return { ...result, min, median, samples: results.length, note: 'milliseconds more for each of latency' }
}

async function cold(bench: CheckBench, how: How): Promise<void> {
  await using resolver = bench.resolver()
  await bench.check(resolver, how)
}

/** Microseconds. */
async function timeOf(run: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await run()
  return 1000 * (performance.now() - start)
}

function latencies({ milliseconds, thorough }: Effort): readonly number[] {
  if (milliseconds === 0) return [0, 5]
  return thorough === true ? [0, 5, 20, 80] : [0, 20]
}

type How = 'DNS alone' | 'with STARTTLS'
