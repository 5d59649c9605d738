import { createServer as createTcpServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer, type TlsOptions as ServerOptions } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type DaneConnectOptions, daneConnect } from '../../src/dane/connect.ts'
import type { Tlsa } from '../../src/wire/rdata/tlsa.ts'
import {
  type Certificate,
  createAuthority,
  createLeaf,
  type Credentials,
  credentials,
  tlsaFor,
} from '../lab/certificates.ts'
import { bogus, insecure, type Scripted, ScriptedLookup, secure } from './scripted.ts'

const HOST = 'www.example.com'
let root: Certificate
let leaf: Certificate
let other: Certificate
let sent: Credentials
const servers: Server[] = []

beforeAll(async () => {
  root = await createAuthority({ commonName: 'Root' })
  leaf = await createLeaf({ names: [HOST] }, root)
  other = await createLeaf({ names: ['other.example.net'] }, root)
  sent = await credentials(leaf)
})
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const listen = async (server: Server, address = '127.0.0.1', port = 0): Promise<number> => {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, address, resolve))
  return (server.address() as AddressInfo).port
}
const serve = (options: ServerOptions = sent as ServerOptions, address?: string, port?: number) =>
  listen(
    createTlsServer({ key: sent.key, cert: sent.cert, ...options }, (socket) => {
      socket.on('error', () => undefined).end('hello')
    }),
    address,
    port,
  )
const text = ({ usage, selector, matchingType, data }: Tlsa) =>
  `${usage} ${selector} ${matchingType} ${Buffer.from(data).toString('hex')}`
const lookup = (tlsa: Scripted, addresses = secure('127.0.0.1')) =>
  new ScriptedLookup({
    [`${HOST} A`]: addresses,
    [`${HOST} AAAA`]: secure(),
    [`_443._tcp.${HOST} TLSA`]: tlsa,
  })
const connect = async (connectPort: number, tlsa: Scripted, options: Partial<DaneConnectOptions> = {}) => {
  const connection = await daneConnect({ host: HOST, port: 443, resolver: lookup(tlsa), connectPort, ...options })
  if (connection.socket !== null) {
    connection.socket.on('error', () => undefined)
    const chunks: string[] = []
    for await (const chunk of connection.socket) chunks.push(String(chunk))
    expect(chunks.join('')).toBe('hello')
  }
  return connection
}

describe('secure usable records', () => {
  it.each([
    ['3 1 1', () => tlsaFor(leaf.der, 3, 1, 1), 0],
    ['2 0 1', () => tlsaFor(root.der, 2, 0, 1), 1],
  ])('%s: authenticated, before anything is read', async (_, record, depth) => {
    const connection = await connect(await serve(), secure(text(record())))
    expect(connection).toMatchObject({ outcome: 'dane', address: '127.0.0.1', verdict: { matched: { depth } } })
  })

  it('no match: refused, whatever the authorities say', async () => {
    const port = await serve()
    const tls = { ca: sent.cert }
    for (const otherwise of ['pkix', 'refuse'] as const) {
      const connection = await connect(port, secure(text(tlsaFor(other.der, 3, 1, 1))), { otherwise, tls })
      expect(connection).toMatchObject({ outcome: 'refused', socket: null, reason: { code: 'no-match' } })
    }
  })

  it('the server is asked for by the TLSA base domain', async () => {
    const asked: string[] = []
    const port = await serve({
      SNICallback: (name, done) => {
        asked.push(name)
        done(null)
      },
    })
    await connect(port, secure(text(tlsaFor(leaf.der, 3, 1, 1))), { host: 'WWW.Example.com.' })
    expect(asked).toEqual([HOST])
  })

  it('the next address where one cannot be reached or shows something else', async () => {
    const wrong = await credentials(other)
    const first = await serve({ key: wrong.key, cert: wrong.cert })
    await serve(undefined, '127.0.0.2', first)
    const resolver = lookup(secure(text(tlsaFor(leaf.der, 3, 1, 1))), secure('127.0.0.3', '127.0.0.1', '127.0.0.2'))
    expect(await connect(first, secure(), { resolver })).toMatchObject({ outcome: 'dane', address: '127.0.0.2' })
    const without = lookup(secure(text(tlsaFor(leaf.der, 3, 1, 1))), secure('127.0.0.1', '127.0.0.3'))
    expect(await connect(first, secure(), { resolver: without })).toMatchObject({
      reason: { code: 'no-match', text: expect.stringMatching(/^127\.0\.0\.1: /) },
    })
  })

  it('checkNames: DANE-EE(3) of a certificate for another name', async () => {
    const { key, cert } = await credentials(other)
    const port = await serve({ key, cert })
    const records = secure(text(tlsaFor(other.der, 3, 1, 1)))
    expect((await connect(port, records)).outcome).toBe('dane')
    expect(await connect(port, records, { checkNames: true })).toMatchObject({ reason: { code: 'name-mismatch' } })
  })
})

