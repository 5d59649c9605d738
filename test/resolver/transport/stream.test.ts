/** What TCP and TLS have in common: connections that are kept and shared (RFC 7766). */
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { setMaxListeners } from 'node:events'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Pool } from '../../../src/resolver/transport/pool.ts'
import { StreamConnection } from '../../../src/resolver/transport/stream.ts'
import type { Asking, Counters, Outcome } from '../../../src/resolver/transport/transport.ts'
import type { Message } from '../../../src/wire/message.ts'
import { Name } from '../../../src/wire/name.ts'
import { frame } from '../../../src/resolver/transport/frames.ts'
import { addressRecord, FakeServer, type Handlers, reply } from '../fake-server.ts'

const NEVER = new AbortController().signal
setMaxListeners(0, NEVER)
const PATIENT = 15_000

afterEach(() => {
  vi.useRealTimers()
})

function asking(name: string): Asking {
  return { question: { name: Name.parse(name), type: 1, class: 1 }, checkingDisabled: true }
}

/** A transport over TCP, with its sockets and counters in sight. */
function transport(server: FakeServer, clock: () => number = () => 0) {
  const counters: Counters = { exchanges: 0, connections: 0 }
  const sockets: Socket[] = []
  const open = (ready: () => void): Socket => {
    const socket = connect({ host: '127.0.0.1', port: server.spec.port }).once('connect', ready)
    sockets.push(socket)
    return socket
  }
  const pool = new Pool({
    label: 'TCP',
    connect: (events) => new StreamConnection({ label: 'TCP', open, padded: false }, events),
    room: 64,
    afterLoss: 'one',
    counters,
    now: clock,
  })
  onTestFinished(() => pool.close())
  const askAll = (count: number, timeout = PATIENT): Promise<Outcome[]> =>
    Promise.all(Array.from({ length: count }, (_, i) => pool.ask(asking(`n${i}.example`), timeout, NEVER)))
  return { pool, counters, sockets, askAll }
}

/** `n7.example` is answered with 192.0.2.7. */
function answerTo(query: Message): Uint8Array {
  const number = /^n([0-9]+)/.exec(query.questions[0]!.name.toString())?.[1] ?? '0'
  return reply(query, { answer: [addressRecord(query, Number(number) & 0xff)] })
}

