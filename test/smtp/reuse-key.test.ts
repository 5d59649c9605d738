import { expect, test } from 'vitest'
import type { HostPolicy } from '../../src/dane/policy.ts'
import { checkSettings, type CheckedSettings } from '../../src/smtp/connection-settings.ts'
import { deliver } from '../../src/smtp/delivery.ts'
import { ConnectionPool } from '../../src/smtp/pool.ts'
import type { Requirement, Security } from '../../src/smtp/policy/requirement.ts'
import { reuseKey } from '../../src/smtp/reuse-key.ts'
import { Name } from '../../src/wire/name.ts'
import { daneHost, destination, mailServer } from './hosts.ts'

const host = await daneHost({ port: 25 })
const by = { kind: 'dane', host, usages: null } as const
const settings = checkSettings({ ehloName: 'client.example' })
const connect = (security: Security): Extract<Requirement, { kind: 'connect' }> => ({
  kind: 'connect',
  security,
  tlsMinimum: null,
  requireTls: false,
})
const base = { host: host as HostPolicy, requirement: connect({ level: 'authenticate', by }) }
const key = (
  route = base,
  own: CheckedSettings = settings,
  port = 25,
  level: 'may' | 'authenticate' = 'authenticate',
) => reuseKey(route, own, port, level)

test('what differs in anything proven, compared with or agreed on has another key', () => {
  const tlsa = [{ tlsa: { ...host.tlsa[0]!.tlsa!, data: new Uint8Array(32) }, usable: true, why: null }] as const
  const pkix = {
    kind: 'pkix',
    for: 'policy',
    names: [host.host],
    parents: [],
    authorities: 'system',
    binds: true,
  } as const
  const pins = (data: number) => [{ of: 'spki', digest: 'SHA2-256', data: new Uint8Array(32).fill(data) }] as const
  const by2 = (changes: Partial<typeof host>) => ({ ...by, host: { ...host, ...changes } })
  const keys = [
    key(),
    key({ ...base, host: { ...host, host: Name.parse('other.example') } }),
    key({ ...base, host: { ...host, addresses: ['127.0.0.9'] } }),
    key({ ...base, requirement: connect({ level: 'authenticate', by: by2({ tlsa }) }) }),
    key({ ...base, requirement: connect({ level: 'authenticate', by: by2({ tlsaBase: Name.parse('b.example') }) }) }),
    key({ ...base, requirement: connect({ level: 'authenticate', by: by2({ referenceIdentifiers: [] }) }) }),
    key({ ...base, requirement: connect({ level: 'authenticate', by: { ...by, usages: 'as-dane' } }) }),
    key({ ...base, requirement: connect({ level: 'audit', below: 'may', by }) }),
    key({ ...base, requirement: connect({ level: 'encrypt', why: '', reported: null }) }),
    key({ ...base, requirement: connect({ level: 'may', why: '', reported: null }) }),
    key({ ...base, requirement: connect({ level: 'authenticate', by: pkix }) }),
    key({ ...base, requirement: connect({ level: 'authenticate', by: { ...pkix, parents: [host.host] } }) }),
    key({
      ...base,
      requirement: connect({ level: 'authenticate', by: { ...pkix, authorities: [new Uint8Array(1)] } }),
    }),
    key({ ...base, requirement: connect({ level: 'authenticate', by: { kind: 'fingerprint', pins: pins(1) } }) }),
    key({ ...base, requirement: connect({ level: 'authenticate', by: { kind: 'fingerprint', pins: pins(2) } }) }),
    key({ ...base, requirement: { ...base.requirement, tlsMinimum: 'TLSv1.3' } }),
    key({ ...base, requirement: { ...base.requirement, requireTls: true } }),
    key(base, settings, 26),
    key(base, settings, 25, 'may'),
    key(base, { ...settings, localAddress: '127.0.0.2' }),
    key(base, { ...settings, ehloName: 'other.example' }),
    key(base, { ...settings, tlsa: { digests: ['SHA2-512'] } }),
    key(base, { ...settings, authorities: [new Uint8Array(2)] }),
    key(base, { ...settings, relay: { implicitTls: false, credentials: undefined } }),
    key(base, { ...settings, relay: { implicitTls: true, credentials: undefined } }),
  ]
  expect(new Set(keys).size).toBe(keys.length)
  expect(key({ ...base, host: { ...host, tlsa: [...host.tlsa] } as HostPolicy })).toBe(key())
})

test('two mails that are owed the same share a connection, and another TLSA set does not', async () => {
  const server = await mailServer()
  using pool = new ConnectionPool()
  const options = { from: null, to: 'to@example.com', ehloName: 'client.example', pool }
  const same = destination(await daneHost(server))
  for (let mail = 0; mail < 2; mail++) {
    expect(await deliver('Subject: x\r\n\r\n', { ...options, policy: same })).toMatchObject([{ outcome: 'delivered' }])
  }
  expect(server.sessions).toHaveLength(1)
  const wrong = destination(
    await daneHost(server, {
      tlsa: [{ tlsa: { usage: 3, selector: 1, matchingType: 1, data: new Uint8Array(32) }, usable: true, why: null }],
    }),
  )
  expect(await deliver('Subject: x\r\n\r\n', { ...options, policy: wrong })).toMatchObject([{ outcome: 'deferred' }])
  expect(server.sessions).toHaveLength(2)
})
