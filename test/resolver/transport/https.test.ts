import events, { setMaxListeners } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type HttpsTarget, httpsTransport } from '../../../src/resolver/transport/https.ts'
import type { Counters, Outcome } from '../../../src/resolver/transport/transport.ts'
import { Name } from '../../../src/wire/name.ts'
import { addressRecord, closedPort, reply } from '../fake-server.ts'
import { createIdentity, FakeHttpsServer, FakeTlsServer, type HttpsContext, type Identity } from '../fake-tls-server.ts'

const QUESTION = { name: Name.parse('www.example.com'), type: 1, class: 1 }
const ASKING = { question: QUESTION, checkingDisabled: true }
const NEVER = new AbortController().signal
setMaxListeners(0, NEVER)

let identity: Identity
beforeAll(async () => {
  identity = await createIdentity(['dns.example'])
})
afterEach(() => {
  vi.useRealTimers()
})

const answering = ({ query, send }: HttpsContext): void => {
  send(reply(query, { answer: [addressRecord(query, 1)] }))
}

function transport(port: number, changes: Partial<HttpsTarget> = {}) {
  const counters: Counters = { exchanges: 0, connections: 0 }
  const made = httpsTransport({
    ...{ authority: `dns.example:${port}`, path: '/dns-query', port, counters, now: () => performance.now() },
    authentication: { name: 'dns.example', pins: [], authorities: identity.authorities },
    addresses: async () => ['127.0.0.1'],
    ...changes,
  })
  onTestFinished(() => made.close())
  return {
    ask: (timeout = 15_000, signal = NEVER): Promise<Outcome> => made.ask(ASKING, timeout, signal),
    counters,
    made,
  }
}

async function askServer(handler: (context: HttpsContext) => void, timeout?: number): Promise<Outcome> {
  await using server = await FakeHttpsServer.start(identity, handler)
  return await transport(server.port).ask(timeout)
}

test('the request: POST to the path, the media type, ID 0, padded (RFC 8484 section 4.1)', async () => {
  const seen: HttpsContext[] = []
  await using server = await FakeHttpsServer.start(identity, (context) => {
    seen.push(context)
    answering(context)
  })
  expect(await transport(server.port, { path: '/a/b?c=d' }).ask()).toMatchObject({ message: { answer: [{ type: 1 }] } })
  const [{ headers, query, octets }] = seen as [HttpsContext]
  expect(headers).toMatchObject({
    ...{ ':method': 'POST', ':path': '/a/b?c=d', ':authority': `dns.example:${server.port}`, ':scheme': 'https' },
    ...{ 'content-type': 'application/dns-message', accept: 'application/dns-message' },
  })
  expect(query).toMatchObject({ id: 0, recursionDesired: true, checkingDisabled: true, edns: { dnssecOk: true } })
  expect(octets.length).toBe(128)
})

test('many questions share one connection, and are answered in any order', async () => {
  const held: (() => void)[] = []
  await using server = await FakeHttpsServer.start(identity, (context) => {
    held.push(() => answering(context))
    if (held.length === 20) for (const answer of held.reverse()) answer()
  })
  const { ask, counters } = transport(server.port)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => ask()))
  expect(outcomes.every(({ kind }) => kind === 'message')).toBe(true)
  expect(counters).toEqual({ exchanges: 20, connections: 1 })
  expect(server.connections).toBe(1)
})

test('an answer of 64000 octets', async () => {
  const records = 4000
  const outcome = await askServer(({ query, send }) =>
    send(reply(query, { answer: Array.from({ length: records }, (_, i) => addressRecord(query, i & 0xff)) })),
  )
  expect(outcome.kind === 'message' && outcome.message.answer.length).toBe(records)
})

test('the time an answer has lain in a cache counts against its TTL (RFC 8484 section 5.1)', async () => {
  const aged = (age: string) =>
    askServer(({ query, send }) => send(reply(query, { answer: [addressRecord(query, 1)] }), { age }))
  const ttl = (outcome: Outcome) => outcome.kind === 'message' && outcome.message.answer[0]?.ttl
  expect(ttl(await aged('100'))).toBe(200)
  expect(ttl(await aged('1000'))).toBe(0)
  expect(ttl(await aged('-5'))).toBe(300)
})

describe('who the server is has to be proven', () => {
  test.each([
    ['another name', { name: 'other.example', pins: [] }, 'it is for other names'],
    ['another key', { name: 'dns.example', pins: [`${'A'.repeat(43)}=`] }, 'its key is not the one pinned'],
  ])('%s: nothing is asked', async (_, authentication, why) => {
    let asked = 0
    await using server = await FakeHttpsServer.start(identity, () => asked++)
    const { authorities } = identity
    const outcome = await transport(server.port, { authentication: { ...authentication, authorities } }).ask()
    expect(outcome).toHaveProperty('detail', expect.stringContaining(why))
    expect(asked).toBe(0)
  })

  test('an authority nobody knows', async () => {
    await using server = await FakeHttpsServer.start(identity, answering)
    const authentication = { name: 'dns.example', pins: [], authorities: undefined }
    const outcome = await transport(server.port, { authentication }).ask()
    expect(outcome).toHaveProperty('detail', expect.stringContaining('its authority is not known'))
  })
})

