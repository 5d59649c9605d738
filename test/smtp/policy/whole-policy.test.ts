import { expect, test } from 'vitest'
import { deliver } from '../../../src/smtp/delivery.ts'
import { definePolicy, type PolicyOptions } from '../../../src/smtp/policy/define.ts'
import { DEFAULT_POLICY, daneOnly } from '../../../src/smtp/policy/destination-policy.ts'
import { policyFor } from '../../../src/smtp/route.ts'
import { destination, mailServer, mayHost } from '../hosts.ts'

const PINS = [{ of: 'spki', digest: 'SHA2-256', data: new Uint8Array(32) }] as const
const WHOLE = (
  [
    { level: 'none' },
    { level: 'may' },
    { level: 'encrypt' },
    { level: 'dane' },
    { level: 'dane', unusable: 'defer', mtaSts: false },
    { level: 'dane', unusable: 'fingerprint', pins: PINS },
    { level: 'dane', unusable: 'pkix' },
    { level: 'dane-only' },
    { level: 'audit', below: 'encrypt' },
    { level: 'fingerprint', pins: PINS },
    { level: 'verify' },
    { level: 'secure' },
  ] satisfies PolicyOptions[]
).map((options) => definePolicy(options))

test('what definePolicy makes is whole', () => {
  for (const policy of [...WHOLE, DEFAULT_POLICY, daneOnly(DEFAULT_POLICY)]) {
    expect(policyFor('example.com', { policies: () => policy })).toBe(policy)
  }
})

test('a policy without one of its fields, or with an unknown word, is refused and not taken for less', () => {
  for (const policy of WHOLE) {
    for (const field of Object.keys(policy)) {
      const broken = { ...policy, [field]: undefined } as never
      expect(() => policyFor('example.com', { policies: () => broken })).toThrow(TypeError)
    }
  }
  const audit = definePolicy({ level: 'audit' })
  const strange = [undefined, null, 'dane', Promise.resolve(DEFAULT_POLICY), { level: 'DANE' }, { level: 'toString' }]
  const words = [
    { ...audit, below: 'Encrypt' },
    { ...DEFAULT_POLICY, mtaSts: 'on' },
    { ...DEFAULT_POLICY, unusable: { level: 'Defer' } },
  ]
  for (const policy of [...strange, ...words]) {
    expect(() => policyFor('example.com', { policies: () => policy as never })).toThrow(/^policies: /)
  }
})

test('nothing is sent by it', async () => {
  const server = await mailServer()
  const policies = (() => ({ level: 'dane' })) as never
  const options = { from: null, to: 'to@example.com', policy: destination(mayHost(server)), policies }
  await expect(deliver('Subject: x\r\n\r\n', options)).rejects.toThrow('policies: no from')
  expect(server.sessions).toHaveLength(0)
})
