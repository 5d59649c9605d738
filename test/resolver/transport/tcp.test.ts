import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { frame } from '../../../src/resolver/transport/frames.ts'
import { tcpTransport } from '../../../src/resolver/transport/tcp.ts'
import type { Outcome, Transport } from '../../../src/resolver/transport/transport.ts'
import type { PlainUpstream } from '../../../src/resolver/upstream-spec.ts'
import { Name } from '../../../src/wire/name.ts'
import { addressRecord, closedPort, FakeServer, type Handlers, reply } from '../fake-server.ts'

const QUESTION = { name: Name.parse('www.example.com'), type: 1, class: 1 }
const ASKING = { question: QUESTION, checkingDisabled: true }
const NEVER = new AbortController().signal

afterEach(() => {
  vi.useRealTimers()
})

function transport(to: PlainUpstream): Transport {
  const made = tcpTransport({ ...to, counters: { exchanges: 0, connections: 0 }, now: () => performance.now() })
  onTestFinished(() => made.close())
  return made
}

async function askServer(tcp: Handlers['tcp'], timeout = 5000): Promise<Outcome> {
  await using server = await FakeServer.start({ ...(tcp && { tcp }) })
  return await transport(server.spec).ask(ASKING, timeout, NEVER)
}

function lastOctet(outcome: Outcome): number | undefined {
  return outcome.kind === 'message' ? outcome.message.answer[0]?.rdata[3] : undefined
}

test('an answer', async () => {
  const outcome = await askServer(({ query, send }) => send(reply(query, { answer: [addressRecord(query, 1)] })))
  expect(lastOctet(outcome)).toBe(1)
})

test('an answer of 64000 octets', async () => {
  const outcome = await askServer(({ query, send }) =>
    send(reply(query, { answer: Array.from({ length: 4000 }, (_, i) => addressRecord(query, i & 0xff)) })),
  )
  expect(outcome.kind === 'message' && outcome.message.answer.length).toBe(4000)
})

test('an answer octet by octet, each in a segment of its own', async () => {
  const outcome = await askServer(({ query, socket }) => {
    socket.setNoDelay(true)
    const octets = frame(reply(query, { answer: [addressRecord(query, 1)] }))
    const next = (at: number): void => {
      if (at < octets.length) socket.write(octets.subarray(at, at + 1), () => setImmediate(next, at + 1))
    }
    next(0)
  })
  expect(lastOctet(outcome)).toBe(1)
})

test('an answer behind messages that are not the answer', async () => {
  const outcome = await askServer(({ query, send }) => {
    send(reply({ ...query, id: query.id ^ 1 }))
    send(reply(query, { questions: [{ name: Name.root, type: 1, class: 1 }] }))
    send(reply(query, { answer: [addressRecord(query, 1)] }))
  })
  expect(lastOctet(outcome)).toBe(1)
})

describe('failures are values', () => {
  const cases: Record<string, [Handlers['tcp'], string, string]> = {
    'a connection closed without a word': [
      ({ socket }) => socket.end(),
      'network',
      'closed the TCP connection before it answered',
    ],
    'a connection closed in the middle of a message': [
      ({ query, socket }) => socket.end(frame(reply(query)).subarray(0, 20)),
      'malformed',
      'closed the TCP connection in the middle of a message',
    ],
    'a connection reset': [({ socket }) => socket.resetAndDestroy(), 'network', 'connection reset'],
    'a message without octets': [({ send }) => send(new Uint8Array(0)), 'malformed', 'cannot be read'],
    garbage: [({ send }) => send(Uint8Array.from({ length: 5 }, (_, i) => i)), 'malformed', 'cannot be read'],
    'an answer cut short': [({ query, send }) => send(reply(query).subarray(0, -3)), 'malformed', 'cannot be read'],
    'TC over TCP': [({ query, send }) => send(reply(query, { truncated: true })), 'malformed', 'truncated'],
    'messages without end': [
      ({ query, send }) => {
        for (let i = 0; i < 70; i++) send(reply({ ...query, id: query.id ^ 1 }))
      },
      'malformed',
      '64 messages',
    ],
  }
  test.each(Object.entries(cases))('%s', async (_, [handler, cause, detail]) => {
    const outcome = await askServer(handler)
    expect(outcome).toMatchObject({ kind: 'failure', cause })
    expect(outcome).toHaveProperty('detail', expect.stringContaining(detail))
  })

  test('silence', async () => {
    expect(await askServer(undefined, 30)).toMatchObject({ kind: 'failure', cause: 'timeout' })
  })

  test('half a message and then silence', async () => {
    const outcome = await askServer(({ query, socket }) => socket.write(frame(reply(query)).subarray(0, 20)), 60)
    expect(outcome).toMatchObject({ kind: 'failure', cause: 'timeout' })
  })

  test('a port on which nobody listens', async () => {
    const outcome = await transport(await closedPort()).ask(ASKING, 5000, NEVER)
    expect(outcome).toEqual({ kind: 'failure', cause: 'network', detail: 'cannot be reached: connection refused' })
  })

  test.each(['before', 'at once', 'later'])('a caller that goes away, %s', async (when) => {
    const controller = new AbortController()
    await using server = await FakeServer.start({ tcp: () => controller.abort() })
    if (when === 'before') controller.abort()
    const asked = transport(server.spec).ask(ASKING, 5000, controller.signal)
    if (when === 'at once') controller.abort()
    expect(await asked).toMatchObject({ kind: 'failure', cause: 'aborted' })
  })
})

test('no timer is left behind when the transport is closed, whatever the end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  await using server = await FakeServer.start({ tcp: ({ query, send }) => send(reply(query)) })
  const subject = transport(server.spec)
  const leaver = new AbortController()
  const left = subject.ask(ASKING, 5000, leaver.signal)
  expect(vi.getTimerCount()).toBe(1)
  leaver.abort()
  expect(await left).toMatchObject({ cause: 'aborted' })
  expect(await subject.ask(ASKING, 5000, NEVER)).toMatchObject({ kind: 'message' })
  subject.close()
  const refused = transport(await closedPort())
  expect(await refused.ask(ASKING, 5000, NEVER)).toMatchObject({ kind: 'failure' })
  expect(vi.getTimerCount()).toBe(0)
  while (server.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
})
