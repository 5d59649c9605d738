import { describe, expect, test } from 'vitest'
import { bogus, indeterminate, insecure, nxdomain, secure, type Scripted } from '../../dane/scripted.ts'
import { mailServer } from '../hosts.ts'
import { expectMail, expectNothing, expectSilence, MATCHING, MISMATCH, SECURE, send } from './world.ts'

const DANE_REQUIRED = { outcome: 'deferred', verdict: 'refused', enhanced: '4.7.4', failure: 'dane-required' }
const TLSA = '_25._tcp.mx.example.com TLSA'

describe('A: finding hosts', () => {
  test('row 1: an address literal', async () => {
    const server = await mailServer()
    const { outcome, asked } = await send({}, server, { to: 'to@[127.0.0.1]' })
    expect(outcome).toMatchObject({ outcome: 'delivered', level: 'may', verdict: 'encrypted' })
    expectMail(server, 'in TLS')
    expect(asked).toEqual([])
    const mandatory = await mailServer()
    const required = await send({}, mandatory, { to: 'to@[127.0.0.1]', requireDane: true })
    expect(required.outcome).toMatchObject(DANE_REQUIRED)
    expectSilence(mandatory)
  })

  test('row 1: an MX target that is an address', async () => {
    const server = await mailServer()
    const table = { 'example.com MX': secure('10 127.0.0.1') }
    expect((await send(table, server, { requireDane: true })).outcome).toMatchObject(DANE_REQUIRED)
    expectSilence(server)
    expect((await send(table, server)).outcome).toMatchObject({ outcome: 'delivered', level: 'may' })
  })

  test('row 2: a configured relay: its own port in the TLSA owner, no MX lookup, a secure name', async () => {
    const server = await mailServer()
    const table = {
      'mx.example.com A': secure('127.0.0.1'),
      'mx.example.com AAAA': secure(),
      '_2525._tcp.mx.example.com TLSA': secure(MATCHING),
    }
    const { outcome, asked } = await send(table, server, {
      rule: { level: 'dane-only', relay: '[mx.example.com]:2525' },
    })
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified', policy: { level: 'dane-only' } })
    expect(asked).toContain('_2525._tcp.mx.example.com TLSA')
    expect(asked.some((question) => question.endsWith('MX'))).toBe(false)
    expectMail(server, 'in TLS')
  })

  test.each([
    ['bogus', bogus],
    ['indeterminate', indeterminate],
  ])('row 3: an MX lookup that is %s: deferred, and no other question', async (_, mx) => {
    const server = await mailServer()
    const { outcome, asked } = await send({ 'example.com MX': mx }, server)
    expect(outcome).toMatchObject({ outcome: 'deferred', code: 451, enhanced: '4.4.3', failure: 'mx-failed' })
    expect(outcome.retry).toMatchObject({ why: expect.stringContaining('30 s') })
    expect(asked).toEqual(['example.com MX'])
    expectSilence(server)
  })

  test('row 4: no trust anchor above the MX: as insecure', async () => {
    const server = await mailServer()
    const mx: Scripted = { ...insecure('10 mx.example.com'), code: 'no-trust-anchor' }
    const { outcome } = await send({ ...SECURE, 'example.com MX': mx }, server)
    expect(outcome).toMatchObject({ outcome: 'delivered', level: 'dane', verdict: 'encrypted' })
    const required = await send({ ...SECURE, 'example.com MX': mx }, server, { requireDane: true })
    expect(required.outcome).toMatchObject(DANE_REQUIRED)
    expect(server.sessions).toHaveLength(1)
  })

  test('row 5: an MX name that is an alias: the weakest link counts', async () => {
    const server = await mailServer()
    const through = (status: 'secure' | 'insecure'): Scripted => ({
      ...(status === 'secure' ? secure('10 mx.example.com') : insecure('10 mx.example.com')),
      via: [['CNAME', status, 'real.example.com']],
    })
    const verified = await send({ ...SECURE, 'example.com MX': through('secure') }, server, { requireDane: true })
    expect(verified.outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    const weak = await send({ ...SECURE, 'example.com MX': through('insecure') }, server)
    expect(weak.outcome).toMatchObject({ outcome: 'delivered', verdict: 'encrypted' })
  })

  test.each([
    ['row 6: NXDOMAIN', nxdomain, 550, '5.1.2', 'no-domain'],
    [
      'row 9: a null MX',
      (status: 'secure' | 'insecure') => (status === 'secure' ? secure('0 .') : insecure('0 .')),
      556,
      '5.1.10',
      'null-mx',
    ],
  ])('%s: permanent; an insecure one under mandatory DANE is deferred', async (_, mx, code, enhanced, failure) => {
    for (const status of ['secure', 'insecure'] as const) {
      const { outcome } = await send({ 'example.com MX': mx(status) }, null)
      expect(outcome).toMatchObject({ outcome: 'rejected', verdict: 'unreachable', code, enhanced, failure })
    }
    const proven = await send({ 'example.com MX': mx('secure') }, null, { requireDane: true })
    expect(proven.outcome).toMatchObject({ outcome: 'rejected', code, enhanced })
    const unproven = await send({ 'example.com MX': mx('insecure') }, null, { requireDane: true })
    expect(unproven.outcome).toMatchObject({ ...DANE_REQUIRED, host: null })
  })

  test('row 7: no MX, proven: the domain itself, secure', async () => {
    const server = await mailServer()
    const table = {
      'mx.example.com MX': secure(),
      'mx.example.com A': secure('127.0.0.1'),
      'mx.example.com AAAA': secure(),
      [TLSA]: secure(MATCHING),
    }
    const { outcome } = await send(table, server, { to: 'to@mx.example.com', requireDane: true })
    expect(outcome).toMatchObject({ outcome: 'delivered', host: 'mx.example.com.', verdict: 'verified' })
    expectMail(server, 'in TLS')
  })

  test('row 8: no MX, insecure: the domain itself, and nothing is secure', async () => {
    const server = await mailServer()
    const table = {
      'mx.example.com MX': insecure(),
      'mx.example.com A': insecure('127.0.0.1'),
      'mx.example.com AAAA': insecure(),
    }
    const { outcome } = await send(table, server, { to: 'to@mx.example.com' })
    expect(outcome).toMatchObject({ outcome: 'delivered', level: 'may', verdict: 'encrypted' })
    expect((await send(table, server, { to: 'to@mx.example.com', requireDane: true })).outcome).toMatchObject(
      DANE_REQUIRED,
    )
  })

  test('row 10: a better host without TLSA goes before a worse one with TLSA; this system and what is not better are left out', async () => {
    const server = await mailServer()
    const table = {
      ...SECURE,
      'example.com MX': secure(
        '30 self.example.com',
        '20 mx.example.com',
        '10 plain.example.com',
        '40 last.example.com',
      ),
      'plain.example.com A': secure('127.0.0.1'),
      'plain.example.com AAAA': secure(),
      '_25._tcp.plain.example.com TLSA': nxdomain('secure'),
    }
    const { outcome, asked } = await send(table, server, { discovery: { self: ['self.example.com'] } })
    expect(outcome).toMatchObject({ outcome: 'delivered', host: 'plain.example.com.', level: 'may' })
    expect(asked.some((question) => /^(self|last)\./.test(question))).toBe(false)
    expectMail(server, 'in TLS')
  })

  describe('row 11: an insecure MX', () => {
    const table = { ...SECURE, 'example.com MX': insecure('10 mx.example.com') }

    test.each([
      ['dane', 'dane', true],
      ['encrypt', 'encrypt', false],
      ['may', 'may', false],
    ] as const)('row 11: insecure-mx=%s', async (insecureMx, level, authenticated) => {
      const server = await mailServer()
      const { outcome, asked } = await send(table, server, { rule: { level: 'dane', insecureMx } })
      expect(outcome).toMatchObject({
        outcome: 'delivered',
        level,
        verdict: 'encrypted',
        attempts: [{ authenticated }],
      })
      expect(asked.includes(TLSA)).toBe(insecureMx !== 'may')
      expectMail(server, 'in TLS')
    })

    test('row 11: the certificate has to be that of the host, and mandatory DANE defers', async () => {
      const server = await mailServer()
      const wrong = await send({ ...table, [TLSA]: secure(MISMATCH) }, server)
      expect(wrong.outcome).toMatchObject({ outcome: 'deferred', failure: 'validation-failure' })
      expectNothing(server)
      const next = await mailServer()
      expect((await send(table, next, { requireDane: true })).outcome).toMatchObject(DANE_REQUIRED)
      expectSilence(next)
    })
  })

  test.each(['secure', 'insecure'] as const)(
    'row 12: no address (%s): the host is skipped, TLSA is not asked',
    async (status) => {
      const server = await mailServer()
      const table = {
        ...SECURE,
        'example.com MX': secure('10 none.example.com', '20 mx.example.com'),
        'none.example.com A': nxdomain(status),
        'none.example.com AAAA': nxdomain(status),
      }
      const { outcome, asked } = await send(table, server)
      expect(outcome).toMatchObject({ outcome: 'delivered', host: 'mx.example.com.', verdict: 'verified' })
      expect(outcome.attempts[0]).toMatchObject({
        host: 'none.example.com.',
        verdict: 'unreachable',
        failure: 'no-address',
      })
      expect(asked).not.toContain('_25._tcp.none.example.com TLSA')
    },
  )

  test('row 13: one family that fails leaves the other; both leave nothing', async () => {
    const server = await mailServer()
    const one = await send({ ...SECURE, 'mx.example.com AAAA': bogus }, server)
    expect(one.outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    const none = await send({ ...SECURE, 'mx.example.com A': bogus, 'mx.example.com AAAA': secure() }, server)
    expect(none.outcome).toMatchObject({ outcome: 'deferred', enhanced: '4.4.3', failure: 'lookup-failed' })
    expect(none.outcome.retry).not.toBeNull()
    expect(server.sessions).toHaveLength(1)
  })

  test('row 14: insecure addresses: TLSA is not asked', async () => {
    const server = await mailServer()
    const table = { ...SECURE, 'mx.example.com A': insecure('127.0.0.1'), 'mx.example.com AAAA': insecure() }
    const { outcome, asked } = await send(table, server)
    expect(outcome).toMatchObject({ outcome: 'delivered', level: 'may', verdict: 'encrypted' })
    expect(asked).not.toContain(TLSA)
  })

  test('row 15: secure addresses: TLSA below the host', async () => {
    const server = await mailServer()
    const { outcome, asked } = await send(SECURE, server)
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    expect(asked.filter((question) => question.endsWith('TLSA'))).toEqual([TLSA])
  })

  const aliased = (status: 'secure' | 'insecure', address: Scripted): Readonly<Record<string, Scripted>> => ({
    'example.com MX': secure('10 mx.example.com'),
    'mx.example.com A': {
      ...address,
      via: [
        ['CNAME', status, 'middle.example'],
        ['CNAME', status, 'end.example'],
      ],
    },
    'mx.example.com AAAA': {
      ...(address.status === 'secure' ? secure() : insecure()),
      via: [['CNAME', status, 'end.example']],
    },
  })

  test('row 16: a secure alias: the final name, then the host, and none in between', async () => {
    const server = await mailServer()
    const first = { ...aliased('secure', secure('127.0.0.1')), '_25._tcp.end.example TLSA': secure(MATCHING) }
    const { outcome, asked } = await send(first, server)
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    expect(server.sessions[0]?.sni).toBe('end.example')
    expect(asked.filter((question) => question.endsWith('TLSA'))).toEqual(['_25._tcp.end.example TLSA'])
    const second = await send(
      { ...first, '_25._tcp.end.example TLSA': nxdomain('secure'), [TLSA]: secure(MATCHING) },
      server,
    )
    expect(second.outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    expect(server.sessions[1]?.sni).toBe('mx.example.com')
    expect(second.asked.filter((question) => question.endsWith('TLSA'))).toEqual(['_25._tcp.end.example TLSA', TLSA])
  })

  test('row 17: insecure addresses behind a secure first alias: the host', async () => {
    const server = await mailServer()
    const table = {
      ...aliased('insecure', insecure('127.0.0.1')),
      'mx.example.com CNAME': secure('middle.example'),
      [TLSA]: secure(MATCHING),
    }
    const { outcome, asked } = await send(table, server)
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    expect(asked.filter((question) => question.endsWith('TLSA'))).toEqual([TLSA])
  })

  test('row 18: an insecure first alias: DANE does not apply', async () => {
    const server = await mailServer()
    const table = { ...aliased('insecure', insecure('127.0.0.1')), 'mx.example.com CNAME': insecure('middle.example') }
    const { outcome, asked } = await send(table, server)
    expect(outcome).toMatchObject({ outcome: 'delivered', level: 'may' })
    expect(asked.some((question) => question.endsWith('TLSA'))).toBe(false)
  })

  test('row 19: the status of the alias cannot be had: the host is skipped', async () => {
    const server = await mailServer()
    const table = { ...aliased('insecure', insecure('127.0.0.1')), 'mx.example.com CNAME': indeterminate }
    const { outcome } = await send(table, server)
    expect(outcome).toMatchObject({ outcome: 'deferred', level: 'defer', verdict: 'refused' })
    expectSilence(server)
  })
})
