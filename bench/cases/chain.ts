import process from 'node:process'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { CHAINS, makeChain } from '../data/chain.ts'
import { partsOf, warmedUp } from '../data/parts.ts'
import { race, repeat, repeatAsync, share } from '../harness.ts'
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
      const goal = name === 'p256' ? GOAL : undefined
      const aside = repeatAsync('cold, threads helping', parts.coldAside)
      const floor = repeat('floor', parts.floor)
      const contenders = [
        repeat('cold', parts.cold),
        floor,
        aside,
        repeat('parse', parts.parse),
        repeat('import', parts.importKeys),
        repeat('verify', parts.verify),
        repeat('walk without cryptography', parts.hollow),
      ]
      const timings = await race(contenders, effort.thorough === true ? effort : share(effort, 1 / 2))
      for (const timing of timings) yield timed('chain', name, timing)
      yield compared('chain', name, timings[0]!, timings[1]!, goal)
      yield compared('chain', name, timings[2]!, timings[1]!, goal)

      // What the help of other threads takes in all.
      const used = await race([contenders[0]!, aside], share(effort, 1 / 4), processorTime)
      for (const timing of used) yield timed('chain', `${name}, CPU`, timing)
      yield compared('chain', `${name}, CPU`, used[1]!, used[0]!)
    }
  },
}

/** Milliseconds of all threads. */
function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Of the chain that goals are set for. */
const GOAL = 1.1
