import { createSocket, Socket } from 'node:dgram'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Outcome, Transport } from '../../../src/resolver/transport/transport.ts'
import { udpTransport } from '../../../src/resolver/transport/udp.ts'
import type { PlainUpstream } from '../../../src/resolver/upstream-spec.ts'
import { Name } from '../../../src/wire/name.ts'
import { addressRecord, closedPort, FakeServer, type Handlers, reply, type UdpContext } from '../fake-server.ts'

const QUESTION = { name: Name.parse('www.Example.com'), type: 1, class: 1 }
const ASKING = { question: QUESTION, checkingDisabled: true }
const NEVER = new AbortController().signal

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function transport(to: PlainUpstream): Transport {
  return udpTransport({ ...to, counters: { exchanges: 0, connections: 0 }, now: () => performance.now() })
}

async function askServer(udp: Handlers['udp'], timeout = 5000): Promise<{ outcome: Outcome; server: FakeServer }> {
  await using server = await FakeServer.start({ ...(udp && { udp }) })
  const outcome = await transport(server.spec).ask(ASKING, timeout, NEVER)
  return { outcome, server }
}

function lastOctet(outcome: Outcome): number | undefined {
  return outcome.kind === 'message' ? outcome.message.answer[0]?.rdata[3] : undefined
}

describe('the query', () => {
  test('has RD, CD and DO set, 1232 octets of room, and one question in lower case, which every forwarder leaves alone', async () => {
    const { server } = await askServer(({ query, send }) => send(reply(query)))
    const { message } = server.queries[0]!
    expect(message).toMatchObject({ response: false, recursionDesired: true, checkingDisabled: true, opcode: 0 })
    expect(message.edns).toMatchObject({ dnssecOk: true, udpSize: 1232, version: 0 })
    expect(message.questions).toHaveLength(1)
    expect(message.questions[0]!.name.toString()).toBe('www.example.com.')
  })

  test('has another ID and comes from another port each time', async () => {
    await using server = await FakeServer.start({ udp: ({ query, send }) => send(reply(query)) })
    const subject = transport(server.spec)
    await Promise.all(Array.from({ length: 24 }, () => subject.ask(ASKING, 5000, new AbortController().signal)))
    expect(new Set(server.queries.map(({ port }) => port)).size).toBe(24)
    expect(new Set(server.queries.map(({ message }) => message.id)).size).toBeGreaterThan(20)
  })
})

test('a socket bound to an address of this host is not shared between the workers of a cluster', async () => {
  const bind = vi.spyOn(Socket.prototype, 'bind')
  await using server = await FakeServer.start({ udp: ({ query, send }) => send(reply(query)) })
  const local = { ipv4: '127.0.0.1', ipv6: undefined }
  const counters = { exchanges: 0, connections: 0 }
  bind.mockClear()
  const subject = udpTransport({ ...server.spec, local, counters, now: () => performance.now() })
  expect(await subject.ask(ASKING, 5000, NEVER)).toMatchObject({ kind: 'message' })
  expect(bind.mock.calls).toEqual([[{ address: '127.0.0.1', port: 0, exclusive: true }]])
})

