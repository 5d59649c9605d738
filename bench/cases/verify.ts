import { checks, ENGINES } from '../data/checks.ts'
import { importKey } from '../data/parts.ts'
import { race, repeat } from '../harness.ts'
import { type Case, timed } from '../result.ts'

export const verify: Case = {
  name: 'verify',
  about: 'one signature check with the key at hand',
  async *run(effort) {
    for (const { name, check } of checks()) {
      const contenders = ENGINES.map((create) => {
        const engine = create()
        const key = importKey(engine, check)
        return repeat(engine.name, () => key.verify(check.signature, check.data))
      })
      for (const timing of await race(contenders, effort)) yield timed('verify', name, timing)
    }
  },
}
