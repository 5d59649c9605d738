import { describe, expect, test } from 'vitest'
import type { InsecureZone, ZoneKeys } from '../../src/dnssec/zone-keys.ts'
import { ZoneCache } from '../../src/resolver/zone-cache.ts'
import { Name } from '../../src/wire/name.ts'

const NOW = 1_800_000_000

function zone(name: string, changes: Partial<ZoneKeys> = {}): ZoneKeys {
  const span = { validFrom: NOW - 1000, validUntil: NOW + 1000, expires: NOW + 500 }
  return { status: 'secure', zone: Name.parse(name), keys: [], chain: [], ...span, ...changes }
}

function closest(cache: ZoneCache, name: string, now = NOW): string | undefined {
  return cache.closest(Name.parse(name), now)?.zone.toString()
}

function filled(...zones: (ZoneKeys | InsecureZone)[]): ZoneCache {
  const cache = new ZoneCache(1_000_000)
  for (const one of zones) cache.put(one, NOW - 1000)
  return cache
}

test('the closest zone at or above a name', () => {
  const cache = filled(zone('.'), zone('com'), zone('Example.com'), zone('a.b.example.com'))
  expect(closest(cache, 'www.example.com')).toBe('Example.com.')
  expect(closest(cache, 'b.example.com')).toBe('Example.com.')
  expect(closest(cache, 'x.A.b.example.com')).toBe('a.b.example.com.')
  expect(closest(cache, 'notexample.com')).toBe('com.')
  expect(closest(cache, 'org')).toBe('.')
  expect(closest(cache, '.')).toBe('.')
  expect(closest(new ZoneCache(1000), 'org')).toBeUndefined()
})

describe('what is over is not there, and what lies above it takes its place', () => {
  test.each([
    ['expired', { expires: NOW }, NOW, '.'],
    ['about to expire', { expires: NOW + 1 }, NOW, 'com.'],
    ['signatures at their last second', { validUntil: NOW }, NOW, 'com.'],
    ['signatures over', { validUntil: NOW - 1 }, NOW, '.'],
    ['a time before its signatures', {}, NOW - 1001, undefined],
    ['the first second of its signatures', {}, NOW - 1000, 'com.'],
  ])('%s', (_, changes, now, expected) => {
    expect(closest(filled(zone('.'), zone('com', changes)), 'example.com', now)).toBe(expected)
  })

  test('a clock that goes back and comes forth again finds it again', () => {
    const cache = filled(zone('com'))
    expect(closest(cache, 'com', NOW - 5000)).toBeUndefined()
    expect(closest(cache, 'com')).toBe('com.')
  })
})

describe('a zone learnt under a clock that was ahead', () => {
  const cache = new ZoneCache(1_000_000)
  const ahead = NOW + 5 * 86_400
  cache.put(zone('com', { validUntil: ahead + 1000, expires: ahead + 3600 }), ahead)

  test('is not known before that time', () => {
    expect(closest(cache, 'com', NOW)).toBeUndefined()
    expect(closest(cache, 'com', ahead)).toBe('com.')
  })
})

test('no zone is kept longer than a day', () => {
  const cache = new ZoneCache(1_000_000)
  cache.put(zone('com', { validUntil: NOW + 1_000_000, expires: NOW + 1_000_000 }), NOW)
  expect(closest(cache, 'com', NOW + 86_399)).toBe('com.')
  expect(closest(cache, 'com', NOW + 86_400)).toBeUndefined()
})

test('a place where security ends is a zone too', () => {
  const reason = { code: 'insecure-delegation', ede: 0, text: '', at: undefined, advice: undefined } as const
  const { keys: _, ...rest } = zone('unsigned.example')
  const cache = filled(zone('.'), { ...rest, status: 'insecure', reason })
  expect(cache.closest(Name.parse('www.unsigned.example'), NOW)?.status).toBe('insecure')
})

test('the bound: what was not asked for longest makes room', () => {
  const cache = new ZoneCache(65_536)
  const key = { keyTag: 1, algorithm: 8, flags: 257, rdata: new Uint8Array(260), publicKey: () => undefined }
  cache.put(zone('.', { keys: [key] }), NOW - 1000)
  for (let i = 0; i < 1000; i++) {
    cache.put(zone(`n${i}`, { keys: [key] }), NOW - 1000)
    closest(cache, '.')
  }
  expect(closest(cache, 'n0')).toBe('.')
  expect(closest(cache, 'n999')).toBe('n999.')
  const kept = Array.from({ length: 1000 }, (_, i) => closest(cache, `n${i}`)).filter((found) => found !== '.')
  expect(kept.length).toBeGreaterThan(10)
  expect(kept.length).toBeLessThan(60)
  cache.clear()
  expect(closest(cache, 'n999')).toBeUndefined()
})
