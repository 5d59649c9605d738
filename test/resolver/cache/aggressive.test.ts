import { afterEach, describe, expect, test } from 'vitest'
import { loadEngine } from '../../../src/dnssec/crypto/load.ts'
import type { VerifiedRRset } from '../../../src/dnssec/rrsig.ts'
import { TrustAnchors } from '../../../src/dnssec/trust-anchors.ts'
import { validate } from '../../../src/dnssec/validate.ts'
import { runSynchronously } from '../../../src/dnssec/walk.ts'
import { Budget } from '../../../src/limits.ts'
import { DenialCache } from '../../../src/resolver/cache/denial-cache.ts'
import { synthesize } from '../../../src/resolver/cache/synthesize.ts'
import { ZoneSet } from '../../../src/resolver/fixture/zone-set.ts'
import { Resolver } from '../../../src/resolver/resolver.ts'
import type { ResolverOptions } from '../../../src/resolver/settings.ts'
import { ZoneCache } from '../../../src/resolver/zone-cache.ts'
import { Name } from '../../../src/wire/name.ts'
import type { Message } from '../../../src/wire/message.ts'
import type { Question } from '../../../src/wire/record.ts'
import type { Denial } from '../../lab/signer/sign-zone.ts'
import { NSEC, NSEC3, OPT_OUT, question, type Signed, signAll, type ZoneText } from '../fixture/signed-zones.ts'
import { RoundServer } from '../round-server.ts'

const NOW = 1_800_000_000
const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]()
})

interface World {
  readonly server: RoundServer
  readonly resolver: Resolver
  /** Status and RCODE, and whether it was made without a question. */
  ask(text: string): Promise<string>
}

async function world(
  texts: readonly ZoneText[],
  options: ResolverOptions = {},
  change: (message: Message, question: Question) => Message = (message) => message,
): Promise<World> {
  const internet = signAll(texts)
  const zones = new ZoneSet(internet.zones)
  const server = await RoundServer.start((asked) => change(zones.answer(asked), asked))
  open.push(server)
  const resolver = create(internet, server, options)
  return {
    server,
    resolver,
    ask: async (text) => {
      const [name, type] = text.split(' ')
      const answer = await resolver.query(name!, type!)
      const made = answer.status === 'secure' && answer.synthesized === true ? ' synthesized' : ''
      return `${answer.status} ${answer.rcode}${made}`
    },
  }
}

function create(internet: Signed, server: RoundServer, options: ResolverOptions): Resolver {
  const resolver = new Resolver({
    upstreams: [server.upstream],
    trustAnchors: internet.anchors,
    now: NOW,
    attemptTimeout: 20_000,
    timeout: 60_000,
    ...options,
  })
  open.push(resolver)
  return resolver
}

const ZONE = `alpha A 192.0.2.1
alias CNAME alpha
deep.ent TXT "x"
sub NS ns.sub
signed NS ns.signed
moved DNAME alpha
*.wild TXT "w"
zulu MX 10 alpha`

const TREE = (denial: Denial): ZoneText[] => [
  { apex: '.', text: 'example NS ns', denial: NSEC },
  { apex: 'example', text: ZONE, denial },
  { apex: 'sub.example', text: 'www A 192.0.2.2' },
  { apex: 'signed.example', text: 'www A 192.0.2.3', denial: NSEC },
]

