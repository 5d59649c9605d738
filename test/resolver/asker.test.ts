import { describe, expect, onTestFinished, test } from 'vitest'
import { Asker, type AskerOptions } from '../../src/resolver/asker.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { type Message, parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import { writeRrsig } from '../../src/wire/rdata/dnssec.ts'
import { addressRecord, closedPort, FakeServer, type Handlers, reply, signedReply } from './fake-server.ts'

const QUESTION = { name: Name.parse('www.example.com'), type: 1, class: 1 }
const ROOT_KEYS = { name: Name.root, type: RRType.DNSKEY, class: 1 }
const NEVER = new AbortController().signal
const NO_HEDGE = { unmeasured: 60_000, least: 60_000 }
const NO_EDNS = { edns: undefined }

function asker(upstreams: AskerOptions['upstreams'], options: Partial<AskerOptions> = {}): Asker {
  // Hedges are for tests of their own: on a busy machine, any answer may be late.
  const subject = new Asker({ upstreams, attempts: 6, attemptTimeout: 2000, sockets: 16, hedge: NO_HEDGE, ...options })
  onTestFinished(() => subject.close())
  return subject
}

/** A server that answers with one A record, and one that answers as told. */
const good: Handlers = {
  udp: ({ query, send }) => send(signedReply(query)),
  tcp: ({ query, send }) => send(signedReply(query)),
}
function saying(changes: Partial<Message> | ((query: Message) => Partial<Message>)): Handlers {
  const of = (query: Message) => reply(query, typeof changes === 'function' ? changes(query) : changes)
  return { udp: ({ query, send }) => send(of(query)), tcp: ({ query, send }) => send(of(query)) }
}

function ways(server: FakeServer): string[] {
  return server.queries.map(({ tcp, message }) => `${tcp ? 'tcp' : 'udp'} CD=${message.checkingDisabled ? 1 : 0}`)
}

describe('an answer', () => {
  test.each([
    ['NOERROR', 0],
    ['NXDOMAIN', 3],
    ['YXDOMAIN', 6],
  ])('of %s is handed over with the upstream it came from', async (_, rcode) => {
    await using server = await FakeServer.start(saying({ rcode }))
    const answer = await asker([server.spec]).ask(QUESTION, NEVER)
    expect(answer).toMatchObject({ kind: 'message', upstream: server.spec.text, message: { rcode } })
    expect(ways(server)).toEqual(['udp CD=1'])
  })

  test('that is truncated is asked for again over TCP, of the same upstream', async () => {
    await using server = await FakeServer.start({
      ...good,
      udp: ({ query, send }) => send(reply(query, { truncated: true })),
    })
    const subject = asker([server.spec])
    expect(await subject.ask(QUESTION, NEVER)).toMatchObject({ kind: 'message', message: { answer: [{}, {}] } })
    expect(ways(server)).toEqual(['udp CD=1', 'tcp CD=1'])
    expect(subject).toMatchObject({ questions: 1, exchanges: 2 })
  })
})

describe('SERVFAIL to CD=1 is asked once more with CD=0', () => {
  test('and the answer to that is taken', async () => {
    await using server = await FakeServer.start(saying((query) => ({ rcode: query.checkingDisabled ? 2 : 0 })))
    expect(await asker([server.spec]).ask(QUESTION, NEVER)).toMatchObject({ kind: 'message' })
    expect(ways(server)).toEqual(['udp CD=1', 'udp CD=0'])
  })

  test('and then the next upstream', async () => {
    await using failing = await FakeServer.start(saying({ rcode: 2 }))
    await using server = await FakeServer.start(good)
    const answer = await asker([failing.spec, server.spec]).ask(QUESTION, NEVER)
    expect(answer).toMatchObject({ kind: 'message', upstream: server.spec.text })
    expect(ways(failing)).toEqual(['udp CD=1', 'udp CD=0'])
  })

  test('and then it has failed, with what upstream says of the fault', async () => {
    const text = new TextEncoder().encode('\x00\x07expired\u001b[0m on 2026-01-01')
    await using server = await FakeServer.start(
      saying({
        rcode: 2,
        edns: { udpSize: 1232, extendedRcode: 0, version: 0, dnssecOk: true, options: [{ code: 15, data: text }] },
      }),
    )
    expect(await asker([server.spec]).ask(QUESTION, NEVER)).toEqual({
      kind: 'failure',
      cause: 'network',
      rcode: 2,
      upstream: server.spec.text,
      detail: `${server.spec.text} answered SERVFAIL (Signature Expired: expired [0m on 2026-01-01)`,
    })
    expect(ways(server)).toEqual(['udp CD=1', 'udp CD=0'])
  })
})