describe('what is not the answer is ignored, and the wait goes on (RFC 5452 section 9.1)', () => {
  const forged = { answer: [{ name: QUESTION.name, type: 1, class: 1, ttl: 300, rdata: Uint8Array.of(6, 6, 6, 6) }] }
  const other = (name: string, type = 1, rrclass = 1) => [{ name: Name.parse(name), type, class: rrclass }]
  const forgeries: Record<string, (context: UdpContext) => Uint8Array> = {
    'another ID': ({ query }) => reply({ ...query, id: query.id ^ 1 }, forged),
    'QR clear': ({ query }) => reply(query, { ...forged, response: false }),
    'another opcode': ({ query }) => reply(query, { ...forged, opcode: 5 }),
    'another name': ({ query }) => reply(query, { ...forged, questions: other('www.example.org') }),
    'the name in another case': ({ query }) => reply(query, { ...forged, questions: other('www.EXAMPLE.com') }),
    'another type': ({ query }) => reply(query, { ...forged, questions: other('www.example.com', 28) }),
    'another class': ({ query }) => reply(query, { ...forged, questions: other('www.example.com', 1, 3) }),
    'no question': ({ query }) => reply(query, { ...forged, questions: [] }),
    'two questions': ({ query }) => reply(query, { ...forged, questions: [...query.questions, ...query.questions] }),
    'a truncated message of another ID': ({ query }) => reply({ ...query, id: query.id ^ 1 }, { truncated: true }),
    'no octets at all': () => new Uint8Array(0),
    'half a header': ({ query }) => reply(query).subarray(0, 7),
    garbage: () => Uint8Array.from({ length: 200 }, (_, i) => (i * 37) & 0xff),
    'an answer cut short': ({ query }) => reply(query, { answer: [addressRecord(query, 6)] }).subarray(0, -14),
    'octets behind the answer': ({ query }) => Uint8Array.of(...reply(query, forged), 0),
  }
  test.each(Object.entries(forgeries))('%s', async (_, forge) => {
    const { outcome } = await askServer((context) => {
      context.send(forge(context))
      context.send(reply(context.query, { answer: [addressRecord(context.query, 1)] }))
    })
    expect(lastOctet(outcome)).toBe(1)
  })

  test('the right answer from another port', async () => {
    const outsider = createSocket('udp4')
    const { outcome } = await askServer(({ query, from, send }) => {
      outsider.send(reply(query, forged), from.port, from.address, () => {
        send(reply(query, { answer: [addressRecord(query, 1)] }))
      })
    })
    outsider.close()
    expect(lastOctet(outcome)).toBe(1)
  })

  test('as many as the limit allows; then the socket is given up, and says why', async () => {
    const flood = (count: number) =>
      askServer(({ query, send }) => {
        for (let i = 0; i < count; i++) send(reply({ ...query, id: query.id ^ 1 }))
        send(reply(query, { answer: [addressRecord(query, 1)] }))
      })
    expect(lastOctet((await flood(63)).outcome)).toBe(1)
    expect((await flood(64)).outcome).toMatchObject({ kind: 'failure', cause: 'doubtful' })
  })
})

test('TC asks for another transport, whatever else the message holds', async () => {
  const { outcome } = await askServer(({ query, send }) =>
    send(reply(query, { truncated: true, answer: [addressRecord(query, 1)] }).subarray(0, -20)),
  )
  expect(outcome).toEqual({ kind: 'truncated' })
})

describe('failures are values', () => {
  test('silence', async () => {
    const { outcome } = await askServer(undefined, 20)
    expect(outcome).toEqual({ kind: 'failure', cause: 'timeout', detail: 'did not answer within 20 ms' })
  })

  test('silence but for what was ignored', async () => {
    const { outcome } = await askServer(({ query, send }) => send(reply({ ...query, id: query.id ^ 1 })), 250)
    expect(outcome).toEqual({
      kind: 'failure',
      cause: 'timeout',
      detail: 'did not answer within 250 ms; 1 datagrams ignored, the last: another ID',
    })
  })

  test('a port on which nobody listens, at once', async () => {
    const outcome = await transport(await closedPort()).ask(ASKING, 5000, NEVER)
    expect(outcome).toEqual({ kind: 'failure', cause: 'network', detail: 'cannot be reached: connection refused' })
  })

  test.each(['before', 'at once', 'later'])('a caller that goes away, %s', async (when) => {
    await using server = await FakeServer.start({ udp: () => controller.abort() })
    const controller = new AbortController()
    if (when === 'before') controller.abort()
    const asked = transport(server.spec).ask(ASKING, 5000, controller.signal)
    if (when === 'at once') controller.abort()
    expect(await asked).toMatchObject({ kind: 'failure', cause: 'aborted' })
  })
})

test('no timer is left behind, whatever the end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const ask = (upstream: PlainUpstream, signal = NEVER) => transport(upstream).ask(ASKING, 5000, signal)
  await using server = await FakeServer.start({ udp: ({ query, send }) => send(reply(query)) })
  expect(await ask(server.spec)).toMatchObject({ kind: 'message' })
  expect(await ask(await closedPort())).toMatchObject({ kind: 'failure' })
  const leaver = new AbortController()
  const left = ask(server.spec, leaver.signal)
  expect(vi.getTimerCount()).toBe(1)
  leaver.abort()
  expect(await left).toMatchObject({ cause: 'aborted' })
  expect(vi.getTimerCount()).toBe(0)
})