function lastOctets(outcomes: readonly Outcome[]): (number | string)[] {
  return outcomes.map((outcome) =>
    outcome.kind === 'message' ? outcome.message.answer[0]!.rdata[3]! : JSON.stringify(outcome),
  )
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

function hasRef(socket: Socket): boolean {
  return (socket as unknown as { _handle: { hasRef(): boolean } })._handle.hasRef()
}

describe('many questions at the same time', () => {
  test('share one connection, each with an ID of its own, and are answered in any order', async () => {
    const held: (() => void)[] = []
    await using server = await FakeServer.start({
      tcp: ({ query, send }) => {
        held.push(() => send(answerTo(query)))
        if (held.length === 40) for (const answer of held.reverse()) answer()
      },
    })
    const { askAll, counters } = transport(server)
    expect(lastOctets(await askAll(40))).toEqual(numbers(40))
    expect(counters).toEqual({ exchanges: 40, connections: 1 })
    expect(new Set(server.queries.map(({ message }) => message.id)).size).toBe(40)
  })

  test('no more than 64 are open on one connection, and no more than 4 connections; the others wait in line', async () => {
    const held: (() => void)[] = []
    const perConnection = new Map<number, number>()
    let most = 0
    await using server = await FakeServer.start({
      tcp: ({ query, send, socket }) => {
        const port = socket.remotePort!
        perConnection.set(port, (perConnection.get(port) ?? 0) + 1)
        held.push(() => send(answerTo(query)))
        if (server.queries.length < 256) return
        most = Math.max(most, ...perConnection.values())
        perConnection.clear()
        for (const answer of held.splice(0)) answer()
      },
    })
    const { askAll, counters } = transport(server)
    expect(lastOctets(await askAll(300))).toEqual(numbers(300).map((i) => i & 0xff))
    expect(most).toBe(64)
    expect(counters).toEqual({ exchanges: 300, connections: 4 })
  })

  test('who waits in line and leaves is not asked for', async () => {
    const held: (() => void)[] = []
    await using server = await FakeServer.start({
      tcp: ({ query, send }) => {
        held.push(() => send(answerTo(query)))
        if (held.length === 256) leaver.abort()
      },
    })
    const leaver = new AbortController()
    const { pool, askAll } = transport(server)
    const first = askAll(256)
    expect(await pool.ask(asking('left.example'), PATIENT, leaver.signal)).toMatchObject({ cause: 'aborted' })
    for (const answer of held.splice(0)) answer()
    await first
    const last = askAll(1)
    await until(() => held.length > 0)
    held[0]!()
    await last
    const asked = server.queries.map(({ message }) => message.questions[0]!.name.toString())
    expect(asked).toHaveLength(257)
    expect(asked).not.toContain('left.example.')
  })
})

describe('a connection', () => {
  test('is used again for what comes later', async () => {
    await using server = await FakeServer.start({ tcp: ({ query, send }) => send(answerTo(query)) })
    const { askAll, counters } = transport(server)
    for (let i = 0; i < 3; i++) await askAll(1)
    expect(counters).toEqual({ exchanges: 3, connections: 1 })
  })

  test('holds the process only while something is open, and is closed when nothing was for some time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await using server = await FakeServer.start({ tcp: ({ query, send }) => send(answerTo(query)) })
    const { askAll, sockets, counters } = transport(server)
    await askAll(1)
    expect(hasRef(sockets[0]!)).toBe(false)
    vi.advanceTimersByTime(9_000)
    const second = askAll(1)
    expect(hasRef(sockets[0]!)).toBe(true)
    await second
    expect(hasRef(sockets[0]!)).toBe(false)
    vi.advanceTimersByTime(9_000)
    expect(server.openConnections).toBe(1)
    vi.advanceTimersByTime(1_000)
    await until(() => server.openConnections === 0)
    await askAll(1)
    expect(counters.connections).toBe(2)
  })

  test('that the server has closed meanwhile is replaced, and nobody notices', async () => {
    await using server = await FakeServer.start({ tcp: ({ query, send }) => send(answerTo(query)) })
    const { askAll, sockets, counters } = transport(server)
    await askAll(1)
    server.hangUp()
    await until(() => sockets[0]!.destroyed)
    expect(lastOctets(await askAll(2))).toEqual([0, 1])
    expect(counters).toEqual({ exchanges: 3, connections: 2 })
  })

  test('that nothing came over any more is not used again after a time-out', async () => {
    let silent = true
    await using server = await FakeServer.start({
      tcp: ({ query, send }) => {
        if (!silent) send(answerTo(query))
      },
    })
    const { askAll, counters } = transport(server)
    expect(await askAll(1, 20)).toMatchObject([{ cause: 'timeout' }])
    silent = false
    expect(lastOctets(await askAll(1))).toEqual([0])
    expect(counters).toEqual({ exchanges: 2, connections: 2 })
    await until(() => server.openConnections === 1)
  })

  test('stays when one answer of several is late, which is then thrown away', async () => {
    let late: (() => void) | undefined
    await using server = await FakeServer.start({
      tcp: ({ query, send }) => {
        if (late === undefined) late = () => send(answerTo(query))
        else send(answerTo(query))
      },
    })
    const { pool, askAll, counters } = transport(server)
    const leaver = new AbortController()
    const left = pool.ask(asking('n9.example'), PATIENT, leaver.signal)
    await until(() => late !== undefined)
    leaver.abort()
    expect(await left).toMatchObject({ cause: 'aborted' })
    late!()
    expect(lastOctets(await askAll(3))).toEqual([0, 1, 2])
    expect(counters.connections).toBe(1)
  })

  test('with messages nobody asked for is given up after 64, late answers not counted', async () => {
    await using server = await FakeServer.start({
      tcp: ({ query, send }) => {
        for (let i = 1; i <= 63; i++) send(reply({ ...query, id: (query.id + i) & 0xffff }))
        send(answerTo(query))
      },
    })
    const { askAll } = transport(server)
    expect(lastOctets(await askAll(1))).toEqual([0])
    expect(await askAll(1)).toMatchObject([{ cause: 'malformed' }])
  })
})

