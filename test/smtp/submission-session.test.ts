import { describe, expect, test } from 'vitest'
import { converse } from '../../src/smtp/connection.ts'
import type { ConnectionOptions, ConnectionReport } from '../../src/smtp/connection-types.ts'
import { Credentials } from '../../src/smtp/sasl/credentials.ts'
import { Session, type SessionOptions } from '../../src/smtp/session.ts'
import type { AuthAccount } from '../lab/mail/auth.ts'
import type { MailServer } from '../lab/mail-server.ts'
import { mailServer, said } from './hosts.ts'
import { AUTHENTICATED, MAIL, MemoryServer, NOT_AUTHENTICATED, play, type Script } from './memory-server.ts'
import { TIMEOUTS } from './timeouts.ts'
import { ascii } from './vectors.ts'

const PASSWORD = Credentials.password('user', 'pencil')
const TOKEN = Credentials.accessToken('user', 'pencil')
const ALL = ['LOGIN', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS', 'XOAUTH2']

describe('AUTH with a server of the lab', () => {
  test.each(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'PLAIN', 'LOGIN'])('%s', async (mechanism) => {
    const server = await mailServer({ auth: account([mechanism]) })
    const report = await talk(server, { credentials: PASSWORD })
    expect(report.session).toMatchObject({ failure: null, recipients: [{ outcome: 'delivered' }] })
    const { clear, tls } = said(server.sessions[0])
    expect(clear).toBe('EHLO client.example\r\nSTARTTLS\r\n')
    expect(tls).toMatch(new RegExp(`^EHLO client.example\\r\\nAUTH ${mechanism}( |\\r)`))
    expect(tls).toContain('MAIL FROM')
    // The password itself crosses the line with the two mechanisms alone that have nothing better.
    const crosses = [/pencil/, new RegExp(btoa('pencil')), new RegExp(btoa('\0user\0pencil'))]
    expect(crosses.some((pattern) => pattern.test(tls))).toBe(mechanism === 'PLAIN' || mechanism === 'LOGIN')
  })

  test('XOAUTH2', async () => {
    const server = await mailServer({ auth: account(['XOAUTH2', 'PLAIN']) })
    const report = await talk(server, { credentials: TOKEN })
    expect(report.session.recipients).toMatchObject([{ outcome: 'delivered' }])
  })

  test('the strongest that is offered, bound to the connection', async () => {
    const server = await mailServer({ auth: account(ALL) })
    const report = await talk(server, { credentials: PASSWORD })
    expect(report.session.failure).toBeNull()
    expect(said(server.sessions[0]).tls).toContain('AUTH SCRAM-SHA-256-PLUS ')
  })

  test('below TLS 1.3 there is nothing to bind to', async () => {
    const server = await mailServer({ auth: account(['SCRAM-SHA-256']), tls: { maxVersion: 'TLSv1.2' } })
    const report = await talk(server, { credentials: PASSWORD })
    expect(report.session.failure).toBeNull()
    const first = /AUTH SCRAM-SHA-256 (\S+)/.exec(said(server.sessions[0]).tls)?.[1] ?? ''
    expect(atob(first)).toMatch(/^n,,n=user/)
  })

  test.each(ALL)('%s with a wrong secret: no mail, nothing weaker, and not the mail’s fault', async (mechanism) => {
    const server = await mailServer({ auth: { ...account([mechanism, 'PLAIN']), secret: 'other' } })
    const report = await talk(server, { credentials: mechanism === 'XOAUTH2' ? TOKEN : PASSWORD })
    expect(report.session.failure).toMatchObject({ kind: 'auth-rejected', stage: 'AUTH', enhanced: '4.7.8' })
    expect(report.session.recipients).toMatchObject([{ outcome: 'deferred', final: false, code: null }])
    const { tls } = said(server.sessions[0])
    expect(tls.match(/^AUTH /gm)).toHaveLength(1)
    expect(tls).not.toContain('MAIL')
    expect(JSON.stringify(report)).not.toMatch(/pencil|other/)
  })

  test('a server that hides PLUS from a client that could is found out', async () => {
    const hidden = { ...account(['SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS']) }
    const server = await mailServer({
      auth: hidden,
      script: ({ verb, tls }) => (verb === 'EHLO' && tls ? '250-mx\n250 AUTH SCRAM-SHA-256 PLAIN' : undefined),
    })
    const report = await talk(server, { credentials: PASSWORD })
    expect(report.session.failure?.kind).toBe('auth-rejected')
  })
})

