import { anchorVerdict, HOST, leafVerdict, makeServerChains, signatureChecks } from '../data/dane.ts'
import { handshakes } from '../data/handshake.ts'
import { race, repeat, repeatAsync } from '../harness.ts'
import { type Case, compared, timed } from '../result.ts'

/** A verdict on a server's certificates, beside the handshake that brought them and the signatures it rests on. */
export const dane: Case = {
  name: 'dane',
  about: 'the verdict on a TLS server: by its leaf beside the handshake, by a path beside its signatures',
  async *run(effort) {
    for (const key of ['p256', 'rsa'] as const) {
      const chains = await makeServerChains(key, SERVERS)
      const handshake = await handshakes(chains.leaves[0]!, HOST)
      const timings = await race(
        [
          repeat('3 1 1', leafVerdict(chains, 1)),
          repeat('3 0 1', leafVerdict(chains, 0)),
          repeatAsync('handshake', handshake),
          repeat('2 0 1', anchorVerdict(chains)),
          repeat('signatures', signatureChecks(chains)),
        ],
        effort,
      )
      for (const timing of timings) yield timed('dane', key, timing)
      const [spki, whole, shaken, path, floor] = timings
      yield compared('dane', key, spki!, shaken!)
      yield compared('dane', key, whole!, shaken!)
      yield compared('dane', key, path!, floor!, 1.5)
    }
  },
}

/** No leaf is met twice in a row, as in a queue; their authorities are. */
const SERVERS = 8