describe('a connection that ends with questions open', () => {
  const hangUps: Record<string, (socket: Socket) => void> = {
    'half-closed': (socket) => socket.end(),
    reset: (socket) => socket.resetAndDestroy(),
    'cut in a message': (socket) => socket.end(Uint8Array.of(0, 200, 1)),
  }
  test.each(Object.entries(hangUps))('%s: they are put once more, on fresh ones', async (_, hangUp) => {
    let first = true
    await using server = await FakeServer.start({
      tcp: ({ query, send, socket }) => {
        if (server.connections > 1) return send(answerTo(query))
        // One of the questions is answered, then the server goes.
        if (first) send(answerTo(query))
        else if (server.queries.length === 10) hangUp(socket)
        first = false
      },
    })
    const { askAll, counters } = transport(server)
    expect(lastOctets(await askAll(10))).toEqual(numbers(10))
    expect(counters.exchanges).toBeGreaterThanOrEqual(18)
    expect(counters.exchanges).toBeLessThanOrEqual(19)
  })

  test('is not replaced for a question it was opened for: nothing says that the next one would fare better', async () => {
    await using server = await FakeServer.start({ tcp: ({ socket }) => socket.end() })
    const { askAll, counters } = transport(server)
    expect(await askAll(1)).toMatchObject([{ kind: 'failure', cause: 'network' }])
    expect(counters).toEqual({ exchanges: 1, connections: 1 })
  })

  test('each time: a question is put twice and no more', async () => {
    await using server = await FakeServer.start({ tcp: ({ socket }) => socket.end() })
    const { askAll, counters } = transport(server)
    const outcomes = await askAll(8)
    expect(outcomes.every((outcome) => outcome.kind === 'failure' && outcome.cause === 'network')).toBe(true)
    expect(counters.exchanges).toBeLessThanOrEqual(16)
  })

  test('after each answer: from such a server one answer at a time is wanted, over a few connections', async () => {
    const most = { open: 0 }
    const handlers: Handlers = {
      tcp: ({ query, socket }) => {
        most.open = Math.max(most.open, sockets.filter((each) => !each.writableEnded && !each.destroyed).length)
        socket.end(frame(answerTo(query)))
      },
    }
    await using server = await FakeServer.start(handlers)
    let now = 0
    const { askAll, counters, sockets } = transport(server, () => now)
    expect(lastOctets(await askAll(20))).toEqual(numbers(20))
    expect(most.open).toBeLessThanOrEqual(4)
    // From now on it is known.
    const before = counters.exchanges
    expect(lastOctets(await askAll(20))).toEqual(numbers(20))
    expect(counters.exchanges - before).toBe(20)
    // Until it is forgotten.
    await until(() => sockets.every(({ destroyed }) => destroyed))
    handlers.tcp = ({ query, send }) => send(answerTo(query))
    now += 60_000
    const connections = counters.connections
    expect(lastOctets(await askAll(20))).toEqual(numbers(20))
    expect(counters.connections - connections).toBe(1)
  })
})

test('closing the transport ends what is open', async () => {
  await using server = await FakeServer.start({ tcp: () => pool.close() })
  const { pool, askAll } = transport(server)
  expect(await askAll(2)).toMatchObject([{ cause: 'aborted' }, { cause: 'aborted' }])
  await until(() => server.openConnections === 0)
})
