import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Rcode } from '../../src/wire/codes/rcode.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { parseMessage } from '../../src/wire/message.ts'
import * as attack from '../lab/attacker.ts'
import { DnsServer } from '../lab/dns-server.ts'
import { createInternet } from '../lab/internet.ts'
import { ask, askTcp, askUdp, query } from './dns-client.ts'

let server: DnsServer

beforeAll(async () => {
  const internet = await createInternet()
  server = await DnsServer.start({ answer: (question) => internet.answer(question) })
})
afterEach(() => server.attacks.clear())
afterAll(() => server.close())

describe('an honest server', () => {
  test('answers with ID, question, RD, RA, CD and DO as asked', async () => {
    const reply = await ask(server, 'WWW.p256.TEST', 'A', { id: 99 })
    expect(reply).toMatchObject({ id: 99, response: true, recursionDesired: true, recursionAvailable: true })
    expect(reply).toMatchObject({ checkingDisabled: true, rcode: Rcode.NOERROR, edns: { dnssecOk: true } })
    expect(String(reply.questions[0]!.name)).toBe('WWW.p256.TEST.')
    expect(reply.answer.map(({ type }) => type)).toEqual([RRType.A, RRType.RRSIG])
  })

  test('leaves DNSSEC out where DO is not set, and EDNS where there is none', async () => {
    const plain = await ask(server, 'absent.p256.test', 'A', { dnssecOk: false, checkingDisabled: false })
    expect(plain).toMatchObject({ rcode: Rcode.NXDOMAIN, checkingDisabled: false, edns: { dnssecOk: false } })
    expect(plain.authority.map(({ type }) => type)).toEqual([RRType.SOA])
    expect((await ask(server, 'p256.test', 'SOA', { udpSize: null })).edns).toBeUndefined()
  })

  test('says TC where the answer is larger than the client takes, and TCP has all of it', async () => {
    const small = await ask(server, '.', 'DNSKEY', { udpSize: 512 })
    expect(small).toMatchObject({ truncated: true, answer: [] })
    const [whole] = await askTcp(server, query('.', 'DNSKEY', { udpSize: 512 }))
    expect(parseMessage(whole!).answer.length).toBe(3)
  })

  test('answers many questions on one connection', async () => {
    const replies = await askTcp(server, query('p256.test', 'MX', { id: 1 }), query('p384.test', 'MX', { id: 2 }))
    expect(replies.map((octets) => parseMessage(octets).id)).toEqual([1, 2])
  })

  test('refuses what is no query', async () => {
    const [reply] = await askUdp(server, Uint8Array.of(0, 7, 1, 0, 0, 9, 0, 0, 0, 0, 0, 0))
    expect(parseMessage(reply!.octets)).toMatchObject({ id: 7, rcode: Rcode.FORMERR })
  })

  test('counts what it is asked', async () => {
    const before = server.count('ed25519.test', 'MX')
    await ask(server, 'ed25519.test', 'MX')
    await ask(server, 'ed25519.test', 'TXT')
    expect(server.count('ed25519.test', 'MX')).toBe(before + 1)
    expect(server.seen.at(-1)).toMatchObject({ transport: 'udp', dnssecOk: true, checkingDisabled: true })
  })
})

