import { createHash, X509Certificate } from 'node:crypto'
import { once, setMaxListeners } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { frame, FrameReader } from '../../../src/resolver/transport/frames.ts'
import { tlsTransport } from '../../../src/resolver/transport/tls.ts'
import type { ServerAuthentication } from '../../../src/resolver/transport/tls-socket.ts'
import type { Counters, Outcome, Transport } from '../../../src/resolver/transport/transport.ts'
import { parseMessage } from '../../../src/wire/message.ts'
import { Name } from '../../../src/wire/name.ts'
import { addressRecord, closedPort, FakeServer, reply } from '../fake-server.ts'
import { createIdentity, FakeTlsServer, type Identity, OPPORTUNISTIC, type TlsContext } from '../fake-tls-server.ts'

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

const answering = ({ query, send }: TlsContext): void => {
  send(reply(query, { answer: [addressRecord(query, 1)] }))
}

function transport(port: number, authentication: Partial<ServerAuthentication> = {}) {
  const counters: Counters = { exchanges: 0, connections: 0 }
  const to = { address: '127.0.0.1', family: 4, port, counters, now: () => performance.now() } as const
  const made: Transport = tlsTransport(to, { ...OPPORTUNISTIC, ...authentication })
  onTestFinished(() => made.close())
  return {
    ask: (timeout = 15_000, signal = NEVER): Promise<Outcome> => made.ask(ASKING, timeout, signal),
    counters,
    made,
  }
}

function pinOf({ credentials }: Identity): string {
  const spki = new X509Certificate(credentials.chain[0]!).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('base64')
}

const OTHER_PIN = `${'A'.repeat(43)}=`

