/** Chains of zones and one question at their end, with the messages that a validation of the answer waits for. */
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import type { TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import type { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import { RRType, rrTypeName } from '../../src/wire/codes/rrtype.ts'
import { encodeMessage } from '../../src/wire/message.ts'
import type { Question } from '../../src/wire/record.ts'
import type { KeyOptions } from '../../test/lab/signer/key.ts'
import { makeTree, type Tree, type ZonePlan } from './tree.ts'
import { walk } from './walk.ts'

export interface Chain {
  readonly name: string
  readonly about: string
  readonly anchors: TrustAnchors
  readonly zones: ZoneSet
  /** The same zone by zone. */
  readonly records: Tree['records']
  /** What is asked at the end. */
  readonly question: { readonly name: string; readonly type: number }
  /** What has to come out. */
  readonly status: 'secure' | 'insecure'
  /** What the walk to the answer waits for, in its order. */
  readonly exchanges: readonly Exchange[]
}

interface Exchange {
  /** `test. DS` */
  readonly title: string
  /** The answer. */
  readonly wire: Uint8Array
}

/** The zone at the end of the chains of three. */
export const LEAF = 'example.test.'

/** The kinds of chain there are; the goals are set for the first. */
export const CHAINS: readonly {
  readonly name: string
  readonly about: string
  /** Of the root, of `test.` and of `example.test.` */
  readonly keys: readonly [readonly KeyOptions[], readonly KeyOptions[], readonly KeyOptions[]]
}[] = [
  { name: 'p256', about: 'ECDSA P-256, KSK and ZSK in each zone', keys: [pair(13), pair(13), pair(13)] },
  { name: 'rsa-root', about: 'RSA 2048 at the root, ECDSA P-256 below', keys: [pair(8), pair(13), pair(13)] },
  { name: 'p256-csk', about: 'ECDSA P-256, a single key in each zone', keys: [csk(13), csk(13), csk(13)] },
  { name: 'ed25519', about: 'Ed25519, KSK and ZSK in each zone', keys: [pair(15), pair(15), pair(15)] },
  { name: 'rsa', about: 'RSA 2048, KSK and ZSK in each zone', keys: [pair(8), pair(8), pair(8)] },
]

/** Three zones and the MX records of the last. `text` is added to it. */
export function makeChain(name: string, text = ''): Chain {
  const kind = CHAINS.find((chain) => chain.name === name)
  if (kind === undefined) throw new RangeError(`name: no chain '${name}'`)
  const [root, tld, leaf] = kind.keys
  const zones = [
    { apex: '.', keys: root },
    { apex: 'test.', keys: tld },
    { apex: LEAF, keys: leaf, text: `@ MX 10 mx1\n@ MX 20 mx2\nmx1 A 192.0.2.4\nmx2 A 192.0.2.5\n${text}` },
  ]
  return chainOf({ name, about: kind.about, zones, question: { name: LEAF, type: RRType.MX } })
}

interface ChainPlan extends Pick<Chain, 'name' | 'about' | 'question'> {
  readonly zones: readonly ZonePlan[]
  /** `secure` where nothing is said. */
  readonly status?: Chain['status']
}

export function chainOf({ name, about, zones: plans, question, status = 'secure' }: ChainPlan): Chain {
  const { anchors, zones, records } = makeTree(plans)
  const exchanges: Exchange[] = []
  walk({ anchors, engine: nativeEngine() }, question.name, question.type, (asked) => {
    const wire = answerWire(zones, asked)
    exchanges.push({ title: `${asked.name} ${rrTypeName(asked.type)}`, wire })
    return wire
  })
  return { name, about, anchors, zones, records, question, status, exchanges }
}

/** The answer of a recursive server, encoded. */
export function answerWire(zones: ZoneSet, question: Question): Uint8Array {
  return encodeMessage(zones.answer(question))
}

/** A key that signs the keys and one that signs the rest, as the root and most large zones have them. */
export function pair(algorithm: number): KeyOptions[] {
  const rsa = algorithm === 8
  return [
    { algorithm, role: 'ksk', ...(rsa && { privateKey: '2048a' }) },
    { algorithm, role: 'zsk', ...(rsa && { privateKey: '2048b' }) },
  ]
}

function csk(algorithm: number): KeyOptions[] {
  return [{ algorithm, role: 'csk' }]
}
