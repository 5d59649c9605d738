/**
 * Other people's resolvers killed, stopped, slow, cutting, stripping DNSSEC, and behind a relay that answers late, from
 * another port or with octets changed. No lookup takes longer than its timeout, no verdict is a wrong one, and nothing
 * is left open.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ValidatedAnswer } from '../../src/dnssec/status.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import type { ResolverOptions } from '../../src/resolver/settings.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { encodeMessage, type Message, parseMessage } from '../../src/wire/message.ts'
import { formatRecord } from '../../src/wire/presentation/record.ts'
import { RULES, startDnsdist } from './peers/dnsdist.ts'
import { startKresd } from './peers/kresd.ts'
import { startNamedForwarder } from './peers/named-forwarder.ts'
import { freePort } from './peers/ports.ts'
import type { Server } from './peers/program.ts'
import { startRecursor } from './peers/recursor.ts'
import { startUnbound } from './peers/unbound.ts'
import { BOGUS_QUESTIONS, QUESTIONS } from './upstreams/internet.ts'
import { Relay, type Trouble } from './upstreams/relay.ts'
import { createWorld, type World } from './upstreams/world.ts'

type Ports = { readonly port: number; readonly tlsPort: number; readonly httpsPort: number }

let world: World
let failed = false
/** What each healthy answer looks like. */
const healthy = new Map<string, string>()
const resolvers: Resolver[] = []

beforeAll(async () => {
  world = await createWorld('troubles')
  for (const [name, type, answer] of await askAll(create([good()]))) healthy.set(`${name} ${type}`, textOf(answer))
})

afterEach(async ({ task }) => {
  failed ||= task.result?.state === 'fail'
  for (const resolver of resolvers.splice(0)) await resolver.close()
  // Sockets end in the turn after they were closed.
  await expect.poll(openThings, { timeout: 5_000 }).toEqual([])
})

afterAll(() => world?.end(failed))

/** A server that does as it should. */
const good = () => `127.0.0.1:${world.unbound}`
const both = (upstream: string) => [upstream, good()]

const SERVERS: readonly [string, (ports: Ports) => Promise<Server>][] = [
  [
    'Unbound',
    (ports) => {
      const { folder, anchor, authority, zones, certificate } = world
      const { port, tlsPort, httpsPort } = ports
      return startUnbound(folder, {
        ...{ label: `unbound-${port}`, port, authority, zones, anchor },
        settings: [
          ...[tlsPort, httpsPort].map((each) => `interface: 127.0.0.1@${each}`),
          ...[`tls-port: ${tlsPort}`, `https-port: ${httpsPort}`],
          ...[`tls-service-key: "${certificate.keyFile}"`, `tls-service-pem: "${certificate.file}"`],
        ],
      })
    },
  ],
  ['BIND', (ports) => startNamedForwarder(world.folder, forwarding(ports, 'named'))],
  ['Knot Resolver', (ports) => startKresd(world.folder, forwarding(ports, 'kresd'))],
  [
    'PowerDNS Recursor',
    ({ port }) => {
      const { folder, anchor, authority, zones } = world
      return startRecursor(folder, { label: `recursor-${port}`, port, authority, zones, anchor })
    },
  ],
  ['dnsdist', (ports) => startDnsdist(world.folder, forwarding(ports, 'dnsdist'))],
]

