import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HostPolicy } from '../../../src/dane/policy.ts'
import type { StsPolicy } from '../../../src/smtp/mta-sts/policy.ts'
import { definePolicy, type PolicyOptions } from '../../../src/smtp/policy/define.ts'
import { DEFAULT_POLICY, type DestinationPolicy, daneOnly } from '../../../src/smtp/policy/destination-policy.ts'
import { type Requirement, type RequirementContext, requirementFor } from '../../../src/smtp/policy/requirement.ts'
import { Name } from '../../../src/wire/name.ts'
import { daneHost, deferHost, encryptHost, mayHost } from '../hosts.ts'

const WHERE = { port: 25 }
const dane = await daneHost(WHERE)
const failedTlsa = { ...deferHost(), addresses: ['127.0.0.1'] }
const HOSTS: readonly HostPolicy[] = [dane, encryptHost(WHERE), mayHost(WHERE), deferHost(), failedTlsa]
const PINS = [{ of: 'spki', digest: 'SHA2-256', data: new Uint8Array(32) }] as const
const POLICIES: readonly DestinationPolicy[] = (
  [
    { level: 'none' },
    { level: 'may' },
    { level: 'encrypt' },
    { level: 'dane' },
    { level: 'dane', mtaSts: false },
    { level: 'dane', unusable: 'defer' },
    { level: 'dane', unusable: 'fingerprint', pins: PINS },
    { level: 'dane', unusable: 'pkix', match: ['hostname'] },
    { level: 'dane-only' },
    { level: 'fingerprint', pins: PINS },
    { level: 'verify' },
    { level: 'secure' },
    { level: 'audit' },
    { level: 'audit', below: 'encrypt' },
  ] satisfies PolicyOptions[]
).map((options) => definePolicy(options))

/** How strong a requirement is: none, may, encrypt, authenticate, and not to deliver at all. */
function strength(requirement: Requirement): number {
  if (requirement.kind === 'refuse') return 4
  const { security } = requirement
  return ['none', 'may', 'encrypt', 'authenticate'].indexOf(
    security.level === 'audit' ? security.below : security.level,
  )
}

/** What RFC 7672 section 2.2 owes. */
function owed(host: HostPolicy): number {
  return { may: 1, encrypt: 2, dane: 3, defer: 4 }[host.level]
}

/** The least an administrator's words leave, whatever the recipient's domain says. */
function configuredAtLeast(policy: DestinationPolicy, host: HostPolicy): number {
  switch (policy.level) {
    case 'none':
      return 0
    case 'may':
      return 1
    case 'encrypt':
      return 2
    case 'dane':
      return owed(host)
    case 'audit':
      return host.level === 'may' ? 1 : policy.below === 'may' ? 1 : 2
    case 'dane-only':
    case 'fingerprint':
    case 'verify':
    case 'secure':
      return 3
  }
}

const sts = (mode: StsPolicy['mode'], mx = ['mx.example.com']): StsPolicy => ({
  id: '1',
  mode,
  mx,
  maxAge: 86_400,
  fetched: 0,
  lines: [],
})

const context = fc.record({
  policy: fc.constantFrom(...POLICIES),
  nextHop: fc.constant(Name.parse('example.com')),
  sts: fc.constantFrom(
    null,
    sts('enforce'),
    sts('testing'),
    sts('none', []),
    sts('enforce', ['other.example.com']),
    sts('testing', ['other.example.com']),
  ),
  requireTls: fc.boolean(),
  tlsRequiredNo: fc.boolean(),
  logsIn: fc.constant(false),
})
const host = fc
  .record({ host: fc.constantFrom(...HOSTS), mxSecure: fc.boolean(), reachable: fc.boolean() })
  .map((all) => ({
    ...all.host,
    mxSecure: all.mxSecure,
    ...(all.reachable ? {} : { addresses: [] }),
  }))

