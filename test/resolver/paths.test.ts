/** What stands between this host and its upstreams, learnt once and remembered (RFC 8027). */
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Asker, type AskerOptions } from '../../src/resolver/asker.ts'
import { type Message, parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import {
  addressRecord,
  answerProbe,
  closedPort,
  FakeServer,
  type Handlers,
  reply,
  ROOT_KEY,
  signedReply,
} from './fake-server.ts'
import { createIdentity, FakeTlsServer, type Identity } from './fake-tls-server.ts'

const NEVER = new AbortController().signal
const NO_HEDGE = { unmeasured: 60_000, least: 60_000 }
const KEYS = { name: Name.root, type: 48, class: 1 }

let identity: Identity
beforeAll(async () => {
  identity = await createIdentity(['dns.example'])
})

async function asker(upstreams: AskerOptions['upstreams'], options: Partial<AskerOptions> = {}) {
  const clock = { now: 0 }
  const subject = new Asker({
    ...{ upstreams, attempts: 6, attemptTimeout: 5000, sockets: 64, hedge: NO_HEDGE, now: () => clock.now },
    tlsPort: (await closedPort()).port,
    ...options,
  })
  onTestFinished(() => subject.close())
  let count = 0
  const ask = (question = { name: Name.parse(`n${count++}.example`), type: 1, class: 1 }) =>
    subject.ask(question, NEVER)
  return { ask, clock, subject }
}

function ways(server: FakeServer): string[] {
  return server.queries.map(({ tcp, message }) => `${tcp ? 'tcp' : 'udp'} ${message.questions[0]!.type}`)
}

/** Answers that have lost what DNSSEC adds, DO kept: only the probe can tell. */
const unsigned = (query: Message): Uint8Array =>
  query.questions[0]!.type === 48
    ? reply(query, { answer: [ROOT_KEY] })
    : reply(query, { answer: [addressRecord(query, 1)] })
const stripping: Handlers = {
  probes: true,
  udp: ({ query, send }) => send(unsigned(query)),
  tcp: ({ query, send }) => send(unsigned(query)),
}
/** Nothing it answers is signed, but the root's keys, as anywhere. */
const insecure: Handlers = {
  probes: true,
  udp: ({ query, send }) => send(answerProbe(query) ?? unsigned(query)),
  tcp: ({ query, send }) => send(answerProbe(query) ?? unsigned(query)),
}
const secure: Handlers = {
  probes: true,
  udp: ({ query, send }) => send(answerProbe(query) ?? signedReply(query)),
  tcp: ({ query, send }) => send(answerProbe(query) ?? signedReply(query)),
}

describe('the probe', () => {
  test('is not needed where answers are signed', async () => {
    await using server = await FakeServer.start(secure)
    const { ask } = await asker([server.spec])
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ kind: 'message' })
    expect(ways(server)).toEqual(['udp 1', 'udp 1', 'udp 1'])
  })

  test('goes out with the first answer that is not signed, and then not for ten minutes', async () => {
    await using server = await FakeServer.start(insecure)
    const { ask, clock, subject } = await asker([server.spec])
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ kind: 'message' })
    expect(ways(server)).toEqual(['udp 1', 'udp 48', 'udp 1', 'udp 1'])
    expect(subject.exchanges).toBe(4)
    clock.now += 600_000
    expect(await ask()).toMatchObject({ kind: 'message' })
    expect(ways(server).slice(4)).toEqual(['udp 1', 'udp 48'])
  })

  test('is one for all who wait for it, and for who asks that question anyway', async () => {
    const held: (() => void)[] = []
    await using server = await FakeServer.start({
      probes: true,
      udp: ({ query, send }) => {
        if (query.questions[0]!.type !== 48) send(unsigned(query))
        else held.push(() => send(answerProbe(query)!))
        if (server.queries.length === 11) for (const answer of held) answer()
      },
    })
    const { ask } = await asker([server.spec])
    const answers = await Promise.all([ask(KEYS), ...Array.from({ length: 10 }, () => ask())])
    expect(answers.every(({ kind }) => kind === 'message')).toBe(true)
    expect(ways(server).filter((way) => way === 'udp 48')).toHaveLength(1)
  })

  test('that gets no answer decides nothing', async () => {
    await using server = await FakeServer.start({
      probes: true,
      udp: ({ query, send }) => send(query.questions[0]!.type === 48 ? reply(query, { rcode: 5 }) : unsigned(query)),
    })
    const { ask } = await asker([server.spec])
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ kind: 'message' })
    expect(ways(server)).toEqual(['udp 1', 'udp 48', 'udp 1', 'udp 1'])
  })

  test('asks for the keys of a trust anchor, where that is not the root', async () => {
    await using server = await FakeServer.start(insecure)
    const { ask } = await asker([server.spec], { probe: Name.parse('island.example') })
    await ask()
    expect(server.queries[1]!.message.questions).toMatchObject([{ type: 48, name: Name.parse('island.example') }])
  })
})

