import { RRType } from '../../src/wire/codes/rrtype.ts'
import { Name } from '../../src/wire/name.ts'
import { LEAF, makeChain } from '../data/chain.ts'
import { resolverOf } from '../data/resolver.ts'
import { race, repeatAsync } from '../harness.ts'
import { type Case, timed } from '../result.ts'

export const warm: Case = {
  name: 'warm',
  about: 'a lookup whose answer is in the cache',
  async *run(effort) {
    const resolver = resolverOf(makeChain('p256'))
    const name = Name.parse(LEAF)
    const contenders = [
      repeatAsync('by text', () => resolver.query(LEAF, 'MX')),
      repeatAsync('by Name and number', () => resolver.query(name, RRType.MX)),
    ]
    await resolver.query(LEAF, 'MX')
    for (const timing of await race(contenders, effort)) yield timed('warm', 'p256', timing)
    await resolver.close()
  },
}
