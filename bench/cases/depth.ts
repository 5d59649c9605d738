import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { DEPTHS, deepChain, SIGNED_WITH } from '../data/deep.ts'
import { partsOf, warmedUp } from '../data/parts.ts'
import { type Effort, race, repeat, share } from '../harness.ts'
import { type Case, compared, grown, type Result, timed } from '../result.ts'

/** A cold validation by the number of zones below the root. */
export const depth: Case = {
  name: 'depth',
  about: 'a cold chain of one to six zones below the root, by algorithm, beside its floor; and how it grows',
  async *run(effort) {
    const sizes = effort.thorough ? DEPTHS : [1, 3, 6]
    await warmedUp(
      SIGNED_WITH.map((keys) => partsOf(deepChain(keys, 3), nativeEngine())),
      effort,
    )
    for (const keys of SIGNED_WITH) yield* growing(keys, sizes, share(effort, 1 / 4))
  },
}

async function* growing(keys: (typeof SIGNED_WITH)[number], sizes: readonly number[], effort: Effort) {
  const cold: Result[] = []
  const floors: Result[] = []
  for (const at of sizes) {
    const parts = partsOf(deepChain(keys, at), nativeEngine())
    const [walked, floor] = await race([repeat('cold', parts.cold), repeat('floor', parts.floor)], effort)
    const along = { axis: 'depth', at }
    cold.push(timed('depth', keys, walked!, along))
    floors.push(timed('depth', keys, floor!, along))
    yield cold.at(-1)!
    yield floors.at(-1)!
    yield compared('depth', keys, walked!, floor!, along)
  }
  yield grown(cold, { goal: 1.2 })
  yield grown(floors)
}
