import { describe, expect, test } from 'vitest'
import { Cookies } from '../../../src/resolver/transport/cookies.ts'
import type { Counters, Outcome } from '../../../src/resolver/transport/transport.ts'
import { udpTransport } from '../../../src/resolver/transport/udp.ts'
import type { Edns } from '../../../src/wire/edns.ts'
import type { Message } from '../../../src/wire/message.ts'
import { Name } from '../../../src/wire/name.ts'
import { addressRecord, FakeServer, reply, type UdpContext } from '../fake-server.ts'

const ASKING = { question: { name: Name.parse('www.example.com'), type: 1, class: 1 }, checkingDisabled: true }
const NEVER = new AbortController().signal
const SERVER_PART = Uint8Array.from({ length: 16 }, (_, i) => i)

function edns(...cookies: Uint8Array[]): Edns {
  const options = cookies.map((data) => ({ code: 10, data }))
  return { udpSize: 1232, extendedRcode: 0, version: 0, dnssecOk: true, options }
}

function cookieOf(query: Message): Uint8Array {
  return query.edns!.options.find(({ code }) => code === 10)?.data ?? new Uint8Array(0)
}

/** The client's part of the query's cookie, and the server's. */
function both(query: Message): Uint8Array {
  return Uint8Array.of(...cookieOf(query).subarray(0, 8), ...SERVER_PART)
}

describe('the option (RFC 7873 section 4)', () => {
  const cookies = new Cookies()
  const first = cookies.option('192.0.2.1', 0)!

  test('is eight octets until the server has sent its part, and the same each time', () => {
    expect(first).toMatchObject({ code: 10 })
    expect(first.data.length).toBe(8)
    expect(cookies.option('192.0.2.1', 0)).toEqual(first)
  })

  test('has the server part from then on', () => {
    const data = Uint8Array.of(...first.data, ...SERVER_PART)
    expect(cookies.receive(edns(data), first)).toBe('fits')
    expect(cookies.option('192.0.2.1', 0)!.data).toEqual(data)
  })

  test('is another one from another address, without the server part of the first', () => {
    const moved = cookies.option('192.0.2.2', 0)!
    expect(moved.data.length).toBe(8)
    expect(moved.data).not.toEqual(first.data)
    // The answer to a query from the first address is still good, and says nothing of the second.
    expect(cookies.receive(edns(Uint8Array.of(...first.data, ...SERVER_PART)), first)).toBe('fits')
    expect(cookies.option('192.0.2.2', 0)!.data).toEqual(moved.data)
  })

  test('is another one for each upstream', () => {
    expect(new Cookies().option('192.0.2.1', 0)!.data).not.toEqual(new Cookies().option('192.0.2.1', 0)!.data)
  })

  test('is left out for ten minutes where something cannot bear it', () => {
    const off = new Cookies()
    off.turnOff(1000)
    expect(off.option('192.0.2.1', 600_999)).toBeUndefined()
    expect(off.option('192.0.2.1', 601_000)).toBeDefined()
  })

  test('is left out after silence only where no cookie ever came back', () => {
    const proven = new Cookies()
    const sent = proven.option('192.0.2.1', 0)!
    proven.receive(edns(Uint8Array.of(...sent.data, ...SERVER_PART)), sent)
    proven.silence(0)
    expect(proven.option('192.0.2.1', 1)).toBeDefined()
    const unproven = new Cookies()
    unproven.option('192.0.2.1', 0)
    unproven.silence(0)
    expect(unproven.option('192.0.2.1', 1)).toBeUndefined()
  })
})

