import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { discover } from '../../src/dane/destination.ts'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import type { ResolverOptions } from '../../src/resolver/settings.ts'
import { RESOLVER_LIMITS } from '../../src/limits.ts'
import { forge, rcode, silence } from '../lab/attacker.ts'
import { DnsServer } from '../lab/dns-server.ts'
import { NSEC, signAll } from './fixture/signed-zones.ts'

const START = 1_800_000_000
const internet = signAll([
  { apex: '.', text: 'example NS ns', denial: NSEC },
  {
    apex: 'example',
    text: `@ MX 10 mx\nmx A 192.0.2.1\n_25._tcp.mx TLSA 3 1 1 ${'ab'.repeat(32)}\nwww A 192.0.2.2`,
    denial: NSEC,
  },
])
const zones = new ZoneSet(internet.zones)
let now = START
let server: DnsServer
let resolver: Resolver

beforeEach(async () => {
  now = START
  server = await DnsServer.start({ answer: (question) => zones.answer(question) })
})
afterEach(async () => {
  vi.useRealTimers()
  await resolver.close()
  await server.close()
})

function create(options: ResolverOptions = {}): Resolver {
  resolver = new Resolver({
    upstreams: [`127.0.0.1:${server.port}`],
    trustAnchors: internet.anchors,
    now: () => now,
    attemptTimeout: 2000,
    ...options,
  })
  return resolver
}

/** Until `condition` holds; what is awaited goes through sockets of this process. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

describe('an answer that is about to end', () => {
  test('is asked for again by the one who uses it, who does not wait; once', async () => {
    create()
    await resolver.query('www.example', 'A')
    now += 260
    await resolver.query('www.example', 'A')
    expect(resolver.stats).toMatchObject({ prefetched: 0 })
    now += 15
    const asked = server.count('www.example', 'A')
    const answers = await Promise.all([resolver.query('www.example', 'A'), resolver.query('www.example', 'A')])
    expect(answers.map((answer) => answer.status === 'secure' && answer.ttl)).toEqual([25, 25])
    expect(resolver.stats).toMatchObject({ prefetched: 1, fromCache: 3 })
    await until(() => server.count('www.example', 'A') === asked + 1)
    let ttl = 0
    while (ttl <= 25) {
      await new Promise((resolve) => setImmediate(resolve))
      const answer = await resolver.query('www.example', 'A')
      ttl = answer.status === 'secure' ? answer.ttl : 0
    }
    expect(ttl).toBe(300)
    now += 30
    expect(await resolver.query('www.example', 'A')).toMatchObject({ ttl: 270 })
    expect(server.count('www.example', 'A')).toBe(asked + 1)
  })

  test('is not asked for where nobody uses it, and nothing is after the end', async () => {
    create()
    await resolver.query('www.example', 'A')
    now += 275
    await resolver.query('www.example', 'A')
    await resolver.close()
    const asked = server.seen.length
    await new Promise((resolve) => setImmediate(resolve))
    expect(server.seen.length).toBeLessThanOrEqual(asked + 1)
    expect(resolver.stats.prefetched).toBe(1)
  })

  test('stays where asking again fails', async () => {
    create()
    await resolver.query('www.example', 'A')
    now += 275
    server.attacks.add('all', rcode('SERVFAIL'))
    const asked = server.seen.length
    await resolver.query('www.example', 'A')
    await until(() => server.seen.length >= asked + 2)
    expect(await resolver.query('www.example', 'A')).toMatchObject({ status: 'secure', ttl: 25 })
  })
})

describe('an answer that is over (RFC 8767)', () => {
  const SERVED = { status: 'secure', ttl: RESOLVER_LIMITS.staleTtl.value, stale: 100 }

  test('is never given unless it was asked for', async () => {
    create()
    await resolver.query('www.example', 'A')
    now += 400
    server.attacks.add('all', rcode('SERVFAIL'))
    expect(await resolver.query('www.example', 'A')).toMatchObject({ status: 'indeterminate' })
  })

  test('is given where a fresh one cannot be had, also while that is remembered', async () => {
    create({ serveStale: 3600 })
    await resolver.query('www.example', 'A')
    now += 400
    server.attacks.add('all', rcode('SERVFAIL'))
    expect(await resolver.query('www.example', 'A')).toMatchObject(SERVED)
    const asked = server.seen.length
    expect(await resolver.query('www.example', 'A')).toMatchObject(SERVED)
    expect(server.seen).toHaveLength(asked)
    expect(resolver.stats.stale).toBe(2)
    now += 30
    server.attacks.clear()
    expect(await resolver.query('www.example', 'A')).not.toHaveProperty('stale')
  })

  test('is not given for longer than was said', async () => {
    create({ serveStale: 100 })
    await resolver.query('www.example', 'A')
    now += 400
    server.attacks.add('all', rcode('SERVFAIL'))
    expect(await resolver.query('www.example', 'A')).toMatchObject({ status: 'indeterminate' })
  })

  test('does not hide that the fresh one is bogus', async () => {
    create({ serveStale: 3600 })
    await resolver.query('www.example', 'A')
    now += 400
    server.attacks.add({ name: 'www.example', type: 'A' }, forge('www.example. A 203.0.113.66'))
    expect(await resolver.query('www.example', 'A')).toMatchObject({ status: 'bogus' })
  })

  test('is given when the fresh one takes long, which comes into memory all the same', async () => {
    create({ serveStale: 3600 })
    await resolver.query('www.example', 'A')
    now += 400
    server.attacks.add('all', silence())
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const waiting = resolver.query('www.example', 'A')
    const asked = server.seen.length
    await until(() => server.seen.length > asked)
    vi.advanceTimersByTime(RESOLVER_LIMITS.staleTimeout.value)
    expect(await waiting).toMatchObject(SERVED)
  })

  test('is never given to whoever insists, nor where it is a TLSA record', async () => {
    create({ serveStale: 3600 })
    const tlsa = '_25._tcp.mx.example'
    expect(await resolver.query(tlsa, 'TLSA')).toMatchObject({ status: 'secure' })
    await resolver.query('www.example', 'A')
    now += 400
    server.attacks.add('all', rcode('SERVFAIL'))
    expect(await resolver.query(tlsa, 'TLSA')).toMatchObject({ status: 'indeterminate' })
    expect(await resolver.query('www.example', 'A', { allowStale: false })).toMatchObject({ status: 'indeterminate' })
    expect(await resolver.query('www.example', 'A')).toMatchObject(SERVED)
  })

  test('decides nothing for DANE', async () => {
    create({ serveStale: 3600 })
    expect((await discover(resolver, 'example')).hosts).toMatchObject([{ level: 'dane' }])
    now += 400
    server.attacks.add('all', rcode('SERVFAIL'))
    expect(await resolver.query('example', 'MX')).toMatchObject(SERVED)
    expect(await discover(resolver, 'example')).toMatchObject({ none: { kind: 'mx-failed' }, hosts: [] })
    server.attacks.clear()
    server.attacks.add({ name: 'mx.example', type: 'A' }, rcode('SERVFAIL'))
    now += 31
    expect((await discover(resolver, 'example')).hosts).toMatchObject([{ level: 'defer' }])
  })
})
