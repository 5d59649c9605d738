import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DanelawError } from '../../src/errors.ts'
import { type DeliverOptions, deliver } from '../../src/smtp/delivery.ts'
import { Message } from '../../src/smtp/message.ts'
import type { DeliveryOutcome } from '../../src/smtp/outcome.ts'
import { definePolicy } from '../../src/smtp/policy/define.ts'
import { PolicyTable } from '../../src/smtp/policy/table.ts'
import type { Destination } from '../../src/dane/policy.ts'
import { insecure, nxdomain, ScriptedLookup, secure } from '../dane/scripted.ts'
import type { MailBehaviour } from '../lab/mail/behaviour.ts'
import {
  daneHost,
  deadPort,
  deferHost,
  destination,
  encryptHost,
  mailServer,
  matchingTlsa,
  mayHost,
  mismatchedHost,
  said,
  shown,
} from './hosts.ts'

const CONTENT = 'Subject: secret\r\n\r\nthe body\r\n'
const ENVELOPE = { from: 'from@sender.example', to: 'to@example.com', ehloName: 'client.example' }
/** A server that takes one command at a time, and the message behind DATA. */
const BY_DATA = { extensions: ['SIZE 10485760', '8BITMIME'] }
/** What a client may say to a server it has not approved of. */
const HARMLESS = /^(EHLO client\.example\r\n)?(STARTTLS\r\n)?(QUIT\r\n)?$/

