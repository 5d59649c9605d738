import { RRType } from '../../src/wire/codes/rrtype.ts'
import { Name } from '../../src/wire/name.ts'
import type { Resolver } from '../../src/resolver/resolver.ts'
import { type Chain, LEAF, makeChain } from '../data/chain.ts'
import { resolverOf } from '../data/resolver.ts'
import { type Contender, race, repeatAsync } from '../harness.ts'
import { type Case, compared, timed } from '../result.ts'

/** What memory saves: the same lookup from the cache, and by a resolver that knows nothing. */
export const warm: Case = {
  name: 'warm',
  about: 'a lookup whose answer is in the cache, beside the same by a resolver that knows nothing',
  async *run(effort) {
    const chain = makeChain('p256')
    const resolver = resolverOf(chain)
    const name = Name.parse(LEAF)
    await resolver.query(LEAF, 'MX')
    const timings = await race(
      [
        repeatAsync('by text', () => resolver.query(LEAF, 'MX')),
        repeatAsync('by Name and number', () => resolver.query(name, RRType.MX)),
        knowingNothing(chain),
      ],
      effort,
    )
    const [byText, byName, cold] = timings
    yield timed('warm', 'p256', byText!, { goal: 3 })
    yield timed('warm', 'p256', byName!, { goal: 3 })
    yield timed('warm', 'p256', cold!)
    yield compared('warm', 'p256', cold!, byText!, { atLeast: 300 })
    await resolver.close()
  },
}

function knowingNothing(chain: Chain): Contender {
  const wires = new Map<string, Uint8Array>()
  let resolvers: Resolver[] = []
  return {
    name: 'cold',
    before(times) {
      resolvers = Array.from({ length: times }, () => resolverOf(chain, wires))
    },
    async run(times) {
      for (let i = 0; i < times; i++) {
        const { status } = await resolvers[i]!.query(LEAF, 'MX')
        if (status !== 'secure') throw new TypeError(`${LEAF} is ${status}`)
      }
    },
  }
}