describe('failures are values', () => {
  const cases: Record<string, [(context: HttpsContext) => void, string, string]> = {
    'status 404': [({ query, send }) => send(reply(query), { ':status': 404 }), 'network', 'HTTP status 404'],
    'status 500': [({ query, send }) => send(reply(query), { ':status': 500 }), 'network', 'HTTP status 500'],
    'a redirection, which is not followed': [
      ({ query, send }) => send(reply(query), { ':status': 307, location: 'https://other.example/' }),
      'network',
      'HTTP status 307',
    ],
    'another media type': [
      ({ query, send }) => send(reply(query), { 'content-type': 'text/html; charset=utf-8' }),
      'malformed',
      "sent 'text/html'",
    ],
    'a coding nobody asked for': [
      ({ query, send }) => send(reply(query), { 'content-encoding': 'gzip' }),
      'malformed',
      'coding',
    ],
    'more than a message holds': [({ send }) => send(new Uint8Array(70_000)), 'malformed', 'more than a message holds'],
    garbage: [({ send }) => send(Uint8Array.of(1, 2, 3)), 'malformed', 'is not the answer'],
    'nothing at all': [({ send }) => send(new Uint8Array(0)), 'malformed', 'is not the answer'],
    'another question': [
      ({ query, send }) => send(reply(query, { questions: [{ name: Name.root, type: 1, class: 1 }] })),
      'malformed',
      'another question',
    ],
    'another ID': [({ query, send }) => send(reply({ ...query, id: 7 })), 'malformed', 'another ID'],
    TC: [({ query, send }) => send(reply(query, { truncated: true })), 'malformed', 'truncated'],
    'a stream reset': [({ stream }) => stream.close(2), 'network', ''],
    'a stream ended in the middle': [
      ({ stream }) => {
        stream.respond({ ':status': 200, 'content-type': 'application/dns-message' })
        stream.write(new Uint8Array(3), () => stream.destroy(new Error('cut off')))
      },
      'network',
      '',
    ],
    'a connection closed': [({ stream }) => stream.session?.destroy(), 'network', ''],
  }
  test.each(Object.entries(cases))('%s', async (_, [handler, cause, detail]) => {
    const outcome = await askServer(handler)
    expect(outcome).toMatchObject({ kind: 'failure', cause })
    expect(outcome).toHaveProperty('detail', expect.stringContaining(detail))
  })

  test('silence', async () => {
    expect(await askServer(() => undefined, 50)).toEqual({
      ...{ kind: 'failure', cause: 'timeout' },
      detail: 'did not answer over HTTPS within 50 ms',
    })
  })

  test('a server that does not speak HTTP/2', async () => {
    await using server = await FakeTlsServer.start(identity, () => undefined, [])
    const outcome = await transport(server.port).ask()
    expect(outcome).toHaveProperty('detail', 'is not used: it does not offer the protocol h2')
  })

  test('a caller that goes away, and nothing is left behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const leaver = new AbortController()
    await using server = await FakeHttpsServer.start(identity, () => leaver.abort())
    const { ask, made } = transport(server.port)
    expect(await ask(15_000, leaver.signal)).toMatchObject({ cause: 'aborted' })
    made.close()
    while (server.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a connection', () => {
  test('on which each request is complete before the next one begins', async () => {
    const frames: string[] = []
    let complete = (): void => undefined
    const all = new Promise<void>((resolve) => {
      complete = resolve
    })
    const server = createServer({ ...identity.credentials, ALPNProtocols: ['h2'] }, (socket) => {
      let octets = Buffer.alloc(0)
      let at = PREFACE_OCTETS
      socket.on('error', () => undefined)
      socket.write(Buffer.from([0, 0, 0, SETTINGS, 0, 0, 0, 0, 0]))
      socket.on('data', (chunk) => {
        octets = Buffer.concat([octets, chunk])
        for (; at + 9 <= octets.length; at += 9 + octets.readUIntBE(at, 3)) {
          const type = octets[at + 3]!
          const stream = octets.readUInt32BE(at + 5)
          const ends = (octets[at + 4]! & END_STREAM) !== 0
          if (type === HEADERS) frames.push(`${stream} begins`)
          if (type !== SETTINGS && ends) frames.push(`${stream} ends`)
        }
        if (frames.length === 20) complete()
      })
    })
    server.listen(0, '127.0.0.1')
    await events.once(server, 'listening')
    const { ask, made } = transport((server.address() as AddressInfo).port)
    const outcomes = Array.from({ length: 10 }, () => ask())
    await all
    made.close()
    await Promise.all(outcomes)
    await new Promise((resolve) => server.close(resolve))
    expect(frames).toEqual(Array.from({ length: 10 }, (_, i) => [`${2 * i + 1} begins`, `${2 * i + 1} ends`]).flat())
  })

  test('that ends with questions open: they are put once more, on a fresh one', async () => {
    await using server = await FakeHttpsServer.start(identity, (context) => {
      if (server.connections > 1) return answering(context)
      held++
      if (held === 10) context.stream.session?.destroy()
    })
    let held = 0
    const { ask, counters } = transport(server.port)
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => ask()))
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(10).fill('message'))
    expect(counters).toEqual({ exchanges: 20, connections: 2 })
  })

  test('that ends each time when many are open: fewer are sent at a time, and each no more than twice', async () => {
    const open = new Map<unknown, HttpsContext[]>()
    await using server = await FakeHttpsServer.start(identity, (context) => {
      const { session } = context.stream
      const held = open.get(session) ?? []
      held.push(context)
      open.set(session, held)
      if (held.length > 3) session?.destroy()
      if (held.length > 1) return
      setImmediate(() => {
        open.delete(session)
        for (const each of held) answering(each)
      })
    })
    const { ask, counters } = transport(server.port)
    const outcomes = await Promise.all(Array.from({ length: 32 }, () => ask()))
    expect(counters.exchanges).toBeLessThanOrEqual(64)
    // A later question meets less and less of that.
    for (let i = 0; i < 6; i++) await Promise.all(Array.from({ length: 16 }, () => ask()))
    const last = await Promise.all(Array.from({ length: 32 }, () => ask()))
    expect(outcomes).toHaveLength(32)
    expect(last.map(({ kind }) => kind)).toEqual(Array(32).fill('message'))
  })

  test('on which one request is reset stays, and the question is put once more', async () => {
    let count = 0
    await using server = await FakeHttpsServer.start(identity, (context) => {
      if (++count === 3) context.stream.close(7)
      else answering(context)
    })
    const { ask, counters } = transport(server.port)
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => ask()))
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(5).fill('message'))
    expect(counters).toEqual({ exchanges: 6, connections: 1 })
  })

  test('takes no more questions after GOAWAY, but answers those it has', async () => {
    const held: HttpsContext[] = []
    await using server = await FakeHttpsServer.start(identity, (context) => {
      if (server.connections > 1) return answering(context)
      held.push(context)
      context.stream.session?.goaway(0)
    })
    const { ask, counters } = transport(server.port)
    const first = ask()
    while (held.length === 0) await new Promise((resolve) => setImmediate(resolve))
    // Who answers a ping has read what came before it.
    await new Promise<void>((resolve) => held[0]!.stream.session?.ping(() => resolve()))
    expect(await ask()).toMatchObject({ kind: 'message' })
    answering(held[0]!)
    expect(await first).toMatchObject({ kind: 'message' })
    expect(counters).toEqual({ exchanges: 2, connections: 2 })
  })

  test('is closed when nothing was open for some time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await using server = await FakeHttpsServer.start(identity, answering)
    const { ask } = transport(server.port)
    await ask()
    expect(server.openConnections).toBe(1)
    vi.advanceTimersByTime(10_000)
    while (server.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('addresses', () => {
  test('one after the other is tried, and the one that worked is tried first from then on', async () => {
    await using server = await FakeHttpsServer.start(identity, answering)
    let looked = 0
    const addresses = async () => {
      looked++
      // Nobody listens on the first one.
      return ['127.0.0.2', '127.0.0.1']
    }
    const { ask } = transport(server.port, { addresses })
    expect(await ask()).toMatchObject({ kind: 'message' })
    server.hangUp()
    while (server.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
    expect(await ask()).toMatchObject({ kind: 'message' })
    expect(looked).toBe(2)
  })

  test('that cannot be had are the failure', async () => {
    const failure = { kind: 'failure', cause: 'network', detail: 'has no address' } as const
    expect(await transport(1, { addresses: async () => failure }).ask()).toEqual(failure)
  })

  test('on which nobody listens', async () => {
    const { port } = await closedPort()
    const outcome = await transport(port, { addresses: async () => ['127.0.0.1', '127.0.0.2'] }).ask()
    expect(outcome).toEqual({ kind: 'failure', cause: 'network', detail: 'cannot be reached: connection refused' })
  })
})

/** Of HTTP/2 (RFC 9113 sections 3.4 and 6). */
const PREFACE_OCTETS = 24
const HEADERS = 1
const SETTINGS = 4
const END_STREAM = 1