describe('rows 25 and 25b: usable records', () => {
  test('match: delivered, and every octet of it inside TLS', async () => {
    const server = await mailServer()
    const outcome = await send(destination(await daneHost(server)))
    expect(said(server.sessions[0])).toEqual({
      clear: 'EHLO client.example\r\nSTARTTLS\r\n',
      tls:
        'EHLO client.example\r\nMAIL FROM:<from@sender.example> SIZE=29\r\nRCPT TO:<to@example.com>\r\n' +
        'BDAT 29 LAST\r\nSubject: secret\r\n\r\nthe body\r\nQUIT\r\n',
    })
    expect(server.messages).toHaveLength(1)
    expect(outcome).toEqual({
      address: 'to@example.com',
      outcome: 'delivered',
      host: 'mx.example.com.',
      level: 'dane',
      verdict: 'verified',
      code: 250,
      enhanced: '2.0.0',
      text: 'Message accepted',
      failure: null,
      policy: { level: 'dane', from: 'default', notes: [] },
      retry: null,
      attempts: [
        {
          host: 'mx.example.com.',
          level: 'dane',
          verdict: 'verified',
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
    })
  })

  test('SNI is the TLSA base domain, in lower case and without the dot', async () => {
    const wrong = await mailServer({ credentialsFor: new Map() })
    await send(destination(await daneHost(wrong)))
    expect(wrong.sessions[0]?.sni).toBe('mx.example.com')
  })

  test('a server that shows the right certificate to the right SNI alone is authenticated', async () => {
    const { createLeaf, credentials } = await import('../lab/certificates.ts')
    const other = await credentials(await createLeaf({ names: ['other.example'] }), [])
    const server = await mailServer({
      credentials: other,
      credentialsFor: new Map([['mx.example.com', await shown()]]),
    })
    expect(await send(destination(await daneHost(server)))).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
  })

  const refusals: [string, Partial<MailBehaviour>, string][] = [
    ['hidden STARTTLS', { starttls: 'hidden' }, '4.7.4'],
    ['refused STARTTLS', { starttls: 'refuse' }, '4.7.4'],
    ['injected octets behind STARTTLS', { inject: '250-mx.example.com\r\n250 8BITMIME\r\n' }, '4.7.5'],
    ['one injected octet', { inject: '2' }, '4.7.5'],
    ['a handshake cut off', { handshake: 'close' }, '4.7.5'],
    ['a handshake of garbage', { handshake: 'garbage' }, '4.7.5'],
    ['a handshake that never comes', { handshake: 'silent' }, '4.7.5'],
    ['TLS 1.1', { tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } }, '4.7.5'],
    ['no suite in common', { tls: { maxVersion: 'TLSv1.2', ciphers: 'PSK' } }, '4.7.5'],
    ['an anonymous suite', { tls: { maxVersion: 'TLSv1.2', ciphers: 'aNULL:@SECLEVEL=0' } }, '4.7.5'],
  ]

  describe.each(refusals)('%s', (_, behaviour, enhanced) => {
    test.each(['dane', 'encrypt'] as const)('%s: refused, and nothing but leave in the clear', async (level) => {
      const server = await mailServer(behaviour)
      const host = level === 'dane' ? await daneHost(server) : encryptHost(server)
      const outcome = await send(destination(host), impatient(behaviour, 100))
      expect(server.sessions).toHaveLength(1)
      expect(said(server.sessions[0]).clear).toMatch(HARMLESS)
      expect(said(server.sessions[0]).tls).toBe('')
      expect(outcome).toMatchObject({ outcome: 'deferred', level, verdict: 'refused', code: null, enhanced })
    })

    test('the next host is tried', async () => {
      const [bad, good] = [await mailServer(behaviour), await mailServer()]
      const policy = destination(await daneHost(bad), await daneHost(good))
      const outcome = await send(policy, impatient(behaviour, 1000))
      expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
      expect(outcome.attempts.map(({ verdict }) => verdict)).toEqual(['refused', 'verified'])
      expect(said(bad.sessions[0]).clear).toMatch(HARMLESS)
    })
  })

  test('no match: QUIT inside TLS and nothing else, the next address, the next host, and then deferred', async () => {
    const first = await mailServer()
    const second = await mailServer({}, '127.0.0.2', first.port)
    const third = await mailServer()
    const policy = destination(
      { ...(await mismatchedHost(first)), addresses: [first.address, second.address] },
      await mismatchedHost(third),
    )
    const outcome = await send(policy)
    for (const server of [first, second, third]) {
      expect(said(server.sessions[0])).toEqual({ clear: 'EHLO client.example\r\nSTARTTLS\r\n', tls: 'QUIT\r\n' })
    }
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused', enhanced: '4.7.5' })
    expect(outcome.attempts).toMatchObject(Array(3).fill({ protocol: 'TLSv1.3', authenticated: false, matched: null }))
    expect(outcome.attempts[0]?.error).toContain('no usable TLSA record matches')
  })

  test('a record that is not usable does not authenticate, though it would match', async () => {
    const server = await mailServer()
    const tlsa = [
      { tlsa: await matchingTlsa(), usable: false, why: 'told so' },
      ...(await mismatchedHost(server)).tlsa,
    ] as const
    const outcome = await send(destination(await daneHost(server, { tlsa })))
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
  })

  test('a refused host is told of, and not what the next one says', async () => {
    const [bad, busy] = [await mailServer({ starttls: 'hidden' }), await mailServer({ greeting: '451 4.3.2 busy' })]
    const outcome = await send(destination(await daneHost(bad), await daneHost(busy)))
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused', code: null, enhanced: '4.7.4' })
    expect(outcome.attempts[1]?.error).toBe('451 4.3.2 busy')
  })

  test('a refused host is told of, and not the silence of the next', async () => {
    const bad = await mailServer({ starttls: 'hidden' })
    const outcome = await send(destination(await daneHost(bad), await daneHost({ port: await deadPort() })))
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused', enhanced: '4.7.4' })
    expect(outcome.attempts.map(({ verdict }) => verdict)).toEqual(['refused', 'unreachable'])
  })
})

describe('rows 26 and 26b: records, none usable', () => {
  test('TLS up: delivered without authentication, with SNI', async () => {
    const server = await mailServer()
    const outcome = await send(destination(encryptHost(server)))
    expect(outcome).toMatchObject({ outcome: 'delivered', level: 'encrypt', verdict: 'encrypted' })
    expect(outcome.attempts[0]).toMatchObject({ authenticated: false, matched: null, protocol: 'TLSv1.3' })
    expect(server.sessions[0]?.sni).toBe('mx.example.com')
    expect(said(server.sessions[0]).clear).toMatch(HARMLESS)
  })
})

describe('row 27: no secure records', () => {
  test('TLS where it is offered, with any certificate', async () => {
    const server = await mailServer()
    expect(await send(destination(mayHost(server)))).toMatchObject({ outcome: 'delivered', verdict: 'encrypted' })
    expect(said(server.sessions[0]).clear).toMatch(HARMLESS)
  })

  test('TLS with an anonymous suite, and with an old version', async () => {
    const anonymous = { maxVersion: 'TLSv1.2', ciphers: 'aNULL:@SECLEVEL=0' } as const
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const
    for (const tls of [anonymous, old]) {
      const server = await mailServer({ tls })
      expect(await send(destination(mayHost(server)))).toMatchObject({ outcome: 'delivered', verdict: 'encrypted' })
    }
  })

  test.each(['hidden', 'refuse'] as const)('cleartext where STARTTLS is: %s', async (starttls) => {
    const server = await mailServer({ starttls })
    const outcome = await send(destination(mayHost(server)))
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'cleartext' })
    expect(outcome.attempts[0]?.starttls).toBe(starttls === 'refuse')
    expect(server.sessions).toHaveLength(1)
  })

  test.each([
    ['cut off', { handshake: 'close' }, 'handshake failed'],
    ['without a suite in common', { tls: { maxVersion: 'TLSv1.2', ciphers: 'PSK' } }, 'handshake failed'],
    ['that never comes', { handshake: 'silent' }, 'did not answer in time'],
  ] as const)('cleartext on a new connection after a handshake %s', async (_, behaviour, error) => {
    const server = await mailServer(behaviour)
    const outcome = await send(destination(mayHost(server)), impatient(behaviour, 100))
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'cleartext' })
    expect(outcome.attempts).toHaveLength(1)
    expect(outcome.attempts[0]?.error).toContain(error)
    expect(server.sessions).toHaveLength(2)
    expect(said(server.sessions[0]).clear).toMatch(HARMLESS)
    expect(said(server.sessions[1]).clear).toContain('EHLO client.example\r\nMAIL FROM')
  })

  test('a relay of the caller is the one, whatever next hop a policy has for others', async () => {
    const [server, other] = [await mailServer(), await mailServer()]
    const resolver = new ScriptedLookup({
      'mx.example.com A': insecure('127.0.0.1'),
      'mx.example.com AAAA': insecure(),
    })
    const elsewhere = definePolicy({ level: 'dane', relay: `[mx.example.com]:${other.port}` })
    const relay = { nextHop: `[mx.example.com]:${server.port}` }
    const policies = new PolicyTable([['*', elsewhere]])
    expect(await deliver(CONTENT, { ...ENVELOPE, resolver, relay, policies })).toMatchObject([{ outcome: 'delivered' }])
    expect([server.sessions.length, other.sessions.length]).toEqual([1, 0])
  })

  test('a handshake that fails where TLS comes first: there is nothing to say in the clear', async () => {
    const server = await mailServer({ implicitTls: true, tls: { maxVersion: 'TLSv1.2', ciphers: 'PSK' } })
    const resolver = new ScriptedLookup({
      'mx.example.com A': insecure('127.0.0.1'),
      'mx.example.com AAAA': insecure(),
    })
    const relay = { nextHop: `[mx.example.com]:${server.port}`, implicitTls: true }
    const [outcome] = await deliver(CONTENT, { ...ENVELOPE, resolver, relay })
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused', failure: 'validation-failure' })
    expect(server.sessions).toHaveLength(1)
  })

  test('injected octets are no failure of TLS: somebody is there, and gets nothing', async () => {
    const server = await mailServer({ inject: '250 mx\r\n' })
    const outcome = await send(destination(mayHost(server)))
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused', enhanced: '4.7.5' })
    expect(server.sessions).toHaveLength(1)
    expect(said(server.sessions[0]).clear).toMatch(HARMLESS)
  })
})

