import { Resolver } from '../../src/resolver/resolver.ts'
import { parseMessage } from '../../src/wire/message.ts'
import type { Question } from '../../src/wire/record.ts'
import { questionKey } from '../../src/dnssec/walk.ts'
import { answerWire, type Chain } from './chain.ts'
import { NOW } from './walk.ts'

/**
 * A resolver that gets its answers from memory, as octets, each made when it is first asked for.
 * @param octets bound on its cache, where it is not the default
 */
export function resolverOf(
  chain: Pick<Chain, 'anchors' | 'zones' | 'about'>,
  wires = new Map<string, Uint8Array>(),
  octets?: number,
): Resolver {
  const wireOf = (question: Question): Uint8Array => {
    const key = questionKey(question)
    const wire = wires.get(key) ?? answerWire(chain.zones, question)
    wires.set(key, wire)
    return wire
  }
  return new Resolver({
    trustAnchors: chain.anchors.anchors,
    now: NOW,
    ...(octets !== undefined && { cache: { octets } }),
    fixture: {
      description: chain.about,
      answer: (question) => ({ kind: 'message', message: parseMessage(wireOf(question)), upstream: 'bench' }),
    },
  })
}
