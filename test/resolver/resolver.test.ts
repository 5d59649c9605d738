import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { UpstreamAnswer } from '../../src/dnssec/walk.ts'
import type { Fixture } from '../../src/resolver/fixture/fixture.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import type { ResolverOptions } from '../../src/resolver/settings.ts'
import { Name } from '../../src/wire/name.ts'
import { formatMasterFile } from '../../src/wire/master-file/format.ts'
import type { Question } from '../../src/wire/record.ts'
import { delay, forge, rcode, silence, strip } from '../lab/attacker.ts'
import { DnsServer } from '../lab/dns-server.ts'
import { createInternet, type Internet } from '../lab/internet.ts'
import { closedPort } from './fake-server.ts'

const NOW = 1_800_000_000
let internet: Internet
let server: DnsServer
let folder = ''
const open: Resolver[] = []

beforeAll(async () => {
  internet = await createInternet({ now: NOW })
  folder = mkdtempSync(join(tmpdir(), 'danelaw-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(async () => {
  server = await DnsServer.start({ answer: (question) => internet.answer(question) })
})
afterEach(async () => {
  for (const resolver of open.splice(0)) await resolver.close()
  await server.close()
})

function create(options: ResolverOptions = {}): Resolver {
  const resolver = new Resolver({
    upstreams: [`127.0.0.1:${server.port}`],
    trustAnchors: internet.anchors,
    now: NOW,
    attemptTimeout: 2000,
    ...options,
  })
  open.push(resolver)
  return resolver
}

function createOn(source: Fixture | string, options: ResolverOptions = {}): Resolver {
  const resolver = new Resolver({ fixture: source, trustAnchors: internet.anchors, now: NOW, ...options })
  open.push(resolver)
  return resolver
}

/** The lab as a fixture, which counts what it is asked. */
function fixture(): Fixture & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    description: 'the lab',
    answer(question: Question): UpstreamAnswer {
      asked.push(`${question.name} ${question.type}`)
      return { kind: 'message', message: internet.answer(question), upstream: 'the lab' }
    },
  }
}

describe('over the network', () => {
  test.each([
    ['signed.example', 'MX', 'secure', 0],
    ['no-such-tld', 'A', 'secure', 3],
    ['www.unsigned.test', 'A', 'insecure', 0],
  ])('%s %s is %s', async (name, type, status, expected) => {
    const answer = await create().query(name, type)
    expect(answer).toMatchObject({ status, rcode: expected })
    expect(answer.question.name.toString()).toBe(`${name}.`)
  })

  test('a cold chain goes out in a few rounds, no question twice', async () => {
    const resolver = create()
    await resolver.query('signed.example', 'MX')
    const questions = server.seen.map(({ question }) => `${question.name.key} ${question.type}`)
    expect(new Set(questions).size).toBe(questions.length)
    expect(resolver.stats).toEqual({
      queries: 1,
      fromCache: 0,
      synthesized: 0,
      stale: 0,
      prefetched: 0,
      validations: 1,
      questions: questions.length,
      exchanges: questions.length,
      upstreams: [expect.objectContaining({ upstream: `127.0.0.1:${server.port}`, exchanges: questions.length })],
    })
    expect(server.seen.every(({ dnssecOk, checkingDisabled }) => dnssecOk && checkingDisabled)).toBe(true)
  })

  test('forged data is bogus and has no records', async () => {
    server.attacks.add({ name: 'mx.signed.example', type: 'A' }, forge('mx.signed.example. A 203.0.113.66'))
    const answer = await create().query('mx.signed.example', 'A')
    expect(answer.status).toBe('bogus')
    expect('records' in answer).toBe(false)
  })

  test.each([
    ['silence', silence(), 'upstream-timeout', { attemptTimeout: 20, attempts: 2 }],
    ['SERVFAIL', rcode('SERVFAIL'), 'upstream-failed', {}],
    ['REFUSED', rcode('REFUSED'), 'upstream-refused', {}],
    ['a path that strips DNSSEC', strip(undefined, { dnssecOk: false }), 'dnssec-stripped', {}],
  ])('%s is indeterminate: a value, and says which upstream', async (_, attack, code, options) => {
    server.attacks.add('all', attack)
    const answer = await create(options).query('signed.example', 'MX')
    expect(answer).toMatchObject({ status: 'indeterminate', reason: { code } })
    expect(answer.reason?.text).toContain(`127.0.0.1:${server.port}`)
  })

  test('the time for the whole lookup ends it, however long one exchange may take', async () => {
    server.attacks.add('all', silence())
    const answer = await create({ timeout: 20 }).query('signed.example', 'MX')
    expect(answer).toMatchObject({ status: 'indeterminate', reason: { code: 'upstream-timeout' } })
    expect(answer.reason?.text).toContain('the whole lookup has taken 20 ms')
  })

  test('a closed port is said so', async () => {
    const closed = await closedPort()
    const answer = await create({ upstreams: [closed.text] }).query('signed.example', 'MX')
    expect(answer).toMatchObject({ status: 'indeterminate' })
    expect(answer.reason?.text).toContain(`${closed.text} cannot be reached: connection refused`)
  })
})