describe('credentials go to nobody who is not authenticated', () => {
  test('only with the level that asks for it', () => {
    for (const level of ['none', 'may', 'encrypt'] as const) {
      expect(() => new Session({ level, ehloName: null, credentials: PASSWORD })).toThrow(TypeError)
    }
  })

  test('no match: QUIT', async () => {
    const server = await mailServer({ auth: account(ALL) })
    const report = await talk(server, { credentials: PASSWORD }, { approve: () => NOT_AUTHENTICATED })
    expect(report.session.failure?.kind).toBe('not-authenticated')
    expect(said(server.sessions[0]).tls).toBe('QUIT\r\n')
  })

  test('AUTH that was announced in the clear is not there behind TLS', () => {
    const { server, failure } = run({
      ehlo: '250-mx\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n',
      ehloAfterTls: '250 mx\r\n',
    })
    expect(server.seen).not.toContain('AUTH')
    expect(failure).toMatchObject({ kind: 'auth-not-offered', enhanced: '4.7.4' })
  })
})

describe('AUTH with servers that are no good', () => {
  const offered = { ehloAfterTls: '250-mx\r\n250 AUTH PLAIN\r\n' }
  const scram = { ehloAfterTls: '250-mx\r\n250 AUTH SCRAM-SHA-256 PLAIN\r\n' }

  test('a yes before the server has proved anything is none', () => {
    const { server, failure } = run({ ...scram, replies: { AUTH: '235 2.7.0 welcome\r\n' } })
    expect(failure).toMatchObject({ kind: 'auth-failed' })
    expect(server.tls).not.toContain('MAIL')
  })

  test('one that says no for now', () => {
    const { failure } = run({ ...offered, replies: { AUTH: '454 4.7.0 later\r\n' } })
    expect(failure).toMatchObject({ kind: 'auth-failed', enhanced: '4.7.0' })
  })

  test.each([
    ['without end', offered, '334 \r\n'],
    ['in no base64', scram, '334 ?\r\n'],
    ['in base64 of a strange length', scram, '334 abcde\r\n'],
    ['in two lines', scram, '334-\r\n334 \r\n'],
  ])('one that asks %s: the exchange is cancelled, and nothing else is tried', (_, script, challenge) => {
    const { server, failure } = run({ ...script, replies: { AUTH: challenge, '*': '501 5.7.0 cancelled\r\n' } })
    expect(failure).toMatchObject({ kind: 'auth-failed' })
    expect(server.tls).toMatch(/AUTH [^\r]*\r\n\*\r\nQUIT\r\n$/)
  })

  test('one that says yes to a cancelled exchange', () => {
    const { server, failure } = run({ ...scram, replies: { AUTH: '334 ?\r\n', '*': '235 2.7.0 welcome\r\n' } })
    expect(failure).toMatchObject({ kind: 'auth-failed' })
    expect(server.tls).not.toMatch(/MAIL|QUIT/)
  })

  test('one that repeats what it was told', () => {
    const line = btoa('\0user\0pencil')
    for (const text of [line, 'pencil']) {
      const { failure } = run({ ...offered, replies: { AUTH: `535 5.7.8 ${text} is wrong\r\n` } })
      expect(JSON.stringify(failure)).not.toContain(text)
      expect(failure?.text).toContain('535')
    }
  })

  test('what does not fit into the line of a command waits to be asked for', () => {
    const long = Credentials.password('user', 'p'.repeat(800))
    const replies = { AUTH: '334 \r\n', [btoa(`\0user\0${'p'.repeat(800)}`)]: '235 2.7.0 welcome\r\n' }
    const { server, failure } = run({ ...offered, replies }, long)
    expect(failure).toBeNull()
    expect(server.tls).toContain('AUTH PLAIN\r\n')
  })
})

