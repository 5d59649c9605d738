import { ENGINES, signedByEach } from '../data/algorithms.ts'
import { race, repeat, share } from '../harness.ts'
import { type Case, timed } from '../result.ts'

export const importKeys: Case = {
  name: 'import',
  about: 'from the Public Key field of a DNSKEY to a key that can verify, by algorithm and engine',
  async *run(effort) {
    for (const { name, algorithm, publicKey } of signedByEach()) {
      const contenders = ENGINES.map((create) => {
        const engine = create()
        return repeat(engine.name, () => engine.importKey(algorithm, publicKey))
      })
      for (const timing of await race(contenders, share(effort, 1 / 3))) yield timed('import', name, timing)
    }
  },
}