describe('a thousand names of one zone that do not exist', () => {
  test.each<[string, Denial, number]>([
    ['NSEC', NSEC, 24],
    ['NSEC3', NSEC3, 40],
  ])('%s: a handful of questions', async (_, denial, limit) => {
    const { server, resolver, ask } = await world(TREE(denial))
    const statuses = new Set<string>()
    for (let i = 0; i < 1000; i++) {
      const name = `${((i * 7919) % 1000).toString(36)}${i}.example`
      statuses.add((await ask(`${name} A`)).replace(' synthesized', ''))
    }
    expect([...statuses]).toEqual(['secure 3'])
    expect(server.asked.length).toBeLessThanOrEqual(limit)
    expect(resolver.stats.synthesized).toBeGreaterThan(970)
  })

  test.each<[string, Denial | undefined, ResolverOptions]>([
    ['in a span of NSEC3 with opt-out', OPT_OUT, {}],
    ['in an unsigned zone', undefined, {}],
    ['where it is switched off', NSEC, { cache: { aggressive: false } }],
    ['without a cache', NSEC, { cache: false }],
  ])('%s: each is asked for', async (_, denial, options) => {
    const { server, resolver, ask } = await world(
      TREE(NSEC).map((zone) =>
        zone.apex === 'example' ? { apex: zone.apex, text: zone.text, ...(denial && { denial }) } : zone,
      ),
      options,
    )
    for (let i = 0; i < 20; i++) await ask(`n${i}.example A`)
    expect(server.asked.filter((asked) => asked.endsWith(' A'))).toHaveLength(20)
    expect(resolver.stats.synthesized).toBe(0)
  })
})

describe.each([
  ['NSEC', NSEC],
  ['NSEC3', NSEC3],
])('what %s records of earlier answers say', (_, denial) => {
  const cases: [name: string, before: string[], ask: string, expected: string][] = [
    ['another type of a name', ['alpha.example MX'], 'alpha.example AAAA', 'secure 0 synthesized'],
    ['the type there is', ['alpha.example MX'], 'alpha.example A', 'secure 0'],
    ['an alias has all types', ['alias.example NSEC3PARAM'], 'alias.example AAAA', 'secure 0'],
    ['the apex', ['example MX'], 'example TXT', 'secure 0 synthesized'],
    ['an empty non-terminal', ['ent.example A'], 'ent.example MX', 'secure 0 synthesized'],
    ['what is below an empty non-terminal', ['ent.example A'], 'deep.ent.example TXT', 'secure 0'],
    ['another type at a wildcard', ['a.wild.example A'], 'a.wild.example MX', 'secure 0 synthesized'],
    ['another name at a wildcard', ['a.wild.example A'], 'a.wild.example AAAA', 'secure 0 synthesized'],
    ['what a wildcard has', ['a.wild.example A'], 'a.wild.example TXT', 'secure 0'],
    ['no DS at a delegation', ['sub.example DS'], 'sub.example DS', 'secure 0'],
    ['a delegation has what its child has', ['sub.example DS'], 'sub.example A', 'insecure 0'],
    ['below a delegation', ['sub.example DS'], 'absent.sub.example A', 'insecure 3'],
    ['below a signed delegation', ['signed.example NSEC', 'beta.example A'], 'absent.signed.example A', 'secure 3'],
    ['below a DNAME', ['moved.example A', 'beta.example A'], 'x.moved.example A', 'secure 3'],
    ['no DS of a name that is no delegation', ['alpha.example MX'], 'alpha.example DS', 'secure 0 synthesized'],
    [
      'no DS of a name that does not exist',
      ['beta.example A', 'alphb.example A'],
      'alphc.example DS',
      'secure 3 synthesized',
    ],
    ['what is below a name that does not exist', ['alphb.example A'], 'x.y.alphb.example A', 'secure 3 synthesized'],
    ['ANY', ['alphb.example A'], 'alphb.example ANY', 'secure 3'],
    ['NSEC', ['alpha.example MX'], 'alpha.example NSEC', expect.stringMatching(/^secure 0$/)],
  ]

  test.each(cases)('%s', async (__, before, text, expected) => {
    const { ask } = await world(TREE(denial))
    for (const each of before) await ask(each)
    const got = await ask(text)
    // Where NSEC3 hides the neighbours, a question more may be due.
    if (denial === NSEC || !String(expected).endsWith('synthesized')) expect(got).toEqual(expected)
    else expect([expected, String(expected).replace(' synthesized', '')]).toContain(got)
  })
})