describe('TLS from the first octet on (RFC 8314)', () => {
  test('the handshake, then the greeting, EHLO and the mail', async () => {
    const server = await mailServer({ implicitTls: true, auth: account(ALL) })
    const report = await talk(server, { implicitTls: true, credentials: PASSWORD })
    expect(report.session).toMatchObject({ security: 'authenticated', starttls: false, failure: null })
    const { clear, tls } = said(server.sessions[0])
    expect(clear).toBe('')
    expect(tls).toMatch(/^EHLO client.example\r\nAUTH [\s\S]*MAIL FROM/)
    expect(server.messages).toHaveLength(1)
  })

  test('no match: not an octet, not even leave', async () => {
    const server = await mailServer({ implicitTls: true })
    const report = await talk(server, { implicitTls: true }, { approve: () => NOT_AUTHENTICATED })
    expect(report.session.failure).toMatchObject({ kind: 'not-authenticated' })
    expect(said(server.sessions[0])).toEqual({ clear: '', tls: '' })
  })

  test('a server that speaks in the clear', async () => {
    const server = await mailServer()
    const report = await talk(server, { implicitTls: true })
    expect(report.session.failure).toMatchObject({ kind: 'tls-failed', stage: 'handshake' })
    expect(report.session.recipients).toMatchObject([{ outcome: 'deferred', final: false }])
  })

  test('STARTTLS inside TLS means nothing', () => {
    const session = new Session({ level: 'authenticate', ehloName: 'client.example', mail: MAIL, implicitTls: true })
    expect(session.connected('192.0.2.10')).toEqual([{ kind: 'start-tls' }])
    expect(session.timer.name).toBe('handshakeTimeout')
    expect(session.tlsEstablished(AUTHENTICATED)).toEqual([])
    expect(session.timer.name).toBe('greetingTimeout')
    expect(session.received(ascii('220 mx\r\n'))).toEqual([{ kind: 'write', octets: ascii('EHLO client.example\r\n') }])
    const [mail] = session.received(ascii('250-mx\r\n250 STARTTLS\r\n'))
    expect(mail).toMatchObject({ kind: 'write', octets: ascii('MAIL FROM:<from@sender.example>\r\n') })
  })

  test('the level must allow it', () => {
    expect(() => new Session({ level: 'none', ehloName: null, implicitTls: true })).toThrow(TypeError)
  })
})

function account(mechanisms: readonly string[]): AuthAccount {
  return { username: 'user', secret: 'pencil', mechanisms }
}

function talk(
  server: MailServer,
  options: Partial<SessionOptions>,
  changes: Partial<ConnectionOptions> = {},
): Promise<ConnectionReport> {
  return converse(
    { level: 'authenticate', ehloName: 'client.example', mail: MAIL, ...options },
    {
      addresses: [server.address],
      port: server.port,
      serverName: 'mx.example.com',
      approve: () => AUTHENTICATED,
      timeouts: TIMEOUTS,
      ...changes,
    },
  )
}

function run(script: Script, credentials = PASSWORD) {
  const server = new MemoryServer(script)
  const session = new Session({ level: 'authenticate', ehloName: 'client.example', mail: MAIL, credentials })
  const result = play(session, server)
  if (result === undefined) throw new Error(`the session waits for something, and saw ${JSON.stringify(server.seen)}`)
  return { server, failure: result.failure }
}
