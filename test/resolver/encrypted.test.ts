/** The resolver over encrypted upstreams: what is true does not depend on the channel. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Resolver } from '../../src/resolver/resolver.ts'
import type { ResolverOptions } from '../../src/resolver/settings.ts'
import { encodeMessage, type Message } from '../../src/wire/message.ts'
import { DnsAttacks } from '../lab/attack/dns-attacks.ts'
import { forge, strip } from '../lab/attacker.ts'
import { DnsServer } from '../lab/dns-server.ts'
import { createInternet, type Internet } from '../lab/internet.ts'
import { createIdentity, FakeHttpsServer, FakeTlsServer, type Identity } from './fake-tls-server.ts'

const NOW = 1_800_000_000
let internet: Internet
let identity: Identity
let tls: FakeTlsServer
let https: FakeHttpsServer
const attacks = new DnsAttacks()

beforeAll(async () => {
  internet = await createInternet({ now: NOW })
  identity = await createIdentity(['dns.example'])
  const answer = ({ query, send }: { query: Message; send: (octets: Uint8Array) => void }) => send(answerTo(query))
  tls = await FakeTlsServer.start(identity, answer)
  https = await FakeHttpsServer.start(identity, answer)
})
afterAll(async () => {
  await tls[Symbol.asyncDispose]()
  await https[Symbol.asyncDispose]()
})

function answerTo(query: Message): Uint8Array {
  const question = query.questions[0]!
  const honest = internet.answer(question)
  const message = attacks.answer(question, { ...honest, edns: { ...query.edns!, options: [] } })!
  return encodeMessage({ ...message, id: query.id, response: true, questions: [question] })
}

function create(upstream: string, options: ResolverOptions = {}): Resolver {
  const resolver = new Resolver({
    ...{ upstreams: [upstream], trustAnchors: internet.anchors, now: NOW },
    ...{ upstreamAuthorities: identity.authorities, attemptTimeout: 10_000 },
    ...options,
  })
  onTestFinished(() => resolver.close())
  return resolver
}

const UPSTREAMS: Record<string, () => string> = {
  'TLS to whoever answers': () => `tls://127.0.0.1:${tls.port}`,
  'TLS to a name': () => `tls://127.0.0.1:${tls.port}#dns.example`,
  HTTPS: () => `https://dns.example:${https.port}/dns-query#127.0.0.1`,
}

describe.each(Object.entries(UPSTREAMS))('%s', (_, upstream) => {
  test('a cold chain over one connection, no question twice', async () => {
    const resolver = create(upstream())
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'secure' })
    const { questions, exchanges, upstreams } = resolver.stats
    expect(exchanges).toBe(questions)
    expect(upstreams).toMatchObject([{ exchanges, connections: 1, timeouts: 0 }])
  })

  test('an authenticated channel makes nothing true: forged data is bogus', async () => {
    attacks.add({ name: 'mx.signed.example', type: 'A' }, forge('mx.signed.example. A 203.0.113.66'))
    onTestFinished(() => attacks.clear())
    expect(await create(upstream()).query('mx.signed.example', 'A')).toMatchObject({ status: 'bogus' })
  })

  test('a closed resolver has closed its connections', async () => {
    const resolver = create(upstream())
    await resolver.query('signed.example', 'MX')
    await resolver.close()
    while (tls.openConnections + https.openConnections > 0) await new Promise((resolve) => setImmediate(resolve))
  })
})

test('the wrong server is not asked, and the answer says why', async () => {
  const answer = await create(`tls://127.0.0.1:${tls.port}#other.example`).query('signed.example', 'MX')
  expect(answer).toMatchObject({ status: 'indeterminate', reason: { code: 'upstream-failed' } })
  expect(answer.reason?.text).toContain('its certificate does not prove that it is other.example')
})

describe('a path that removes DNSSEC', () => {
  test.each([
    ['records, DO kept', strip()],
    ['records and DO', strip(undefined, { dnssecOk: false })],
  ])('%s: every domain says so, none is bogus', async (_, attack) => {
    const server = await DnsServer.start({ answer: (question) => internet.answer(question) })
    onTestFinished(() => server.close())
    const resolver = create(`127.0.0.1:${server.port}`, { cache: false })
    // While the path was good, some keys were learnt.
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'secure' })
    server.attacks.add('all', attack)
    const later = create(`127.0.0.1:${server.port}`)
    const names = ['signed.example', 'mx.signed.example', 'www.unsigned.test', 'no-such-tld', 'p256.test']
    for (const name of names) {
      const answer = await later.query(name, 'A')
      expect(answer).toMatchObject({ status: 'indeterminate', reason: { code: 'dnssec-stripped' } })
    }
    // The first lookup found out; the others did not ask again.
    const { exchanges } = later.stats
    await later.query('signed.example', 'TXT')
    expect(later.stats.exchanges).toBe(exchanges)
  })
})