describe('row 28: mandatory DANE', () => {
  test('a host without usable records is not even connected to', async () => {
    const server = await mailServer()
    for (const host of [mayHost(server), encryptHost(server), await daneHost(server, { mxSecure: false })]) {
      const outcome = await send(destination(host), { requireDane: true })
      expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'refused', enhanced: '4.7.4' })
      expect(outcome.text).toContain('DANE is required')
      expect(outcome.attempts).toMatchObject([{ address: null, error: outcome.text }])
    }
    expect(server.sessions).toHaveLength(0)
  })

  test('an authenticated host with a secure name is', async () => {
    const server = await mailServer()
    const policy = destination(mayHost(server), await daneHost(server))
    expect(await send(policy, { requireDane: true })).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    expect(server.sessions).toHaveLength(1)
  })
})

describe('row 11: an insecure MX', () => {
  test('authenticated or not at all, and never called verified', async () => {
    const server = await mailServer()
    const outcome = await send(destination(await daneHost(server, { mxSecure: false })))
    expect(outcome).toMatchObject({ outcome: 'delivered', level: 'dane', verdict: 'encrypted' })
    expect(outcome.attempts[0]).toMatchObject({ authenticated: true, verdict: 'encrypted' })
    const wrong = await send(destination({ ...(await mismatchedHost(server)), mxSecure: false }))
    expect(wrong).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
  })
})

