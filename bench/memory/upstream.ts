/**
 * An upstream in a process of its own, which makes a signed answer for every name below `example.test.`: an address, or
 * for every fifth that there is none. Says on standard output where it is and what to trust.
 */
import { createSocket } from 'node:dgram'
import process from 'node:process'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import { RRClass } from '../../src/wire/codes/rrclass.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { parseMasterFile } from '../../src/wire/master-file/parse.ts'
import { encodeMessage, parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import { formatRecord } from '../../src/wire/presentation/record.ts'
import type { Question, ResourceRecord } from '../../src/wire/record.ts'
import { dsFor, makeKey, type SigningKey } from '../../test/lab/signer/key.ts'
import { rrsigFields, signRRset } from '../../test/lab/signer/sign-rrset.ts'
import { signZone } from '../../test/lab/signer/sign-zone.ts'

const DAY = 86_400
const now = Math.floor(Date.now() / 1000)
const validity = { inception: now - DAY, expiration: now + 14 * DAY }
const apex = Name.parse('example.test.')
const keys = { root: makeKey(), test: makeKey(), example: makeKey() }
const zones = new ZoneSet([
  signed('.', 'test NS ns.test\nns.test A 192.0.2.2', keys.root, dsFor(keys.test, Name.parse('test.'))),
  signed('test.', 'example NS ns.example\nns.example A 192.0.2.3', keys.test, dsFor(keys.example, apex)),
  signed('example.test.', '', keys.example),
])
const denial = zones.answer({ name: apex.prepend('none'), type: RRType.A, class: RRClass.IN })
const soa = denial.authority.filter(
  ({ name, type, rdata }) => name.equals(apex) && (type === RRType.SOA || (rdata[0] === 0 && rdata[1] === RRType.SOA)),
)

const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
socket.on('message', (octets, { port, address }) => {
  const query = parseMessage(octets)
  const question = query.questions[0]!
  const { name, type } = question
  const made = type === RRType.A && name.isBelow(apex) ? madeFor(question) : zones.answer(question)
  const edns = { udpSize: 1232, extendedRcode: 0, version: 0, dnssecOk: true, options: [] }
  socket.send(encodeMessage({ ...made, id: query.id, questions: [question], edns }), port, address)
})
socket.bind(0, '127.0.0.1', () => {
  const anchor = formatRecord(dsFor(keys.root, Name.root))
  process.stdout.write(`${JSON.stringify({ upstream: `127.0.0.1:${socket.address().port}`, anchor })}\n`)
})
process.stdin.on('end', () => process.exit()).resume()

function madeFor({ name, type }: Question) {
  const index = Number(String.fromCharCode(...name.labels[0]!.subarray(1)))
  const empty = zones.answer({ name: apex, type: RRType.SOA, class: RRClass.IN })
  if (index % 5 !== 0) {
    const rdata = Uint8Array.of(10, index >>> 16, index >>> 8, index)
    return { ...empty, answer: withSignature({ name, type, class: RRClass.IN, ttl: 3600, rdata }), authority: [] }
  }
  // An NSEC of its own for each name: it has a TXT record, and the next name is the first below it.
  const rdata = Uint8Array.of(1, 0, ...name.wire, ...TXT_RRSIG_NSEC)
  const nsec = { name, type: RRType.NSEC, class: RRClass.IN, ttl: 300, rdata }
  return { ...empty, answer: [], authority: [...soa, ...withSignature(nsec)] }
}

function withSignature(record: ResourceRecord): ResourceRecord[] {
  const rrset = { name: record.name, type: record.type, ttl: record.ttl, records: [record] }
  return [record, signRRset(rrset, keys.example, rrsigFields(rrset, keys.example, apex, validity))]
}

function signed(zone: string, text: string, key: SigningKey, ...more: ResourceRecord[]): ResourceRecord[] {
  const origin = Name.parse(zone)
  const whole = `@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n${text}\n`
  const records = [...parseMasterFile(whole, { origin, defaultTtl: 3600 }), ...more]
  return signZone({ apex: origin, records, keys: [key], denial: { kind: 'nsec' }, ...validity })
}

/** A type bit map: window 0, six octets. */
const TXT_RRSIG_NSEC = [0, 6, 0, 0, 0x80, 0, 0, 3]
