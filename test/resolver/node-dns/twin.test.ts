import { promises as dns } from 'node:dns'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ZoneSet } from '../../../src/resolver/fixture/zone-set.ts'
import { Resolver } from '../../../src/resolver/resolver.ts'
import { forge, rcode, silence } from '../../lab/attacker.ts'
import { DnsServer } from '../../lab/dns-server.ts'
import { Name } from '../../../src/wire/name.ts'
import { createIdentity, FakeHttpsServer, FakeTlsServer } from '../fake-tls-server.ts'
import { FakeServer, reply } from '../fake-server.ts'
import { NSEC, NSEC3, signAll } from '../fixture/signed-zones.ts'

const NOW = 1_800_000_000
const internet = signAll([
  { apex: '.', text: 'example NS ns\nplain NS ns\narpa NS ns', denial: NSEC },
  {
    apex: 'example',
    text: `@ MX 10 mx
@ MX 20 .
@ TXT "one" "two \\255\\200"
@ TXT ""
@ CAA 0 issue "ca.example; account=1"
@ CAA 128 iodef "mailto:a@b.example"
host A 192.0.2.1
host A 192.0.2.2
host 60 AAAA 2001:db8::1
host AAAA ::ffff:192.0.2.1
mx A 192.0.2.3
alias 30 CNAME host
lost CNAME nowhere
odd\\.label CNAME we\\032ird\\;.host
_sip._udp SRV 1 2 5060 host
_none._udp SRV 0 0 0 .
naptr NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
naptr NAPTR 100 20 "s" "SIP+D2U" "" _sip._udp
_25._tcp.mx TLSA 3 1 1 ${'ab'.repeat(32)}
xn--bcher-kva A 192.0.2.7
deep.ent A 192.0.2.8
any A 192.0.2.9
any AAAA 2001:db8::9
any MX 5 mx
any TXT "x"
any CAA 0 issue ";"
any SRV 1 1 1 host
any NAPTR 1 1 "" "" "" host
any PTR host`,
    denial: NSEC3,
  },
  { apex: 'plain', text: 'www A 192.0.2.5' },
  {
    apex: 'arpa',
    text: `1.2.0.192.in-addr PTR host.example.
1.2.0.192.in-addr PTR other.example.
1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6 PTR six.example.`,
    denial: NSEC,
  },
])
const zones = new ZoneSet(internet.zones)
let server: DnsServer
let ours: Resolver
const theirs = new dns.Resolver({ timeout: 500, tries: 1 })

beforeAll(async () => {
  server = await DnsServer.start({ answer: (question) => zones.answer(question) })
  ours = create()
  theirs.setServers([`127.0.0.1:${server.port}`])
})
afterAll(async () => {
  await ours.close()
  await server.close()
})

function create(options = {}): Resolver {
  return new Resolver({
    upstreams: [`127.0.0.1:${server.port}`],
    trustAnchors: internet.anchors,
    now: NOW,
    attemptTimeout: 10_000,
    ...options,
  })
}

type Either = Pick<
  dns.Resolver,
  | 'resolve'
  | 'resolve4'
  | 'resolve6'
  | 'resolveAny'
  | 'resolveCaa'
  | 'resolveCname'
  | 'resolveMx'
  | 'resolveNaptr'
  | 'resolveNs'
  | 'resolvePtr'
  | 'resolveSoa'
  | 'resolveSrv'
  | 'resolveTxt'
  | 'reverse'
>
type Call = [label: string, call: (resolver: Either) => Promise<unknown>]

/**
 * What a call comes to: its result, its lists in any order, or the error by what a caller looks at.
 * @param untyped Without the type of a record, which Node 24 adds to some that were asked for by type, and which its
 * documentation has for ANY alone.
 */