describe('row 30', () => {
  test('every connection is authenticated anew', async () => {
    const server = await mailServer()
    const policy = destination(await daneHost(server))
    await send(policy)
    const { createLeaf, credentials } = await import('../lab/certificates.ts')
    server.behaviour = {
      ...server.behaviour,
      credentials: await credentials(await createLeaf({ names: ['mx.example.com'] }), []),
    }
    expect(await send(policy)).toMatchObject({ outcome: 'deferred', verdict: 'refused' })
  })
})

describe('hosts', () => {
  test('a host whose lookups failed is passed over', async () => {
    const server = await mailServer()
    const outcome = await send(destination(deferHost(), await daneHost(server)))
    expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified' })
    expect(outcome.attempts[0]).toMatchObject({
      level: 'defer',
      address: null,
      verdict: 'refused',
      error: 'a bad signature',
    })
    const alone = await send(destination(deferHost()))
    expect(alone).toMatchObject({ outcome: 'deferred', level: 'defer', verdict: 'refused', enhanced: '4.7.5' })
  })

  test('nobody there: the next address, the next host, and then deferred', async () => {
    const port = await deadPort()
    const server = await mailServer()
    const nobody = { ...(await daneHost({ port })), addresses: ['127.0.0.1', '127.0.0.2'] }
    const outcome = await send(destination(nobody, await daneHost(server)))
    expect(outcome.attempts.map(({ verdict }) => verdict)).toEqual(['unreachable', 'unreachable', 'verified'])
    const alone = await send(destination(nobody))
    expect(alone).toMatchObject({ outcome: 'deferred', verdict: 'unreachable', code: null, enhanced: '4.4.2' })
    expect(alone.text).toContain('ECONNREFUSED')
  })

  test('the first host that takes the mail is the last one asked', async () => {
    const [first, second] = [await mailServer(), await mailServer()]
    await send(destination(await daneHost(first), await daneHost(second)))
    expect(second.sessions).toHaveLength(0)
  })

  test.each([
    ['a greeting of 554', { greeting: '554 5.7.1 no service' }, 554],
    ['421 in place of a greeting', { greeting: '421 4.3.2 busy' }, 421],
  ])('%s: the next host', async (_, behaviour, code) => {
    const [bad, good] = [await mailServer(behaviour), await mailServer()]
    const outcome = await send(destination(await daneHost(bad), await daneHost(good)))
    expect(outcome.attempts.map(({ verdict }) => verdict)).toEqual(['unreachable', 'verified'])
    const alone = await send(destination(await daneHost(bad)))
    expect(alone).toMatchObject({ outcome: 'deferred', verdict: 'unreachable', code })
  })

  test('a host without address', async () => {
    const outcome = await send(destination({ ...mayHost({ port: 25 }), addresses: [] }))
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'unreachable', enhanced: '4.4.4' })
  })

  test.each([
    ['null-mx', true, 556, '5.1.10', 'rejected', 'unreachable'],
    ['no-domain', true, 550, '5.1.2', 'rejected', 'unreachable'],
    ['mx-failed', false, 451, '4.4.3', 'deferred', 'refused'],
  ] as const)('no hosts at all: %s', async (kind, permanent, code, enhanced, outcome, verdict) => {
    const policy = { ...destination(), none: { kind, permanent, code, enhanced, text: 'as it is' } }
    expect(await send(policy)).toEqual({
      address: 'to@example.com',
      outcome,
      host: null,
      level: null,
      verdict,
      code,
      enhanced,
      text: 'as it is',
      failure: kind,
      policy: { level: 'dane', from: 'default', notes: [] },
      retry: null,
      attempts: [],
    })
  })
})