describe('in any order of any questions', () => {
  test.each<[string, Denial]>([
    ['NSEC', NSEC],
    ['NSEC3', NSEC3],
    ['NSEC3 with opt-out', OPT_OUT],
  ])('%s: the same answers as without', async (_, denial) => {
    const names = ['', 'alpha.', 'alias.', 'ent.', 'deep.ent.', 'x.ent.', 'sub.', 'a.sub.', 'signed.', 'a.signed.']
    names.push(
      'moved.',
      'x.moved.',
      'wild.',
      'a.wild.',
      'b.a.wild.',
      '*.wild.',
      'zulu.',
      'zz.',
      'a.zulu.',
      'aaa.',
      '*.',
    )
    const questions = names.flatMap((name) => ['A', 'MX', 'DS', 'TXT', 'CNAME'].map((type) => `${name}example ${type}`))
    const { ask, resolver } = await world(TREE(denial))
    const plain = await world(TREE(denial), { cache: { aggressive: false } })
    let seed = 1
    for (let i = 0; i < 400; i++) {
      seed = (seed * 48_271) % 2_147_483_647
      const text = questions[seed % questions.length]!
      const expected = await plain.ask(text)
      expect([text, (await ask(text)).replace(' synthesized', '')]).toEqual([text, expected])
    }
    expect(resolver.stats.synthesized).toBeGreaterThan(denial === OPT_OUT ? 0 : 10)
  })
})

describe('time', () => {
  test('the TTL of what is made is what is left, and then it is over', async () => {
    let now = NOW
    const { server, resolver } = await world(TREE(NSEC), { now: () => now })
    const first = await resolver.query('beta.example', 'A')
    expect(first).toMatchObject({ ttl: 60 })
    now += 20
    const second = await resolver.query('alphb.example', 'A')
    expect(second).toMatchObject({ synthesized: true, ttl: 40, rcode: 3, spent: { upstreamQuestions: 0 } })
    expect(second.status === 'secure' && second.proofs[0]?.proof?.records.length).toBeGreaterThan(0)
    const asked = server.asked.length
    now += 39
    expect(await resolver.query('alphc.example', 'A')).toMatchObject({ synthesized: true, ttl: 1 })
    expect(server.asked).toHaveLength(asked)
    now += 1
    expect(await resolver.query('alphd.example', 'A')).not.toHaveProperty('synthesized')
    expect(server.asked.length).toBeGreaterThan(asked)
  })

  test('a clock that goes back to before the signatures finds nothing', async () => {
    let now = NOW
    const { resolver } = await world(TREE(NSEC), { now: () => now })
    await resolver.query('beta.example', 'A')
    now -= 10_000
    expect(await resolver.query('alphb.example', 'A')).toMatchObject({ status: 'bogus' })
  })

  test('forgetting everything forgets denials too', async () => {
    const { resolver, ask } = await world(TREE(NSEC))
    await ask('beta.example A')
    resolver.clearCache()
    expect(await ask('alphb.example A')).toBe('secure 3')
  })
})

test('a trust anchor below a zone wins over what the zone denies', async () => {
  const corp = signAll([{ apex: 'corp.example', text: 'www A 192.0.2.9', denial: NSEC }])
  const parent = signAll(TREE(NSEC))
  const known = new ZoneSet([...parent.zones, corp.zones[0]!])
  const server = await RoundServer.start((asked) => known.answer(asked))
  open.push(server)
  const anchors = new TrustAnchors([...parent.anchors.anchors, ...corp.anchors.anchors])
  const resolver = create({ zones: [], anchors }, server, {})
  expect(await resolver.query('beta.example', 'A')).toMatchObject({ status: 'secure', rcode: 3 })
  expect(await resolver.query('www.corp.example', 'A')).toMatchObject({ status: 'secure', rcode: 0 })
})

