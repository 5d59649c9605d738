import { describe, expect, test } from 'vitest'
import type { HostPolicy, NoHosts } from '../../src/dane/policy.ts'
import { domainVerdict, probe } from '../../src/smtp/probe.ts'
import type { Verdict } from '../../src/smtp/outcome.ts'
import type { MailBehaviour } from '../lab/mail/behaviour.ts'
import type { MailServer } from '../lab/mail-server.ts'
import {
  daneHost,
  deadPort,
  deferHost,
  destination,
  encryptHost,
  mailServer,
  mayHost,
  mismatchedHost,
  said,
} from './hosts.ts'

const SETTINGS = { ehloName: 'client.example' }

describe('one host', () => {
  test('verified: as the contract has it, without MAIL and DATA', async () => {
    const server = await mailServer()
    expect(await probe(await daneHost(server), SETTINGS)).toEqual({
      connections: [
        {
          address: '127.0.0.1',
          port: server.port,
          answered: true,
          starttls: true,
          protocol: 'TLSv1.3',
          cipher: expect.stringMatching(/^TLS_/),
          authenticated: true,
          by: 'dane',
          matched: { usage: 3, selector: 1, matchingType: 1, depth: 0 },
          error: null,
          failure: null,
          notice: null,
        },
      ],
      verdict: 'verified',
      forDomain: 'verified',
      reason: null,
    })
    expect(said(server.sessions[0])).toEqual({ clear: 'EHLO client.example\r\nSTARTTLS\r\n', tls: 'QUIT\r\n' })
  })

  const cases: [
    string,
    Partial<MailBehaviour>,
    (server: MailServer) => HostPolicy | Promise<HostPolicy>,
    Verdict,
    string,
  ][] = [
    ['no match', {}, mismatchedHost, 'refused', 'no usable TLSA record matches'],
    ['hidden STARTTLS', { starttls: 'hidden' }, daneHost, 'refused', 'does not offer STARTTLS'],
    ['refused STARTTLS', { starttls: 'refuse' }, encryptHost, 'refused', 'refuses STARTTLS: 454 4.7.0'],
    ['injected octets', { inject: '250 x\r\n' }, daneHost, 'refused', 'in the clear'],
    [
      'a failed handshake',
      { tls: { maxVersion: 'TLSv1.2', ciphers: 'PSK' } },
      encryptHost,
      'refused',
      'handshake failed',
    ],
    ['TLS without authentication', {}, encryptHost, 'encrypted', 'none of the TLSA records is usable'],
    ['opportunistic TLS', {}, mayHost, 'encrypted', 'the addresses are insecure'],
    ['no STARTTLS at all', { starttls: 'hidden' }, mayHost, 'cleartext', 'does not offer STARTTLS'],
    ['opportunistic, handshake fails', { handshake: 'close' }, mayHost, 'cleartext', 'handshake failed'],
    ['no service', { greeting: '554 5.7.1 go away' }, daneHost, 'unreachable', '554 5.7.1 go away'],
    ['no SMTP', { greeting: 'SSH-2.0-x' }, daneHost, 'unreachable', 'does not start with a reply code'],
  ]

  test.each(cases)('%s', async (_, behaviour, policy, verdict, reason) => {
    const server = await mailServer(behaviour)
    const result = await probe(await policy(server), SETTINGS)
    expect(result).toMatchObject({ verdict, reason: expect.stringContaining(reason) })
    expect(said(server.sessions[0]).clear).toMatch(/^(EHLO client\.example\r\n)?(STARTTLS\r\n)?(QUIT\r\n)?$/)
    expect(said(server.sessions[0]).tls).toMatch(/^(QUIT\r\n)?$/)
  })

  test('every address is looked at, and the first that would be used decides', async () => {
    const first = await mailServer({ starttls: 'hidden' })
    const second = await mailServer({}, '127.0.0.2', first.port)
    const host = { ...(await daneHost(first)), addresses: ['127.0.0.3', first.address, second.address] }
    const { connections, verdict } = await probe(host, SETTINGS)
    expect(connections.map(({ address, starttls, authenticated }) => [address, starttls, authenticated])).toEqual([
      ['127.0.0.3', false, false],
      ['127.0.0.1', false, false],
      ['127.0.0.2', true, true],
    ])
    expect(verdict).toBe('verified')
    const without = await probe({ ...host, addresses: ['127.0.0.3', '127.0.0.1'] }, SETTINGS)
    expect(without.verdict).toBe('refused')
  })

  test('nobody there', async () => {
    const result = await probe(await daneHost({ port: await deadPort() }), SETTINGS)
    expect(result).toMatchObject({ verdict: 'unreachable', reason: expect.stringContaining('ECONNREFUSED') })
  })

  test('a host whose lookups failed is not connected to, nor one without address', async () => {
    const refused = { connections: [], verdict: 'refused', forDomain: 'refused', reason: 'a bad signature' }
    expect(await probe(deferHost())).toEqual(refused)
    const nowhere = { ...mayHost({ port: 25 }), addresses: [] }
    expect(await probe(nowhere)).toMatchObject({ verdict: 'unreachable', reason: 'the host has no address' })
  })

  test('a signal ends it', async () => {
    const server = await mailServer()
    const result = await probe(await daneHost(server), { ...SETTINGS, signal: AbortSignal.abort() })
    expect(result).toMatchObject({ verdict: 'unreachable', reason: 'cancelled by the caller' })
    expect(server.sessions).toHaveLength(0)
  })
})

describe('the whole destination', () => {
  const where = { port: 25 }

  test('the verdict is that of the first host that would be used', async () => {
    const two = destination(await daneHost(where), mayHost(where))
    expect(domainVerdict(two, ['verified', 'encrypted'])).toBe('verified')
    expect(domainVerdict(two, ['refused', 'encrypted'])).toBe('encrypted')
    expect(domainVerdict(two, ['unreachable', 'cleartext'])).toBe('cleartext')
    expect(domainVerdict(two, ['encrypted', 'verified'])).toBe('encrypted')
    expect(domainVerdict(two, ['refused', 'refused'])).toBe('refused')
    expect(domainVerdict(two, ['unreachable', 'refused'])).toBe('refused')
    expect(domainVerdict(two, ['unreachable', 'unreachable'])).toBe('unreachable')
  })

  test('verified under an insecure MX is encrypted', async () => {
    const policy = destination(await daneHost(where, { mxSecure: false }))
    expect(domainVerdict(policy, ['verified'])).toBe('encrypted')
    expect(domainVerdict(policy, ['refused'])).toBe('refused')
  })

  test('no hosts', () => {
    const none = (kind: NoHosts['kind']): NoHosts => ({ kind, permanent: true, code: 550, enhanced: '5.1.2', text: '' })
    expect(domainVerdict({ ...destination(), none: none('mx-failed') }, [])).toBe('refused')
    for (const kind of ['no-domain', 'null-mx', 'no-address', 'loop'] as const) {
      expect(domainVerdict({ ...destination(), none: none(kind) }, [])).toBe('unreachable')
    }
  })

  test('a verdict for each host, or it is a mistake of the caller', () => {
    expect(() => domainVerdict(destination(), ['verified'])).toThrow(RangeError)
  })
})
