import { memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { LEAF, makeChain } from './chain.ts'
import { resolverOf } from './resolver.ts'

export type Kept = 'address' | 'NODATA'

/** Octets that stay in memory for each of many names of one zone that were looked up. */
export async function octetsPerName(kind: Kept, names: number): Promise<number> {
  const { resolver, hosts, ask } = await prepared(kind, names, ROOMY)
  const before = inUse()
  for (const host of hosts) await ask(host)
  const after = inUse()
  const { validations } = resolver.stats
  for (const host of hosts) await ask(host)
  if (resolver.stats.validations !== validations) throw new TypeError('not all names were kept')
  await resolver.close()
  return (after - before) / names
}

/** How many names a cache of the default size holds, of so many that were looked up. */
export async function namesHeld(kind: Kept, names: number): Promise<number> {
  const { resolver, hosts, ask } = await prepared(kind, names)
  for (const host of hosts) await ask(host)
  // From the newest back to the first that had to make room; asking for that one would drive out another.
  const { validations } = resolver.stats
  let held = 0
  for (const host of hosts.toReversed()) {
    await ask(host)
    if (resolver.stats.validations !== validations) break
    held++
  }
  await resolver.close()
  return held
}

async function prepared(kind: Kept, names: number, octets?: number) {
  const hosts = Array.from({ length: names }, (_, i) => `host-${i}.${LEAF}`)
  const chain = makeChain('p256', hosts.map((host, i) => `${host} A 10.0.${i >> 8}.${i & 0xff}`).join('\n'))
  // Nothing but the resolver may keep what it was given.
  const resolver = resolverOf(chain, new Forgetful(), octets)
  await resolver.query(LEAF, 'MX')
  const ask = async (host: string): Promise<void> => {
    const { status } = await resolver.query(host, kind === 'address' ? 'A' : 'AAAA')
    if (status !== 'secure') throw new TypeError(`${host} is ${status}`)
  }
  return { resolver, hosts, ask }
}

/** Octets that are reachable: the heap and what lies outside of it. */
function inUse(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, external } = memoryUsage()
  return heapUsed + external
}

class Forgetful extends Map<string, Uint8Array> {
  override set(): this {
    return this
  }
}

/** A cache in octets that holds every name. */
const ROOMY = 1 << 28