describe.each(SERVERS)('%s', (kind, start) => {
  let ports: Ports
  let server: Server
  beforeAll(async () => {
    ports = { port: await freePort(), tlsPort: await freePort(), httpsPort: await freePort() }
    server = await start(ports)
  })
  afterAll(() => server?.kill())

  const ways = (): string[] => {
    const { port, tlsPort, httpsPort } = ports
    const encrypted = [`tls://127.0.0.1:${tlsPort}#dns.test`, `https://dns.test:${httpsPort}/dns-query#127.0.0.1`]
    return [`127.0.0.1:${port}`, ...(kind === 'PowerDNS Recursor' ? [] : encrypted)]
  }

  test('killed with questions open: the other one answers, and it comes back', async () => {
    const asking = ways().map((way) => create(both(way), { cache: false }))
    for (const resolver of asking) expect(await statusOf(resolver, 'www.secure.test')).toBe('secure')
    const open = asking.flatMap((resolver) => many(resolver, 40))
    await server.kill()
    expect(new Set(await Promise.all(open))).toEqual(new Set(['secure']))
    server = await start(ports)
    for (const resolver of asking) {
      const before = resolver.stats.upstreams[0]!.questions
      const asked = async () => {
        await resolver.query('www.secure.test', 'A')
        return resolver.stats.upstreams[0]!.questions
      }
      await expect.poll(asked, POLL).toBeGreaterThan(before)
    }
    // And alone, over connections of before.
    for (const way of ways()) expect(await statusOf(create([way]), 'www.secure.test')).toBe('secure')
  })

  test('stopped: the other one answers; alone it is waited for as long as was said, and then answers again', async () => {
    const asking = ways().map((way) => create(both(way), { cache: false }))
    const alone = ways().map((way) => create([way], { cache: false, timeout: 1_200, attemptTimeout: 300 }))
    for (const resolver of [...asking, ...alone]) expect(await statusOf(resolver, 'www.secure.test')).toBe('secure')
    server.signal('SIGSTOP')
    try {
      expect(new Set(await Promise.all(asking.flatMap((resolver) => many(resolver, 20))))).toEqual(new Set(['secure']))
      const start = performance.now()
      const answers = await Promise.all(alone.map((resolver) => resolver.query('www.secure.test', 'A')))
      expect(performance.now() - start).toBeLessThan(1_200 + MARGIN)
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 'indeterminate', reason: { code: 'upstream-timeout' } })
      }
    } finally {
      server.signal('SIGCONT')
    }
    for (const resolver of alone) {
      await expect.poll(() => statusOf(resolver, 'www.secure.test'), POLL).toBe('secure')
    }
  })
})

describe('dnsdist', () => {
  const RUINED: readonly [string, string][] = [
    ['that truncates every datagram', RULES.truncate],
    ['that loses one datagram in two', RULES.drop],
    ['that answers over UDP after one second', RULES.delay(1_000)],
  ]
  test.each(RUINED)('%s: every verdict is the right one, over TCP', async (_, rule) => {
    await using spoilt = await started((ports) =>
      startDnsdist(world.folder, { ...forwarding(ports, 'ruined'), rules: [rule] }),
    )
    await expectRight(create([spoilt.plain], { attemptTimeout: 300, timeout: 8_000 }))
    await expectRight(create(both(spoilt.plain), { attemptTimeout: 300 }))
  })
})

describe('one that removes DNSSEC', () => {
  const STRIPPING: readonly [string, (ports: Ports) => Promise<Server>][] = [
    [
      'PowerDNS Recursor with dnssec=off',
      ({ port }) => {
        const { folder, authority, zones } = world
        return startRecursor(folder, { label: `off-${port}`, port, authority, zones })
      },
    ],
    [
      'dnsdist that takes EDNS off',
      (ports) => startDnsdist(world.folder, { ...forwarding(ports, 'no-edns'), rules: [RULES.withoutEdns] }),
    ],
  ]
  test.each(STRIPPING)(
    '%s: one clear error, and no other verdict; right with another one beside it',
    async (_, start) => {
      await using spoilt = await started(start)
      for (const [name, type, answer] of await askAll(create([spoilt.plain]))) {
        const said = `${name} ${type}: ${answer.reason?.text}`
        expect(answer, said).toMatchObject({ status: 'indeterminate', reason: { code: 'dnssec-stripped' } })
        expect(answer.reason?.advice).toMatch(/^this path removes DNSSEC/)
      }
      await expectRight(create(both(spoilt.plain)))
    },
  )
})

describe('a path that', () => {
  const TROUBLES: readonly [string, Trouble][] = [
    [
      'answers twice, and once from another port',
      (answer, hand) => {
        hand.elsewhere(answer)
        hand.back(answer)
        hand.back(answer)
      },
    ],
    ['answers from another port', (answer, hand) => hand.elsewhere(answer)],
    [
      'answers late, from another port, after it was given up',
      (answer, hand) => {
        hand.later(400, () => hand.elsewhere(answer))
        hand.later(900, () => hand.back(answer))
      },
    ],
    ['changes an octet of every answer', (answer, hand) => hand.back(changed(answer))],
    ['removes signatures from every answer', (answer, hand) => hand.back(withoutSignatures(answer))],
  ]
  const SHORT = { attemptTimeout: 300, timeout: 4_000 }
  test.each(TROUBLES)('%s: nothing that is wrong; right over TCP, or with another upstream', async (_, trouble) => {
    await using relay = await Relay.start(world.unbound, false, trouble)
    await expectNothingWrong(create([`127.0.0.1:${relay.port}`], SHORT))
    await expectRight(create(both(`127.0.0.1:${relay.port}`), SHORT))
    await using withTcp = await Relay.start(world.unbound, true, trouble)
    await expectRight(create([`127.0.0.1:${withTcp.port}`], SHORT))
  })
})

