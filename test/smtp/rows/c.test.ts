import { createHash, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { PolicyOptions } from '../../../src/smtp/policy/define.ts'
import type { MailBehaviour } from '../../lab/mail/behaviour.ts'
import { createAuthority, createLeaf, credentials, tlsaFor } from '../../lab/certificates.ts'
import { bogus, insecure, nxdomain, secure } from '../../dane/scripted.ts'
import { mailServer, said, shown } from '../hosts.ts'
import { expectMail, expectNothing, expectSilence, MISMATCH, SECURE, send, UNUSABLE } from './world.ts'

const TLSA = '_25._tcp.mx.example.com TLSA'
const WITHOUT = { ...SECURE, [TLSA]: nxdomain('secure') }
const NONE_USABLE = { ...SECURE, [TLSA]: secure(UNUSABLE) }
const WRONG = { ...SECURE, [TLSA]: secure(MISMATCH) }
const AUTHORITY = await createAuthority({ commonName: 'Rows Root' })
const UNDER = await createLeaf({ names: ['mx.example.com', 'example.com'] }, AUTHORITY)
const OTHER = await createLeaf({ names: ['other.example'] }, AUTHORITY)
const PIN = new Uint8Array(
  createHash('sha256')
    .update(new X509Certificate((await shown()).chain[0]!).publicKey.export({ type: 'spki', format: 'der' }))
    .digest(),
)

describe('C: usability and TLS', () => {
  const failures: [string, Partial<MailBehaviour>, string][] = [
    ['no STARTTLS', { starttls: 'hidden' }, 'starttls-not-supported'],
    ['STARTTLS refused', { starttls: 'refuse' }, 'starttls-not-supported'],
    ['a handshake that fails', { handshake: 'close' }, 'validation-failure'],
    ['an anonymous suite', { tls: { maxVersion: 'TLSv1.2', ciphers: 'aNULL:@SECLEVEL=0' } }, 'validation-failure'],
  ]

  test.each(failures)('row 25: %s: QUIT, and the next host', async (_, behaviour, failure) => {
    const server = await mailServer(behaviour)
    const { outcome, events } = await send(SECURE, server)
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused', failure, attempts: [{ failure }] })
    expect(outcome.retry).toBeNull()
    expectNothing(server)
    expect(events).toMatchObject([
      {
        domain: 'example.com.',
        policyType: 'tlsa',
        policyDomain: 'mx.example.com.',
        policyStrings: [expect.stringMatching(/^3 1 1 [0-9a-f]{64}$/i)],
        receivingAddress: '127.0.0.1',
        receivingHelo: 'mx.example.com',
        failure: { type: failure },
      },
    ])
  })

  test('row 25: no match, a wrong name, an end of time: refused, each by its word', async () => {
    const root = (certificate: typeof AUTHORITY) => {
      const { usage, selector, matchingType, data } = tlsaFor(certificate.der, 2, 1, 1)
      return `${usage} ${selector} ${matchingType} ${Buffer.from(data).toString('hex')}`
    }
    const at = Math.floor(Date.now() / 1000)
    const over = await createLeaf({ names: ['mx.example.com'], notBefore: at - 200, notAfter: at - 100 }, AUTHORITY)
    for (const [table, shows, type] of [
      [WRONG, await shown(), 'validation-failure'],
      [{ ...SECURE, [TLSA]: secure(root(AUTHORITY)) }, await credentials(OTHER), 'certificate-host-mismatch'],
      [{ ...SECURE, [TLSA]: secure(root(AUTHORITY)) }, await credentials(over), 'certificate-expired'],
    ] as const) {
      const server = await mailServer({ credentials: shows })
      const { outcome, events } = await send(table, server)
      expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused', enhanced: '4.7.5', failure: type })
      expect(events).toMatchObject([{ failure: { type } }])
      expect(said(server.sessions[0]).tls).toBe('QUIT\r\n')
    }
  })

  test('row 25: the text of a mismatch of names has a bound', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `${'x'.repeat(60)}.${index}.${'y'.repeat(60)}.example`)
    const { data } = tlsaFor(AUTHORITY.der, 2, 1, 1)
    const server = await mailServer({ credentials: await credentials(await createLeaf({ names }, AUTHORITY)) })
    const { outcome } = await send({ ...SECURE, [TLSA]: secure(`2 1 1 ${Buffer.from(data).toString('hex')}`) }, server)
    expect(outcome.failure).toBe('certificate-host-mismatch')
    expect(outcome.text.length).toBeLessThan(1000)
  })

  test('row 25b: match: delivered, with usage, selector, matching type and depth', async () => {
    const server = await mailServer()
    const { outcome, events } = await send(SECURE, server)
    expect(outcome).toMatchObject({
      outcome: 'delivered',
      verdict: 'verified',
      failure: null,
      attempts: [{ authenticated: true, by: 'dane', matched: { usage: 3, selector: 1, matchingType: 1, depth: 0 } }],
    })
    expectMail(server, 'in TLS')
    expect(events).toMatchObject([{ policyType: 'tlsa', failure: null, sendingAddress: '127.0.0.1' }])
  })

  test('row 26: none usable: TLS without authentication; mandatory DANE defers', async () => {
    const server = await mailServer()
    const { outcome, events } = await send(NONE_USABLE, server)
    expect(outcome).toMatchObject({ outcome: 'delivered', level: 'encrypt', verdict: 'encrypted' })
    expectMail(server, 'in TLS')
    expect(events).toMatchObject([{ policyType: 'tlsa', failure: { type: 'tlsa-invalid' } }])
    const mandatory = await mailServer()
    const required = await send(NONE_USABLE, mandatory, { requireDane: true })
    expect(required.outcome).toMatchObject({
      outcome: 'deferred',
      failure: 'dane-required',
      policy: { from: 'require-dane' },
    })
    expect(required.outcome.retry?.why).toContain('300 s')
    expectSilence(mandatory)
  })

  describe('row 26: what an older draft had for such a host', () => {
    const authorities = [new Uint8Array(AUTHORITY.der)]

    test('row 26: unusable=defer', async () => {
      const server = await mailServer()
      const { outcome } = await send(NONE_USABLE, server, { rule: { level: 'dane', unusable: 'defer' } })
      expect(outcome).toMatchObject({ outcome: 'deferred', enhanced: '4.7.4', failure: 'tlsa-invalid' })
      expectSilence(server)
    })

    test.each([
      [
        'row 26: unusable=fingerprint',
        { level: 'dane', unusable: 'fingerprint', pins: [{ of: 'spki', digest: 'SHA2-256', data: PIN }] },
      ],
      [
        'row 26: the level fingerprint',
        { level: 'fingerprint', pins: [{ of: 'spki', digest: 'SHA2-256', data: PIN }] },
      ],
    ] satisfies [string, PolicyOptions][])('%s', async (_, rule) => {
      const server = await mailServer()
      const { outcome } = await send(NONE_USABLE, server, { rule })
      expect(outcome).toMatchObject({
        outcome: 'delivered',
        verdict: 'verified',
        attempts: [{ by: 'fingerprint', matched: null }],
      })
      const other = await mailServer({ credentials: await credentials(UNDER) })
      expect((await send(NONE_USABLE, other, { rule })).outcome).toMatchObject({
        outcome: 'deferred',
        verdict: 'refused',
      })
      expectNothing(other)
    })

    test.each([
      ['row 26: unusable=pkix', { level: 'dane', unusable: 'pkix', authorities }],
      ['row 26: the level secure', { level: 'secure', authorities }],
    ] satisfies [string, PolicyOptions][])('%s', async (_, rule) => {
      const server = await mailServer({ credentials: await credentials(UNDER) })
      const { outcome } = await send(NONE_USABLE, server, { rule })
      expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified', attempts: [{ by: 'pkix' }] })
      for (const shows of [await credentials(OTHER), await shown()]) {
        const other = await mailServer({ credentials: shows })
        expect((await send(NONE_USABLE, other, { rule })).outcome).toMatchObject({
          outcome: 'deferred',
          verdict: 'refused',
        })
        expectNothing(other)
      }
    })
  })

  test('row 26b: none usable and no TLS: not delivered', async () => {
    for (const behaviour of [{ starttls: 'hidden' }, { handshake: 'garbage' }] as const) {
      const server = await mailServer(behaviour)
      expect((await send(NONE_USABLE, server)).outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
      expectNothing(server)
    }
  })

  test('row 27: no records: opportunistic, in the clear as well, and again in the clear after TLS failed', async () => {
    for (const [behaviour, sessions] of [
      [{ starttls: 'hidden' }, 1],
      [{ handshake: 'close' }, 2],
    ] as const) {
      const server = await mailServer(behaviour)
      const { outcome, events } = await send(WITHOUT, server)
      expect(outcome).toMatchObject({ outcome: 'delivered', level: 'may', verdict: 'cleartext' })
      expect(server.sessions).toHaveLength(sessions)
      expectMail(server, 'in the clear')
      expect(events).toMatchObject([{ policyType: 'no-policy-found' }])
      expect(events[0]?.failure).not.toBeNull()
    }
  })

  test('row 28: mandatory DANE and no match in sight: deferred, before a connection', async () => {
    for (const table of [WITHOUT, NONE_USABLE, { ...SECURE, 'example.com MX': insecure('10 mx.example.com') }]) {
      const server = await mailServer()
      const { outcome, events } = await send(table, server, { rule: { level: 'dane-only' } })
      expect(outcome).toMatchObject({ outcome: 'deferred', failure: 'dane-required', verdict: 'refused' })
      expectSilence(server)
      expect(events).toMatchObject([{ failure: { type: 'dane-required' } }])
    }
  })

  test('row 29: audit: a mismatch is delivered at the lower level, and said', async () => {
    const server = await mailServer()
    const { outcome, events } = await send(WRONG, server, { rule: { level: 'audit' } })
    expect(outcome).toMatchObject({
      outcome: 'delivered',
      level: 'dane',
      verdict: 'encrypted',
      policy: { level: 'audit' },
      attempts: [{ authenticated: false, notice: expect.stringContaining('DANE would have refused this host') }],
    })
    expectMail(server, 'in TLS')
    expect(events).toMatchObject([{ failure: { type: 'validation-failure' } }])
  })

  test('row 29: audit: no TLS at all; encrypt below keeps that; a match is verified; a failed lookup still defers', async () => {
    const plain = await mailServer({ starttls: 'hidden' })
    const clear = await send(SECURE, plain, { rule: { level: 'audit' } })
    expect(clear.outcome).toMatchObject({
      outcome: 'delivered',
      verdict: 'cleartext',
      attempts: [{ notice: expect.any(String) }],
    })
    const kept = await mailServer({ starttls: 'hidden' })
    const refused = await send(SECURE, kept, { rule: { level: 'audit', below: 'encrypt' } })
    expect(refused.outcome).toMatchObject({ outcome: 'deferred', failure: 'starttls-not-supported' })
    expectNothing(kept)
    const good = await mailServer()
    const match = await send(SECURE, good, { rule: { level: 'audit' } })
    expect(match.outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified', attempts: [{ notice: null }] })
    const failed = await send({ ...SECURE, [TLSA]: bogus }, good, { rule: { level: 'audit' } })
    expect(failed.outcome).toMatchObject({ outcome: 'deferred', failure: 'dnssec-invalid' })
  })

  test('row 29: audit: a handshake that fails is said too, where the mail goes in the clear behind it', async () => {
    const server = await mailServer({ handshake: 'close' })
    const { outcome, events } = await send(SECURE, server, { rule: { level: 'audit' } })
    const notice = expect.stringMatching(/^DANE would have refused this host: the TLS handshake failed/)
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'cleartext', attempts: [{ notice }] })
    expect(events).toMatchObject([{ failure: { type: 'validation-failure' } }])
  })

  test('row 30: no session is resumed: every connection is verified anew', async () => {
    const server = await mailServer()
    await send(SECURE, server)
    server.behaviour = { ...server.behaviour, credentials: await credentials(OTHER) }
    expect((await send(SECURE, server)).outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
    expect(server.messages).toHaveLength(1)
  })
})