describe('equal queries at the same time', () => {
  test('share one walk; each has the question as it put it', async () => {
    const resolver = create()
    const answers = await Promise.all(
      ['Signed.Example', 'signed.example', 'SIGNED.example.'].map((name) => resolver.query(name, 'MX')),
    )
    expect(answers.map(({ status }) => status)).toEqual(['secure', 'secure', 'secure'])
    expect(answers.map(({ question }) => question.name.toString())).toEqual([
      'Signed.Example.',
      'signed.example.',
      'SIGNED.example.',
    ])
    expect(resolver.stats).toMatchObject({ queries: 3, validations: 1 })
  })

  test('go on for the others when one leaves, and are called off with the last', async () => {
    const held = delayed()
    const resolver = create()
    const [one, two] = [new AbortController(), new AbortController()]
    const first = resolver.query('signed.example', 'MX', { signal: one.signal })
    const second = resolver.query('signed.example', 'MX', { signal: two.signal })
    await held
    one.abort(new Error('first leaves'))
    await expect(first).rejects.toThrow('first leaves')
    expect(await second).toMatchObject({ status: 'secure' })
  })

  test('different ones share the questions they have in common', async () => {
    const resolver = create()
    await Promise.all([resolver.query('signed.example', 'MX'), resolver.query('mx.signed.example', 'A')])
    expect(server.count('.', 'DNSKEY')).toBe(1)
    expect(server.count('example', 'DS')).toBe(1)
  })

  /** Makes every answer take a moment; resolves when the first question has arrived. */
  async function delayed(): Promise<void> {
    server.attacks.add('all', delay(30))
    while (server.seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
  }
})

describe('memory', () => {
  test('an answer is kept for its TTL, which counts down', async () => {
    let now = NOW
    const resolver = create({ now: () => now })
    const first = await resolver.query('signed.example', 'MX')
    const asked = server.seen.length
    now += 100
    const second = await resolver.query('SIGNED.example', 'MX')
    expect(server.seen).toHaveLength(asked)
    expect(resolver.stats).toMatchObject({ queries: 2, fromCache: 1, validations: 1 })
    if (first.status !== 'secure' || second.status !== 'secure') throw new Error('not secure')
    expect(second.ttl).toBe(first.ttl - 100)
    expect(second.records.map(({ ttl }) => ttl)).toEqual(first.records.map(({ ttl }) => ttl - 100))
    now += 100_000
    await resolver.query('signed.example', 'MX')
    expect(server.seen.length).toBeGreaterThan(asked)
  })

  test('what is known of zones spares questions for their other names', async () => {
    const resolver = create()
    await resolver.query('signed.example', 'MX')
    const asked = server.seen.length
    expect(await resolver.query('mx.signed.example', 'A')).toMatchObject({ status: 'secure' })
    expect(server.seen.length - asked).toBeLessThanOrEqual(2)
    resolver.clearCache()
    await resolver.query('mx.signed.example', 'A')
    expect(server.seen.length - asked).toBeGreaterThan(4)
  })

  test('a failure is kept for 30 seconds', async () => {
    let now = NOW
    const resolver = create({ now: () => now })
    server.attacks.add('all', rcode('SERVFAIL'))
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'indeterminate' })
    server.attacks.clear()
    now += 29
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'indeterminate' })
    now += 1
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'secure' })
  })

  test('at another time of validation nothing is served that was not valid then', async () => {
    let now = NOW
    const resolver = create({ now: () => now })
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'secure' })
    now -= 30 * 86_400
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'bogus' })
    now += 60 * 86_400
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'bogus' })
  })

  test('can be done without', async () => {
    const resolver = create({ cache: false })
    await resolver.query('signed.example', 'MX')
    const asked = server.seen.length
    await resolver.query('signed.example', 'MX')
    expect(server.seen).toHaveLength(2 * asked)
  })
})

describe('a fixture', () => {
  test('answers without a network, each question once', async () => {
    const lab = fixture()
    const resolver = createOn(lab)
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'secure' })
    expect(new Set(lab.asked).size).toBe(lab.asked.length)
    expect(resolver.stats.questions).toBe(lab.asked.length)
    expect(resolver.upstreams).toEqual([])
    expect(server.seen).toHaveLength(0)
  })

  test('that was recorded off the network gives the same answers', async () => {
    const record = join(folder, 'recording.jsonl')
    const live = create({ record })
    const before = [await live.query('signed.example', 'MX'), await live.query('no-such-tld', 'A')]
    await live.close()
    const lines = readFileSync(record, 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(server.seen.length)
    expect(JSON.parse(lines[0]!)).toMatchObject({
      time: '2027-01-15T08:00:00.000Z',
      upstream: `127.0.0.1:${server.port}`,
    })
    const replayed = createOn(record)
    for (const expected of before) {
      const { question, status } = expected
      expect(await replayed.query(question.name, question.type)).toMatchObject({ status, rcode: expected.rcode })
    }
    expect(await replayed.query('p256.test', 'A')).toMatchObject({ reason: { code: 'not-in-fixture' } })
  })

  test('can be recorded too', async () => {
    const record = join(folder, 'fixture.jsonl')
    const resolver = createOn(fixture(), { record })
    await resolver.query('signed.example', 'MX')
    expect(readFileSync(record, 'utf8').trimEnd().split('\n')).toHaveLength(resolver.stats.questions)
  })
})

