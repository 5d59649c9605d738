import { RRType } from '../../src/wire/codes/rrtype.ts'
import { addresses, canonicalisation, exchanges } from '../data/messages.ts'
import { type Effort, race, repeat, share } from '../harness.ts'
import { type Case, grown, type Result, timed } from '../result.ts'

/** From an RRset as received to the octets its signature covers (RFC 4034 sections 3.1.8.1 and 6). */
export const canonical: Case = {
  name: 'canonical',
  about: 'from an RRset to the octets that are signed: letters, order, duplicates; and how it grows with the records',
  async *run(effort) {
    yield* bySize('A', RRType.A, addresses, share(effort, 1 / 4))
    yield* bySize('MX, in capitals', RRType.MX, exchanges, share(effort, 1 / 4))
  },
}

async function* bySize(variant: string, type: number, rdatas: (count: number) => Uint8Array[], effort: Effort) {
  const results: Result[] = []
  for (const at of [1, 8, 64, 512]) {
    const canonicalise = canonicalisation(type, rdatas(at))
    const note = `${canonicalise()} octets`
    const [timing] = await race([repeat('signed data', canonicalise)], effort)
    results.push(timed('canonical', variant, timing!, { axis: 'records', at, note }))
    yield results.at(-1)!
  }
  // Sorting compares n log n times.
  yield grown(results, { goal: 1.3 })
}
