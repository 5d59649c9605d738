import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { converse } from '../../src/smtp/connection.ts'
import type { ConnectionOptions, ConnectionReport } from '../../src/smtp/connection-types.ts'
import type { Approval } from '../../src/smtp/session-types.ts'
import { tlsParameters } from '../../src/smtp/tls-parameters.ts'
import { createAuthority, createLeaf, credentials } from '../lab/certificates.ts'
import { mailServer, said, shown } from './hosts.ts'
import { AUTHENTICATED, MAIL, NOT_AUTHENTICATED } from './memory-server.ts'
import { TIMEOUTS } from './timeouts.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

describe('certificates', () => {
  test('every certificate as it was sent: order, duplicates and strays', async () => {
    const root = await createAuthority({ commonName: 'Root' })
    const issuer = await createAuthority({ commonName: 'Issuer' }, root)
    const stray = await createAuthority({ commonName: 'Stray' })
    const leaf = await createLeaf({ names: ['mx.example.com'] }, issuer)
    const sent = await credentials(leaf, [stray, issuer, issuer, root])
    const server = await mailServer({ credentials: sent })
    const chains: (readonly Uint8Array[])[] = []
    await talk(server.port, {
      approve: (chain) => {
        chains.push(chain)
        return AUTHENTICATED
      },
    })
    expect(chains).toHaveLength(1)
    expect(chains[0]!.map((der) => Buffer.from(der).toString('hex'))).toEqual(
      sent.chain.map((der) => der.toString('hex')),
    )
  })

  test('a chain is not followed for ever', async () => {
    const leaf = await createLeaf({ names: ['mx.example.com'] })
    const server = await mailServer({ credentials: await credentials(leaf, Array(30).fill(leaf)) })
    let length = 0
    await talk(server.port, {
      approve: (chain) => {
        length = chain.length
        return AUTHENTICATED
      },
    })
    expect(length).toBe(10)
  })

  test('the peer is judged before the first octet goes to it', async () => {
    const server = await mailServer()
    let seen = 'never asked'
    const approve = (): Approval => {
      seen = said(server.sessions[0]).tls
      return NOT_AUTHENTICATED
    }
    const report = await talk(server.port, { approve })
    expect(seen).toBe('')
    expect(said(server.sessions[0]).tls).toBe('QUIT\r\n')
    expect(report.tls?.protocol).toBe('TLSv1.3')
    expect(report.session.security).toBeNull()
  })

  test('what the judge throws comes out, and the connection is gone', async () => {
    const server = await mailServer()
    const approve = (): Approval => {
      throw new Error('a defect')
    }
    await expect(talk(server.port, { approve })).rejects.toThrow('a defect')
    expect(said(server.sessions[0]).tls).toBe('')
  })

  test('no session is offered for resumption, no anonymous suite and no old version where TLS is owed', () => {
    for (const level of ['authenticate', 'encrypt', 'may'] as const) {
      const parameters = tlsParameters(level, { serverName: null })
      expect(parameters).not.toHaveProperty('session')
      expect(parameters).not.toHaveProperty('servername')
      if (level !== 'may') expect(parameters.ciphers).toMatch(/:!aNULL:/)
      expect(parameters.minVersion).toBe(level === 'may' ? 'TLSv1' : 'TLSv1.2')
    }
  })

  test('renegotiation is refused: it could bring another certificate', async () => {
    let refused = 'not tried'
    const port = await listen((socket) => {
      tlsAfterStartTls(socket, (secure) => {
        secure.renegotiate({}, (error) => {
          refused = error === null ? 'accepted' : 'refused'
        })
      })
    })
    const report = await talk(port)
    expect(report.tls?.protocol).toBe('TLSv1.2')
    expect(refused).not.toBe('accepted')
  })
})