describe('what an administrator says', () => {
  test.each([
    ['none', 'offer', 'cleartext'],
    ['may', 'hidden', 'cleartext'],
    ['may', 'offer', 'encrypted'],
    ['encrypt', 'offer', 'encrypted'],
  ] as const)('level %s, STARTTLS %s: %s, and TLSA is not asked', async (level, starttls, verdict) => {
    const server = await mailServer({ starttls })
    const { outcome, asked, events } = await send(WRONG, server, { rule: { level } })
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict, policy: { level, from: 'policy' } })
    expect(asked).not.toContain(TLSA)
    expect(events).toEqual([])
    if (level === 'none') expect(said(server.sessions[0]).clear).not.toContain('STARTTLS')
  })

  test('encrypt without STARTTLS: not delivered', async () => {
    const server = await mailServer({ starttls: 'hidden' })
    expect((await send(SECURE, server, { rule: { level: 'encrypt' } })).outcome).toMatchObject({ outcome: 'deferred' })
    expectNothing(server)
  })

  test('the least version of TLS', async () => {
    const server = await mailServer({ tls: { maxVersion: 'TLSv1.2' } })
    expect((await send(SECURE, server, { rule: { level: 'dane', tlsMinimum: 'TLSv1.3' } })).outcome.outcome).toBe(
      'deferred',
    )
    expectNothing(server)
    expect((await send(SECURE, server)).outcome.outcome).toBe('delivered')
  })

  test('an outage switch is said each time, in force or over', async () => {
    const server = await mailServer()
    const now = Math.floor(Date.now() / 1000)
    const on = await send(SECURE, server, { rule: { level: 'dane', dnssecOffUntil: now + 3600 } })
    expect(on.outcome.policy.notes).toEqual([
      expect.stringContaining('DNSSEC is switched off for this destination until'),
    ])
    const over = await send(SECURE, server, { rule: { level: 'dane', dnssecOffUntil: now - 3600 } })
    expect(over.outcome.policy.notes).toEqual([expect.stringContaining('is on again')])
  })
})