async function outcome(call: () => Promise<unknown>, untyped = false): Promise<unknown> {
  try {
    const result = await call()
    if (!Array.isArray(result)) return result
    const items = untyped ? result.map(withoutType) : result
    return items.map((item) => JSON.stringify(item, sortKeys)).toSorted()
  } catch (error) {
    const { name, message, code, syscall, hostname } = error as NodeJS.ErrnoException & { hostname?: string }
    return { name, message, code, syscall, hostname }
  }
}

function withoutType(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
  return Object.fromEntries(Object.entries(item).filter(([key]) => key !== 'type'))
}

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const RESULTS: Call[] = [
  ['A', (r) => r.resolve4('host.example')],
  ['A with TTL', (r) => r.resolve4('host.example', { ttl: true })],
  ['A through an alias with TTL', (r) => r.resolve4('alias.example', { ttl: true })],
  ['A in an unsigned zone', (r) => r.resolve4('www.plain')],
  ['A of a name with a final dot', (r) => r.resolve4('host.example.')],
  ['A of a name in capitals', (r) => r.resolve4('HOST.Example')],
  ['A of an internationalised name', (r) => r.resolve4('bücher.example')],
  ['AAAA', (r) => r.resolve6('host.example')],
  ['AAAA with TTL', (r) => r.resolve6('host.example', { ttl: true })],
  ['CAA', (r) => r.resolveCaa('example')],
  ['CNAME', (r) => r.resolveCname('alias.example')],
  ['CNAME with odd labels', (r) => r.resolveCname('odd\\.label.example')],
  ['MX, a null one among them', (r) => r.resolveMx('example')],
  ['NAPTR', (r) => r.resolveNaptr('naptr.example')],
  ['NS', (r) => r.resolveNs('example')],
  ['NS of the root', (r) => r.resolveNs('.')],
  ['PTR', (r) => r.resolvePtr('1.2.0.192.in-addr.arpa')],
  ['SOA', (r) => r.resolveSoa('example')],
  ['SRV', (r) => r.resolveSrv('_sip._udp.example')],
  ['SRV of a service that is not there', (r) => r.resolveSrv('_none._udp.example')],
  ['TXT with octets beyond ASCII', (r) => r.resolveTxt('example')],
  ['reverse of IPv4', (r) => r.reverse('192.0.2.1')],
  ['reverse of IPv6', (r) => r.reverse('2001:db8::1')],
  ['resolve without a type', (r) => r.resolve('host.example')],
  ...['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NAPTR', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'].map(
    (type): Call => [`resolve ${type}`, (r) => r.resolve('any.example', type)],
  ),
  ['ANY', (r) => r.resolveAny('any.example')],
  ['resolve ANY', (r) => r.resolve('any.example', 'ANY')],
]

const ERRORS: Call[] = [
  ['a name that does not exist', (r) => r.resolve4('absent.example')],
  ['a name in an unsigned zone that does not exist', (r) => r.resolve4('absent.plain')],
  ['no records of the type', (r) => r.resolveMx('host.example')],
  ['an empty non-terminal', (r) => r.resolve4('ent.example')],
  ['an alias that leads nowhere', (r) => r.resolve4('lost.example')],
  ['no reverse name', (r) => r.reverse('192.0.2.99')],
  ['an empty label', (r) => r.resolve4('a..b')],
  ['a label that is too long', (r) => r.resolve4(`${'x'.repeat(64)}.example`)],
  ['no address', (r) => r.reverse('nowhere')],
  ...[
    ['queryA', 'resolve4'],
    ['queryAaaa', 'resolve6'],
    ['queryAny', 'resolveAny'],
    ['queryCaa', 'resolveCaa'],
    ['queryCname', 'resolveCname'],
    ['queryMx', 'resolveMx'],
    ['queryNaptr', 'resolveNaptr'],
    ['queryNs', 'resolveNs'],
    ['queryPtr', 'resolvePtr'],
    ['querySoa', 'resolveSoa'],
    ['querySrv', 'resolveSrv'],
    ['queryTxt', 'resolveTxt'],
  ].map(([syscall, method]): Call => [syscall!, (r) => r[method as 'resolve4']('absent.example')]),
]

