import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Agent, fetch } from 'undici'
import { daneConnector, type DaneConnectorOptions } from '../src/undici.ts'
import type { Tlsa } from '../src/wire/rdata/tlsa.ts'
import { bogus, type Scripted, ScriptedLookup, secure } from './dane/scripted.ts'
import { type Certificate, createAuthority, createLeaf, credentials, tlsaFor } from './lab/certificates.ts'

const HOST = 'www.example.com'
let root: Certificate
let leaf: Certificate
let server: Server
let port: number

beforeAll(async () => {
  root = await createAuthority({ commonName: 'Root' })
  leaf = await createLeaf({ names: [HOST] }, root)
  const { key, cert } = await credentials(leaf)
  server = createServer({ key, cert }, (request, response) => response.end(`${request.method} ${request.url}`))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const text = ({ usage, selector, matchingType, data }: Tlsa) =>
  `${usage} ${selector} ${matchingType} ${Buffer.from(data).toString('hex')}`

async function get(url: string, tlsa: Scripted, options: Partial<DaneConnectorOptions> = {}, host = HOST) {
  const resolver = new ScriptedLookup({
    [`${host} A`]: secure('127.0.0.1'),
    [`${host} AAAA`]: secure(),
    [`_443._tcp.${host} TLSA`]: tlsa,
  })
  const dispatcher = new Agent({ connect: daneConnector({ resolver, connectPort: port, ...options }) })
  try {
    return await (await fetch(url, { dispatcher })).text()
  } catch (error) {
    throw (error as Error).cause ?? error
  } finally {
    await dispatcher.destroy()
  }
}

describe('fetch', () => {
  test.each([
    ['3 1 1', () => tlsaFor(leaf.der, 3, 1, 1)],
    ['2 1 1', () => tlsaFor(root.der, 2, 1, 1)],
  ])('authenticated by %s', async (_, record) => {
    expect(await get(`https://${HOST}/path`, secure(text(record())))).toBe('GET /path')
  })

  test.each([
    ['no match', () => secure(text(tlsaFor(root.der, 3, 1, 1))), 'no usable TLSA record matches'],
    ['a bogus lookup', () => bogus, 'scripted'],
    ['no records, and no authority that knows the server', () => secure(), 'TLS with'],
  ])('%s: the request fails', async (_, tlsa, message) => {
    await expect(get(`https://${HOST}/`, tlsa())).rejects.toMatchObject({
      code: 'not-authenticated',
      message: expect.stringContaining(message),
    })
  })

  test('another name under DANE-EE(3): only where names are not compared', async () => {
    const records = secure(text(tlsaFor(leaf.der, 3, 1, 1)))
    const other = 'other.example.net'
    for (const options of [{}, { checkNames: undefined } as object]) {
      await expect(get(`https://${other}/`, records, options, other)).rejects.toMatchObject({
        code: 'not-authenticated',
      })
    }
    expect(await get(`https://${other}/`, records, { checkNames: false }, other)).toBe('GET /')
  })

  test('http: fails', async () => {
    await expect(get(`http://${HOST}/`, secure())).rejects.toMatchObject({ code: 'not-authenticated' })
  })
})