describe('recipients', () => {
  const three = ['a@example.com', 'b@example.com', 'c@example.com']

  test('each has his own result, and only the undecided go to the next host', async () => {
    const first = await mailServer({
      script: ({ line }) => {
        if (line.startsWith('RCPT TO:<b')) return '550 5.1.1 No such user'
        if (line.startsWith('RCPT TO:<c')) return '450 4.2.1 Later'
        return undefined
      },
    })
    const second = await mailServer()
    const policy = destination(await daneHost(first), await daneHost(second))
    const outcomes = await deliver(CONTENT, { ...ENVELOPE, policy, to: three })
    expect(outcomes.map(({ address, outcome, code }) => [address, outcome, code])).toEqual([
      ['a@example.com', 'delivered', 250],
      ['b@example.com', 'rejected', 550],
      ['c@example.com', 'delivered', 250],
    ])
    expect(outcomes.map(({ attempts }) => attempts.length)).toEqual([1, 1, 2])
    expect(second.messages[0]?.to).toEqual(['RCPT TO:<c@example.com>'])
  })

  test('what one host cannot take another may', async () => {
    const plain = await mailServer({ extensions: ['SIZE'] })
    const able = await mailServer({ extensions: ['8BITMIME', 'SMTPUTF8'] })
    const message = { from: 'grün@sender.example', to: 'to@example.com', content: CONTENT }
    const [both] = await deliver(message, { policy: destination(await daneHost(plain), await daneHost(able)) })
    expect(both).toMatchObject({ outcome: 'delivered' })
    const [alone] = await deliver(message, { policy: destination(await daneHost(plain)) })
    expect(alone).toMatchObject({ outcome: 'rejected', code: null, enhanced: '5.6.7' })
    const dead = await daneHost({ port: await deadPort() })
    const [later] = await deliver(message, { policy: destination(await daneHost(plain), dead) })
    expect(later).toMatchObject({ outcome: 'deferred', enhanced: '4.6.7' })
    expect(plain.sessions.every((session) => !said(session).tls.includes('MAIL'))).toBe(true)
  })

  test('MAILMAX: those who are left are asked of anew, and those who were put off are not', async () => {
    const stop = new AbortController()
    const server = await mailServer({
      extensions: ['LIMITS MAILMAX=1 RCPTMAX=1'],
      script: ({ verb, line }) => {
        if (server.sessions.length > 3) stop.abort()
        return verb === 'RCPT' && line.includes('<a@') ? '450 4.2.0 later' : undefined
      },
    })
    const to = ['a@example.com', 'b@example.com', 'c@example.com']
    const policy = destination(await daneHost(server))
    const outcomes = await deliver(CONTENT, { ...ENVELOPE, to, policy, signal: stop.signal })
    expect(outcomes).toMatchObject([{ outcome: 'deferred', code: 450 }, { code: 250 }, { code: 250 }])
    expect(server.sessions).toHaveLength(3)
  })

  test('the connection cut behind the final dot: deferred, and nobody else is asked', async () => {
    const cut = await mailServer({ ...BY_DATA, script: ({ verb }) => (verb === '.' ? { close: true } : undefined) })
    const next = await mailServer()
    const outcome = await send(destination(await daneHost(cut), await daneHost(next)))
    expect(outcome).toMatchObject({ outcome: 'deferred', verdict: 'verified', code: null, enhanced: '4.4.2' })
    expect(outcome.text).toContain('may have been delivered')
    expect(next.sessions).toHaveLength(0)
  })

  test('each domain has its own hosts where a resolver finds them', async () => {
    const server = await mailServer()
    const { data } = await matchingTlsa()
    const resolver = new ScriptedLookup({
      'example.com MX': secure('10 mx.example.com'),
      'mx.example.com A': secure('127.0.0.1'),
      'mx.example.com AAAA': secure(),
      '_25._tcp.mx.example.com TLSA': secure(`3 1 1 ${Buffer.from(data).toString('hex')}`),
      'example.net MX': insecure('10 mx.example.net'),
      'mx.example.net A': insecure('127.0.0.1'),
      'mx.example.net AAAA': insecure(),
      'gone.example MX': nxdomain('secure'),
    })
    const to = ['x@example.net', 'y@example.com', 'z@gone.example', 'w@EXAMPLE.com', 'v@[127.0.0.1]']
    const outcomes = await deliver({ from: '<>', to, content: CONTENT }, { resolver, connectPort: server.port })
    expect(outcomes.map(({ address, outcome, verdict }) => [address, outcome, verdict])).toEqual([
      ['x@example.net', 'delivered', 'encrypted'],
      ['y@example.com', 'delivered', 'verified'],
      ['z@gone.example', 'rejected', 'unreachable'],
      ['w@EXAMPLE.com', 'delivered', 'verified'],
      ['v@[127.0.0.1]', 'delivered', 'encrypted'],
    ])
    expect(server.messages.map((message) => message.to.length).sort()).toEqual([1, 1, 2])
    expect(server.messages.map((message) => message.from.split(' ')[1])).toEqual(Array(3).fill('FROM:<>'))
    expect(server.sessions.map(({ sni }) => sni).sort()).toEqual(['mx.example.com', 'mx.example.net', null])
  })
})

