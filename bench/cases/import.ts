import { checks, ENGINES } from '../data/checks.ts'
import { race, repeat } from '../harness.ts'
import { type Case, timed } from '../result.ts'

export const importKeys: Case = {
  name: 'import',
  about: 'from the Public Key field of a DNSKEY to a key that can verify',
  async *run(effort) {
    for (const { name, check } of checks()) {
      const { algorithm, publicKey } = check
      const contenders = ENGINES.map((create) => {
        const engine = create()
        return repeat(engine.name, () => engine.importKey(algorithm, publicKey))
      })
      for (const timing of await race(contenders, effort)) yield timed('import', name, timing)
    }
  },
}
