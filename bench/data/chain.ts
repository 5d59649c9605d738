/** Chains of three zones, signed by the lab's signer, as a recursive server would answer from them. */
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import { RRType, rrTypeName } from '../../src/wire/codes/rrtype.ts'
import { parseMasterFile } from '../../src/wire/master-file/parse.ts'
import { encodeMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import { readDs } from '../../src/wire/rdata/dnssec.ts'
import type { Question } from '../../src/wire/record.ts'
import { dsFor, type KeyOptions, makeKey, type SigningKey } from '../../test/lab/signer/key.ts'
import { signZone } from '../../test/lab/signer/sign-zone.ts'
import { NOW, walk } from './walk.ts'

export interface Chain {
  readonly name: string
  readonly about: string
  readonly anchors: TrustAnchors
  readonly zones: ZoneSet
  /** What the walk to the MX records at the end waits for, in its order. */
  readonly exchanges: readonly Exchange[]
}

interface Exchange {
  /** `test. DS` */
  readonly title: string
  /** The answer. */
  readonly wire: Uint8Array
}

/** The keys of the root, of `test.` and of `example.test.` */
type KeysOfZones = readonly [readonly KeyOptions[], readonly KeyOptions[], readonly KeyOptions[]]

/** The zone at the end of every chain. */
export const LEAF = 'example.test.'

/** The kinds of chain there are; the goals are set for the first. */
export const CHAINS: readonly { readonly name: string; readonly about: string; readonly keys: KeysOfZones }[] = [
  { name: 'p256', about: 'ECDSA P-256, KSK and ZSK in each zone', keys: [pair(13), pair(13), pair(13)] },
  { name: 'rsa-root', about: 'RSA 2048 at the root, ECDSA P-256 below', keys: [pair(8), pair(13), pair(13)] },
  { name: 'p256-csk', about: 'ECDSA P-256, a single key in each zone', keys: [csk(13), csk(13), csk(13)] },
  { name: 'ed25519', about: 'Ed25519, KSK and ZSK in each zone', keys: [pair(15), pair(15), pair(15)] },
  { name: 'rsa', about: 'RSA 2048, KSK and ZSK in each zone', keys: [pair(8), pair(8), pair(8)] },
]

/** Signs a chain, with fresh keys but for RSA. `text` is added to the zone at its end. */
export function makeChain(name: string, text = ''): Chain {
  const kind = CHAINS.find((chain) => chain.name === name)
  if (kind === undefined) throw new RangeError(`name: no chain '${name}'`)
  const [root, tld, leaf] = kind.keys.map((options) => options.map(makeKey)) as unknown as [Signers, Signers, Signers]
  const zones = new ZoneSet([
    signedZone('.', 'test NS ns.test.\nns.test A 192.0.2.2', root, ['test.', tld]),
    signedZone('test.', 'example NS ns.example\nns.example A 192.0.2.3', tld, [LEAF, leaf]),
    signedZone(LEAF, `@ MX 10 mx1\n@ MX 20 mx2\nmx1 A 192.0.2.4\nmx2 A 192.0.2.5\n${text}`, leaf),
  ])
  const ds = dsRecords('.', root).map(({ rdata }) => readDs(rdata))
  const anchors = new TrustAnchors([{ zone: Name.root, ds, dnskeys: [] }])
  const exchanges: Exchange[] = []
  walk({ anchors, engine: nativeEngine() }, LEAF, RRType.MX, (question) => {
    const wire = answerWire(zones, question)
    exchanges.push({ title: `${question.name} ${rrTypeName(question.type)}`, wire })
    return wire
  })
  return { name, about: kind.about, anchors, zones, exchanges }
}

/** The answer of a recursive server, encoded. */
export function answerWire(zones: ZoneSet, question: Question): Uint8Array {
  return encodeMessage(zones.answer(question))
}

type Signers = readonly SigningKey[]

function signedZone(apex: string, text: string, keys: Signers, child?: readonly [string, Signers]) {
  const name = Name.parse(apex)
  const whole = `@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n${text}\n`
  const records = parseMasterFile(whole, { origin: name, defaultTtl: 3600 })
  if (child !== undefined) records.push(...dsRecords(...child))
  const validity = { inception: NOW - 2 * DAY, expiration: NOW + 14 * DAY }
  return signZone({ apex: name, records, keys, denial: { kind: 'nsec' }, ...validity })
}

function dsRecords(apex: string, keys: Signers) {
  return keys.filter(({ role }) => role !== 'zsk').map((key) => dsFor(key, Name.parse(apex)))
}

/** A key that signs the keys and one that signs the rest, as the root and most large zones have them. */
function pair(algorithm: number): KeyOptions[] {
  const rsa = algorithm === 8
  return [
    { algorithm, role: 'ksk', ...(rsa && { privateKey: '2048a' }) },
    { algorithm, role: 'zsk', ...(rsa && { privateKey: '2048b' }) },
  ]
}

function csk(algorithm: number): KeyOptions[] {
  return [{ algorithm, role: 'csk' }]
}

const DAY = 86_400