describe('no combination falls below what is owed', () => {
  test('nothing configured and nothing said by the message: RFC 7672, at least', () => {
    const plain = context.map((given) => ({ ...given, policy: DEFAULT_POLICY, tlsRequiredNo: false }))
    fc.assert(
      fc.property(host, plain, (one, given) => {
        expect(strength(requirementFor(one, given))).toBeGreaterThanOrEqual(owed(one))
      }),
      { numRuns: 2000 },
    )
  })

  test('configured: no less than these words say', () => {
    fc.assert(
      fc.property(host, context, (one, given) => {
        const aside = given.tlsRequiredNo && !given.requireTls
        const recipients = given.policy.level === 'dane' || given.policy.level === 'audit'
        const least = aside && recipients ? 1 : configuredAtLeast(given.policy, one)
        expect(strength(requirementFor(one, given))).toBeGreaterThanOrEqual(least)
      }),
      { numRuns: 5000 },
    )
  })

  test('a failed lookup refuses, unless the message sets DANE aside', () => {
    fc.assert(
      fc.property(context, fc.boolean(), (given, mxSecure) => {
        const one = { ...failedTlsa, mxSecure }
        const requirement = requirementFor(one, given)
        const recipients = given.policy.level === 'dane' || given.policy.level === 'audit'
        if (given.tlsRequiredNo && !given.requireTls && recipients) return
        expect(requirement.kind).toBe('refuse')
      }),
      { numRuns: 1000 },
    )
  })

  test('MTA-STS that is enforced, under an insecure MX: authenticated or nothing, whatever becomes of DANE', () => {
    const enforced = context.map((given) => ({ ...given, sts: sts('enforce'), tlsRequiredNo: false }))
    fc.assert(
      fc.property(host, enforced, (one, given) => {
        const { policy } = given
        if ((policy.level !== 'dane' && policy.level !== 'audit') || !policy.mtaSts) return
        expect(strength(requirementFor({ ...one, mxSecure: false }, given))).toBeGreaterThanOrEqual(3)
      }),
      { numRuns: 2000 },
    )
  })

  test('mandatory DANE: authenticated by DANE to a host whose name is secure, or nothing', () => {
    fc.assert(
      fc.property(host, context, (one, given) => {
        const requirement = requirementFor(one, { ...given, policy: daneOnly(given.policy) })
        if (requirement.kind === 'refuse') return
        expect(requirement.security).toMatchObject({ level: 'authenticate', by: { kind: 'dane' } })
        expect([one.level, one.mxSecure]).toEqual(['dane', true])
      }),
      { numRuns: 2000 },
    )
  })

  test('REQUIRETLS: authenticated, and known by DNSSEC or MTA-STS, or nothing', () => {
    fc.assert(
      fc.property(host, context, (one, given) => {
        const requirement = requirementFor(one, { ...given, requireTls: true })
        if (requirement.kind === 'refuse') return
        expect(requirement).toMatchObject({ security: { level: 'authenticate' }, requireTls: true })
        const named = given.sts !== null && given.sts.mode !== 'none' && given.sts.mx.includes('mx.example.com')
        expect(one.mxSecure || named).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('credentials: an authenticated host whose name is secure, or nothing', () => {
    fc.assert(
      fc.property(host, context, (one, given) => {
        const requirement = requirementFor(one, { ...given, logsIn: true })
        if (requirement.kind === 'refuse') return
        expect([requirement.security.level, one.mxSecure]).toEqual(['authenticate', true])
      }),
      { numRuns: 2000 },
    )
  })

  test('MTA-STS only ever adds', () => {
    fc.assert(
      fc.property(host, context, (one, given) => {
        const plain = { ...given, requireTls: false }
        const without = strength(requirementFor(one, { ...plain, sts: null }))
        expect(strength(requirementFor(one, plain))).toBeGreaterThanOrEqual(without)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('single decisions', () => {
  const given = (changes: Partial<RequirementContext> = {}): RequirementContext => ({
    policy: DEFAULT_POLICY,
    nextHop: Name.parse('example.com'),
    sts: null,
    requireTls: false,
    tlsRequiredNo: false,
    logsIn: false,
    ...changes,
  })

  test('an enforced MTA-STS policy does not override DANE of a secure MX', () => {
    const requirement = requirementFor(dane, given({ sts: sts('enforce', ['other.example.com']) }))
    expect(requirement).toMatchObject({ security: { level: 'authenticate', by: { kind: 'dane' } } })
  })

  test('under an insecure MX a host that MTA-STS does not name is refused, whatever TLSA records it has', () => {
    for (const one of [dane, encryptHost(WHERE), mayHost(WHERE)]) {
      const named = requirementFor({ ...one, mxSecure: false }, given({ sts: sts('enforce') }))
      expect(strength(named)).toBe(3)
      const other = requirementFor({ ...one, mxSecure: false }, given({ sts: sts('enforce', ['other.example.com']) }))
      expect(other).toMatchObject({ kind: 'refuse', obstacle: { failure: 'validation-failure' } })
    }
  })

  test('a policy that the domain has taken back, and one that is off here, count for nothing', () => {
    const policy = definePolicy({ level: 'dane', mtaSts: false })
    for (const changes of [{ sts: sts('none', []) }, { sts: sts('enforce'), policy }]) {
      expect(strength(requirementFor(mayHost(WHERE), given(changes)))).toBe(1)
    }
  })

  test('verify and secure: the names', () => {
    const names = (options: PolicyOptions) => {
      const requirement = requirementFor(mayHost(WHERE), given({ policy: definePolicy(options) }))
      if (requirement.kind === 'refuse' || !('by' in requirement.security)) throw new Error('no authentication')
      const { by } = requirement.security
      if (by.kind !== 'pkix') throw new Error(by.kind)
      return [by.names.map(String), by.parents.map(String), by.binds]
    }
    expect(names({ level: 'verify' })).toEqual([['MX.Example.COM.'], [], true])
    expect(names({ level: 'secure' })).toEqual([['example.com.'], ['example.com.'], true])
    expect(names({ level: 'secure', match: ['mail.example.net', '.example.org'] })).toEqual([
      ['mail.example.net.'],
      ['example.org.'],
      true,
    ])
  })
})
