import { memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { LEAF, makeChain } from './chain.ts'
import { resolverOf } from './resolver.ts'

/** Octets that stay in memory for each of many names of one zone that were looked up. */
export async function bytesPerName(kind: 'address' | 'NODATA', names: number): Promise<number> {
  const hosts = Array.from({ length: names }, (_, i) => `host-${i}.${LEAF}`)
  const chain = makeChain('p256', hosts.map((host, i) => `${host} A 10.0.${i >> 8}.${i & 0xff}`).join('\n'))
  // Nothing but the resolver may keep what it was given; a denial made anew for each name is not one of its neighbour.
  const resolver = resolverOf(chain, new Forgetful())
  await resolver.query(LEAF, 'MX')
  const before = inUse()
  for (const host of hosts) {
    const { status } = await resolver.query(host, kind === 'address' ? 'A' : 'AAAA')
    if (status !== 'secure') throw new TypeError(`${host} is ${status}`)
  }
  const after = inUse()
  // Still in use here, so that it was not collected before.
  if ((await resolver.query(hosts.at(-1)!, kind === 'address' ? 'A' : 'AAAA')).status !== 'secure')
    throw new TypeError()
  if (resolver.stats.fromCache === 0) throw new TypeError('the names were not kept')
  await resolver.close()
  return (after - before) / names
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