describe('options', () => {
  test('trust anchors as text', async () => {
    const resolver = create({ trustAnchors: formatMasterFile(internet.anchorRecords) })
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'secure' })
  })

  test('the built-in anchors do not fit the lab', async () => {
    const resolver = new Resolver({ upstreams: [`127.0.0.1:${server.port}`], now: NOW })
    open.push(resolver)
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'bogus' })
  })

  test.each(['native', 'noble', 'both'] as const)('engine %s', async (crypto) => {
    expect(await create({ crypto }).query('signed.example', 'MX')).toMatchObject({ status: 'secure' })
  })

  test('a negative trust anchor', async () => {
    const resolver = create({ negativeTrustAnchors: [{ zone: 'signed.example', until: NOW + 1 }] })
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'insecure' })
  })

  test('limits', async () => {
    const answer = await create({ limits: { upstreamQuestions: 8 } }).query(`${'a.'.repeat(30)}signed.example`, 'A')
    expect(['secure', 'bogus']).toContain(answer.status)
    expect(answer.spent.upstreamQuestions).toBeLessThanOrEqual(8)
  })
})

describe("a caller's mistake", () => {
  test.each([
    ['a..b', 'A', 'bad-name'],
    ['', 'A', 'bad-name'],
    ['bücher.example', 'A', 'bad-name'],
    ['example', 'NOPE', 'bad-type'],
    ['example', 'TYPE65536', 'bad-type'],
    ['example', 'AXFR', 'bad-type'],
    ['example', 41, 'bad-type'],
    ['example', 0, 'bad-type'],
  ])('%j %s', async (name, type, code) => {
    await expect(create().query(name, type)).rejects.toMatchObject({ name: 'DanelawError', code })
    expect(server.seen).toHaveLength(0)
  })

  test.each([
    [undefined, 'A', TypeError],
    [{ wire: 1 }, 'A', TypeError],
    ['example', null, TypeError],
    ['example', 65_536, RangeError],
    ['example', 1.5, RangeError],
  ])('%j %s', async (name, type, kind) => {
    await expect(create().query(name as string, type as string)).rejects.toBeInstanceOf(kind)
  })

  test('the type is A where none is given, and may be a number or a Name', async () => {
    const resolver = create()
    expect((await resolver.query(Name.parse('mx.signed.example'))).question.type).toBe(1)
    expect((await resolver.query('signed.example', 15)).question.type).toBe(15)
    expect((await resolver.query('signed.example', 'type15')).question.type).toBe(15)
  })
})

describe('the end', () => {
  test('a signal aborted before asks nothing', async () => {
    const signal = AbortSignal.abort(new Error('no'))
    await expect(create().query('signed.example', 'MX', { signal })).rejects.toThrow('no')
    expect(server.seen).toHaveLength(0)
  })

  test('a signal calls a query off', async () => {
    server.attacks.add('all', silence())
    const resolver = create()
    const leaver = new AbortController()
    const query = resolver.query('signed.example', 'MX', { signal: leaver.signal })
    while (server.seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
    leaver.abort(new Error('enough'))
    await expect(query).rejects.toThrow('enough')
    server.attacks.clear()
    expect(await resolver.query('signed.example', 'MX')).toMatchObject({ status: 'secure' })
  })

  test('closing calls everything off and lets nothing new begin', async () => {
    server.attacks.add('all', silence())
    const resolver = create({ record: join(folder, 'closed.jsonl') })
    const query = resolver.query('signed.example', 'MX')
    const rejected = expect(query).rejects.toMatchObject({ code: 'aborted', message: 'the resolver is closed' })
    await resolver.close()
    await rejected
    await expect(resolver.query('signed.example', 'MX')).rejects.toMatchObject({ code: 'aborted' })
    expect(resolver.stats).toMatchObject({ queries: 1, validations: 1 })
    await resolver.close()
  })

  test('leaves no socket behind, whatever the end', async () => {
    const settle = async () => {
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
    }
    await settle()
    const handles = () =>
      process
        .getActiveResourcesInfo()
        .filter((kind) => /UDP|TCPSOCKET/i.test(kind))
        .sort()
    const before = handles()
    const resolver = create()
    await resolver.query('signed.example', 'MX')
    server.attacks.add({ type: 'MX' }, silence())
    await create({ timeout: 20 }).query('signed.example', 'MX')
    const leaver = new AbortController()
    const left = create().query('signed.example', 'MX', { signal: leaver.signal })
    leaver.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    await settle()
    expect(handles()).toEqual(before)
  })
})
