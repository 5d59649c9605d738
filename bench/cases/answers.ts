import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { ANSWERS, answerChain, ITERATIONS, type KindOfAnswer } from '../data/answers.ts'
import { type Parts, partsOf, warmedUp } from '../data/parts.ts'
import { type Effort, race, repeat, share } from '../harness.ts'
import { type Case, compared, grown, remaining, type Result, timed } from '../result.ts'

/** What is answered, and how it is proven, with the parts each validation is made of. */
export const answers: Case = {
  name: 'answers',
  about:
    'three zones cold: records, NODATA, NXDOMAIN, wildcards, insecure delegations; NSEC and NSEC3; the parts of each',
  async *run(effort) {
    const kinds = ANSWERS.map((kind) => ({ name: kind.name, parts: partsOfKind(kind) }))
    await warmedUp(
      kinds.map(({ parts }) => parts),
      effort,
    )
    const each = share(effort, effort.thorough === true ? 1 / 4 : 1 / 8)
    for (const { name, parts } of kinds) yield* inParts(name, parts, each)
    yield* byIterations(each)
  },
}

/** Parse, import, verify, hash and the rest, which together are the whole. */
async function* inParts(name: string, parts: Parts, effort: Effort) {
  const [cold, floor, parse, imported, hash] = await race(
    [
      repeat('cold', parts.cold),
      repeat('floor', parts.floor),
      repeat('parse', parts.parse),
      repeat('import', parts.importKeys),
      repeat('hash', parts.hash),
    ],
    effort,
  )
  const of = { part: 'cold' }
  yield timed('answers', name, cold!)
  yield timed('answers', name, parse!, of)
  yield timed('answers', name, imported!, of)
  // With keys that were just imported, as on a cold walk: their first check costs more than later ones.
  yield { ...remaining('answers', name, 'verify', floor!, [parse!, imported!]), ...of }
  yield timed('answers', name, hash!, of)
  yield { ...remaining('answers', name, 'rest', cold!, [floor!, hash!]), ...of }
  yield compared('answers', name, cold!, floor!)
}

/** One denial by the extra iterations its zone asks for, and what it would cost without. */
async function* byIterations(effort: Effort) {
  const variant = 'NXDOMAIN, NSEC3 by iterations'
  const results: Result[] = []
  const hashed: Result[] = []
  for (const iterations of ITERATIONS) {
    const parts = partsOfKind({ ...ANSWERS.find(({ name }) => name === 'NXDOMAIN, NSEC3')!, iterations })
    const timings = await race([repeat('cold', parts.cold), repeat('hash', parts.hash)], effort)
    const along = { axis: 'hashes of a name', at: 1 + iterations }
    results.push(timed('answers', variant, timings[0]!, along))
    hashed.push(timed('answers', variant, timings[1]!, along))
    yield results.at(-1)!
    yield hashed.at(-1)!
  }
  yield grown(results, { goal: 1.2 })
  yield grown(hashed, { goal: 1.2 })
}

function partsOfKind(kind: KindOfAnswer): Parts {
  return partsOf(answerChain(kind), nativeEngine(), kind.iterations)
}
