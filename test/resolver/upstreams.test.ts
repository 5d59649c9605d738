/** Which upstream is asked when: by latency and health, with a second question when the first one takes long. */
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Asker, type AskerOptions } from '../../src/resolver/asker.ts'
import { Name } from '../../src/wire/name.ts'
import { parseUpstream } from '../../src/resolver/upstream-spec.ts'
import type { Message } from '../../src/wire/message.ts'
import { closedPort, FakeServer, type Handlers, reply, signedReply, type UdpContext } from './fake-server.ts'
import { createIdentity, FakeHttpsServer, FakeTlsServer, type Identity } from './fake-tls-server.ts'

const NEVER = new AbortController().signal
const NO_HEDGE = { unmeasured: 60_000, least: 60_000 }
const AT_ONCE = { unmeasured: 1, least: 1 }

function asker(upstreams: AskerOptions['upstreams'], options: Partial<AskerOptions> = {}) {
  const clock = { now: 0 }
  const subject = new Asker({
    ...{ upstreams, attempts: 6, attemptTimeout: 15_000, sockets: 64, hedge: NO_HEDGE, now: () => clock.now },
    ...options,
  })
  onTestFinished(() => subject.close())
  let count = 0
  const ask = (signal = NEVER) => subject.ask({ name: Name.parse(`n${count++}.example`), type: 1, class: 1 }, signal)
  return { ask, clock, subject }
}

const good: Handlers = { udp: ({ query, send }) => send(signedReply(query)) }

/** Answers, and says that it took so long. */
function taking(milliseconds: number, clock: { now: number }): Handlers {
  return {
    udp: ({ query, send }) => {
      clock.now += milliseconds
      send(signedReply(query))
    },
  }
}

describe('the quickest is asked first', () => {
  test('once it is known which that is; those that are alike in the order given', async () => {
    const handlers: Handlers[] = [{}, {}]
    await using one = await FakeServer.start(handlers[0]!)
    await using two = await FakeServer.start(handlers[1]!)
    const { ask, clock } = asker([one.spec, two.spec])
    Object.assign(handlers[0]!, taking(100, clock))
    Object.assign(handlers[1]!, taking(5, clock))
    for (let i = 0; i < 5; i++) await ask()
    expect([one.queries.length, two.queries.length]).toEqual([5, 0])
    // After a minute the other one is looked at, once.
    clock.now = 59_000
    await ask()
    clock.now = 60_000
    await ask()
    expect([one.queries.length, two.queries.length]).toEqual([6, 1])
    for (let i = 0; i < 5; i++) await ask()
    expect([one.queries.length, two.queries.length]).toEqual([6, 6])
  })

  test('of many questions at the same time, one alone goes to the one to be looked at', async () => {
    const handlers: Handlers[] = [{}, {}]
    await using one = await FakeServer.start(handlers[0]!)
    await using two = await FakeServer.start(handlers[1]!)
    const { ask, clock } = asker([one.spec, two.spec])
    Object.assign(handlers[0]!, good)
    Object.assign(handlers[1]!, good)
    await ask()
    clock.now += 60_000
    await Promise.all(Array.from({ length: 20 }, () => ask()))
    expect([one.queries.length, two.queries.length]).toEqual([20, 1])
  })
})

describe('one that fails', () => {
  test('is left at once, rests, and is tried by one question after that', async () => {
    const closed = await closedPort()
    await using server = await FakeServer.start(good)
    const { ask, clock, subject } = asker([closed, server.spec])
    const failed = () => subject.upstreamStats[0]!.exchanges
    for (let i = 0; i < 4; i++) expect(await ask()).toMatchObject({ upstream: server.spec.text })
    expect(failed()).toBe(1)
    clock.now += 1_000
    await Promise.all(Array.from({ length: 5 }, () => ask()))
    expect(failed()).toBe(2)
    // Twice as long.
    clock.now += 1_999
    await ask()
    expect(failed()).toBe(2)
    clock.now += 1
    await ask()
    expect(failed()).toBe(3)
  })

  test.each([
    ['REFUSED', 5, 1],
    // That speaks against the zone.
    ['SERVFAIL', 2, 8],
  ])('with %s is left only where that says something of it', async (_, rcode, asked) => {
    await using failing = await FakeServer.start({ udp: ({ query, send }) => send(reply(query, { rcode })) })
    await using server = await FakeServer.start(good)
    const { ask } = asker([failing.spec, server.spec])
    for (let i = 0; i < 4; i++) expect(await ask()).toMatchObject({ kind: 'message' })
    expect(failing.queries).toHaveLength(asked)
  })
})