test.each(RESULTS)('the same result as of node:dns: %s', async (title, call) => {
  const expected = await outcome(() => call(theirs), !title.endsWith('ANY'))
  const got = await outcome(() => call(ours as unknown as Either))
  expect(got).toEqual(expected)
})

test.each(ERRORS)('the same error as of node:dns: %s', async (_, call) => {
  const expected = await outcome(() => call(theirs))
  expect(expected).toMatchObject({ name: 'Error' })
  expect(await outcome(() => call(ours as unknown as Either))).toEqual(expected)
})

test('TLSA, which only newer releases of Node have', async () => {
  const data = new Uint8Array(32).fill(0xab).buffer
  const expected = [{ certUsage: 3, selector: 1, match: 1, data }]
  expect(await ours.resolveTlsa('_25._tcp.mx.example')).toEqual(expected)
  expect(await ours.resolve('_25._tcp.mx.example', 'TLSA')).toEqual(expected)
  const newer = theirs as { resolveTlsa?: (name: string) => Promise<unknown> }
  if (newer.resolveTlsa !== undefined) expect(await newer.resolveTlsa('_25._tcp.mx.example')).toEqual(expected)
})

describe('mistakes of the caller are those of node:dns', () => {
  test.each<Call>([
    ['no name', (r) => r.resolve4(undefined as unknown as string)],
    ['a number as name', (r) => r.resolveMx(5 as unknown as string)],
    ['a type that is not known', (r) => r.resolve('example', 'NOPE')],
    ['a type in lower case', (r) => r.resolve('example', 'mx')],
    ['a type that is no string', (r) => r.resolve('example', 5 as unknown as string)],
    ['no address', (r) => r.reverse(5 as unknown as string)],
  ])('%s', async (_, call) => {
    const codeOf = async (resolver: Either): Promise<unknown> => {
      try {
        return await call(resolver)
      } catch (error) {
        return [(error as Error).name, (error as NodeJS.ErrnoException).code]
      }
    }
    expect(await codeOf(ours as unknown as Either)).toEqual(await codeOf(theirs))
  })
})