describe('an upstream that answers without an answer is not asked again, the next one is', () => {
  test.each([
    // Those may be about the cookie, so they are asked once more without it.
    ['FORMERR', 1, 2],
    ['NOTIMP', 4, 2],
    ['BADVERS', 16, 2],
    ['REFUSED', 5, 1],
    ['YXRRSET', 7, 1],
  ])('%s', async (name, rcode, times) => {
    await using refusing = await FakeServer.start(saying({ rcode }))
    await using server = await FakeServer.start(good)
    const both = asker([refusing.spec, server.spec])
    expect(await both.ask(QUESTION, NEVER)).toMatchObject({ kind: 'message', upstream: server.spec.text })
    expect(ways(refusing)).toEqual(Array(times).fill('udp CD=1'))
    expect(await asker([refusing.spec]).ask(QUESTION, NEVER)).toMatchObject({
      kind: 'failure',
      rcode,
      detail: `${refusing.spec.text} answered ${name}`,
    })
  })
})

describe('a path that strips DNSSEC (RFC 8027 section 3)', () => {
  const noDo = { edns: { udpSize: 1232, extendedRcode: 0, version: 0, dnssecOk: false, options: [] } }
  const key = { name: Name.root, type: RRType.DNSKEY, class: 1, ttl: 60, rdata: Uint8Array.of(1, 1, 3, 8, 1) }
  const signature = (typeCovered: number) => ({
    ...key,
    type: RRType.RRSIG,
    rdata: writeRrsig({
      ...{ typeCovered, algorithm: 8, labels: 0, originalTtl: 60, expiration: 2, inception: 1, keyTag: 1 },
      signerName: Name.root,
      signature: Uint8Array.of(1),
    }),
  })

  test.each([
    ['no EDNS in the answer', QUESTION, NO_EDNS],
    ['FORMERR without EDNS', QUESTION, { rcode: 1, ...NO_EDNS }],
    ['DO not echoed', QUESTION, noDo],
    ['NXDOMAIN without EDNS', QUESTION, { rcode: 3, ...NO_EDNS }],
    ["the root's keys without a signature", ROOT_KEYS, { answer: [key] }],
    ["the root's keys with another signature", ROOT_KEYS, { answer: [key, signature(RRType.SOA)] }],
    ['no answer to the root DNSKEY', ROOT_KEYS, {}],
  ])('%s: UDP, then TCP, then failure', async (_, question, changes) => {
    await using server = await FakeServer.start({ probes: true, ...saying(changes) })
    expect(await asker([server.spec]).ask(question, NEVER)).toMatchObject({ kind: 'failure', cause: 'stripped' })
    expect([...new Set(ways(server))]).toEqual(['udp CD=1', 'tcp CD=1'])
    // Not even then: without EDNS there is no DNSSEC.
    expect(server.queries.every(({ message }) => message.edns?.dnssecOk === true)).toBe(true)
  })

  test("the root's keys with their signature pass", async () => {
    await using server = await FakeServer.start({
      probes: true,
      ...saying({ answer: [key, signature(RRType.DNSKEY)] }),
    })
    expect(await asker([server.spec]).ask(ROOT_KEYS, NEVER)).toMatchObject({ kind: 'message' })
  })

  test('the next upstream is asked before TCP', async () => {
    await using stripping = await FakeServer.start(saying(NO_EDNS))
    await using server = await FakeServer.start(good)
    const answer = await asker([stripping.spec, server.spec]).ask(QUESTION, NEVER)
    expect(answer).toMatchObject({ kind: 'message', upstream: server.spec.text })
    expect(ways(stripping)).toEqual(['udp CD=1'])
  })

  test('TCP may get through where UDP does not', async () => {
    await using server = await FakeServer.start({ ...good, udp: ({ query, send }) => send(reply(query, NO_EDNS)) })
    expect(await asker([server.spec]).ask(QUESTION, NEVER)).toMatchObject({ kind: 'message' })
  })

  test('is named as the reason, also where another upstream fails otherwise', async () => {
    await using stripping = await FakeServer.start(saying(NO_EDNS))
    const closed = await closedPort()
    const answer = await asker([closed, stripping.spec]).ask(QUESTION, NEVER)
    expect(answer).toMatchObject({ kind: 'failure', cause: 'stripped', upstream: stripping.spec.text })
    expect(answer).toHaveProperty('detail', expect.stringContaining(`${closed.text} cannot be reached`))
  })
})