describe('interference', () => {
  test('octets in the clear in a segment of their own behind the reply to STARTTLS', async () => {
    const heard: Buffer[] = []
    const port = await listen((socket) => {
      socket.write('220 mx\r\n')
      socket.on('data', (octets) => {
        heard.push(octets)
        const text = octets.toString('latin1')
        if (text.startsWith('EHLO')) socket.write('250-mx\r\n250 STARTTLS\r\n')
        else if (text.startsWith('STARTTLS')) socket.write('220 go\r\n')
        // The ClientHello is here: these octets can only reach TLS.
        else socket.write('250-mx\r\n250 8BITMIME\r\n')
      })
    })
    const report = await talk(port)
    expect(report.session).toMatchObject({ security: null, failure: { kind: 'tls-failed', stage: 'handshake' } })
    expect(Buffer.concat(heard).toString('latin1')).not.toMatch(/MAIL|secret/)
  })

  test('an endless reply is given up, and the connection with it', async () => {
    let gone: Promise<unknown> = Promise.resolve()
    const port = await listen((socket) => {
      gone = new Promise((resolve) => socket.once('close', resolve))
      const more = (): void => {
        while (socket.writable && socket.write('220-mx.example.com says hello, and so on\r\n')) {}
      }
      socket.on('drain', more)
      more()
    })
    const report = await talk(port)
    expect(report.session.failure).toMatchObject({ kind: 'protocol', stage: 'greeting' })
    await gone
  })

  test('a reply one octet at a time', async () => {
    const port = await listen((socket) => {
      const trickle = (text: string): void => {
        if (text === '') return
        socket.write(text[0]!, () => setImmediate(() => trickle(text.slice(1))))
      }
      trickle('220 mx.example.com\r\n')
      socket.on('data', (octets) => trickle(octets.toString().startsWith('EHLO') ? '250 mx\r\n' : '221 bye\r\n'))
    })
    const report = await talk(port)
    expect(report.session).toMatchObject({ greeted: true, starttls: false, failure: { kind: 'tls-not-offered' } })
  })

  test('a reply that trickles in for ever is cut by the clock', async () => {
    const port = await listen((socket) => {
      const timer = setInterval(() => socket.write('2'), 20)
      socket.once('close', () => clearInterval(timer))
      socket.write('220-')
    })
    const report = await talk(port, { timeouts: { ...TIMEOUTS, greetingTimeout: 150 } })
    expect(report.session.failure).toMatchObject({ kind: 'timeout', stage: 'greeting' })
  })

  test('the connection reset in the middle', async () => {
    const port = await listen((socket) => {
      socket.write('220 mx\r\n')
      socket.on('data', () => socket.resetAndDestroy())
    })
    const report = await talk(port)
    expect(report.session.failure).toMatchObject({ kind: 'closed', stage: 'EHLO', enhanced: '4.4.2' })
  })
})

describe('the socket', () => {
  test('an address that does not answer the call', async () => {
    const report = await talk(1)
    expect(report).toMatchObject({ address: null, tls: null, session: { failure: { kind: 'closed' } } })
    expect(report.session.failure?.text).toContain('127.0.0.1:1')
  })

  test('our end has the address it was given', async () => {
    let from: string | undefined
    const port = await listen((socket) => {
      from = socket.remoteAddress
      socket.end('421 mx\r\n')
    })
    await talk(port, { localAddress: '127.0.0.9' })
    expect(from).toBe('127.0.0.9')
  })

  test('is closed on both sides when the conversation is over', async () => {
    const server = await mailServer()
    await talk(server.port)
    const session = server.sessions[0]!
    while (!session.closed) await new Promise((resolve) => setImmediate(resolve))
    expect(session.tlsError).toBeNull()
  })
})

function talk(port: number, changes: Partial<ConnectionOptions> = {}): Promise<ConnectionReport> {
  const session = { level: 'authenticate', ehloName: 'client.example', mail: MAIL } as const
  return converse(session, {
    addresses: ['127.0.0.1'],
    port,
    serverName: 'mx.example.com',
    approve: () => AUTHENTICATED,
    timeouts: TIMEOUTS,
    ...changes,
  })
}

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Speaks SMTP up to a handshake of TLS 1.2, and then nothing. */
function tlsAfterStartTls(socket: Socket, then: (secure: TLSSocket) => void): void {
  socket.write('220 mx\r\n')
  socket.on('data', async (octets) => {
    const text = octets.toString('latin1')
    if (text.startsWith('EHLO')) socket.write('250-mx\r\n250 STARTTLS\r\n')
    if (!text.startsWith('STARTTLS')) return
    socket.removeAllListeners('data')
    const { key, cert } = await shown()
    socket.write('220 go\r\n')
    const secure = new TLSSocket(socket, { isServer: true, key, cert, maxVersion: 'TLSv1.2' })
    secure.on('error', () => socket.destroy())
    secure.once('data', () => then(secure))
  })
}
