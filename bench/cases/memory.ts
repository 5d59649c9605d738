import { pathToFileURL } from 'node:url'
import { RESOLVER_LIMITS } from '../../src/limits.ts'
import { namesHeld, octetsPerName } from '../data/memory.ts'
import { fileOf } from '../folder.ts'
import type { Effort } from '../harness.ts'
import { type Case, counted, grown, type Result } from '../result.ts'

/** What a resolver keeps in memory: for one name, and as a process that has looked many up. */
export const memory: Case = {
  name: 'memory',
  about: 'octets of memory for a name in the cache, and the process after many lookups (--lookups) of new names',
  async *run(effort) {
    yield* perName(effort)
    if (effort.lookups !== undefined) yield* wholeProcess(effort.lookups)
  },
}

async function* perName({ thorough, milliseconds }: Effort) {
  const names = thorough === true ? 10_000 : milliseconds === 0 ? 50 : 300
  for (const kind of ['address', 'NODATA'] as const) {
    const octets = await octetsPerName(kind, names)
    const note = `of ${names} names, by V8's own count after a collection`
    yield counted('memory', 'in the cache', `one name, ${kind}`, 'octets', octets, { note })
  }
  if (thorough !== true) return
  const held = await namesHeld('address', names)
  yield counted('memory', 'in the cache', 'names held at the default bound', 'count', held, {
    note: `${(RESOLVER_LIMITS.cacheOctets.value / 1e6).toFixed(1)} MB, half of it for answers, counted rather too much`,
  })
}

/** A process of its own with an upstream in another, over UDP. */
async function* wholeProcess(lookups: number) {
  const { measureMemory } = (await import(pathToFileURL(fileOf('memory/measure.mjs')).href)) as Measure
  const results: Result[] = []
  for (const at of [Math.round(lookups / 10), lookups]) {
    const { names, statuses, peak, before, seconds } = await measureMemory(at, 'small')
    if (statuses['secure'] !== names) throw new TypeError(`of ${names} names not all are secure`)
    const along = { axis: 'names', at, note: `${megabytes(before)} MB before the first lookup; ${seconds} s` }
    results.push(counted('memory', 'process', 'resident, at the most', 'octets', peak * 2 ** 20, along))
    yield results.at(-1)!
  }
  // The cache is bounded: ten times the names must not take ten times the memory.
  yield grown(results, { goal: 0.5 })
}

function megabytes(mebibytes: number): number {
  return Math.round((mebibytes * 2 ** 20) / 1e6)
}

interface Measure {
  measureMemory(
    names: number,
    heap: 'small',
  ): Promise<{
    readonly names: number
    readonly statuses: Readonly<Record<string, number>>
    /** Mebibytes. */
    readonly before: number
    readonly peak: number
    readonly seconds: number
  }>
}
