import { describe, expect, test } from 'vitest'
import { bogus, indeterminate, insecure, nxdomain, secure, type Scripted } from '../../dane/scripted.ts'
import { mailServer } from '../hosts.ts'
import { expectMail, expectNothing, expectSilence, MATCHING, MISMATCH, SECURE, send, UNUSABLE } from './world.ts'

const TLSA = '_25._tcp.mx.example.com TLSA'
const FINAL = '_25._tcp.end.example TLSA'
const ALIASED: Readonly<Record<string, Scripted>> = {
  ...SECURE,
  'mx.example.com A': { ...secure('127.0.0.1'), via: [['CNAME', 'secure', 'end.example']] },
  'mx.example.com AAAA': { ...secure(), via: [['CNAME', 'secure', 'end.example']] },
}

describe('B: TLSA of each candidate', () => {
  test.each([
    ['bogus', bogus],
    ['indeterminate', indeterminate],
    ['of an RCODE that is no answer', { status: 'insecure', rcode: 2 }],
  ] satisfies [string, Scripted][])(
    'row 20: a lookup that is %s: no other candidate, no connection',
    async (_, tlsa) => {
      const server = await mailServer()
      const { outcome, asked, events } = await send({ ...ALIASED, [FINAL]: tlsa }, server)
      expect(outcome).toMatchObject({
        outcome: 'deferred',
        level: 'defer',
        verdict: 'refused',
        enhanced: '4.7.5',
        failure: 'dnssec-invalid',
      })
      expect(outcome.retry?.after).toBeGreaterThan(Date.now() / 1000)
      expect(asked).not.toContain(TLSA)
      expectSilence(server)
      expect(events).toMatchObject([
        { policyType: 'tlsa', failure: { type: 'dnssec-invalid' }, receivingAddress: null },
      ])
    },
  )

  test('row 20: the next host is used', async () => {
    const server = await mailServer()
    const table = {
      ...SECURE,
      'example.com MX': secure('10 bad.example.com', '20 mx.example.com'),
      'bad.example.com A': secure('127.0.0.1'),
      'bad.example.com AAAA': secure(),
      '_25._tcp.bad.example.com TLSA': bogus,
    }
    const { outcome } = await send(table, server)
    expect(outcome).toMatchObject({ outcome: 'delivered', host: 'mx.example.com.', verdict: 'verified', retry: null })
    expect(server.sessions).toHaveLength(1)
  })

  test('row 21: an alias in front of TLSA: the base domain stays, in SNI as well', async () => {
    const server = await mailServer()
    const tlsa: Scripted = { ...secure(MATCHING), via: [['CNAME', 'secure', '_dane.other.example']] }
    const { outcome } = await send({ ...SECURE, [TLSA]: tlsa }, server)
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    expect(server.sessions[0]?.sni).toBe('mx.example.com')
  })

  test('row 22: secure records end the search, usable or not', async () => {
    const server = await mailServer()
    const { outcome, asked } = await send({ ...ALIASED, [FINAL]: secure(UNUSABLE), [TLSA]: secure(MISMATCH) }, server)
    expect(outcome).toMatchObject({ outcome: 'delivered', level: 'encrypt', verdict: 'encrypted' })
    expect(asked).not.toContain(TLSA)
    expectMail(server, 'in TLS')
  })

  test.each([
    ['secure absence', nxdomain('secure')],
    ['an insecure link', insecure(MISMATCH)],
  ])('row 23: %s: the next candidate', async (_, first) => {
    const server = await mailServer()
    const { outcome } = await send({ ...ALIASED, [FINAL]: first, [TLSA]: secure(MISMATCH) }, server)
    expect(outcome).toMatchObject({ outcome: 'deferred', level: 'dane', verdict: 'refused' })
    expectNothing(server)
  })

  test('row 24: insecure TLSA records count for nothing', async () => {
    const server = await mailServer({ starttls: 'hidden' })
    const { outcome } = await send({ ...SECURE, [TLSA]: insecure(MISMATCH) }, server)
    expect(outcome).toMatchObject({ outcome: 'delivered', level: 'may', verdict: 'cleartext' })
    expectMail(server, 'in the clear')
  })
})
