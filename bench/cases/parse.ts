import { parseMessage } from '../../src/wire/message.ts'
import { makeChain } from '../data/chain.ts'
import { race, repeat } from '../harness.ts'
import { type Case, timed } from '../result.ts'

export const parse: Case = {
  name: 'parse',
  about: 'strict parsing of the messages of one chain, and of all of them',
  async *run(effort) {
    for (const name of ['p256', 'rsa']) {
      const { exchanges } = makeChain(name)
      const contenders = exchanges.map(({ title, wire }) => repeat(title, () => parseMessage(wire)))
      const all = repeat('all', () => {
        for (const { wire } of exchanges) parseMessage(wire)
      })
      for (const timing of await race([...contenders, all], effort)) yield timed('parse', name, timing)
    }
  },
}