describe('a question that is called off', () => {
  test('says nothing of the upstream it was put to', async () => {
    const handlers: Handlers = { udp: () => leaver.abort() }
    await using one = await FakeServer.start(handlers)
    await using two = await FakeServer.start(good)
    const leaver = new AbortController()
    const { ask } = asker([one.spec, two.spec])
    expect(await ask(leaver.signal)).toMatchObject({ cause: 'aborted' })
    Object.assign(handlers, good)
    expect(await ask()).toMatchObject({ upstream: one.spec.text })
  })

  test('has learnt what it has learnt', async () => {
    const leaver = new AbortController()
    const closed = await closedPort()
    const handlers: Handlers = { udp: () => leaver.abort() }
    await using two = await FakeServer.start(handlers)
    const { ask, subject } = asker([closed, two.spec])
    expect(await ask(leaver.signal)).toMatchObject({ kind: 'failure' })
    await new Promise((resolve) => setImmediate(resolve))
    Object.assign(handlers, good)
    expect(await ask()).toMatchObject({ upstream: two.spec.text })
    expect(subject.upstreamStats[0]!.exchanges).toBe(1)
  })
})

describe('a second question', () => {
  test('goes to the next upstream when the first takes longer than usual, and the first answer counts', async () => {
    await using silent = await FakeServer.start({})
    await using server = await FakeServer.start(good)
    const { ask, subject } = asker([silent.spec, server.spec], { hedge: AT_ONCE })
    expect(await ask()).toMatchObject({ kind: 'message', upstream: server.spec.text })
    expect(subject).toMatchObject({ questions: 1, exchanges: 2 })
    expect(subject.upstreamStats).toMatchObject([
      { questions: 1, exchanges: 1, timeouts: 0 },
      { questions: 1, exchanges: 1, timeouts: 0 },
    ])
  })

  test('does not end the first: its answer still counts', async () => {
    let late: UdpContext | undefined
    await using slow = await FakeServer.start({
      udp: (context) => {
        late = context
      },
    })
    await using silent = await FakeServer.start({
      udp: () => {
        clock.now += 5
        late!.send(signedReply(late!.query))
      },
    })
    const { ask, clock, subject } = asker([slow.spec, silent.spec], { hedge: AT_ONCE })
    expect(await ask()).toMatchObject({ kind: 'message', upstream: slow.spec.text })
    // The other one was not given its time, so nothing is known of it.
    expect(subject.upstreamStats.map(({ rtt }) => rtt)).toEqual([5, null])
  })

  test('is one, a third upstream is not asked as well; and the answer ends both', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    let late: UdpContext | undefined
    await using one = await FakeServer.start({})
    await using two = await FakeServer.start({
      udp: (context) => {
        late = context
      },
    })
    await using three = await FakeServer.start({})
    const { ask } = asker([one.spec, two.spec, three.spec], { hedge: { unmeasured: 300, least: 1 } })
    const asked = ask()
    while (one.queries.length === 0) await new Promise((resolve) => setImmediate(resolve))
    vi.advanceTimersByTime(300)
    while (late === undefined) await new Promise((resolve) => setImmediate(resolve))
    // Those of the two sockets.
    expect(vi.getTimerCount()).toBe(2)
    late.send(signedReply(late.query))
    expect(await asked).toMatchObject({ kind: 'message', upstream: two.spec.text })
    expect(vi.getTimerCount()).toBe(0)
    expect(three.queries).toHaveLength(0)
  })

  test('counts as an attempt', async () => {
    await using one = await FakeServer.start({})
    await using two = await FakeServer.start({})
    const { ask, subject } = asker([one.spec, two.spec], { hedge: AT_ONCE, attempts: 2, attemptTimeout: 50 })
    expect(await ask()).toMatchObject({ kind: 'failure', cause: 'timeout' })
    expect(subject.exchanges).toBe(2)
    expect(subject.upstreamStats.map(({ timeouts }) => timeouts)).toEqual([1, 1])
  })

  test('waits for what is usual of the first, which is learnt', async () => {
    const handlers: Handlers = {}
    await using server = await FakeServer.start(handlers)
    await using other = await FakeServer.start(good)
    const hedge = { unmeasured: 60_000, least: 60_000 }
    const { ask, clock } = asker([server.spec, other.spec], { hedge })
    Object.assign(handlers, taking(100, clock))
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ upstream: server.spec.text })
    // Its 100 ms and four variations: what holds for those not measured does no longer.
    hedge.least = 1
    handlers.udp = () => undefined
    expect(await ask()).toMatchObject({ upstream: other.spec.text })
    expect(server.queries).toHaveLength(4)
  })

  test('speaks against the upstream that was slower', async () => {
    const handlers: Handlers = {}
    await using slow = await FakeServer.start(handlers)
    await using quick = await FakeServer.start(good)
    const hedge = { unmeasured: 60_000, least: 60_000 }
    const { ask, clock, subject } = asker([slow.spec, quick.spec], { hedge })
    Object.assign(handlers, taking(20, clock))
    await ask()
    expect(subject.upstreamStats[0]!.rtt).toBe(20)
    handlers.udp = () => {
      clock.now += 1000
    }
    hedge.least = 1
    expect(await ask()).toMatchObject({ upstream: quick.spec.text })
    expect(subject.upstreamStats[0]!.rtt).toBe(142.5)
  })

  test('is called off with the question, and both make room for others', async () => {
    const leaver = new AbortController()
    await using one = await FakeServer.start({})
    const handlers: Handlers = { udp: () => leaver.abort() }
    await using two = await FakeServer.start(handlers)
    const { ask } = asker([one.spec, two.spec], { hedge: AT_ONCE, sockets: 2 })
    expect(await ask(leaver.signal)).toMatchObject({ kind: 'failure', cause: 'aborted' })
    handlers.udp = ({ query, send }) => send(signedReply(query))
    expect(await ask()).toMatchObject({ kind: 'message', upstream: two.spec.text })
  })
})