describe('a path that removes DNSSEC records and keeps the DO bit', () => {
  test('is one clear failure, and for half a minute nothing is asked there any more', async () => {
    await using server = await FakeServer.start(stripping)
    const { ask, clock, subject } = await asker([server.spec])
    const first = await ask()
    expect(first).toMatchObject({ kind: 'failure', cause: 'stripped', upstream: server.spec.text })
    expect(first).toHaveProperty('detail', expect.stringContaining("sent the root's keys without a signature"))
    expect(ways(server)).toEqual(['udp 1', 'udp 48', 'tcp 1', 'tcp 48'])
    const exchanges = subject.exchanges
    for (let i = 0; i < 20; i++) expect(await ask()).toMatchObject({ kind: 'failure', cause: 'stripped' })
    expect(subject.exchanges).toBe(exchanges)
    clock.now += 30_000
    await ask()
    expect(subject.exchanges).toBeGreaterThan(exchanges)
  })

  test('is left for another upstream, which is asked first from then on', async () => {
    await using bad = await FakeServer.start(stripping)
    await using server = await FakeServer.start(secure)
    const { ask } = await asker([bad.spec, server.spec])
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ kind: 'message', upstream: server.spec.text })
    expect(ways(bad)).toEqual(['udp 1', 'udp 48'])
  })

  test('for UDP only: TCP is the way, and is taken at once from then on', async () => {
    await using server = await FakeServer.start({ ...insecure, udp: stripping.udp! })
    const { ask } = await asker([server.spec])
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ kind: 'message' })
    expect(ways(server)).toEqual(['udp 1', 'udp 48', 'tcp 1', 'tcp 48', 'tcp 1', 'tcp 1'])
    expect(server.connections).toBe(1)
  })

  test('for UDP and TCP: TLS to the same address is the way, whoever answers there', async () => {
    await using server = await FakeServer.start(stripping)
    await using encrypted = await FakeTlsServer.start(identity, ({ query, send }) => send(signedReply(query)))
    const { ask } = await asker([server.spec], { tlsPort: encrypted.port })
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ kind: 'message', upstream: server.spec.text })
    expect(ways(server)).toEqual(['udp 1', 'udp 48', 'tcp 1', 'tcp 48'])
    expect(encrypted.connections).toBe(1)
  })

  test('with nobody behind TLS: that is not tried by every question', async () => {
    await using server = await FakeServer.start({ ...stripping, tcp: ({ socket }) => socket.destroy() })
    const { ask, subject } = await asker([server.spec])
    expect(await ask()).toMatchObject({ kind: 'failure', cause: 'stripped' })
    const { connections } = subject.upstreamStats[0]!
    expect(await ask()).toMatchObject({ kind: 'failure', cause: 'stripped' })
    // TCP once more, TLS not.
    expect(subject.upstreamStats[0]!.connections).toBe(connections + 1)
  })

  test('of all upstreams: each is named', async () => {
    await using one = await FakeServer.start(stripping)
    await using two = await FakeServer.start(stripping)
    const { ask } = await asker([one.spec, two.spec], { attempts: 12 })
    await ask()
    const answer = await ask()
    expect(answer).toMatchObject({ kind: 'failure', cause: 'stripped' })
    for (const { spec } of [one, two]) expect(answer).toHaveProperty('detail', expect.stringContaining(spec.text))
  })
})

