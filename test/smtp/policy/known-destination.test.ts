import { expect, test } from 'vitest'
import { discover } from '../../../src/dane/destination.ts'
import { deliver } from '../../../src/smtp/delivery.ts'
import { definePolicy } from '../../../src/smtp/policy/define.ts'
import { PolicyTable } from '../../../src/smtp/policy/table.ts'
import { insecure, ScriptedLookup } from '../../dane/scripted.ts'
import { mailServer } from '../hosts.ts'

const ENCRYPT = definePolicy({ level: 'encrypt', from: 'ours' })
const DNS = { 'mx.example.com A': insecure('127.0.0.1'), 'mx.example.com AAAA': insecure() }

test.each([
  ['[mx.example.com]:PORT', '[mx.example.com]:PORT'],
  ['[mx.example.com]', '[MX.example.com]:PORT'],
  ['[127.0.0.1]', '[127.0.0.1]:PORT'],
  ['.example.com', '[mx.example.com]:PORT'],
])('%s in a table holds for what discover finds for %s', async (entry, nextHop) => {
  const server = await mailServer({ starttls: 'hidden' })
  const at = (text: string) => text.replace('PORT', `${server.port}`)
  const policy = await discover(new ScriptedLookup(DNS), at(nextHop))
  const policies = new PolicyTable([[at(entry), ENCRYPT]])
  const options = { from: null, to: 'to@example.com', policy, policies }
  expect(await deliver('Subject: x\r\n\r\n', options)).toMatchObject([
    { outcome: 'deferred', verdict: 'refused', policy: { level: 'encrypt', from: 'ours' } },
  ])
})

test('an IPv6 address in brackets is found by its octets', async () => {
  const policies = new PolicyTable([['[IPv6:2001:DB8:0:0::1]', ENCRYPT]])
  const policy = await discover(new ScriptedLookup({}), '[2001:db8::1]')
  const options = { from: null, to: 'to@example.com', policy, policies, signal: AbortSignal.abort() }
  expect(await deliver('Subject: x\r\n\r\n', options)).toMatchObject([{ policy: { from: 'ours' } }])
})