describe('nothing to authenticate with', () => {
  const cases: [string, () => Scripted][] = [
    ['no records', () => secure()],
    ['insecure records', () => insecure(text(tlsaFor(other.der, 3, 1, 1)))],
    ['no usable record', () => secure('3 1 9 00')],
  ]

  it.each(cases)('%s: the authorities decide, or nobody', async (_, tlsa) => {
    const port = await serve()
    const trusted = { tls: { ca: sent.cert.slice(sent.cert.lastIndexOf('-----BEGIN')) } }
    expect((await connect(port, tlsa(), trusted)).outcome).toBe('pkix')
    expect(await connect(port, tlsa())).toMatchObject({ outcome: 'refused', reason: { code: 'pkix-failed' } })
    expect(await connect(port, tlsa(), { ...trusted, otherwise: 'refuse' })).toMatchObject({
      reason: { code: 'no-dane' },
    })
  })

  it('the authorities look at the name', async () => {
    const { key, cert } = await credentials(other)
    const port = await serve({ key, cert })
    const tls = { ca: sent.cert.slice(sent.cert.lastIndexOf('-----BEGIN')) }
    expect(await connect(port, secure(), { tls })).toMatchObject({ reason: { code: 'pkix-failed' } })
  })

  it('an address takes authorities', async () => {
    const port = await serve()
    expect(await connect(port, secure(), { host: '127.0.0.1' })).toMatchObject({ reason: { code: 'pkix-failed' } })
    expect(await connect(port, secure(), { host: '127.0.0.1', otherwise: 'refuse' })).toMatchObject({
      reason: { code: 'no-dane' },
    })
  })
})

describe('refused', () => {
  it('a bogus lookup: nobody is connected to', async () => {
    let connections = 0
    const port = await listen(createTcpServer(() => connections++))
    expect(await connect(port, bogus)).toMatchObject({ outcome: 'refused', reason: { code: 'lookup-failed' } })
    const resolver = lookup(secure(), bogus)
    expect(await connect(port, secure(), { resolver })).toMatchObject({ reason: { code: 'lookup-failed' } })
    expect(connections).toBe(0)
  })

  it('no address', async () => {
    const resolver = lookup(secure(), secure())
    expect(await connect(1, secure(), { resolver })).toMatchObject({ reason: { code: 'no-address' } })
  })

  it('no connection, no TLS, silence', async () => {
    const records = secure(text(tlsaFor(leaf.der, 3, 1, 1)))
    const dead = createTcpServer()
    const port = await listen(dead)
    await new Promise((resolve) => dead.close(resolve))
    expect(await connect(port, records)).toMatchObject({ reason: { code: 'no-connection' } })
    const plain = await listen(createTcpServer((socket) => socket.on('error', () => undefined).end('220 hello\r\n')))
    expect(await connect(plain, records)).toMatchObject({ reason: { code: 'no-tls' } })
    const silent = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => undefined)
      }),
    )
    const found = await connect(silent, records, { handshakeTimeout: 100 })
    expect(found).toMatchObject({ reason: { code: 'no-tls', text: expect.stringContaining('in time') } })
  })

  it('the signal', async () => {
    const silent = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => undefined)
        abort.abort(new Error('enough'))
      }),
    )
    const abort = new AbortController()
    await expect(connect(silent, secure(), { signal: abort.signal })).rejects.toThrow('enough')
  })
})

it.each([
  [{ otherwise: 'accept' }, TypeError, /^otherwise:/],
  [{ host: 5 }, TypeError, /^host:/],
  [{ port: 0 }, RangeError, /^port:/],
  [{ connectPort: 65_536 }, RangeError, /^connectPort:/],
  [{ handshakeTimeout: 1 }, RangeError, /^handshakeTimeout:/],
  [{ digests: ['MD5'] }, TypeError, /^digests:/],
])('%o', async (options, type, message) => {
  const call = daneConnect({ host: HOST, port: 443, resolver: lookup(secure()), ...options } as DaneConnectOptions)
  await expect(call).rejects.toThrow(type)
  await expect(call).rejects.toThrow(message)
})
