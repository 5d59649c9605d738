import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { ZoneCache } from '../../src/resolver/zone-cache.ts'
import type { Resolver } from '../../src/resolver/resolver.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import { questionOf } from '../../src/dnssec/session.ts'
import { answerWire, type Chain, LEAF, makeChain } from '../data/chain.ts'
import { importKey } from '../data/parts.ts'
import { resolverOf } from '../data/resolver.ts'
import { walk } from '../data/walk.ts'
import { recording } from '../data/work.ts'
import { type Contender, race, repeat } from '../harness.ts'
import { type Case, compared, timed } from '../result.ts'

/** The keys of the zone are known, the name is not: one message, one signature. */
export const zone: Case = {
  name: 'zone',
  about: 'a new name in a zone whose keys are known, against one bare signature check',
  async *run(effort) {
    const chain = makeChain('p256', NAMES.map((name, i) => `${name} A 192.0.2.${i % 256}`).join('\n'))
    const contenders = [...walking(chain), resolving(chain)]
    const timings = await race(contenders, effort)
    for (const timing of timings) yield timed('zone', 'p256', timing)
    const [validated, parsed, verified, resolved] = timings
    yield compared('zone', 'p256', validated!, verified!, 1.15)
    yield compared('zone', 'p256', validated!, parsed!)
    yield compared('zone', 'p256', resolved!, verified!)
  },
}

/** The walk alone, and the same signatures without it. */
function walking({ anchors, zones }: Chain): Contender[] {
  const answers = NAMES.map((name) => ({ name, wire: answerWire(zones, questionOf(Name.parse(name), RRType.A)) }))
  const warmZone = (engine: CryptoEngine) => {
    const options = { anchors, engine, memory: new ZoneCache(MEMORY_OCTETS) }
    walk(options, LEAF, RRType.MX, (question) => answerWire(zones, question))
    return (index: number): void => {
      const { name, wire } = answers[index]!
      const { status } = walk(options, name, RRType.A, () => wire)
      if (status !== 'secure') throw new TypeError(`${name} is ${status}`)
    }
  }
  const { engine, work } = recording(nativeEngine())
  const noted = warmZone(engine)
  work.checks.length = 0
  for (const index of NAMES.keys()) noted(index)
  const checks = work.checks.map((check) => ({ ...check, key: importKey(nativeEngine(), check) }))
  if (checks.length !== NAMES.length) throw new TypeError(`${checks.length} checks for ${NAMES.length} names`)
  const verifyOne = (index: number): void => {
    const { key, signature, data } = checks[index]!
    if (!key.verify(signature, data)) throw new TypeError('a signature does not hold')
  }

  const validateOne = warmZone(nativeEngine())
  let turn = 0
  const next = (): number => turn++ % NAMES.length
  return [
    repeat('walk', () => validateOne(next())),
    repeat('parse + verify', () => {
      const index = next()
      parseMessage(answers[index]!.wire)
      verifyOne(index)
    }),
    repeat('verify', () => verifyOne(next())),
  ]
}

/** Through the resolver, with its caches; each name is new to the resolver it is asked of. */
function resolving(chain: Chain): Contender {
  const wires = new Map<string, Uint8Array>()
  let resolvers: Resolver[] = []
  return {
    name: 'resolver',
    async before(times) {
      const count = Math.ceil(times / NAMES.length)
      resolvers = Array.from({ length: count }, () => resolverOf(chain, wires))
      for (const resolver of resolvers) await resolver.query(LEAF, 'MX')
    },
    async run(times) {
      for (let i = 0; i < times; i++) {
        const { status } = await resolvers[Math.floor(i / NAMES.length)]!.query(NAMES[i % NAMES.length]!, 'A')
        if (status !== 'secure') throw new TypeError(`a name is ${status}`)
      }
    },
  }
}

const NAMES = Array.from({ length: 512 }, (_, i) => `host-${i}.${LEAF}`)
const MEMORY_OCTETS = 1 << 20
