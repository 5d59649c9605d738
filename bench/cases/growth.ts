import type { Resolver } from '../../src/resolver/resolver.ts'
import { type Chain, LEAF, makeChain } from '../data/chain.ts'
import { type Forest, makeForest } from '../data/forest.ts'
import { resolverOf } from '../data/resolver.ts'
import { type Contender, type Effort, race, repeatAsync, share } from '../harness.ts'
import { type Case, grown, type Result, timed } from '../result.ts'

/** What a resolver's work depends on and what not: names it holds, zones it knows, lookups at the same time. */
export const growth: Case = {
  name: 'growth',
  about: 'a lookup by the names that are cached, the zones that are known, the lookups at a time: time and exponent',
  async *run(effort) {
    const each = share(effort, 1 / 4)
    yield* byNames(each)
    yield* byZones(each)
    yield* byConcurrency(each)
  },
}

/** From the cache, where more and more is in it. */
async function* byNames(effort: Effort) {
  const sizes = effort.thorough === true ? [10, 100, 1000, 10_000] : [10, 50, 250]
  const names = hosts(sizes.at(-1)!)
  const resolver = resolverOf(chainWith(names), undefined, ROOMY)
  const results: Result[] = []
  let known = 0
  let turn = 0
  for (const at of sizes) {
    while (known < at) await secure(resolver, names[known++]!)
    const [timing] = await race([repeatAsync('cached', () => secure(resolver, names[turn++ % at]!))], effort)
    results.push(timed('growth', 'cached names', timing!, { axis: 'names', at }))
    yield results.at(-1)!
  }
  await resolver.close()
  yield grown(results, { goal: 0.2 })
}

/** All of one zone's work, where more and more zones are known already. */
async function* byZones(effort: Effort) {
  const sizes = effort.thorough === true ? [1, 8, 64, 512] : [1, 4, 16]
  const forest = makeForest(sizes.at(-1)! + NEW_ZONES, 1)
  const results: Result[] = []
  await race([newZones(forest, 1)], { ...effort, rounds: 0, warmUp: 4 * effort.warmUp })
  for (const at of sizes) {
    const [timing] = await race([newZones(forest, at)], effort)
    results.push(timed('growth', 'known zones', timing!, { axis: 'zones', at }))
    yield results.at(-1)!
  }
  yield grown(results, { goal: 0.2 })
}

function newZones(forest: Forest, known: number): Contender {
  const names = forest.hosts.map(([host]) => host!)
  const chain = { anchors: forest.anchors, zones: forest.zones, about: 'a forest' }
  const wires = new Map<string, Uint8Array>()
  let resolvers: Resolver[] = []
  return {
    name: 'name in a new zone',
    async before(times) {
      resolvers = Array.from({ length: Math.ceil(times / NEW_ZONES) }, () => resolverOf(chain, wires))
      for (const resolver of resolvers) for (const name of names.slice(0, known)) await secure(resolver, name)
    },
    async run(times) {
      for (let i = 0; i < times; i++) {
        await secure(resolvers[Math.floor(i / NEW_ZONES)]!, names[known + (i % NEW_ZONES)]!)
      }
    },
  }
}

/** New names of a known zone, more and more of them at a time; for each name. */
async function* byConcurrency(effort: Effort) {
  const sizes = effort.thorough === true ? [1, 8, 64, 512] : [1, 8, 64]
  const names = hosts(sizes.at(-1)!)
  const chain = chainWith(names)
  const wires = new Map<string, Uint8Array>()
  const results: Result[] = []
  for (const at of sizes) {
    const [timing] = await race([sideBySide(chain, names, at, wires)], effort)
    results.push(timed('growth', 'lookups at a time', timing!, { axis: 'lookups', at }))
    yield results.at(-1)!
  }
  yield grown(results, { goal: 0.2 })
}

function sideBySide(chain: Chain, names: readonly string[], width: number, wires: Map<string, Uint8Array>): Contender {
  let resolvers: Resolver[] = []
  return {
    name: 'new name',
    async before(times) {
      resolvers = Array.from({ length: Math.ceil(times / names.length) }, () => resolverOf(chain, wires))
      for (const resolver of resolvers) await resolver.query(LEAF, 'MX')
    },
    async run(times) {
      for (let i = 0; i < times; i += width) {
        const those = Array.from({ length: Math.min(width, times - i) }, (_, k) => i + k)
        await Promise.all(those.map((k) => secure(resolvers[Math.floor(k / names.length)]!, names[k % names.length]!)))
      }
    },
  }
}

async function secure(resolver: Resolver, name: string): Promise<void> {
  const { status } = await resolver.query(name, 'A')
  if (status !== 'secure') throw new TypeError(`${name} is ${status}`)
}

function hosts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `host-${i}.${LEAF}`)
}

function chainWith(names: readonly string[]): Chain {
  return makeChain('p256', names.map((name, i) => `${name} A 10.0.${i >> 8}.${i & 0xff}`).join('\n'))
}

/** A cache in octets that holds all of them: what is dropped from one of the default size is asked for again. */
const ROOMY = 1 << 28
/** Zones that are new to a resolver, one after the other. */
const NEW_ZONES = 8