describe('what is received (RFC 7873 section 5.3)', () => {
  const forged: Record<string, (client: Uint8Array) => Uint8Array> = {
    'another client cookie': (client) => Uint8Array.of(client[0]! ^ 1, ...client.subarray(1), ...SERVER_PART),
    'the client cookie alone': (client) => client,
    'a server cookie that is too short': (client) => Uint8Array.of(...client, 1, 2, 3, 4, 5, 6, 7),
    'a server cookie that is too long': (client) => Uint8Array.of(...client, ...new Uint8Array(33)),
    nothing: () => new Uint8Array(0),
  }
  test.each(Object.entries(forged))('%s is forged', (_, forge) => {
    const cookies = new Cookies()
    const sent = cookies.option('192.0.2.1', 0)!
    expect(cookies.receive(edns(forge(sent.data)), sent)).toBe('forged')
    expect(cookies.option('192.0.2.1', 0)!.data.length).toBe(8)
  })

  test.each([8, 32])('a server cookie of %d octets fits', (length) => {
    const cookies = new Cookies()
    const sent = cookies.option('192.0.2.1', 0)!
    expect(cookies.receive(edns(Uint8Array.of(...sent.data, ...new Uint8Array(length))), sent)).toBe('fits')
  })

  test('no cookie fits, until one has come', () => {
    const cookies = new Cookies()
    const sent = cookies.option('192.0.2.1', 0)!
    expect(cookies.receive(edns(), sent)).toBe('fits')
    expect(cookies.receive(undefined, sent)).toBe('fits')
    cookies.receive(edns(Uint8Array.of(...sent.data, ...SERVER_PART)), sent)
    expect(cookies.receive(edns(), cookies.option('192.0.2.1', 0)!)).toBe('missing')
    cookies.forget()
    expect(cookies.receive(edns(), cookies.option('192.0.2.1', 0)!)).toBe('fits')
  })
})

describe('over UDP', () => {
  function transport(server: FakeServer) {
    const counters: Counters = { exchanges: 0, connections: 0 }
    const subject = udpTransport({ ...server.spec, counters, cookies: new Cookies(), now: () => 0 })
    return (timeout = 15_000): Promise<Outcome> => subject.ask(ASKING, timeout, NEVER)
  }
  const lastOctet = (outcome: Outcome) => outcome.kind === 'message' && outcome.message.answer[0]?.rdata[3]
  const forged = ({ query, send }: UdpContext, cookie: Edns) =>
    send(reply(query, { answer: [addressRecord(query, 6)], edns: cookie }))

  test('the cookie of the first answer goes out with the next query', async () => {
    await using server = await FakeServer.start({
      udp: ({ query, send }) => send(reply(query, { edns: edns(both(query)) })),
    })
    const ask = transport(server)
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ kind: 'message', cookie: true })
    const [first, second, third] = server.queries.map(({ message }) => cookieOf(message))
    expect(first!.length).toBe(8)
    expect(second).toEqual(Uint8Array.of(...first!, ...SERVER_PART))
    expect(third).toEqual(second)
  })

  test('an answer with another cookie is ignored, and the wait goes on', async () => {
    await using server = await FakeServer.start({
      udp: (context) => {
        forged(context, edns(new Uint8Array(24)))
        const { query, send } = context
        send(reply(query, { answer: [addressRecord(query, 1)], edns: edns(both(query)) }))
      },
    })
    expect(lastOctet(await transport(server)())).toBe(1)
  })

  test('an answer without the cookie that was to be expected is not taken, and ends the wait for UDP', async () => {
    let answering = true
    await using server = await FakeServer.start({
      udp: (context) => {
        if (!answering) return forged(context, edns())
        const { query, send } = context
        send(reply(query, { edns: edns(both(query)) }))
      },
    })
    const ask = transport(server)
    await ask()
    answering = false
    expect(await ask()).toMatchObject({ kind: 'failure', cause: 'doubtful' })
    // A server may have stopped sending them; what is lost is what cookies add to port and ID.
    expect(lastOctet(await ask())).toBe(6)
  })

  test('after silence the next query has none: something may drop queries with options', async () => {
    await using server = await FakeServer.start({
      udp: ({ query, send }) => {
        if (cookieOf(query).length === 0) send(reply(query))
      },
    })
    const ask = transport(server)
    expect(await ask(30)).toMatchObject({ cause: 'timeout' })
    expect(await ask()).toMatchObject({ kind: 'message' })
  })
})
