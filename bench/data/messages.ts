/** Messages of many kinds and sizes, and RRsets to be put into canonical form. */
import { SignedData } from '../../src/dnssec/signed-data.ts'
import { RRsets } from '../../src/dnssec/rrset.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { encodeMessage, type Message, parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'
import { writeRrsig } from '../../src/wire/rdata/dnssec.ts'
import { ANSWERS, answerChain } from './answers.ts'
import { answerWire, chainOf, LEAF, pair } from './chain.ts'

export interface SampleMessage {
  readonly name: string
  readonly wire: Uint8Array
}

/** What validators see every day, as their octets. */
export function everydayMessages(): SampleMessage[] {
  const chosen = ['records', 'NODATA, NSEC', 'NODATA, NSEC3', 'NXDOMAIN, NSEC', 'NXDOMAIN, NSEC3', 'wildcard, NSEC3']
  const answers = ANSWERS.filter(({ name }) => chosen.includes(name)).map((kind) => {
    const { exchanges, question } = answerChain(kind)
    return { name: kind.name, wire: exchanges.find(({ title }) => title.startsWith(question.name))!.wire }
  })
  return [...answers, ofZone('DNSKEY, RSA 2048', '', LEAF, RRType.DNSKEY), ...large()]
}

function large(): SampleMessage[] {
  const mx = Array.from({ length: 8 }, (_, i) => `@ MX ${i} mail-${i}.provider.test.`).join('\n')
  const tlsa = Array.from({ length: 4 }, (_, i) => `_25._tcp TLSA 3 1 1 ${String(i).repeat(64)}`).join('\n')
  const txt = Array.from({ length: 16 }, (_, i) => `@ TXT "${String.fromCharCode(97 + i).repeat(200)}"`).join('\n')
  return [
    ofZone('8 MX', mx, LEAF, RRType.MX),
    ofZone('4 TLSA', tlsa, `_25._tcp.${LEAF}`, RRType.TLSA),
    ofZone('TXT of 3 KiB', txt, LEAF, RRType.TXT),
  ]
}

function ofZone(name: string, text: string, owner: string, type: number): SampleMessage {
  const zones = [
    { apex: '.', keys: pair(8) },
    { apex: 'test.', keys: pair(8) },
    { apex: LEAF, keys: pair(8), text },
  ]
  const { question, zones: set } = chainOf({ name, about: name, zones, question: { name: owner, type } })
  return { name, wire: answerWire(set, { name: Name.parse(question.name), type, class: 1 }) }
}

/** An answer of many records, all of one owner or each of its own. */
export function messageOf(count: number, owners: 'one owner' | 'own owners'): Uint8Array {
  const name = Name.parse(LEAF)
  const answer = Array.from({ length: count }, (_, i): ResourceRecord => {
    const owner = owners === 'one owner' ? name : name.prepend(`host-${i}`)
    return { name: owner, type: RRType.A, class: 1, ttl: 300, rdata: Uint8Array.of(10, i >> 16, i >> 8, i) }
  })
  return encodeMessage({ ...EMPTY, questions: [{ name, type: RRType.A, class: 1 }], answer })
}

/** Puts an RRset into canonical form and says how many octets its signature covers. */
export type Canonicalise = () => number

/** An RRset as received, its records in no order and its names in upper case. */
export function canonicalisation(type: number, rdatas: readonly Uint8Array[]): Canonicalise {
  const name = Name.parse('EXAMPLE.TEST.')
  const records = rdatas.map((rdata): ResourceRecord => ({ name, type, class: 1, ttl: 300, rdata }))
  const rrsig = writeRrsig({
    typeCovered: type,
    algorithm: 13,
    labels: 2,
    originalTtl: 300,
    expiration: 2 ** 31,
    inception: 0,
    keyTag: 1,
    signerName: name,
    signature: new Uint8Array(64),
  })
  const signature = { name, type: RRType.RRSIG, class: 1, ttl: 300, rdata: rrsig }
  const wire = encodeMessage({ ...EMPTY, questions: [{ name, type, class: 1 }], answer: [...records, signature] })
  const rrset = new RRsets(parseMessage(wire).answer).get(name, type)!
  return () => new SignedData(rrset).for(rrset.signatures[0]!).length
}

/** RDATA that a careless order would sort wrong: the last octets differ most. */
export function addresses(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const mixed = Math.imul(i + 1, 0x9e3779b1)
    return Uint8Array.of(mixed >>> 24, mixed >>> 16, mixed >>> 8, mixed)
  })
}

export function exchanges(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    Uint8Array.of(0, count - i, ...Name.parse(`MX${i}.Example.TEST.`).wire),
  )
}

const EMPTY: Message = parseMessage(Uint8Array.of(0, 1, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0))