describe('the counters of each upstream', () => {
  test('tell questions, queries, connections, time-outs and the time to an answer', async () => {
    const handlers: Handlers = { tcp: ({ query, send }) => send(signedReply(query)) }
    await using server = await FakeServer.start(handlers)
    const { ask, clock, subject } = asker([server.spec, await closedPort()], { attemptTimeout: 50, attempts: 3 })
    handlers.udp = ({ query, send }) => {
      clock.now += 16
      send(reply(query, { truncated: true }))
    }
    await ask()
    handlers.udp = () => undefined
    handlers.tcp = () => undefined
    await ask()
    const [first, second] = subject.upstreamStats
    expect(first).toMatchObject({ upstream: server.spec.text, questions: 2, connections: 1, exchanges: 4 })
    expect(first!.timeouts).toBeGreaterThan(0)
    expect(first!.rtt).toBe(14)
    expect(second).toMatchObject({ questions: 1, exchanges: 1, timeouts: 0, rtt: null })
    expect(subject.exchanges).toBe(first!.exchanges + second!.exchanges)
  })
})

describe('upstreams over TLS and HTTPS', () => {
  let identity: Identity
  beforeAll(async () => {
    identity = await createIdentity(['dns.example'])
  })
  const answer = ({ query, send }: { query: Message; send: (octets: Uint8Array) => void }) => send(signedReply(query))

  test('are asked like others, and never in the clear', async () => {
    await using tls = await FakeTlsServer.start(identity, answer)
    await using https = await FakeHttpsServer.start(identity, answer)
    const { authorities } = identity
    const urls = [
      `tls://127.0.0.1:${tls.port}#dns.example`,
      `https://dns.example:${https.port}/dns-query#127.0.0.1`,
      `tls://127.0.0.1:${tls.port}`,
    ]
    for (const url of urls) {
      const { ask, subject } = asker([parseUpstream(url)], { authorities })
      for (let i = 0; i < 3; i++)
        expect(await ask()).toMatchObject({ kind: 'message', upstream: parseUpstream(url).text })
      expect(subject.upstreamStats).toMatchObject([{ questions: 3, exchanges: 3, connections: 1 }])
    }
    expect([tls.connections, https.connections]).toEqual([2, 1])
  })

  test('with the wrong server behind them fail, and another upstream answers', async () => {
    await using tls = await FakeTlsServer.start(identity, answer)
    await using server = await FakeServer.start(good)
    const strict = parseUpstream(`tls://127.0.0.1:${tls.port}#other.example`)
    const { authorities } = identity
    expect(await asker([strict, server.spec], { authorities }).ask()).toMatchObject({ upstream: server.spec.text })
    expect(await asker([strict], { authorities }).ask()).toMatchObject({
      ...{ kind: 'failure', cause: 'network', upstream: strict.text },
      detail: `${strict.text} is not used: its certificate does not prove that it is other.example: it is for other names`,
    })
  })

  describe('given by name', () => {
    const addresses = (query: Message, octets: Uint8Array[]) =>
      reply(query, {
        answer: octets
          .filter(({ length }) => length === (query.questions[0]!.type === 1 ? 4 : 16))
          .map((rdata) => ({ ...query.questions[0]!, ttl: 300, rdata })),
      })
    const loopback = Uint8Array.of(127, 0, 0, 1)

    test('are looked up once, at the other upstreams, whether or not those let DNSSEC through', async () => {
      await using https = await FakeHttpsServer.start(identity, answer)
      await using plain = await FakeServer.start({
        probes: true,
        udp: ({ query, send }) => send(addresses({ ...query, edns: undefined }, [loopback])),
      })
      const { authorities } = identity
      const { ask, subject } = asker([parseUpstream(`https://dns.example:${https.port}/q`), plain.spec], {
        authorities,
      })
      for (let i = 0; i < 3; i++) {
        expect(await ask()).toMatchObject({ kind: 'message' })
        https.hangUp()
        while (https.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
      }
      expect(https.connections).toBeGreaterThan(1)
      const asked = plain.queries.map(({ message }) => `${message.questions[0]!.name} ${message.questions[0]!.type}`)
      expect(asked.sort()).toEqual(['dns.example. 1', 'dns.example. 28'])
      // The two count: they were sent.
      expect(subject.exchanges).toBe(subject.upstreamStats[0]!.exchanges + 2)
    })

    test('are looked up at the bootstrap servers where there are no others', async () => {
      await using https = await FakeHttpsServer.start(identity, answer)
      await using plain = await FakeServer.start({ udp: ({ query, send }) => send(addresses(query, [loopback])) })
      const { authorities } = identity
      const upstreams = [parseUpstream(`https://dns.example:${https.port}/q`)]
      const { ask } = asker(upstreams, { authorities, bootstrap: [plain.spec] })
      expect(await ask()).toMatchObject({ kind: 'message' })
    })

    test('without an address fail, and say so; the next question looks again', async () => {
      let found: Uint8Array[] = []
      await using https = await FakeHttpsServer.start(identity, answer)
      await using plain = await FakeServer.start({ udp: ({ query, send }) => send(addresses(query, found)) })
      const { authorities } = identity
      const url = parseUpstream(`https://dns.example:${https.port}/q`)
      const { ask } = asker([url], { authorities, bootstrap: [plain.spec] })
      expect(await ask()).toMatchObject({
        ...{ kind: 'failure', cause: 'network' },
        detail: `${url.text} has no address to be found for 'dns.example'`,
      })
      found = [loopback]
      expect(await ask()).toMatchObject({ kind: 'message' })
    })

    test('with nobody to ask fail', async () => {
      const url = parseUpstream('https://dns.example/q')
      expect(await asker([url], { bootstrap: [] }).ask()).toMatchObject({ kind: 'failure', cause: 'network' })
    })

    test('are given up with the question, though nobody answers for the name', async () => {
      const leaver = new AbortController()
      await using plain = await FakeServer.start({ udp: () => leaver.abort() })
      const { ask } = asker([parseUpstream('https://dns.example/q')], { bootstrap: [plain.spec] })
      expect(await ask(leaver.signal)).toMatchObject({ kind: 'failure', cause: 'aborted' })
    })
  })
})