describe('what an upstream does', () => {
  test.each([
    ['SERVFAIL', 'ESERVFAIL'],
    ['REFUSED', 'EREFUSED'],
    ['NOTIMP', 'ENOTIMP'],
    ['FORMERR', 'EFORMERR'],
  ] as const)('%s', async (answer, code) => {
    await using lab = await DnsServerScope.start()
    lab.server.attacks.add('all', rcode(answer))
    const [one, other] = [lab.ours(), lab.theirs()]
    const expected = { code, syscall: 'queryMx', hostname: 'example' }
    await expect(other.resolveMx('example')).rejects.toMatchObject(expected)
    await expect(one.resolveMx('example')).rejects.toMatchObject({ ...expected, cause: { ede: expect.any(Number) } })
  })

  test('silence is ETIMEOUT', async () => {
    await using lab = await DnsServerScope.start()
    lab.server.attacks.add('all', silence())
    const [one, other] = [lab.ours({ attemptTimeout: 20, attempts: 1 }), lab.theirs(20)]
    await expect(other.resolveMx('example')).rejects.toMatchObject({ code: 'ETIMEOUT' })
    await expect(one.resolveMx('example')).rejects.toMatchObject({
      code: 'ETIMEOUT',
      cause: { code: 'upstream-timeout' },
    })
  })

  test('nobody there is ECONNREFUSED', async () => {
    const lab = await DnsServerScope.start()
    const [one, other] = [lab.ours(), lab.theirs()]
    await lab.server.close()
    await expect(other.resolveMx('example')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect(one.resolveMx('example')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await one.close()
  })

  test('a forged answer is ESERVFAIL with the reason as cause', async () => {
    await using lab = await DnsServerScope.start()
    lab.server.attacks.add({ name: 'host.example', type: 'A' }, forge('host.example. A 203.0.113.66'))
    await expect(lab.ours().resolve4('host.example')).rejects.toMatchObject({
      message: 'queryA ESERVFAIL host.example',
      code: 'ESERVFAIL',
      cause: { code: expect.any(String), at: { type: 1 } },
    })
  })
})

describe('being called off', () => {
  test('cancel ends what is under way with ECANCELLED, and what comes later runs', async () => {
    await using lab = await DnsServerScope.start()
    lab.server.attacks.add('all', silence())
    const [one, other] = [lab.ours(), lab.theirs(10_000)]
    const pending = [other.resolve4('host.example'), one.resolve4('host.example'), one.resolveMx('example')]
    const plain = one.query('example', 'TXT')
    const ended = [
      ...pending.map((promise) => expect(promise).rejects.toMatchObject({ code: 'ECANCELLED' })),
      expect(plain).rejects.toMatchObject({ name: 'DanelawError', code: 'aborted' }),
    ]
    other.cancel()
    one.cancel()
    lab.server.attacks.clear()
    const later = one.resolve4('host.example')
    await Promise.all(ended)
    expect(await later).toHaveLength(2)
  })

  test('a signal rejects with its own reason', async () => {
    await using lab = await DnsServerScope.start()
    lab.server.attacks.add('all', silence())
    const leaver = new AbortController()
    const one = lab.ours()
    const pending = [
      one.resolve4('host.example', { signal: leaver.signal }),
      one.resolve('example', 'MX', { signal: leaver.signal }),
      one.reverse('192.0.2.1', { signal: leaver.signal }),
    ].map((promise) => expect(promise).rejects.toThrow('enough'))
    leaver.abort(new Error('enough'))
    await Promise.all(pending)
  })
})

describe('servers', () => {
  test.each([
    [['192.0.2.1:5353', '::1', '[2001:db8::1]:99', '192.0.2.2:53', '[2001:db8::2]:53', '2001:DB8:0::3']],
    [['192.0.2.1']],
  ])('%j', (servers) => {
    const node = new dns.Resolver()
    node.setServers(servers)
    const one = create()
    one.setServers(servers)
    expect(one.getServers()).toEqual(node.getServers())
  })

  test.each([['x'], [['x']], [['']], [[5]], [['1.2.3.4:']], [undefined]])('%j is refused as of node:dns', (servers) => {
    const codeOf = (resolver: { setServers(servers: readonly string[]): void }): unknown => {
      try {
        return resolver.setServers(servers as unknown as string[])
      } catch (error) {
        return [(error as Error).name, (error as NodeJS.ErrnoException).code]
      }
    }
    const expected = codeOf(new dns.Resolver())
    expect(expected).toEqual(['TypeError', expect.any(String)])
    expect(codeOf(create())).toEqual(expected)
  })

  test('are asked from then on', async () => {
    await using lab = await DnsServerScope.start()
    const one = create()
    expect(await one.resolve4('mx.example')).toEqual(['192.0.2.3'])
    const asked = one.stats.questions
    one.setServers([`127.0.0.1:${lab.server.port}`])
    expect(await one.resolve4('host.example')).toHaveLength(2)
    expect(lab.server.count('host.example', 'A')).toBe(1)
    expect(one.stats.questions).toBeGreaterThan(asked)
    await one.close()
  })

  test('cannot be replaced while queries are under way, as of node:dns', async () => {
    await using lab = await DnsServerScope.start()
    lab.server.attacks.add('all', silence())
    const [one, other] = [lab.ours(), lab.theirs(10_000)]
    for (const resolver of [one, other]) {
      const ended = expect(resolver.resolve4('host.example')).rejects.toMatchObject({ code: 'ECANCELLED' })
      expect(() => resolver.setServers(['192.0.2.1'])).toThrow(
        expect.objectContaining({ name: 'Error', code: 'ERR_DNS_SET_SERVERS_FAILED' }),
      )
      resolver.cancel()
      await ended
    }
  })

  test('a fixture has none, and an empty list is none', () => {
    expect(() => create().setServers([])).toThrow(TypeError)
    const one = new Resolver({ fixture: { description: '', answer: () => Promise.reject() as never } })
    expect(one.getServers()).toEqual([])
    expect(() => one.setServers(['192.0.2.1'])).toThrow('a fixture has none')
  })
})

describe('the address to ask from', () => {
  test('is that of UDP and TCP', async () => {
    const zone = zones.answer({ name: Name.parse('example'), type: 6, class: 1 })
    const from: string[] = []
    await using server2 = await FakeServer.start({
      udp: ({ query, from: { address }, send }) => {
        from.push(`udp ${address}`)
        send(reply(query, { truncated: true }))
      },
      tcp: ({ query, socket, send }) => {
        from.push(`tcp ${socket.remoteAddress}`)
        send(reply(query, { authority: zone.authority }))
      },
    })
    const one = create({ upstreams: [server2.spec.text] })
    one.setLocalAddress('127.0.0.2')
    await one.query('example', 'TXT')
    await one.close()
    expect(new Set(from)).toEqual(new Set(['udp 127.0.0.2', 'tcp 127.0.0.2']))
  })

  test('is that of TLS and HTTPS', async () => {
    const identity = await createIdentity(['dns.example'])
    const from: (string | undefined)[] = []
    await using tls = await FakeTlsServer.start(identity, ({ query, socket, send }) => {
      from.push(socket.remoteAddress)
      send(reply(query))
    })
    await using https = await FakeHttpsServer.start(identity, ({ query, stream, send }) => {
      from.push(stream.session?.socket.remoteAddress)
      send(reply(query))
    })
    for (const upstream of [`tls://127.0.0.1:${tls.port}`, `https://dns.example:${https.port}/dns#127.0.0.1`]) {
      const one = create({ upstreams: [upstream], upstreamAuthorities: identity.authorities })
      one.setLocalAddress('127.0.0.3')
      await one.query('example', 'TXT')
      await one.close()
    }
    expect(from.length).toBeGreaterThan(1)
    expect(new Set(from)).toEqual(new Set(['127.0.0.3']))
    expect([tls.connections, https.connections].every((count) => count > 0)).toBe(true)
  })

  test.each([
    [['127.0.0.1']],
    [['::1']],
    [['127.0.0.1', '::1']],
    [['x']],
    [['127.0.0.1', '127.0.0.2']],
    [['::1', '::2']],
    [[5]],
  ])('%j is taken or refused as of node:dns', (given) => {
    const codeOf = (resolver: { setLocalAddress(ipv4: string, ipv6?: string): void }): unknown => {
      try {
        return resolver.setLocalAddress(...(given as [string, string?]))
      } catch (error) {
        return [(error as Error).name, (error as NodeJS.ErrnoException).code]
      }
    }
    expect(codeOf(create())).toEqual(codeOf(new dns.Resolver()))
  })

  test('a fixture has none', () => {
    const one = new Resolver({ fixture: { description: '', answer: () => Promise.reject() as never } })
    expect(() => one.setLocalAddress('127.0.0.1')).toThrow(TypeError)
  })
})

/** A server of its own, and resolvers that end with it. */
class DnsServerScope implements AsyncDisposable {
  readonly server: DnsServer
  readonly #open: Resolver[] = []

  static async start(): Promise<DnsServerScope> {
    return new DnsServerScope(await DnsServer.start({ answer: (question) => zones.answer(question) }))
  }

  private constructor(own: DnsServer) {
    this.server = own
  }

  ours(options = {}): Resolver {
    const resolver = create({ upstreams: [`127.0.0.1:${this.server.port}`], ...options })
    this.#open.push(resolver)
    return resolver
  }

  theirs(timeout = 500): dns.Resolver {
    const resolver = new dns.Resolver({ timeout, tries: 1 })
    resolver.setServers([`127.0.0.1:${this.server.port}`])
    return resolver
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resolver of this.#open) await resolver.close()
    await this.server.close()
  }
}
