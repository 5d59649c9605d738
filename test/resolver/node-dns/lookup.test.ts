import { ADDRCONFIG, ALL, type LookupAddress, lookup as nodeLookup, V4MAPPED } from 'node:dns'
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Question } from '../../../src/wire/record.ts'
import type { UpstreamAnswer } from '../../../src/dnssec/walk.ts'
import { ZoneSet } from '../../../src/resolver/fixture/zone-set.ts'
import { danelawLookup, type LookupCallOptions } from '../../../src/resolver/node-dns/lookup.ts'
import { Resolver } from '../../../src/resolver/resolver.ts'
import { NSEC, signAll } from '../fixture/signed-zones.ts'

const NOW = 1_800_000_000
const internet = signAll([
  { apex: '.', text: 'example NS ns\nplain NS ns', denial: NSEC },
  {
    apex: 'example',
    text: `both A 192.0.2.1
both AAAA 2001:db8::1
four A 192.0.2.4
four A 192.0.2.5
alias CNAME both
self A 127.0.0.1
text TXT "x"`,
    denial: NSEC,
  },
  { apex: 'plain', text: 'www A 192.0.2.5' },
])
const zones = new ZoneSet(internet.zones)

interface Asked {
  readonly asked: string[]
  readonly resolver: Resolver
}

/** A resolver on the zones; what `change` gives replaces an answer. */
function create(change: (question: Question) => UpstreamAnswer | undefined = () => undefined): Asked {
  const asked: string[] = []
  const fixture = {
    description: 'zones',
    answer: (question: Question): UpstreamAnswer => {
      asked.push(`${question.name} ${question.type}`)
      return change(question) ?? { kind: 'message', message: zones.answer(question), upstream: 'zones' }
    },
  }
  return { asked, resolver: new Resolver({ fixture, trustAnchors: internet.anchors, now: NOW }) }
}

type Result = { error: unknown } | { address: string | LookupAddress[]; family: number | undefined }

function call(
  lookup: typeof nodeLookup | ReturnType<typeof danelawLookup>,
  hostname: string,
  options: LookupCallOptions | number = {},
): Promise<Result> {
  return new Promise((resolve) => {
    ;(lookup as ReturnType<typeof danelawLookup>)(hostname, options, (error, address, family) =>
      resolve(error === null ? { address, family } : { error }),
    )
  })
}

const ours = danelawLookup(create().resolver)

describe('addresses', () => {
  test.each<[string, LookupCallOptions | number, [string, number]]>([
    ['both.example', {}, ['2001:db8::1', 6]],
    ['both.example', { order: 'ipv4first' }, ['192.0.2.1', 4]],
    ['both.example', { order: 'ipv6first' }, ['2001:db8::1', 6]],
    ['both.example', { verbatim: false }, ['192.0.2.1', 4]],
    ['both.example', 4, ['192.0.2.1', 4]],
    ['both.example', 6, ['2001:db8::1', 6]],
    ['both.example', { family: 'IPv4' }, ['192.0.2.1', 4]],
    ['alias.example', { family: 4 }, ['192.0.2.1', 4]],
    ['www.plain', {}, ['192.0.2.5', 4]],
    ['four.example', { family: 6, hints: V4MAPPED }, ['::ffff:192.0.2.4', 6]],
    ['both.example', { family: 6, hints: V4MAPPED }, ['2001:db8::1', 6]],
  ])('%s %j', async (hostname, options, [address, family]) => {
    expect(await call(ours, hostname, options)).toEqual({ address, family })
  })

  test.each<[string, LookupCallOptions, string[]]>([
    ['both.example', { order: 'ipv4first' }, ['192.0.2.1', '2001:db8::1']],
    ['both.example', { order: 'verbatim' }, ['2001:db8::1', '192.0.2.1']],
    ['four.example', {}, ['192.0.2.4', '192.0.2.5']],
    ['both.example', { family: 6, hints: V4MAPPED | ALL }, ['2001:db8::1', '::ffff:192.0.2.1']],
    ['both.example', { family: 6, hints: V4MAPPED }, ['2001:db8::1']],
  ])('all of %s %j', async (hostname, options, expected) => {
    const { address } = (await call(ours, hostname, { ...options, all: true })) as { address: LookupAddress[] }
    expect(address.map((each) => each.address)).toEqual(expected)
    expect(address.every(({ address: text, family }) => family === (text.includes(':') ? 6 : 4))).toBe(true)
  })

  test('ADDRCONFIG asks for no family that the system has not', async () => {
    const { asked, resolver } = create()
    await call(danelawLookup(resolver), 'both.example', { hints: ADDRCONFIG, all: true })
    await call(danelawLookup(resolver), 'four.example', { family: 4, hints: ADDRCONFIG, all: true })
    expect(asked.filter((question) => question === 'four.example. 28')).toEqual([])
  })

  test('options may be left out', async () => {
    const result = await new Promise((resolve) => ours('four.example', (_, address) => resolve(address)))
    expect(result).toBe('192.0.2.4')
  })
})

