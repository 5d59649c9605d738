import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { CHAINS, makeChain } from '../data/chain.ts'
import { partsOf, warmedUp } from '../data/parts.ts'
import { race, repeat, share } from '../harness.ts'
import { type Case, compared, timed } from '../result.ts'

/** A cold validation, and the floor below it: what remains when only the parts that nobody can spare are done. */
export const chain: Case = {
  name: 'chain',
  about: 'three zones validated cold, from the octets, against parse + import + verify of the same',
  async *run(effort) {
    const variants = CHAINS.map(({ name }) => ({ name, parts: partsOf(makeChain(name), nativeEngine()) }))
    await warmedUp(
      variants.map(({ parts }) => parts),
      effort,
    )
    for (const { name, parts } of variants) {
      const contenders = [
        repeat('cold', parts.cold),
        repeat('floor', parts.floor),
        repeat('parse', parts.parse),
        repeat('import', parts.importKeys),
        repeat('verify', parts.verify),
        repeat('walk without cryptography', parts.hollow),
      ]
      const timings = await race(contenders, effort.thorough === true ? effort : share(effort, 1 / 2))
      for (const timing of timings) yield timed('chain', name, timing)
      yield compared('chain', name, timings[0]!, timings[1]!, name === 'p256' ? GOAL : undefined)
    }
  },
}

/** Of the chain that goals are set for. */
const GOAL = 1.1