describe('content', () => {
  test('a message larger than any buffer arrives as it was', async () => {
    const server = await mailServer()
    const text = `Subject: x\r\n\r\n${`.${'line '.repeat(12)}\r\n`.repeat(30_000)}`
    const [outcome] = await deliver(Message.parse(text), { ...ENVELOPE, policy: destination(await daneHost(server)) })
    expect(outcome).toMatchObject({ outcome: 'delivered' })
    expect(server.messages[0]?.data.equals(Buffer.from(text))).toBe(true)
  })
})

describe('time and cancellation', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Nothing more from that command on, while the clock runs on. */
  const silence = (verb: string, milliseconds: number): Partial<MailBehaviour> => {
    let silent = false
    return {
      script: (command) => {
        if (!silent && command.verb === verb) {
          silent = true
          setImmediate(() => vi.advanceTimersByTime(milliseconds))
        }
        return silent ? {} : undefined
      },
    }
  }

  test.each([
    ['CONNECT', 'greetingTimeout', 'greeting'],
    ['EHLO', 'commandTimeout', 'EHLO'],
    ['MAIL', 'commandTimeout', 'MAIL'],
    ['DATA', 'dataInitTimeout', 'DATA'],
    ['.', 'dataFinalTimeout', 'content'],
  ] as const)('no answer to %s', async (verb, timeout, stage) => {
    const server = await mailServer({ ...BY_DATA, ...silence(verb, 250) })
    const outcome = await send(destination(await daneHost(server)), { timeouts: { [timeout]: 200 } })
    expect(outcome).toMatchObject({ outcome: 'deferred', enhanced: '4.4.2' })
    expect(outcome.text).toContain(`did not answer in time (${stage})`)
  })

  test('no answer to QUIT delays nothing for long, and changes nothing', async () => {
    const server = await mailServer(silence('QUIT', 5000))
    const outcome = await send(destination(await daneHost(server)))
    expect(outcome).toMatchObject({ outcome: 'delivered', attempts: [{ error: null }] })
  })

  test('a signal raised before: nothing is sent', async () => {
    const server = await mailServer()
    const signal = AbortSignal.abort()
    const outcome = await send(destination(await daneHost(server)), { signal })
    expect(outcome).toMatchObject({ outcome: 'deferred', text: 'cancelled by the caller' })
    expect(server.sessions).toHaveLength(0)
  })

  test.each(['CONNECT', 'EHLO', 'STARTTLS', 'MAIL', 'DATA'])(
    'a signal raised at %s: the connection ends there',
    async (verb) => {
      const controller = new AbortController()
      const server = await mailServer({
        ...BY_DATA,
        script: (command) => {
          if (command.verb !== verb) return undefined
          controller.abort()
          return {}
        },
      })
      const next = await mailServer()
      const policy = destination(await daneHost(server), await daneHost(next))
      const outcome = await send(policy, { signal: controller.signal })
      expect(outcome).toMatchObject({ outcome: 'deferred', text: 'cancelled by the caller' })
      expect(outcome.attempts).toHaveLength(1)
      expect(next.sessions).toHaveLength(0)
    },
  )

  test('a signal raised behind the final dot: it may have been delivered', async () => {
    const controller = new AbortController()
    const server = await mailServer({
      ...BY_DATA,
      script: ({ verb }) => {
        if (verb !== '.') return undefined
        controller.abort()
        return {}
      },
    })
    const outcome = await send(destination(await daneHost(server)), { signal: controller.signal })
    expect(outcome.outcome).toBe('deferred')
    expect(outcome.text).toContain('may have been delivered')
  })
})