describe('silence', () => {
  test('is met with another datagram of another ID, then with TCP, each waiting twice as long', async () => {
    await using server = await FakeServer.start({})
    const answer = await asker([server.spec], { attempts: 4, attemptTimeout: 10 }).ask(QUESTION, NEVER)
    expect(answer).toEqual({
      kind: 'failure',
      cause: 'timeout',
      upstream: server.spec.text,
      detail: `${server.spec.text} did not answer over TCP within 80 ms`,
    })
    expect(ways(server)).toEqual(['udp CD=1', 'udp CD=1', 'tcp CD=1', 'tcp CD=1'])
    expect(server.queries[0]!.port).not.toBe(server.queries[1]!.port)
  })

  test('of the first upstream: the second answers, and is asked first from then on', async () => {
    await using silent = await FakeServer.start({})
    await using server = await FakeServer.start(good)
    const subject = asker([silent.spec, server.spec], { attemptTimeout: 250 })
    for (const name of ['a.example', 'b.example', 'c.example']) {
      const answer = await subject.ask({ ...QUESTION, name: Name.parse(name) }, NEVER)
      expect(answer).toMatchObject({ kind: 'message', upstream: server.spec.text })
    }
    expect(silent.queries).toHaveLength(1)
  })

  test('of all: each is asked in turn, and no more often than the limit says', async () => {
    await using one = await FakeServer.start({})
    await using two = await FakeServer.start({})
    await asker([one.spec, two.spec], { attempts: 3, attemptTimeout: 10 }).ask(QUESTION, NEVER)
    expect([one.queries.length, two.queries.length]).toEqual([2, 1])
  })
})

describe('attacks on one exchange', () => {
  test('a flood of guesses: the question moves to TCP at once', async () => {
    await using server = await FakeServer.start({
      ...good,
      udp: ({ query, send }) => {
        for (let i = 1; i <= 64; i++) send(reply({ ...query, id: (query.id + i) & 0xffff }))
      },
    })
    expect(await asker([server.spec]).ask(QUESTION, NEVER)).toMatchObject({ kind: 'message' })
    expect(ways(server)).toEqual(['udp CD=1', 'tcp CD=1'])
  })

  test('a forged TC to an upstream without TCP does not end the lookup where there is another', async () => {
    await using tricked = await FakeServer.start({
      udp: ({ query, send }) => send(reply(query, { truncated: true })),
      tcp: ({ socket }) => socket.destroy(),
    })
    await using server = await FakeServer.start(good)
    const answer = await asker([tricked.spec, server.spec]).ask(QUESTION, NEVER)
    expect(answer).toMatchObject({ kind: 'message', upstream: server.spec.text })
  })

  test('an answer that cannot be read, over UDP and TCP', async () => {
    await using server = await FakeServer.start({
      udp: ({ query, send }) => send(reply(query, { answer: [addressRecord(query, 1)] }).subarray(0, -14)),
      tcp: ({ query, send }) => send(reply(query, { answer: [addressRecord(query, 1)] }).subarray(0, -14)),
    })
    const answer = await asker([server.spec], { attemptTimeout: 250 }).ask(QUESTION, NEVER)
    expect(answer).toMatchObject({ kind: 'failure', cause: 'malformed' })
    expect(ways(server)).toEqual(['udp CD=1', 'tcp CD=1'])
  })
})