describe('what nobody verified', () => {
  const internet = signAll(TREE(NSEC))
  const zones = new ZoneSet(internet.zones)

  /** The parts of a resolver, with what it would have kept of one answer; `spoil` changes that. */
  async function parts(spoil: (verified: VerifiedRRset) => VerifiedRRset, later: TrustAnchors = internet.anchors) {
    const memory = new ZoneCache(1_000_000)
    const denials = new DenialCache(1_000_000)
    const context = {
      now: NOW,
      anchors: internet.anchors,
      engine: await loadEngine('native'),
      budget: new Budget(),
      acceptSha1: true,
      memory,
    }
    const sink = {
      put: (...[zone, used, ttl, now]: Parameters<DenialCache['put']>) => denials.put(zone, used.map(spoil), ttl, now),
    }
    runSynchronously(
      validate(question('beta.example A'), { ...context, denials: sink, peek: () => undefined }),
      (asked) => ({ kind: 'message', message: zones.answer(asked), upstream: 'test' }),
    )
    return { denials, make: () => synthesize(question('alphb.example A'), { ...context, anchors: later }, denials) }
  }

  test('as it stands it is a proof', async () => {
    const { make } = await parts((verified) => verified)
    expect(make()).toMatchObject({ status: 'secure', rcode: 3 })
  })

  test('what is not secure is not made: here a negative trust anchor has come up', async () => {
    const negative = [{ zone: Name.parse('example'), until: NOW + 1 }]
    const { make } = await parts((verified) => verified, new TrustAnchors(internet.anchors.anchors, negative))
    expect(make()).toBeUndefined()
  })

  test('what was expanded from a wildcard is not kept', async () => {
    const { denials } = await parts((verified) => ({ ...verified, wildcardEncloser: Name.root }))
    expect(denials.find(question('alphb.example A'), NOW)).toBeUndefined()
  })

  test.each<[string, (verified: VerifiedRRset) => VerifiedRRset]>([
    [
      'changed records',
      ({ rrset, ...rest }) => {
        const records = rrset.records.map((record) => ({ ...record, rdata: record.rdata.with(-1, 0) }))
        return { ...rest, rrset: { ...rrset, records } }
      },
    ],
    [
      'a changed signature',
      ({ rrset, ...rest }) => {
        const signatures = rrset.signatures.map(({ rrsig, record }) => ({
          rrsig,
          record: { ...record, rdata: record.rdata.with(-1, record.rdata.at(-1)! ^ 1) },
        }))
        return { ...rest, rrset: { ...rrset, signatures } }
      },
    ],
    ['no signature', ({ rrset, ...rest }) => ({ ...rest, rrset: { ...rrset, signatures: [] } })],
  ])('%s prove nothing, and are thrown away', async (_, spoil) => {
    const { denials, make } = await parts(spoil)
    expect(denials.find(question('alphb.example A'), NOW)).toBeDefined()
    expect(make()).toBeUndefined()
    expect(denials.find(question('alphb.example A'), NOW)).toBeUndefined()
  })
})

test('the bound: what was not used for longest makes room', async () => {
  const names = Array.from({ length: 50 }, (_, i) => `n${String(i).padStart(2, '0')}`)
  const internet = signAll([
    { apex: '.', text: 'example NS ns', denial: NSEC },
    { apex: 'example', text: names.map((name) => `${name} A 192.0.2.1`).join('\n'), denial: NSEC },
  ])
  const zones = new ZoneSet(internet.zones)
  const engine = await loadEngine('native')
  const memory = new ZoneCache(1_000_000)
  const denials = new DenialCache(20_000)
  const context = { now: NOW, anchors: internet.anchors, engine, acceptSha1: true, memory, denials }
  const learn = (name: string): void => {
    const walk = validate(question(`${name}.example MX`), { ...context, budget: new Budget(), peek: () => undefined })
    runSynchronously(walk, (asked) => ({ kind: 'message', message: zones.answer(asked), upstream: 'test' }))
  }
  const knows = (name: string): boolean => denials.find(question(`${name}.example TXT`), NOW) !== undefined
  for (const name of names) {
    learn(name)
    expect(knows('n00')).toBe(true)
  }
  expect(knows('n49')).toBe(true)
  expect(knows('n01')).toBe(false)
  const kept = names.filter(knows).length
  expect(kept).toBeGreaterThan(5)
  expect(kept).toBeLessThan(30)
  denials.clear()
  expect(names.filter(knows)).toEqual([])
})