describe('what a middlebox does to EDNS', () => {
  test('an error about the cookie: the question goes out without, and the next ones too', async () => {
    const hasCookie = (query: Message) => query.edns?.options.some(({ code }) => code === 10) === true
    await using server = await FakeServer.start({
      udp: ({ query, send }) =>
        send(hasCookie(query) ? reply(query, { rcode: 1, edns: undefined }) : signedReply(query)),
    })
    const { ask } = await asker([server.spec])
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ kind: 'message' })
    expect(server.queries.map(({ message }) => hasCookie(message))).toEqual([true, false, false, false])
  })

  test('FORMERR over UDP, whatever is asked: TCP is the way', async () => {
    await using server = await FakeServer.start({
      ...secure,
      udp: ({ query, send }) => send(reply(query, { rcode: 1, edns: undefined })),
    })
    const { ask } = await asker([server.spec])
    expect(await ask()).toMatchObject({ kind: 'message' })
    expect(await ask()).toMatchObject({ kind: 'message' })
    expect(ways(server)).toEqual(['udp 1', 'udp 1', 'tcp 1', 'tcp 1'])
  })

  test('names in another case, where a random case was asked for: TCP, at once', async () => {
    const lower = (query: Message) => {
      const [asked] = query.questions
      return reply(query, { questions: [{ ...asked!, name: Name.parse(asked!.name.toCanonicalString()) }] })
    }
    await using server = await FakeServer.start({ ...secure, udp: ({ query, send }) => send(lower(query)) })
    const { ask } = await asker([server.spec], { randomCase: true })
    const name = Name.parse('a-name-of-many-letters.in-some-random-case.example')
    expect(await ask({ name, type: 1, class: 1 })).toMatchObject({ kind: 'message' })
    expect(ways(server)).toEqual(['udp 1', 'tcp 1'])
    const [overUdp, overTcp] = server.queries.map(({ message }) => message.questions[0]!.name.toString())
    expect(overUdp).not.toBe(`${name}`)
    expect(overTcp).toBe(`${name}`)
  })
})

describe('BADCOOKIE (RFC 7873 section 5.3)', () => {
  const part = Uint8Array.from({ length: 16 }, (_, i) => i)
  const answer = (query: Message, good: (server: Uint8Array) => boolean) => {
    const sent = query.edns!.options.find(({ code }) => code === 10)!.data
    const options = [{ code: 10, data: Uint8Array.of(...sent.subarray(0, 8), ...part) }]
    const edns = { udpSize: 1232, extendedRcode: 0, version: 0, dnssecOk: true, options }
    const signed = parseMessage(signedReply(query)).answer
    return good(sent.subarray(8)) ? reply(query, { answer: signed, edns }) : reply(query, { rcode: 23, edns })
  }

  test('the question goes out again with the cookie it came with', async () => {
    await using server = await FakeServer.start({
      udp: ({ query, send }) => send(answer(query, (cookie) => Buffer.compare(cookie, part) === 0)),
    })
    const { ask, subject } = await asker([server.spec])
    expect(await ask()).toMatchObject({ kind: 'message' })
    expect(await ask()).toMatchObject({ kind: 'message' })
    expect(subject.exchanges).toBe(3)
  })

  test('again and again: TCP', async () => {
    await using server = await FakeServer.start({
      ...secure,
      udp: ({ query, send }) => send(answer(query, () => false)),
    })
    const { ask } = await asker([server.spec])
    expect(await ask()).toMatchObject({ kind: 'message' })
    expect(ways(server)).toEqual(['udp 1', 'udp 1', 'tcp 1'])
  })
})

describe('TCP that is cut', () => {
  const cut: Handlers = {
    udp: ({ query, send }) => send(reply(query, { truncated: true })),
    tcp: ({ socket }) => socket.end(Uint8Array.of(2, 0, 1, 2, 3)),
  }

  test('is remembered: large answers are then asked of another upstream first', async () => {
    await using cutting = await FakeServer.start(cut)
    await using server = await FakeServer.start({ udp: cut.udp!, tcp: ({ query, send }) => send(signedReply(query)) })
    const { ask, clock } = await asker([cutting.spec, server.spec])
    expect(await ask()).toMatchObject({ kind: 'message', upstream: server.spec.text })
    expect(cutting.connections).toBe(1)
    // Its rest is over, and it is asked first again.
    clock.now += 2_000
    for (let i = 0; i < 2; i++) expect(await ask()).toMatchObject({ upstream: server.spec.text })
    expect(cutting.connections).toBe(1)
  })

  test('of the only upstream is tried all the same', async () => {
    await using server = await FakeServer.start(cut)
    const { ask } = await asker([server.spec])
    expect(await ask()).toMatchObject({ kind: 'failure', cause: 'malformed' })
    const before = server.connections
    expect(await ask()).toMatchObject({ kind: 'failure', cause: 'malformed' })
    expect(server.connections).toBeGreaterThan(before)
  })
})