test('every message that answers a question is handed to who listens, octet for octet', async () => {
  const heard: [string, string, number][] = []
  await using failing = await FakeServer.start(saying({ rcode: 2 }))
  await using server = await FakeServer.start(good)
  const received: AskerOptions['received'] = ({ name }, upstream, octets) => {
    heard.push([name.toString(), upstream, parseMessage(octets).rcode])
  }
  await asker([failing.spec, server.spec], { received }).ask(QUESTION, NEVER)
  expect(heard).toEqual([
    ['www.example.com.', failing.spec.text, 2],
    ['www.example.com.', failing.spec.text, 2],
    ['www.example.com.', server.spec.text, 0],
  ])
})

describe('a closed port', () => {
  test('is said at once', async () => {
    const closed = await closedPort()
    expect(await asker([closed]).ask(QUESTION, NEVER)).toEqual({
      kind: 'failure',
      cause: 'network',
      upstream: closed.text,
      detail: `${closed.text} cannot be reached: connection refused`,
    })
  })

  test('of many upstreams: three are named, the others counted', async () => {
    const closed = await Promise.all(Array.from({ length: 5 }, closedPort))
    const answer = await asker(closed).ask(QUESTION, NEVER)
    expect(answer).toHaveProperty('detail', expect.stringMatching(/^(127[^;]*refused; ){3}and 2 more$/))
  })
})

describe('side by side', () => {
  test('the same question goes out once, whatever its case', async () => {
    await using server = await FakeServer.start(good)
    const subject = asker([server.spec])
    const names = ['www.example.com', 'WWW.example.com', 'www.example.com']
    const answers = await Promise.all(names.map((name) => subject.ask({ ...QUESTION, name: Name.parse(name) }, NEVER)))
    expect(answers.every((answer) => answer.kind === 'message')).toBe(true)
    expect(server.queries).toHaveLength(1)
    await subject.ask(QUESTION, NEVER)
    expect(server.queries).toHaveLength(2)
  })

  test('no more sockets than allowed are open; the others wait in line', async () => {
    let open = 0
    let most = 0
    await using server = await FakeServer.start({
      udp: ({ query, send }) => {
        most = Math.max(most, ++open)
        setImmediate(() => {
          open--
          send(signedReply(query))
        })
      },
    })
    const subject = asker([server.spec], { sockets: 3 })
    const questions = Array.from({ length: 30 }, (_, i) => ({ ...QUESTION, name: Name.parse(`n${i}.example`) }))
    const answers = await Promise.all(questions.map((question) => subject.ask(question, NEVER)))
    expect(answers.every((answer) => answer.kind === 'message')).toBe(true)
    expect(most).toBeLessThanOrEqual(3)
    expect(subject.exchanges).toBe(30)
  })

  test('who waits in line and leaves takes no socket', async () => {
    await using server = await FakeServer.start({ udp: ({ query, send }) => setImmediate(() => send(reply(query))) })
    const subject = asker([server.spec], { sockets: 1 })
    const leaver = new AbortController()
    const first = subject.ask(QUESTION, NEVER)
    const left = subject.ask({ ...QUESTION, name: Name.parse('a.example') }, leaver.signal)
    const last = subject.ask({ ...QUESTION, name: Name.parse('b.example') }, NEVER)
    leaver.abort()
    expect(await left).toMatchObject({ kind: 'failure', cause: 'aborted' })
    expect([await first, await last]).toMatchObject([{ kind: 'message' }, { kind: 'message' }])
    expect(server.queries).toHaveLength(2)
  })
})

test('a question called off ends its exchange and asks nobody else', async () => {
  const leaver = new AbortController()
  await using first = await FakeServer.start({ udp: () => leaver.abort() })
  await using second = await FakeServer.start(good)
  const answer = await asker([first.spec, second.spec]).ask(QUESTION, leaver.signal)
  expect(answer).toMatchObject({ kind: 'failure', cause: 'aborted' })
  expect(second.queries).toHaveLength(0)
})

test('closing calls off what is under way, whichever way it was asked', async () => {
  const handlers: Handlers = { udp: () => subject.close(), tcp: () => subject.close() }
  await using server = await FakeServer.start(handlers)
  const subject = asker([server.spec])
  expect(await subject.ask(QUESTION, NEVER)).toMatchObject({ kind: 'failure', cause: 'aborted' })
  handlers.udp = ({ query, send }) => send(reply(query, { truncated: true }))
  expect(await subject.ask(QUESTION, NEVER)).toMatchObject({ kind: 'failure', cause: 'aborted' })
  while (server.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
})