describe('what needs no lookup is as of node:dns', () => {
  test.each<[string, LookupCallOptions]>([
    ['127.0.0.1', {}],
    ['127.0.0.1', { all: true }],
    ['::1', {}],
    ['::1', { all: true }],
    ['127.0.0.1', { family: 6 }],
    ['localhost', { family: 4 }],
    ['localhost', { family: 4, all: true }],
  ])('%s %j', async (hostname, options) => {
    const { asked, resolver } = create()
    expect(await call(danelawLookup(resolver), hostname, options)).toEqual(await call(nodeLookup, hostname, options))
    expect(asked).toEqual([])
  })

  test('localhost and what is below it never leave (RFC 6761 section 6.3)', async () => {
    const { asked, resolver } = create()
    const lookup = danelawLookup(resolver)
    expect(await call(lookup, 'LocalHost.', { family: 6 })).toEqual({ address: '::1', family: 6 })
    expect(await call(lookup, 'a.localhost', { family: 4 })).toEqual({ address: '127.0.0.1', family: 4 })
    expect(asked).toEqual([])
  })
})

describe('failures', () => {
  test.each(['absent.example', 'text.example', 'a..b', ''])('%j is ENOTFOUND', async (hostname) => {
    expect(await call(ours, hostname)).toMatchObject({
      error: { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname },
    })
  })

  test('a bogus answer is EAI_AGAIN with the reason, also where the other family has addresses', async () => {
    const { resolver } = create((question) => {
      if (question.type !== 28) return undefined
      const message = zones.answer(question)
      return { kind: 'message', upstream: 'x', message: { ...message, authority: [], answer: [] } }
    })
    expect(await call(danelawLookup(resolver), 'four.example')).toMatchObject({
      error: { code: 'EAI_AGAIN', cause: { code: 'denial-missing' } },
    })
  })

  test('with requireSecure, what nothing proves is EAI_AGAIN', async () => {
    const lookup = danelawLookup(create().resolver, { requireSecure: true })
    expect(await call(lookup, 'www.plain')).toMatchObject({
      error: { code: 'EAI_AGAIN', cause: { code: 'insecure-delegation' } },
    })
    expect(await call(lookup, 'both.example', 4)).toEqual({ address: '192.0.2.1', family: 4 })
  })

  test('a signal gives its reason', async () => {
    const reason = new Error('enough')
    const lookup = danelawLookup(create().resolver, { signal: AbortSignal.abort(reason) })
    expect(await call(lookup, 'both.example')).toEqual({ error: reason })
  })

  test.each<[string, unknown, string]>([
    ['a family', { family: 5 }, 'ERR_INVALID_ARG_VALUE'],
    ['hints', { hints: 1 }, 'ERR_INVALID_ARG_VALUE'],
    ['an order', { order: 'z' }, 'ERR_INVALID_ARG_VALUE'],
    ['all', { all: 1 }, 'ERR_INVALID_ARG_TYPE'],
  ])('%s that is none throws, as of node:dns', (_, options, code) => {
    for (const lookup of [ours, nodeLookup]) {
      expect(() => (lookup as typeof ours)('x.example', options as LookupCallOptions, () => undefined)).toThrow(
        expect.objectContaining({ name: 'TypeError', code }),
      )
    }
  })

  test('so do a host name that is no string, and no callback', () => {
    for (const lookup of [ours, nodeLookup] as (typeof ours)[]) {
      expect(() => lookup(5 as unknown as string, () => undefined)).toThrow(TypeError)
      expect(() => lookup('x', undefined as unknown as () => void)).toThrow(TypeError)
    }
  })
})

describe('in use', () => {
  test('net.connect', async () => {
    const server = createTcpServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const socket = connect({ host: 'self.example', port, lookup: ours })
    const [data] = await once(socket, 'data')
    expect(String(data)).toBe('hello')
    socket.destroy()
    server.close()
  })

  test('http.get', async () => {
    const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const request = get({ host: 'self.example', port, lookup: ours, agent: false })
    const [response] = await once(request, 'response')
    expect(response.statusCode).toBe(200)
    response.resume()
    await once(response, 'end')
    server.close()
  })
})
