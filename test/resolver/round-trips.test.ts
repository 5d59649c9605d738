import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { discover } from '../../src/dane/destination.ts'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import { NSEC, NSEC3, signAll } from './fixture/signed-zones.ts'
import { RoundServer } from './round-server.ts'

const NOW = 1_800_000_000
const TLSA = `3 1 1 ${'ab'.repeat(32)}`
const hosts = ['a', 'b', 'c']
const internet = signAll([
  { apex: '.', text: 'com NS ns\nnet NS ns\norg NS ns', denial: NSEC },
  { apex: 'com', text: 'example NS ns\nother NS ns', denial: NSEC3 },
  { apex: 'net', text: 'hoster NS ns', denial: NSEC3 },
  { apex: 'org', text: 'plain NS ns', denial: NSEC },
  {
    apex: 'example.com',
    text: `@ MX 10 mx\nmx A 192.0.2.1\nmail.dept MX 10 mx\nwww CNAME web.hoster.net.`,
    denial: NSEC,
  },
  { apex: 'other.com', text: hosts.map((host) => `@ MX 10 ${host}.mx.hoster.net.`).join('\n'), denial: NSEC },
  {
    apex: 'hoster.net',
    text: `web A 192.0.2.9\n${hosts
      .map((host) => `${host}.mx A 192.0.2.1\n${host}.mx AAAA 2001:db8::1\n_25._tcp.${host}.mx TLSA ${TLSA}`)
      .join('\n')}`,
    denial: NSEC,
  },
  { apex: 'plain.org', text: '@ MX 10 mx\nmx A 192.0.2.1' },
])
const zones = new ZoneSet(internet.zones)
let server: RoundServer
let resolver: Resolver

beforeEach(async () => {
  server = await RoundServer.start((question) => zones.answer(question))
  resolver = new Resolver({
    upstreams: [server.upstream],
    trustAnchors: internet.anchors,
    now: NOW,
    attemptTimeout: 20_000,
    timeout: 60_000,
  })
})
afterEach(async () => {
  await resolver.close()
  await server[Symbol.asyncDispose]()
})

function expectNoDuplicates(): void {
  expect(server.asked.toSorted()).toEqual([...new Set(server.asked)].toSorted())
}

describe('round trips of one cold lookup', () => {
  test.each([
    ['four labels deep', 'mail.dept.example.com', 'MX', 'secure', 2],
    ['at the apex of a zone', 'example.com', 'MX', 'secure', 1],
    ['denied', 'absent.example.com', 'A', 'secure', 2],
    ['denied far below anything', 'a.b.c.d.example.com', 'A', 'secure', 2],
    ['below an unsigned delegation', 'mx.plain.org', 'A', 'insecure', 2],
    ['an alias into another zone', 'www.example.com', 'A', 'secure', 2],
    ['TLSA records', '_25._tcp.a.mx.hoster.net', 'TLSA', 'secure', 2],
  ])('%s', async (_, name, type, status, rounds) => {
    expect(await resolver.query(name, type)).toMatchObject({ status })
    expect(server.rounds).toBeLessThanOrEqual(rounds)
    expectNoDuplicates()
  })

  test('a second one in the same zone takes one, and one question', async () => {
    await resolver.query('mail.dept.example.com', 'MX')
    server.reset()
    expect(await resolver.query('mx.example.com', 'A')).toMatchObject({ status: 'secure' })
    expect([server.rounds, server.asked]).toEqual([1, ['mx.example.com. A']])
  })
})

describe('round trips of a cold destination', () => {
  test('MX, addresses and TLSA records of three hosts in another zone take at most four', async () => {
    const { hosts: found } = await discover(resolver, 'other.com')
    expect(found.map(({ level }) => level)).toEqual(['dane', 'dane', 'dane'])
    expect(server.rounds).toBeLessThanOrEqual(4)
    expectNoDuplicates()
    expect(resolver.stats.questions).toBe(server.asked.length)
  })

  test('the same once more asks nothing', async () => {
    await discover(resolver, 'other.com')
    server.reset()
    await discover(resolver, 'other.com')
    expect(server.asked).toEqual([])
  })
})

test('lookups at the same time share what they have in common: no question leaves twice', async () => {
  const names = ['example.com', 'mail.dept.example.com', 'mx.example.com', 'absent.example.com', 'example.com']
  const answers = await Promise.all(names.map((name) => resolver.query(name, 'MX')))
  expect(answers.map(({ status }) => status)).toEqual(names.map(() => 'secure'))
  expect(server.rounds).toBeLessThanOrEqual(2)
  expectNoDuplicates()
})
