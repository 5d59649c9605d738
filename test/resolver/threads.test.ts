/** When a resolver has signatures checked on other threads. */
import { availableParallelism } from 'node:os'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { RESOLVER_LIMITS } from '../../src/limits.ts'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import * as clock from '../../src/resolver/monotonic.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import type { ResolverOptions } from '../../src/resolver/settings.ts'
import { NSEC, signAll } from './fixture/signed-zones.ts'

const NOW = 1_800_000_000
const CHILDREN = ['a', 'b', 'c', 'd']
const internet = signAll([
  { apex: '.', text: CHILDREN.map((zone) => `${zone} NS ns`).join('\n'), denial: NSEC },
  ...CHILDREN.map((apex) => ({ apex, text: 'www A 192.0.2.1', denial: NSEC })),
])
const zones = new ZoneSet(internet.zones)

const engine = nativeEngine() as { importKey: ReturnType<typeof nativeEngine>['importKey'] }
const { importKey } = engine
let aside = 0
let busy = false

/** Counts what goes to other threads, which do nothing while they are busy. */
beforeEach(() => {
  ;[aside, busy] = [0, false]
  engine.importKey = (algorithm, publicKey) => {
    const key = importKey(algorithm, publicKey)!
    return {
      verify: (signature, data) => key.verify(signature, data),
      verifyAside(signature, data, done) {
        aside++
        if (!busy) setImmediate(() => done(key.verify(signature, data)))
        return undefined
      },
    }
  }
})
afterEach(() => {
  engine.importKey = importKey
  vi.restoreAllMocks()
})

function create(options: ResolverOptions = {}): Resolver {
  return new Resolver({
    trustAnchors: internet.anchors,
    now: NOW,
    fixture: {
      description: 'zones',
      answer: (question) => ({ kind: 'message', message: zones.answer(question), upstream: 'test' }),
    },
    ...options,
  })
}

/** How many signatures went to other threads for a secure answer in a zone. */
async function asideFor(resolver: Resolver, zone: string): Promise<number> {
  const before = aside
  expect((await resolver.query(`www.${zone}`, 'A')).status).toBe('secure')
  return aside - before
}

test.skipIf(availableParallelism() === 1)('one lookup after the other, in zones that are new', async () => {
  const resolver = create()
  // The keys of the root and of the zone, and the DS between them; the last one is checked here.
  expect(await asideFor(resolver, 'a')).toBe(3)
  expect(await asideFor(resolver, 'a')).toBe(0)
  // The root's keys are known now.
  expect(await asideFor(resolver, 'b')).toBe(1)
  expect(await asideFor(resolver, 'c')).toBe(1)
})

test('not where lookups are many', async () => {
  const resolver = create({ crypto: 'native' })
  await resolver.query('www.a', 'A')
  aside = 0
  const [b, c] = [resolver.query('www.b', 'A'), resolver.query('www.c', 'A')]
  expect([(await b).status, (await c).status]).toEqual(['secure', 'secure'])
  // The first was alone when it began, the second was not.
  expect(aside).toBeLessThanOrEqual(1)
})

test('not where the caller wants none', async () => {
  const resolver = create({ threads: false })
  for (const zone of CHILDREN) expect(await asideFor(resolver, zone)).toBe(0)
})

test.skipIf(availableParallelism() === 1)('not for a while after they have been too busy', async () => {
  let now = 1000
  vi.spyOn(clock, 'monotonic').mockImplementation(() => now)
  const resolver = create()
  busy = true
  expect(await asideFor(resolver, 'a')).toBe(3)
  expect(await asideFor(resolver, 'b')).toBe(0)
  busy = false
  now += RESOLVER_LIMITS.asideRest.value
  expect(await asideFor(resolver, 'c')).toBe(1)
})
