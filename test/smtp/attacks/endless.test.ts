/** Servers that do not come to an end, on real sockets: each ends in the time that was given, with little read. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { deliver } from '../../../src/smtp/delivery.ts'
import type { DeliveryOutcome } from '../../../src/smtp/outcome.ts'
import { daneHost, destination, mayHost, shown } from '../hosts.ts'

const servers: Server[] = []
const sockets = new Set<Socket>()

afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  for (const server of servers.splice(0)) server.close()
})

/** Milliseconds of every wait; a server that trickles sends an octet in a tenth of it. */
const PATIENCE = 120
const TIMEOUTS = {
  greetingTimeout: PATIENCE,
  commandTimeout: PATIENCE,
  handshakeTimeout: PATIENCE,
  dataInitTimeout: PATIENCE,
  dataBlockTimeout: PATIENCE,
  dataFinalTimeout: PATIENCE,
  quitTimeout: PATIENCE,
}

/** What the socket is given to say, and whether it was told anything. */
type Conversation = (socket: Socket) => void

function write(text: string): Conversation {
  return (socket) => void socket.write(text, 'latin1')
}

/** An octet now and then, for ever. */
function trickle(text: string): Conversation {
  return (socket) => {
    let at = 0
    const timer = setInterval(() => socket.write(text[at++ % text.length]!), PATIENCE / 10)
    socket.once('close', () => clearInterval(timer))
  }
}

/** As fast as it is taken, for ever. */
function flood(text: string): Conversation {
  const piece = Buffer.alloc(65_536, text)
  return (socket) => {
    const pour = (): void => {
      while (!socket.destroyed && socket.write(piece));
      socket.once('drain', pour)
    }
    pour()
  }
}

/** Behind the first line of the client's that begins so. */
function after(verb: string, then: Conversation): Conversation {
  return (socket) => {
    const listen = (octets: Buffer): void => {
      if (!octets.toString('latin1').startsWith(verb)) return
      socket.off('data', listen)
      then(socket)
    }
    socket.on('data', listen)
  }
}

function all(...parts: Conversation[]): Conversation {
  return (socket) => {
    for (const part of parts) part(socket)
  }
}

/** What follows inside TLS, as a server does that is asked for it. */
async function inTls(then: Conversation): Promise<Conversation> {
  const { key, cert } = await shown()
  const secureContext = createSecureContext({ key, cert })
  return all(
    write('220 mx\r\n'),
    after('EHLO', write('250-mx\r\n250 STARTTLS\r\n')),
    after('STARTTLS', (socket) => {
      socket.removeAllListeners('data')
      socket.write('220 go\r\n')
      const secured = new TLSSocket(socket, { isServer: true, secureContext })
      secured.on('error', () => socket.destroy())
      then(secured)
    }),
  )
}

async function serve(conversation: Conversation): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', () => undefined)
    conversation(socket)
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function send(
  port: number,
  level: 'dane' | 'may',
  content = 'Subject: s\r\n\r\nbody\r\n',
): Promise<DeliveryOutcome> {
  const host = level === 'dane' ? await daneHost({ port }) : mayHost({ port })
  const message = { from: 'from@sender.example', to: 'to@example.com', content }
  const policy = destination(host)
  const [outcome] = await deliver(message, { policy, ehloName: 'client.example', timeouts: TIMEOUTS })
  return outcome!
}

const GREETING = write('220 mx\r\n')
const ENVELOPE = all(
  after('EHLO', write('250-mx\r\n250 8BITMIME\r\n')),
  after('MAIL', write('250 ok\r\n')),
  after('RCPT', write('250 ok\r\n')),
)
const UPSET = [
  ['a greeting of lines without end', flood('220-more\r\n')],
  ['a greeting of one line without end', flood('220 more')],
  ['a greeting that trickles', trickle('220-more\r\n')],
  ['a greeting of NULs', flood('\0')],
  ['a greeting whose code changes', write('220-one\r\n250 two\r\n')],
  ['a greeting that stops in its middle', write('220-one\r\n22')],
  ['silence', () => undefined],
  ['EHLO: keywords without end', all(GREETING, after('EHLO', flood('250-KEYWORD\r\n')))],
  ['EHLO: one line without end', all(GREETING, after('EHLO', flood('250-x')))],
  ['EHLO: a reply that trickles', all(GREETING, after('EHLO', trickle('250-KEYWORD\r\n')))],
  ['EHLO: a NUL in a keyword', all(GREETING, after('EHLO', write('250-mx\r\n250 START\0TLS\r\n')))],
  ['EHLO: another code in the middle', all(GREETING, after('EHLO', write('250-mx\r\n251-STARTTLS\r\n250 SIZE\r\n')))],
  ['RCPT: replies without end', all(GREETING, after('EHLO', write('250 mx\r\n')), after('MAIL', flood('250 ok\r\n')))],
  [
    'content: replies without end',
    all(GREETING, ENVELOPE, after('DATA', all(write('354 go\r\n'), flood('250 ok\r\n')))),
  ],
  [
    'the end of content: a reply that trickles',
    all(GREETING, ENVELOPE, after('DATA', all(write('354 go\r\n'), trickle('250-ok\r\n')))),
  ],
] as const satisfies readonly (readonly [string, Conversation])[]

test.each(UPSET)('%s', async (_, conversation) => {
  const outcome = await send(await serve(conversation), 'may')
  expect(outcome.outcome).toBe('deferred')
})

test('the handshake: an octet now and then', async () => {
  const port = await serve(
    all(
      GREETING,
      after('EHLO', write('250-mx\r\n250 STARTTLS\r\n')),
      after('STARTTLS', all(write('220 go\r\n'), after('\x16', trickle('\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb')))),
    ),
  )
  expect(await send(port, 'dane')).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
})

test.each(UPSET.slice(7))('inside TLS: %s', async (_, conversation) => {
  // The greeting belongs to the part in the clear: it is nothing that was asked for here.
  const part: Conversation = (socket) => {
    const real = socket.write.bind(socket)
    let greeted = false
    socket.write = ((...args: Parameters<typeof real>) => {
      if (greeted || args[0] !== '220 mx\r\n') return real(...args)
      greeted = true
      return true
    }) as typeof socket.write
    conversation(socket)
  }
  const outcome = await send(await serve(await inTls(part)), 'dane')
  expect(outcome.outcome).toBe('deferred')
})

test('a server that stops reading in the middle of the content', async () => {
  const stop: Conversation = all(
    GREETING,
    ENVELOPE,
    after('DATA', (socket) => {
      socket.pause()
      socket.write('354 go\r\n')
    }),
  )
  const outcome = await send(await serve(stop), 'may', `Subject: s\r\n\r\n${'line\r\n'.repeat(2_000_000)}`)
  expect(outcome).toMatchObject({ outcome: 'deferred' })
})