function create(upstreams: readonly string[], options: ResolverOptions = {}): Resolver {
  const { anchor: trustAnchors, certificate } = world
  const resolver = new Resolver({ upstreams, trustAnchors, upstreamAuthorities: certificate.pem, ...options })
  resolvers.push(resolver)
  return resolver
}

function forwarding(ports: Ports, label: string) {
  const { anchor, certificate, unbound } = world
  return { ...ports, anchor, certificate, to: unbound, label: `${label}-${ports.port}` }
}

async function started(start: (ports: Ports) => Promise<Server>) {
  const ports = { port: await freePort(), tlsPort: await freePort(), httpsPort: await freePort() }
  const server = await start(ports)
  return { plain: `127.0.0.1:${ports.port}`, [Symbol.asyncDispose]: () => server.kill() }
}

async function statusOf(resolver: Resolver, name: string): Promise<string> {
  return (await resolver.query(name, 'A')).status
}

/** Statuses of so many names that exist by a wildcard. */
function many(resolver: Resolver, count: number): Promise<string>[] {
  const names = Array.from({ length: count }, (_, i) => `n${i}.wild.secure.test`)
  return names.map(async (name) => (await resolver.query(name, 'TXT')).status)
}

/** Everything at the same time. No answer takes longer than the lookup may. */
async function askAll(resolver: Resolver): Promise<(readonly [string, string, ValidatedAnswer])[]> {
  const all = [...QUESTIONS, ...BOGUS_QUESTIONS]
  return await Promise.all(all.map(async ([name, type]) => [name, type, await resolver.query(name, type)] as const))
}

async function expectRight(resolver: Resolver): Promise<void> {
  for (const [name, type, answer] of await askAll(resolver)) {
    expect(`${textOf(answer)}`, `${name} ${type}: ${answer.reason?.text}`).toBe(healthy.get(`${name} ${type}`))
  }
}

/** What is said to be proven is what it is; what is healthy may at most not be known. */
async function expectNothingWrong(resolver: Resolver): Promise<void> {
  for (const [name, type, answer] of await askAll(resolver)) {
    if (answer.status === 'secure' || answer.status === 'insecure') {
      expect(textOf(answer)).toBe(healthy.get(`${name} ${type}`))
    } else expect(answer.reason.text).not.toBe('')
  }
}

/** Status and records, but for TTLs, and for what nobody signed, which the path may change. */
function textOf(answer: ValidatedAnswer): string {
  const records =
    answer.status === 'secure' ? answer.records.map((record) => formatRecord({ ...record, ttl: 0 })).sort() : []
  // The case of letters in a name is signed by nobody.
  return [answer.status, ...records].join('\n').toLowerCase()
}

/** With another octet somewhere behind the question. */
function changed(answer: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(answer)
  const at = Math.min(copy.length - 1, QUESTION_END + Math.floor(Math.random() * (copy.length - QUESTION_END)))
  copy[at]! ^= 1 << Math.floor(Math.random() * 8)
  return copy
}

/** Of the data, not of the keys, so that the path does not look like one that strips them all. */
function withoutSignatures(answer: Uint8Array): Uint8Array {
  const message = parseMessage(answer)
  if (message.questions[0]?.type === RRType.DNSKEY) return answer
  const unsigned = (records: Message['answer']) => records.filter(({ type }) => type !== RRType.RRSIG)
  return encodeMessage({ ...message, answer: unsigned(message.answer), authority: unsigned(message.authority) })
}

/** Sockets and timers of this process that a resolver could have left behind. */
function openThings(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => /^(UDP|TCP|TLS|HTTP2)/.test(kind))
}

const QUESTION_END = 40
/** Milliseconds that timers of a busy machine may be late. */
const MARGIN = 2_000
const POLL = { timeout: 20_000, interval: 200 }