describe('the query', () => {
  test('is padded to a multiple of 128 octets, whatever the name (RFC 8467 section 4.1)', async () => {
    const lengths: number[] = []
    const codes: (number | undefined)[] = []
    await using server = await FakeTlsServer.start(identity, ({ query, octets, send }) => {
      lengths.push(octets.length)
      codes.push(query.edns?.options.at(-1)?.code)
      send(reply(query))
    })
    const { made } = transport(server.port)
    for (let length = 1; length <= 60; length += 3) {
      const name = Name.parse(`${'x'.repeat(length)}.${'y'.repeat(60)}.example`)
      await made.ask({ ...ASKING, question: { ...QUESTION, name } }, 15_000, NEVER)
    }
    expect(new Set(lengths)).toEqual(new Set([128, 256]))
    expect(new Set(codes)).toEqual(new Set([12]))
  })

  test('has a TLS record of its own', async () => {
    const { key, cert } = identity.credentials
    const records: number[] = []
    const server = createServer({ key, cert, ALPNProtocols: ['dot'] }, (socket) => {
      // What comes at once was one record.
      socket.on('data', (chunk: Uint8Array) => {
        records.push(chunk.length)
        for (const octets of new FrameReader().push(chunk)) socket.write(frame(reply(parseMessage(octets))))
      })
      socket.on('error', () => undefined)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { ask, made } = transport((server.address() as AddressInfo).port)
    await Promise.all(Array.from({ length: 5 }, () => ask()))
    await Promise.all(Array.from({ length: 5 }, () => ask()))
    made.close()
    await new Promise((resolve) => server.close(resolve))
    expect(records).toEqual(Array(10).fill(130))
  })

  test('speaks of the protocol dot, and of the name only where there is one', async () => {
    await using server = await FakeTlsServer.start(identity, answering)
    await transport(server.port).ask()
    await transport(server.port, { name: 'dns.example', authorities: identity.authorities }).ask()
    expect(server.handshakes).toEqual([
      { name: false, protocol: 'dot' },
      { name: 'dns.example', protocol: 'dot' },
    ])
  })

  test('goes also to a server that knows no application protocols', async () => {
    await using server = await FakeTlsServer.start(identity, answering, [])
    expect(await transport(server.port).ask()).toMatchObject({ kind: 'message' })
  })
})

describe('who the server is', () => {
  const cases: Record<string, () => Partial<ServerAuthentication>> = {
    'does not matter where nothing is asked for': () => ({}),
    'is proven by its name': () => ({ name: 'dns.example', authorities: identity.authorities }),
    'is proven by its key': () => ({ pins: [pinOf(identity)] }),
    'is proven by one of several keys': () => ({ pins: [OTHER_PIN, pinOf(identity)] }),
    'is proven by its name and its key': () => ({
      ...{ name: 'dns.example', authorities: identity.authorities },
      pins: [pinOf(identity)],
    }),
  }
  test.each(Object.entries(cases))('%s', async (_, authentication) => {
    await using server = await FakeTlsServer.start(identity, answering)
    expect(await transport(server.port, authentication()).ask()).toMatchObject({ kind: 'message' })
  })

  const wrong: Record<string, [() => Partial<ServerAuthentication>, string]> = {
    'another name': [
      () => ({ name: 'other.example', authorities: identity.authorities }),
      'does not prove that it is other.example: it is for other names',
    ],
    'the address, where the certificate has only a name': [
      () => ({ name: '127.0.0.1', authorities: identity.authorities }),
      'it is for other names',
    ],
    'an authority nobody knows': [() => ({ name: 'dns.example' }), 'its authority is not known'],
    'another key': [() => ({ pins: [OTHER_PIN] }), 'its key is not the one pinned but'],
    'the right name with another key': [
      () => ({ name: 'dns.example', authorities: identity.authorities, pins: [OTHER_PIN] }),
      'its key is not the one pinned',
    ],
    'the right key with another name': [
      () => ({ name: 'other.example', authorities: identity.authorities, pins: [pinOf(identity)] }),
      'does not prove',
    ],
  }
  test.each(Object.entries(wrong))('%s: nothing is asked', async (_, [authentication, why]) => {
    let asked = 0
    await using server = await FakeTlsServer.start(identity, () => asked++)
    const subject = transport(server.port, authentication())
    for (let i = 0; i < 2; i++) {
      const outcome = await subject.ask()
      expect(outcome).toMatchObject({ kind: 'failure', cause: 'network' })
      expect(outcome).toHaveProperty('detail', expect.stringContaining(why))
    }
    expect(asked).toBe(0)
    expect(subject.counters).toEqual({ exchanges: 0, connections: 2 })
  })

  test.each([
    ['has expired', { notBefore: 1_000_000_000, notAfter: 1_100_000_000 }, 'it has expired'],
    // RFC 8310 section 8.1: the common name does not count.
    ['has the name only as common name', { names: [], commonName: 'dns.example' }, 'has no subjectAltName'],
  ])('a certificate that %s proves nothing', async (_, options, why) => {
    const bad = await createIdentity(['dns.example'], options)
    await using server = await FakeTlsServer.start(bad, answering)
    const strict = transport(server.port, { name: 'dns.example', authorities: bad.authorities })
    expect(await strict.ask()).toHaveProperty('detail', expect.stringContaining(why))
    expect(await transport(server.port).ask()).toMatchObject({ kind: 'message' })
  })
})

describe('a connection', () => {
  test('serves many questions at the same time, answered in any order', async () => {
    const held: (() => void)[] = []
    await using server = await FakeTlsServer.start(identity, ({ query, send }) => {
      held.push(() => send(reply(query)))
      if (held.length === 20) for (const answer of held.reverse()) answer()
    })
    const { ask, counters } = transport(server.port)
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => ask()))
    expect(outcomes.every(({ kind }) => kind === 'message')).toBe(true)
    expect(counters).toEqual({ exchanges: 20, connections: 1 })
    expect(server.connections).toBe(1)
  })

  test('that has ended is resumed by the next one, which need not prove itself again', async () => {
    await using server = await FakeTlsServer.start(identity, answering)
    const { ask, counters } = transport(server.port, { pins: [pinOf(identity)] })
    for (let i = 0; i < 3; i++) {
      expect(await ask()).toMatchObject({ kind: 'message' })
      server.hangUp()
      while (server.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
      // The client is told by the next octets on its socket.
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(counters.connections).toBe(3)
    expect(server.resumed).toBe(2)
  })

  test('is not resumed with a server that has another key now', async () => {
    await using server = await FakeTlsServer.start(identity, answering)
    const { port } = server
    const { ask } = transport(port, { pins: [pinOf(identity)] })
    expect(await ask()).toMatchObject({ kind: 'message' })
    const { key, cert } = (await createIdentity(['dns.example'])).credentials
    server.server.setSecureContext({ key, cert })
    server.server.setTicketKeys(Buffer.alloc(48, 7))
    server.hangUp()
    while (server.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
    let outcome = await ask()
    if (outcome.kind === 'message') outcome = await ask()
    expect(outcome).toHaveProperty('detail', expect.stringContaining('its key is not the one pinned'))
  })
})

describe('failures are values', () => {
  test('a port on which nobody listens', async () => {
    const { port } = await closedPort()
    const detail = 'cannot be reached: connection refused'
    expect(await transport(port).ask()).toEqual({ kind: 'failure', cause: 'network', detail })
  })

  test('a server that does not speak TLS', async () => {
    await using server = await FakeServer.start({})
    server.onConnection = (socket) => socket.end('220 mail.example ESMTP\r\n')
    const outcome = await transport(server.spec.port).ask()
    expect(outcome).toMatchObject({ kind: 'failure', cause: 'network' })
    expect(outcome).toHaveProperty('detail', expect.stringContaining('does not speak TLS'))
  })

  test('a server that never completes the handshake', async () => {
    await using server = await FakeServer.start({})
    server.onConnection = (socket) => socket.resume()
    const { ask } = transport(server.spec.port)
    expect(await ask(30)).toEqual({
      ...{ kind: 'failure', cause: 'timeout' },
      detail: 'did not answer over TLS within 30 ms',
    })
    while (server.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
  })

  test('a caller that goes away during the handshake; nothing is left behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await using server = await FakeTlsServer.start(identity, answering)
    const { ask, made } = transport(server.port)
    const leaver = new AbortController()
    const left = ask(15_000, leaver.signal)
    leaver.abort()
    expect(await left).toMatchObject({ cause: 'aborted' })
    made.close()
    expect(vi.getTimerCount()).toBe(0)
    while (server.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
  })
})
