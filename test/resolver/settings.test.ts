import { describe, expect, test } from 'vitest'
import { readSettings, type ResolverOptions } from '../../src/resolver/settings.ts'

const UPSTREAMS = ['192.0.2.1']

describe('the defaults', () => {
  test('are those of limits.ts', () => {
    const { source, now, ...rest } = readSettings({ upstreams: UPSTREAMS })
    expect(source).toMatchObject({ kind: 'network', attempts: 6, attemptTimeout: 1500 })
    expect(rest).toMatchObject({ timeout: 10_000, crypto: 'native', acceptSha1: true, cacheOctets: 33_554_432 })
    expect(Math.abs(now() - Date.now() / 1000)).toBeLessThan(60)
  })
})

describe('the time of validation', () => {
  test.each([
    [1_800_000_000, 1_800_000_000],
    [1_800_000_000.9, 1_800_000_000],
    [new Date('2026-11-21T00:00:00.999Z'), 1_795_219_200],
    [() => 1_800_000_000, 1_800_000_000],
    [() => new Date('2026-11-21T00:00:00Z'), 1_795_219_200],
    [0, 0],
  ])('%s', (now, expected) => {
    expect(readSettings({ upstreams: UPSTREAMS, now }).now()).toBe(expected)
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1_795_219_200_000, new Date(Number.NaN)])(
    '%s is none',
    (now) => {
      expect(() => readSettings({ upstreams: UPSTREAMS, now })).toThrow(RangeError)
      expect(() => readSettings({ upstreams: UPSTREAMS, now: () => now }).now()).toThrow(/options\.now/)
    },
  )
})

describe("a caller's mistake names the option", () => {
  const cases: [string, Record<string, unknown>, new (message: string) => Error][] = [
    ['options.trustAnchor:', { trustAnchor: 'x' }, TypeError],
    ['options.crypto:', { crypto: 'openssl' }, RangeError],
    ['options.timeout:', { timeout: 0 }, RangeError],
    ['options.timeout:', { timeout: 1.5 }, RangeError],
    ['options.timeout:', { timeout: '1000' }, RangeError],
    ['options.attempts:', { attempts: 33 }, RangeError],
    ['options.attemptTimeout:', { attemptTimeout: 1 }, RangeError],
    ['limits.signatureChecks:', { limits: { signatureChecks: 1 } }, RangeError],
    ['limits.signatures:', { limits: { signatures: 9 } }, RangeError],
    ['options.cache.octets:', { cache: { octets: 1 } }, RangeError],
    ['options.acceptSha1:', { acceptSha1: 'no' }, TypeError],
    ['options.threads:', { threads: 2 }, TypeError],
    ['options.record:', { record: 7 }, TypeError],
    ['options.now:', { now: '2026-11-21' }, TypeError],
    ['options.randomCase:', { randomCase: 1 }, TypeError],
    ['options.upstreamAuthorities:', { upstreamAuthorities: Buffer.from('x') }, TypeError],
    ['options.upstreams:', { upstreams: '192.0.2.1' }, TypeError],
    ['options.upstreams:', { upstreams: [53] }, TypeError],
    ['options.upstreams:', { upstreams: Array.from({ length: 65 }, () => '192.0.2.1') }, RangeError],
    ['options.upstreams:', { fixture: { description: '', answer: () => undefined } }, TypeError],
    [
      'options.negativeTrustAnchors[0].until:',
      { negativeTrustAnchors: [{ zone: 'example', until: Date.now() }] },
      RangeError,
    ],
  ]
  test.each(cases)('%s %j', (message, options, kind) => {
    let error: unknown
    try {
      readSettings({ upstreams: UPSTREAMS, ...options } as ResolverOptions)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(kind)
    expect((error as Error).message).toContain(message)
  })

  test.each([
    ['no-upstream', { upstreams: [] }],
    ['bad-address', { upstreams: ['dns.example'] }],
    ['bad-certificate', { upstreams: UPSTREAMS, upstreamAuthorities: 'no certificate' }],
    [
      'bad-certificate',
      { upstreams: UPSTREAMS, upstreamAuthorities: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
    ],
    ['bad-anchor', { upstreams: UPSTREAMS, trustAnchors: '. IN A 192.0.2.1\n' }],
    ['bad-name', { upstreams: UPSTREAMS, negativeTrustAnchors: [{ zone: 'a..b', until: 1 }] }],
    ['file', { fixture: '/nowhere/at/all' }],
  ])('%s', (code, options) => {
    expect(() => readSettings(options)).toThrow(expect.objectContaining({ name: 'DanelawError', code }))
  })
})

test('negative trust anchors take names and dates', () => {
  const negativeTrustAnchors = [{ zone: 'Broken.example', until: new Date('2026-11-21T00:00:00Z') }]
  const { anchors } = readSettings({ upstreams: UPSTREAMS, negativeTrustAnchors })
  expect(anchors.negative.map(({ zone, until }) => [zone.toString(), until])).toEqual([
    ['Broken.example.', 1_795_219_200],
  ])
})
