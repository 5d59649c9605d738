import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { UpstreamAnswer } from '../../src/dnssec/walk.ts'
import { Events, type Logger } from '../../src/resolver/events.ts'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import type { ResolverOptions } from '../../src/resolver/settings.ts'
import { forge, rcode } from '../lab/attacker.ts'
import { DnsServer } from '../lab/dns-server.ts'
import { NSEC, question, signAll } from './fixture/signed-zones.ts'

const START = 1_800_000_000
const internet = signAll([
  { apex: '.', text: 'example NS ns', denial: NSEC },
  { apex: 'example', text: 'www A 192.0.2.2', denial: NSEC },
])
const zones = new ZoneSet(internet.zones)
const NAMES = ['danelaw:question', 'danelaw:validation', 'danelaw:cache', 'danelaw:budget']
let now = START
let server: DnsServer
let resolver: Resolver
let events: { channel: string; [key: string]: unknown }[] = []
const listen = (event: unknown, name: string | symbol): void => {
  events.push({ channel: String(name), ...(event as object) })
}

beforeEach(async () => {
  now = START
  events = []
  server = await DnsServer.start({ answer: (asked) => zones.answer(asked) })
  for (const name of NAMES) subscribe(name, listen)
})
afterEach(async () => {
  for (const name of NAMES) unsubscribe(name, listen)
  await resolver.close()
  await server.close()
})

function create(options: ResolverOptions = {}): Resolver {
  resolver = new Resolver({
    upstreams: [`127.0.0.1:${server.port}`],
    trustAnchors: internet.anchors,
    now: () => now,
    ...options,
  })
  return resolver
}

const of = (channel: string) => events.filter((event) => event.channel === `danelaw:${channel}`)

test('questions: each once, with who answered and how long it took', async () => {
  create()
  await resolver.query('www.example', 'A')
  expect(of('question').map(({ name, type }) => `${name} ${type}`)).toContain('www.example. A')
  const answered = of('question').filter(({ outcome }) => outcome === 'message')
  expect(answered[0]).toEqual({
    channel: 'danelaw:question',
    name: expect.any(String),
    type: expect.any(String),
    upstream: `127.0.0.1:${server.port}`,
    outcome: 'message',
    rcode: 'NOERROR',
    milliseconds: expect.any(Number),
  })
})

test('questions that fail say why', async () => {
  create()
  server.attacks.add('all', rcode('SERVFAIL'))
  await resolver.query('www.example', 'A')
  expect(of('question')[0]).toMatchObject({ outcome: 'network', rcode: 'SERVFAIL' })
})

test('questions to a fixture too', async () => {
  const answer = (asked: Parameters<typeof zones.answer>[0]): UpstreamAnswer => ({
    kind: 'message',
    message: zones.answer(asked),
    upstream: 'zones',
  })
  resolver = new Resolver({ fixture: { description: '', answer }, trustAnchors: internet.anchors, now: START })
  await resolver.query('www.example', 'A')
  expect(of('question')[0]).toMatchObject({ upstream: 'zones', outcome: 'message', milliseconds: 0 })
})

test('validations: what came of them, and what they cost', async () => {
  create()
  await resolver.query('WWW.example', 'A')
  server.attacks.add({ name: 'www.example', type: 'TXT' }, forge('www.example. TXT "x"'))
  await resolver.query('www.example', 'TXT')
  expect(of('validation')).toEqual([
    {
      channel: 'danelaw:validation',
      name: 'www.example.',
      type: 'A',
      status: 'secure',
      reason: null,
      spent: expect.objectContaining({ signatureChecks: expect.any(Number) }),
      milliseconds: expect.any(Number),
    },
    expect.objectContaining({ type: 'TXT', status: 'bogus', reason: 'rrsigs-missing' }),
  ])
})

test('the cache: hit, miss, made from denials, asked for again, stale', async () => {
  create({ serveStale: 1000 })
  await resolver.query('www.example', 'A')
  await resolver.query('www.example', 'A')
  await resolver.query('absent.example', 'A')
  await resolver.query('absent2.example', 'A')
  now += 275
  await resolver.query('www.example', 'A')
  server.attacks.add('all', rcode('SERVFAIL'))
  await new Promise((resolve) => setImmediate(resolve))
  now += 400
  await resolver.query('www.example', 'A')
  expect(of('cache').map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    'www.example. miss',
    'www.example. hit',
    'absent.example. miss',
    'absent2.example. miss',
    'absent2.example. synthesized',
    'www.example. hit',
    'www.example. prefetch',
    'www.example. miss',
    'www.example. stale',
  ])
})

test('the budget: which limit was reached', async () => {
  create({ limits: { labelsWalked: 4 } })
  const answer = await resolver.query('a.b.c.d.e.f.example', 'A')
  if (answer.status === 'bogus') expect(answer.reason.code).toBe('limit-reached')
  const deep = await resolver.query(`${'a.'.repeat(40)}unsigned`, 'A')
  expect(deep.status).not.toBe('insecure')
  const reached = [answer, deep].filter(({ reason }) => reason?.code === 'limit-reached')
  expect(of('budget')).toHaveLength(reached.length)
})

test('a limit that is reached is told with its number and what was spent', () => {
  resolver = create()
  new Events(undefined).limitReached(question('www.example A'), { limit: 'aliasSteps', bound: 11 }, SPENT)
  expect(of('budget')).toEqual([
    { channel: 'danelaw:budget', name: 'www.example.', type: 'A', limit: 'aliasSteps', bound: 11, spent: SPENT },
  ])
})

const SPENT = { signatureChecks: 1, nsec3HashBlocks: 0, aliasSteps: 11, upstreamQuestions: 3, labelsWalked: 2 }

test('a logger hears of all of it, at a level that fits', async () => {
  const lines: string[] = []
  const log = (level: string) => (details: object, message: string) =>
    lines.push(`${level} ${message} ${'name' in details ? details.name : ''}`)
  const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn') }
  create({ logger })
  await resolver.query('www.example', 'A')
  server.attacks.add({ name: 'www.example', type: 'TXT' }, forge('www.example. TXT "x"'))
  await resolver.query('www.example', 'TXT')
  server.attacks.add('all', rcode('SERVFAIL'))
  await resolver.query('other.example', 'A')
  expect(lines).toEqual(
    expect.arrayContaining([
      'debug question www.example.',
      'debug cache www.example.',
      'debug validated www.example.',
      'warn bogus www.example.',
      'info indeterminate other.example.',
    ]),
  )
})

test('nothing is put together for a level that is off, nor where nobody listens', async () => {
  for (const name of NAMES) unsubscribe(name, listen)
  const calls: string[] = []
  const fail = (level: string) => () => void calls.push(level)
  create({
    logger: { debug: fail('debug'), info: fail('info'), warn: fail('warn'), isLevelEnabled: (l) => l !== 'debug' },
  })
  const name = { toCanonicalString: () => calls.push('text') } as never
  await resolver.query('www.example', 'A')
  new Events(undefined).cached({ name, type: 1, class: 1 }, 'hit')
  new Events(undefined).validated({ name, type: 1, class: 1 }, await resolver.query('www.example', 'A'), 0)
  expect(new Events(undefined).question).toBe(false)
  expect(calls).toEqual([])
})

test.each([null, 5, {}, { debug() {}, info() {} }])('%j is no logger', (logger) => {
  resolver = create()
  expect(() => new Resolver({ logger: logger as unknown as Logger })).toThrow(TypeError)
})
