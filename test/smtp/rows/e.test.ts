import { describe, expect, test } from 'vitest'
import type { StsPolicies, StsPolicy, StsResult } from '../../../src/smtp/mta-sts/policy.ts'
import { createAuthority, createLeaf, credentials } from '../../lab/certificates.ts'
import { bogus, insecure, nxdomain, secure } from '../../dane/scripted.ts'
import { mailServer, said, shown } from '../hosts.ts'
import { expectMail, expectNothing, expectSilence, MISMATCH, SECURE, send } from './world.ts'

const TLSA = '_25._tcp.mx.example.com TLSA'
const WITHOUT = { ...SECURE, [TLSA]: nxdomain('secure') }
const UNSIGNED = {
  'example.com MX': insecure('10 mx.example.com'),
  'mx.example.com A': insecure('127.0.0.1'),
  'mx.example.com AAAA': insecure(),
}
const AUTHORITY = await createAuthority({ commonName: 'Rows Root' })
const authorities = [new Uint8Array(AUTHORITY.der)]
const GOOD = { credentials: await credentials(await createLeaf({ names: ['mx.example.com'] }, AUTHORITY)) }
const OTHER = { credentials: await credentials(await createLeaf({ names: ['other.example'] }, AUTHORITY)) }

const sts = (mode: StsPolicy['mode'], mx = ['mx.example.com'], failure: StsResult['failure'] = null): StsPolicies => ({
  policyFor: async () => ({
    policy: { id: '1', mode, mx, maxAge: 86_400, fetched: 0, lines: ['version: STSv1', `mode: ${mode}`] },
    failure,
  }),
})

describe('E: MTA-STS', () => {
  test('row E-sts-1: applies where DANE is proven absent: authenticated by authorities', async () => {
    for (const table of [WITHOUT, UNSIGNED]) {
      const server = await mailServer(GOOD)
      const { outcome, events } = await send(table, server, { mtaSts: sts('enforce'), authorities })
      expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified', attempts: [{ by: 'pkix' }] })
      expectMail(server, 'in TLS')
      expect(events).toMatchObject([
        { policyType: 'sts', policyDomain: 'example.com.', mxHosts: ['mx.example.com'], failure: null },
      ])
    }
  })

  test.each([
    ['another name', OTHER, 'certificate-host-mismatch'],
    ['no STARTTLS', { ...GOOD, starttls: 'hidden' }, 'starttls-not-supported'],
    ['a certificate of nobody', {}, 'certificate-not-trusted'],
  ] as const)('row E-sts-1: enforced: %s: not delivered', async (_, behaviour, failure) => {
    const server = await mailServer(behaviour)
    const { outcome, events } = await send(UNSIGNED, server, { mtaSts: sts('enforce'), authorities })
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused', failure })
    expectNothing(server)
    expect(events).toMatchObject([{ policyType: 'sts', failure: { type: failure } }])
  })

  test('row E-sts-1: a host the policy does not name', async () => {
    const server = await mailServer(GOOD)
    const { outcome } = await send(UNSIGNED, server, { mtaSts: sts('enforce', ['other.example']), authorities })
    expect(outcome).toMatchObject({ outcome: 'deferred', failure: 'validation-failure' })
    expectSilence(server)
  })

  test('row E-sts-1: testing: delivered, said and reported', async () => {
    const server = await mailServer(OTHER)
    const { outcome, events } = await send(UNSIGNED, server, { mtaSts: sts('testing'), authorities })
    expect(outcome).toMatchObject({
      outcome: 'delivered',
      verdict: 'encrypted',
      attempts: [{ notice: expect.any(String) }],
    })
    expect(events).toMatchObject([{ failure: { type: 'certificate-host-mismatch' } }])
  })

  test('row E-sts-2: never overrides DANE', async () => {
    const server = await mailServer(GOOD)
    const { outcome } = await send({ ...SECURE, [TLSA]: secure(MISMATCH) }, server, {
      mtaSts: sts('enforce'),
      authorities,
    })
    expect(outcome).toMatchObject({ outcome: 'deferred', level: 'dane', verdict: 'refused' })
    expectNothing(server)
    const match = await mailServer()
    const delivered = await send(SECURE, match, { mtaSts: sts('enforce', ['other.example']), authorities })
    expect(delivered.outcome).toMatchObject({ outcome: 'delivered', attempts: [{ by: 'dane' }] })
  })

  test('row E-sts-3: a DANE lookup that fails for now never falls to it', async () => {
    const server = await mailServer(GOOD)
    const { outcome } = await send({ ...SECURE, [TLSA]: bogus }, server, { mtaSts: sts('enforce'), authorities })
    expect(outcome).toMatchObject({ outcome: 'deferred', failure: 'dnssec-invalid' })
    expectSilence(server)
  })

  test('row E-sts-4: what could not be fetched is reported and stops nothing; a failing source defers one part alone', async () => {
    const server = await mailServer()
    const failure = { kind: 'sts-policy-fetch-error', text: 'no answer' } as const
    const source: StsPolicies = { policyFor: async () => ({ policy: null, failure }) }
    const { outcome, events } = await send(UNSIGNED, server, { mtaSts: source })
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'encrypted' })
    expect(events).toMatchObject([{ policyType: 'sts', failure: { type: 'sts-policy-fetch-error' } }])
  })
})

