import { describe, expect, test } from 'vitest'
import { judgePeer, type JudgeSettings } from '../../../src/smtp/policy/authenticate.ts'
import { definePolicy } from '../../../src/smtp/policy/define.ts'
import { deliver } from '../../../src/smtp/delivery.ts'
import type { Pin } from '../../../src/smtp/policy/destination-policy.ts'
import type { Authenticator } from '../../../src/smtp/policy/requirement.ts'
import { retryAtHost } from '../../../src/smtp/retry.ts'
import { Name } from '../../../src/wire/name.ts'
import { createAuthority, createLeaf, tlsaFor } from '../../lab/certificates.ts'
import { ScriptedLookup, secure } from '../../dane/scripted.ts'
import { deferHost, mailServer, mayHost } from '../hosts.ts'

const authority = await createAuthority({ commonName: 'Root' })
const leaf = async (...names: string[]) => [(await createLeaf({ names }, authority)).der]
const settings: JudgeSettings = { tlsa: {}, authorities: [authority.der], at: Math.floor(Date.now() / 1000) }

describe('fingerprints', () => {
  const pin = (der: Uint8Array, of: Pin['of'], digest: Pin['digest']): Pin => ({
    of,
    digest,
    data: tlsaFor(der, 3, of === 'spki' ? 1 : 0, digest === 'SHA2-256' ? 1 : 2).data,
  })

  test('any of them, of certificate or key, in either digest; the leaf alone', async () => {
    const [der] = await leaf('mx.example')
    for (const of of ['certificate', 'spki'] as const) {
      for (const digest of ['SHA2-256', 'SHA2-512'] as const) {
        const wrong = { ...pin(der!, of, digest), data: new Uint8Array(digest === 'SHA2-256' ? 32 : 64) }
        const by: Authenticator = { kind: 'fingerprint', pins: [wrong, pin(der!, of, digest)] }
        expect(judgePeer(by, [der!], settings)).toMatchObject({ authenticated: true, by: 'fingerprint' })
        expect(judgePeer({ ...by, pins: [wrong] }, [der!], settings)).toMatchObject({ authenticated: false })
        expect(
          judgePeer({ ...by, pins: [pin(authority.der, of, digest)] }, [der!, authority.der], settings),
        ).toMatchObject({
          authenticated: false,
        })
      }
    }
  })

  test('no certificate, and one that nobody can read', async () => {
    const [der] = await leaf('mx.example')
    const by: Authenticator = { kind: 'fingerprint', pins: [pin(der!, 'spki', 'SHA2-256')] }
    expect(judgePeer(by, [], settings)).toMatchObject({ authenticated: false, failure: 'validation-failure' })
    expect(judgePeer(by, [Uint8Array.of(1, 2, 3)], settings)).toMatchObject({ authenticated: false })
  })
})

describe('authorities and names', () => {
  const by = (names: string[], parents: string[] = []): Authenticator => ({
    kind: 'pkix',
    for: 'policy',
    names: names.map((name) => Name.parse(name)),
    parents: parents.map((name) => Name.parse(name)),
    authorities: 'system',
    binds: true,
  })

  test.each([
    ['mx.example.com', ['mx.example.com'], [], true],
    ['*.example.com', ['mx.example.com'], [], true],
    ['mx.example.com', [], ['example.com'], true],
    ['a.b.example.com', [], ['example.com'], true],
    ['*.example.com', [], ['example.com'], true],
    ['example.com', [], ['example.com'], false],
    ['notexample.com', [], ['example.com'], false],
    ['example.com.evil.test', [], ['example.com'], false],
    ['mx.example.com', [], [], false],
  ] as const)('%s for names %j, below %j: %j', async (shows, names, parents, expected) => {
    expect(judgePeer(by([...names], [...parents]), await leaf(shows), settings).authenticated).toBe(expected)
  })

  test('no authority, another authority, no certificate', async () => {
    const chain = await leaf('mx.example.com')
    const other = await createAuthority({ commonName: 'Root' })
    for (const authorities of [[], [other.der]]) {
      const judged = judgePeer(by(['mx.example.com']), chain, { ...settings, authorities })
      expect(judged).toMatchObject({ authenticated: false, failure: 'certificate-not-trusted' })
    }
    expect(judgePeer(by(['mx.example.com']), [], settings)).toMatchObject({ authenticated: false })
    // What this system trusts is read, and is not the lab's.
    expect(judgePeer(by(['mx.example.com']), chain, { ...settings, authorities: undefined }).authenticated).toBe(false)
  })

  test('what is told of a name has a bound, however long it is', async () => {
    const judged = judgePeer(by(['mx.example.com']), await leaf('x'.repeat(5000)), settings)
    expect(judged.failure).toBe('certificate-host-mismatch')
    expect(judged.why?.length).toBeLessThan(500)
  })
})

test('one relay, two policies: two transactions; one policy: one', async () => {
  const server = await mailServer()
  const relay = '[relay.example]'
  const [first, second] = [definePolicy({ level: 'may', relay }), definePolicy({ level: 'encrypt', relay })]
  const resolver = new ScriptedLookup({ 'relay.example A': secure('127.0.0.1'), 'relay.example AAAA': secure() })
  const to = ['a@one.example', 'b@two.example', 'c@three.example']
  const policies = (domain: Name) => (domain.toCanonicalString() === 'three.example.' ? second : first)
  const outcomes = await deliver(
    { from: null, to, content: 'Subject: x\r\n\r\n' },
    { resolver, policies, connectPort: server.port },
  )
  expect(outcomes.map(({ outcome, policy }) => [outcome, policy.level])).toEqual([
    ['delivered', 'may'],
    ['delivered', 'may'],
    ['delivered', 'encrypt'],
  ])
  expect(server.messages.map((message) => message.to.length).sort()).toEqual([1, 2])
})

test('when to try again: only where no earlier try can succeed', () => {
  const may = { ...mayHost({ port: 25 }), ttl: 600 }
  expect(retryAtHost(may, 'validation-failure', 1000)).toBeNull()
  expect(retryAtHost(may, 'starttls-not-supported', 1000)).toBeNull()
  expect(retryAtHost(may, 'dane-required', 1000)).toMatchObject({ after: 1600 })
  expect(retryAtHost({ ...may, mxSecure: false }, 'dane-required', 1000)).toBeNull()
  const host = deferHost()
  expect(retryAtHost(host, 'dnssec-invalid', 1000)).toMatchObject({ after: 1030 })
  const later = { ...host, reason: { ...host.reason, until: 4000 } }
  expect(retryAtHost(later, 'dnssec-invalid', 1000)).toEqual({ after: 4000, why: expect.stringContaining('begins at') })
})