describe('mistakes of the caller', () => {
  test('are thrown before anything is sent', async () => {
    const server = await mailServer()
    const policy = destination(await daneHost(server))
    const good = { ...ENVELOPE, policy }
    await expect(deliver(CONTENT, { ...good, to: [] })).rejects.toThrow(/^to: /)
    await expect(deliver(CONTENT, { ...good, to: [7] as unknown as string[] })).rejects.toThrow(/^to\[0\]: /)
    await expect(deliver(CONTENT, { policy, to: 'to@example.com' })).rejects.toThrow(/^from: /)
    await expect(deliver(CONTENT, { from: null, to: 'to@example.com' })).rejects.toThrow(/^policy: /)
    await expect(deliver(CONTENT, { ...good, to: 'a\r\nb@example.com' })).rejects.toThrow(DanelawError)
    await expect(deliver('no header\r\n', good)).rejects.toMatchObject({ code: 'bad-message' })
    await expect(deliver(CONTENT, { ...good, ehloName: 'a\r\nb' })).rejects.toThrow(/^ehloName: /)
    await expect(deliver(CONTENT, { ...good, connectPort: 0 })).rejects.toThrow(/^connectPort: /)
    await expect(deliver(CONTENT, { ...good, localAddress: 'here' })).rejects.toThrow(/^localAddress: /)
    await expect(deliver(CONTENT, { ...good, at: Number.NaN })).rejects.toThrow(/^at: /)
    await expect(deliver(CONTENT, { ...good, timeouts: { quitTimeout: 1 } })).rejects.toThrow(/^timeouts.quitTimeout: /)
    const unknown = { quit: 1 } as DeliverOptions['timeouts'] & object
    await expect(deliver(CONTENT, { ...good, timeouts: unknown })).rejects.toThrow(/^timeouts.quit: /)
    expect(server.sessions).toHaveLength(0)
  })
})

/** Short waits for a handshake that never comes; time enough for all others, however busy the machine. */
function impatient({ handshake }: Partial<MailBehaviour>, handshakeTimeout: number): DeliverOptions {
  return handshake === 'silent' ? { timeouts: { handshakeTimeout } } : {}
}

async function send(policy: Destination, options: DeliverOptions = {}): Promise<DeliveryOutcome> {
  const [outcome, ...rest] = await deliver(CONTENT, { ...ENVELOPE, policy, ...options })
  expect(rest).toEqual([])
  return outcome!
}