describe('E: REQUIRETLS and TLS-Required', () => {
  const takes = { extensionsInTls: ['PIPELINING', 'REQUIRETLS'] }
  const message = { requireTls: true }

  test('row E-requiretls: secure MX, authenticated, offered inside TLS: asked for in MAIL', async () => {
    const server = await mailServer(takes)
    expect((await send(SECURE, server, { message })).outcome).toMatchObject({
      outcome: 'delivered',
      verdict: 'verified',
    })
    expect(said(server.sessions[0]).tls).toContain('MAIL FROM:<from@sender.example> REQUIRETLS\r\n')
  })

  test('row E-requiretls: offered in the clear alone is not offered', async () => {
    const server = await mailServer({ extensions: ['REQUIRETLS'], extensionsInTls: [] })
    const { outcome } = await send(SECURE, server, { message })
    expect(outcome).toMatchObject({ outcome: 'rejected', enhanced: '5.7.30', failure: 'requiretls' })
    expect(said(server.sessions[0]).tls).not.toContain('MAIL')
  })

  test('row E-requiretls: an insecure MX without MTA-STS: refused before a connection', async () => {
    const server = await mailServer(takes)
    const { outcome } = await send({ ...SECURE, 'example.com MX': insecure('10 mx.example.com') }, server, { message })
    expect(outcome).toMatchObject({ outcome: 'rejected', enhanced: '5.7.30', failure: 'requiretls' })
    expectSilence(server)
    const named = await mailServer({ ...GOOD, ...takes })
    const known = await send(UNSIGNED, named, { message, mtaSts: sts('testing'), authorities })
    expect(known.outcome).toMatchObject({ outcome: 'delivered', attempts: [{ by: 'pkix' }] })
  })

  test('row E-requiretls: without TLSA records the certificate has to be of an authority', async () => {
    const server = await mailServer({ ...takes })
    const { outcome } = await send(WITHOUT, server, { message, authorities })
    expect(outcome).toMatchObject({ outcome: 'deferred', failure: 'certificate-not-trusted' })
    expectNothing(server)
  })

  test('row E-tls-required-no: DANE and MTA-STS are set aside; REQUIRETLS and the administrator are not', async () => {
    const content = 'TLS-Required: No\r\nSubject: secret\r\n\r\nthe body\r\n'
    for (const tlsa of [secure(MISMATCH), bogus]) {
      const server = await mailServer()
      const { outcome } = await send({ ...SECURE, [TLSA]: tlsa }, server, { message: { content } })
      expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'encrypted' })
      expect(outcome.policy.notes).toEqual([expect.stringContaining('TLS-Required: No')])
    }
    const enforced = await mailServer({ starttls: 'hidden' })
    const sent = await send(UNSIGNED, enforced, { message: { content }, mtaSts: sts('enforce') })
    expect(sent.outcome).toMatchObject({ outcome: 'delivered', verdict: 'cleartext' })
    const wrong = { ...SECURE, [TLSA]: secure(MISMATCH) }
    for (const changes of [{ message: { content, requireTls: true } }, { message: { content }, requireDane: true }]) {
      const server = await mailServer(takes)
      expect((await send(wrong, server, changes)).outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
      expectNothing(server)
    }
  })
})

describe('E: TLSRPT', () => {
  test('row E-tlsrpt: a listener that throws stops no delivery', async () => {
    const server = await mailServer()
    const onTlsSession = (): void => {
      throw new Error('no room')
    }
    expect((await send(SECURE, server, { onTlsSession })).outcome).toMatchObject({ outcome: 'delivered' })
  })

  test('row E-tlsrpt: a server that never answered says nothing about TLS', async () => {
    const server = await mailServer({ greeting: '554 5.7.1 no service' })
    expect((await send(SECURE, server)).events).toEqual([])
  })
})

test('a part that fails unexpectedly defers its recipients, and the others are told', async () => {
  const server = await mailServer({ credentials: await shown() })
  const { deliver } = await import('../../../src/smtp/delivery.ts')
  const { ScriptedLookup } = await import('../../dane/scripted.ts')
  const outcomes = await deliver(
    { from: null, to: ['a@example.com', 'b@broken.example'], content: 'Subject: x\r\n\r\n' },
    { resolver: new ScriptedLookup(SECURE), connectPort: server.port },
  )
  expect(outcomes).toMatchObject([
    { outcome: 'delivered', verdict: 'verified' },
    { outcome: 'deferred', enhanced: '4.3.0', failure: 'internal', text: expect.stringContaining('not scripted') },
  ])
})