describe('an attacker', () => {
  test('forges records, with their signatures kept or dropped', async () => {
    const off = server.attacks.add({ name: 'www.p256.test', type: 'A' }, attack.forge('www.p256.test. A 192.0.2.66'))
    const kept = await ask(server, 'www.p256.test', 'A')
    expect(kept.answer.map(({ type }) => type).sort()).toEqual([RRType.A, RRType.RRSIG])
    expect([...kept.answer.find(({ type }) => type === RRType.A)!.rdata]).toEqual([192, 0, 2, 66])
    off()
    server.attacks.add('all', attack.forge('www.p256.test. A 192.0.2.66', { signatures: 'drop' }))
    expect((await ask(server, 'www.p256.test', 'A')).answer).toHaveLength(1)
  })

  test('strips DNSSEC, clears DO, drops EDNS', async () => {
    server.attacks.add('all', attack.strip(undefined, { dnssecOk: false }))
    const stripped = await ask(server, 'p256.test', 'MX')
    expect(stripped).toMatchObject({ edns: { dnssecOk: false } })
    expect(stripped.answer.map(({ type }) => type)).toEqual([RRType.MX])
    server.attacks.add('all', attack.dropEdns())
    expect((await ask(server, 'p256.test', 'MX')).edns).toBeUndefined()
  })

  test.each(['SERVFAIL', 'NXDOMAIN', 'NOERROR', 'REFUSED'] as const)('answers %s below a name', async (name) => {
    server.attacks.add({ below: 'p256.test' }, attack.rcode(name))
    expect(await ask(server, 'mx.p256.test', 'A')).toMatchObject({ rcode: Rcode[name], answer: [], authority: [] })
    expect((await ask(server, 'mx.p384.test', 'A')).answer.length).toBeGreaterThan(0)
  })

  test('corrupts records of a type', async () => {
    const honest = await ask(server, 'p256.test', 'SOA')
    server.attacks.add('all', attack.delay(1), attack.corrupt(RRType.RRSIG))
    const corrupted = await ask(server, 'p256.test', 'SOA')
    expect(corrupted.answer[1]!.rdata.at(-1)).toBe(honest.answer[1]!.rdata.at(-1)! ^ 1)
  })

  test('changes a message in any way', async () => {
    server.attacks.add(
      'all',
      attack.rewrite((message) => ({ ...message, recursionAvailable: false })),
    )
    expect((await ask(server, 'p256.test', 'MX')).recursionAvailable).toBe(false)
  })

  test.each(['id', 'question', 'source'] as const)('gets in first with the wrong %s', async (wrong) => {
    server.attacks.add('all', attack.impostor(wrong))
    const replies = await askUdp(server, query('p256.test', 'MX', { id: 5 }), 2)
    const parsed = replies.map(({ octets, port }) => ({ ...parseMessage(octets), port }))
    const right = parsed.find(({ rcode }) => rcode === Rcode.NOERROR)!
    const lie = parsed.find(({ rcode }) => rcode === Rcode.NXDOMAIN)!
    expect(right).toMatchObject({ id: 5, port: server.port })
    expect(lie.id === 5).toBe(wrong !== 'id')
    expect(lie.port === server.port).toBe(wrong !== 'source')
    expect(lie.questions[0]!.name.equals(right.questions[0]!.name)).toBe(wrong !== 'question')
  })

  test('repeats, truncates, sends garbage, and composes', async () => {
    server.attacks.add('all', attack.garbage('before'), attack.truncate(), attack.duplicate())
    const replies = await askUdp(server, query('p256.test', 'MX'), 3)
    expect(() => parseMessage(replies[0]!.octets)).toThrow()
    expect(replies.slice(1).map(({ octets }) => parseMessage(octets).truncated)).toEqual([true, true])
    const [whole] = await askTcp(server, query('p256.test', 'MX'))
    expect(() => parseMessage(whole!)).toThrow()
  })

  test('is silent the first time, and then no more', async () => {
    server.attacks.add({ type: 'MX' }, attack.first(1, attack.silence()))
    const both = [query('p256.test', 'MX', { id: 1 }), query('p256.test', 'MX', { id: 2 })]
    const [only] = await askUdp(server, both)
    expect(parseMessage(only!.octets).id).toBe(2)
  })

  test('closes the connection', async () => {
    server.attacks.add('all', attack.over('tcp', attack.hangUp()))
    expect(await askTcp(server, query('p256.test', 'MX'))).toEqual([])
    expect((await ask(server, 'p256.test', 'MX')).rcode).toBe(Rcode.NOERROR)
  })
})
