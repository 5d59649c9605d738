import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDanelaw } from '../../peers/danelaw-child.ts'
import type { BatchResult } from '../../peers/danelaw-process.ts'
import type { PeerCase } from '../../peers/peer-case.ts'
import { startUnbound } from '../../peers/unbound.ts'
import { type Upstream, startUpstream } from '../../peers/upstream-thread.ts'
import { isThere } from '../../peers/programs.ts'
import type { Effort, Timing } from '../../harness.ts'
import { compared, type Result, timed } from '../../result.ts'

/** Against Unbound, each a process of its own, both asking the same recursive server. */
export const forwarder: PeerCase = {
  name: 'peers-unbound',
  about: 'CPU and time for names that are not known, by danelaw and by Unbound as a forwarder on the same upstream',
  missing: async () => (isThere('unbound') ? [] : ['unbound: apt-get install -y unbound']),
  async *run(effort) {
    if (!isThere('unbound')) return
    const folder = mkdtempSync(join(tmpdir(), 'danelaw-bench-'))
    try {
      await using upstream = await startUpstream({ zones: ZONES, hosts: HOSTS })
      const anchorFile = join(folder, 'root.ds')
      writeFileSync(anchorFile, upstream.anchorText)
      const contenders: readonly Contender[] = [
        { name: 'danelaw', start: async () => startDanelaw(upstream.port, anchorFile) },
        { name: 'unbound', start: async () => await startUnbound(folder, upstream.port, anchorFile) },
      ]
      yield* processorTime(contenders, upstream, effort)
      yield* waitingTime(contenders, upstream, effort)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

interface Contender {
  readonly name: string
  start(): Promise<AsyncDisposable & { ask(batch: { names: readonly string[]; width: number }): Promise<BatchResult> }>
}

/**
 * The first half of the zones brings both to their running speed; the second half counts. Every name is new, and every
 * zone is at first.
 */
async function* processorTime(
  contenders: readonly Contender[],
  { hosts, setLatency }: Upstream,
  effort: Effort,
): AsyncGenerator<Result> {
  setLatency(0)
  const half = hosts.length >> 1
  const [first, second] = [hosts.slice(0, half).flat(), hosts.slice(half).flat()]
  const timings = await inTurns(contenders, Math.max(1, Math.round(effort.rounds / 20)), async ({ name, start }) => {
    await using running = await start()
    await running.ask({ names: first, width: WIDTH })
    const { cpu, secure } = await running.ask({ names: second, width: WIDTH })
    if (secure !== second.length) throw new Error(`${name}: ${secure} of ${second.length} names are secure`)
    return cpu / second.length
  })
  for (const timing of timings) yield timed(forwarder.name, 'CPU per cold name', timing)
  yield compared(forwarder.name, 'CPU per cold name', timings[0]!, timings[1]!, 2)
}

/** One name asked of a process that has just started and knows nothing, where each answer takes a while. */
async function* waitingTime(
  contenders: readonly Contender[],
  { hosts, setLatency }: Upstream,
  effort: Effort,
): AsyncGenerator<Result> {
  setLatency(LATENCY)
  let turn = 0
  const timings = await inTurns(contenders, Math.max(1, Math.round(effort.rounds / 10)), async ({ name, start }) => {
    await using running = await start()
    const { wall, secure } = await running.ask({ names: [hosts[turn++ % hosts.length]![0]!], width: 1 })
    if (secure !== 1) throw new Error(`${name}: the name is not secure`)
    return 1000 * wall
  })
  const variant = `first name at ${LATENCY} ms`
  for (const timing of timings) yield timed(forwarder.name, variant, timing)
  yield compared(forwarder.name, variant, timings[0]!, timings[1]!, 0.5)
}

async function inTurns(
  contenders: readonly Contender[],
  rounds: number,
  measure: (contender: Contender) => Promise<number>,
): Promise<Timing[]> {
  const entries = contenders.map((contender) => ({ contender, samples: [] as number[] }))
  for (let round = 0; round < rounds; round++) {
    for (const { contender, samples } of [...entries, ...entries.toReversed()]) samples.push(await measure(contender))
  }
  return entries.map(({ contender, samples }) => ({ name: contender.name, samples, times: 1 }))
}

const ZONES = 50
const HOSTS = 100
/** Names asked at a time. */
const WIDTH = 16
/** Milliseconds. */
const LATENCY = 20
