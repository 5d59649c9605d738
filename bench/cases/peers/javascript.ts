import { nativeEngine } from '../../../src/dnssec/crypto/native.ts'
import { questionOf } from '../../../src/dnssec/session.ts'
import { Name } from '../../../src/wire/name.ts'
import { answerWire, type Chain, LEAF, makeChain } from '../../data/chain.ts'
import { partsOf } from '../../data/parts.ts'
import { NOW } from '../../data/walk.ts'
import { type Contender, race, repeat, repeatAsync } from '../../harness.ts'
import { compared, timed } from '../../result.ts'
import { loadAdapters, type Peer } from '../../peers/load.ts'
import type { PeerCase } from '../../peers/peer-case.ts'

/** Other validators for Node, on the same octets in the same process. */
export const javascript: PeerCase = {
  name: 'peers-js',
  about: 'the cold chain by other validators written in JavaScript; what each leaves out stands beside it',
  async missing() {
    const { missing } = await loadAdapters()
    return missing.map((name) => `${name}: npm ci --prefix bench/peers && npm rebuild bcrypto --prefix bench/peers`)
  },
  async *run(effort) {
    const { peers } = await loadAdapters()
    for (const { name: peer, unchecked } of peers) process.stderr.write(`  ${peer} leaves out: ${unchecked}\n`)
    for (const variant of ['p256', 'rsa', 'ed25519']) {
      const chain = makeChain(variant, '@ TXT v=1')
      const { cold, coldAside } = partsOf(chain, nativeEngine())
      const contenders = [repeatAsync('danelaw', coldAside), repeat('danelaw on one thread', cold)]
      for (const peer of peers) {
        const contender = await contenderOf(peer, chain)
        if (contender === undefined) process.stderr.write(`  ${peer.name} does not get through ${variant}\n`)
        else contenders.push(contender)
      }
      // All of them are large, and take thousands of validations until they are compiled to the end.
      const timings = await race(contenders, { ...effort, warmUp: 2 * effort.warmUp })
      for (const timing of timings) {
        const unchecked = peers.find(({ name }) => name === timing.name)?.unchecked
        yield timed(
          javascript.name,
          variant,
          timing,
          unchecked === undefined ? {} : { note: `leaves out: ${unchecked}` },
        )
      }
      for (const timing of timings.slice(1)) {
        yield compared(javascript.name, variant, timings[0]!, timing, GOALS[`${variant} ${timing.name}`])
      }
    }
  },
}

/** Undefined where the peer does not get through the chain. */
async function contenderOf(peer: Peer, chain: Chain): Promise<Contender | undefined> {
  const wires = new Map<string, Uint8Array>()
  const wireOf = (name: string, type: number): Uint8Array => {
    // Some leave the final dot out.
    const key = `${name.endsWith('.') ? name : `${name}.`} ${type}`
    const wire = wires.get(key) ?? answerWire(chain.zones, questionOf(Name.parse(name), type))
    wires.set(key, wire)
    return wire
  }
  const anchor = chain.anchors.anchors[0]!.ds[0]!
  const once = await peer.make({ anchor, leaf: LEAF, zones: ['.', 'test.', LEAF], wireOf, now: NOW })
  try {
    const running = once()
    if (!(running instanceof Promise)) return repeat(peer.name, once)
    await running
    return repeatAsync(peer.name, async () => await once())
  } catch {
    return undefined
  }
}

/** How long danelaw may take at most, in times of what the peer takes. */
const GOALS: Readonly<Record<string, number>> = {
  'p256 @relaycorp/dnssec': 1 / 2,
  'p256 bns': 1 / 1.5,
  'rsa bns': 1,
  'ed25519 bns': 1,
}
