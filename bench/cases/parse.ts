import { parseMessage } from '../../src/wire/message.ts'
import { makeChain } from '../data/chain.ts'
import { everydayMessages, messageOf } from '../data/messages.ts'
import { type Effort, race, repeat, share } from '../harness.ts'
import { type Case, grown, type Result, timed } from '../result.ts'

export const parse: Case = {
  name: 'parse',
  about: 'strict parsing: the messages of a chain, messages of many kinds, and how it grows with the records',
  async *run(effort) {
    for (const name of ['p256', 'rsa']) yield* ofChain(name, share(effort, 1 / 3))
    yield* ofKinds(share(effort, 1 / 3))
    for (const owners of ['one owner', 'own owners'] as const) yield* bySize(owners, share(effort, 1 / 4))
  },
}

async function* ofChain(name: string, effort: Effort) {
  const { exchanges } = makeChain(name)
  const contenders = exchanges.map(({ title, wire }) => repeat(title, () => parseMessage(wire)))
  const all = repeat('all', () => {
    for (const { wire } of exchanges) parseMessage(wire)
  })
  for (const timing of await race([...contenders, all], effort)) yield timed('parse', name, timing)
}

async function* ofKinds(effort: Effort) {
  const messages = everydayMessages()
  const contenders = messages.map(({ name, wire }) => repeat(name, () => parseMessage(wire)))
  for (const [index, timing] of (await race(contenders, effort)).entries()) {
    yield timed('parse', 'by kind', timing, { note: `${messages[index]!.wire.length} octets` })
  }
}

async function* bySize(owners: 'one owner' | 'own owners', effort: Effort) {
  const results: Result[] = []
  for (const at of [1, 8, 64, 512]) {
    const wire = messageOf(at, owners)
    const [timing] = await race([repeat('message', () => parseMessage(wire))], effort)
    results.push(timed('parse', `of ${owners}`, timing!, { axis: 'records', at, note: `${wire.length} octets` }))
    yield results.at(-1)!
  }
  yield grown(results, { goal: 1.2 })
}
