import { describe, expect, test } from 'vitest'
import { parseMailbox } from '../../src/smtp/address.ts'
import { Message } from '../../src/smtp/message.ts'
import { Session, type SessionOptions } from '../../src/smtp/session.ts'
import type { ContentAction, SessionAction, SessionResult, TlsLevel } from '../../src/smtp/session-types.ts'
import {
  AUTHENTICATED,
  EHLO,
  MAIL,
  MemoryServer,
  NOT_AUTHENTICATED,
  PLAIN_EHLO,
  play,
  type Script,
} from './memory-server.ts'
import { ascii } from './vectors.ts'

const OWED: TlsLevel[] = ['authenticate', 'encrypt']

describe('the way to a transaction', () => {
  test('row 25b: match: EHLO, STARTTLS, handshake, EHLO, and then the mail', () => {
    const { result, server } = run('authenticate')
    expect(server.clear).toBe('EHLO client.example\r\nSTARTTLS\r\n')
    expect(server.tls).toBe(
      'EHLO client.example\r\nMAIL FROM:<from@sender.example> SIZE=29\r\nRCPT TO:<to@example.com>\r\nDATA\r\n' +
        'Subject: secret\r\n\r\nthe body\r\n.\r\nQUIT\r\n',
    )
    expect(result).toMatchObject({ greeted: true, starttls: true, security: 'authenticated', failure: null })
    expect(result.recipients).toEqual([
      { outcome: 'delivered', final: true, code: 250, enhanced: '2.0.0', text: 'queued' },
    ])
  })

  test('row 25: no match: QUIT, and nothing else, behind the handshake', () => {
    const { result, server } = run('authenticate', { approval: NOT_AUTHENTICATED })
    expect(server.clear).toBe('EHLO client.example\r\nSTARTTLS\r\n')
    expect(server.tls).toBe('QUIT\r\n')
    expect(result.security).toBeNull()
    expect(result.failure).toMatchObject({ kind: 'not-authenticated', enhanced: '4.7.5' })
    expect(result.recipients[0]).toMatchObject({ outcome: 'deferred', final: false, enhanced: '4.7.5' })
  })

  test('row 26: none usable: TLS without authentication is enough', () => {
    const { result, server } = run('encrypt', { approval: NOT_AUTHENTICATED })
    expect(result).toMatchObject({ security: 'encrypted', failure: null })
    expect(server.clear).toBe('EHLO client.example\r\nSTARTTLS\r\n')
    expect(result.recipients[0]?.outcome).toBe('delivered')
  })

  test('row 27: opportunistic TLS without authentication', () => {
    const { result } = run('may', { approval: NOT_AUTHENTICATED })
    expect(result).toMatchObject({ security: 'encrypted', failure: null })
  })

  test('row 27: cleartext where STARTTLS is not offered', () => {
    const { result, server } = run('may', { ehlo: PLAIN_EHLO })
    expect(result).toMatchObject({ starttls: false, security: 'clear', failure: null })
    expect(server.clear).toContain('MAIL FROM')
  })

  test('row 27: cleartext where STARTTLS is refused', () => {
    const { result, server } = run('may', { replies: { STARTTLS: '454 4.7.0 not now\r\n' } })
    expect(result).toMatchObject({ starttls: true, security: 'clear', failure: null })
    expect(server.clear).toContain('STARTTLS\r\nMAIL FROM')
  })

  test('row 27: a second try leaves STARTTLS alone', () => {
    const { result, server } = run('none')
    expect(server.clear).not.toContain('STARTTLS')
    expect(result).toMatchObject({ starttls: true, security: 'clear', failure: null })
  })

  test.each(OWED)('rows 25, 26b: %s: hidden STARTTLS: QUIT', (level) => {
    const { result, server } = run(level, { ehlo: PLAIN_EHLO })
    expect(server.seen).toBe('EHLO client.example\r\nQUIT\r\n')
    expect(result.failure).toMatchObject({ kind: 'tls-not-offered', stage: 'EHLO', enhanced: '4.7.4' })
    expect(result.recipients[0]).toMatchObject({ outcome: 'deferred', final: false, enhanced: '4.7.4' })
  })

  test.each(OWED)('rows 25, 26b: %s: refused STARTTLS: QUIT', (level) => {
    for (const reply of ['454 4.7.0 not now\r\n', '502 5.5.1 what?\r\n', '554 5.7.1 no\r\n']) {
      const { result, server } = run(level, { replies: { STARTTLS: reply } })
      expect(server.seen).toBe('EHLO client.example\r\nSTARTTLS\r\nQUIT\r\n')
      expect(result.failure).toMatchObject({ kind: 'tls-refused', enhanced: '4.7.4' })
      expect(result.recipients[0]?.outcome).toBe('deferred')
    }
  })

  test.each(OWED)('rows 25, 26b: %s: handshake failure: not another octet', (level) => {
    const { result, server } = run(level, { approval: 'wrong version number' })
    expect(server.seen).toBe('EHLO client.example\r\nSTARTTLS\r\n')
    expect(result.failure).toMatchObject({ kind: 'tls-failed', stage: 'handshake', enhanced: '4.7.5' })
  })

  test.each(OWED)('%s: EHLO refused: no HELO, for it has no STARTTLS', (level) => {
    const { result, server } = run(level, { ehlo: '502 5.5.1 what?\r\n' })
    expect(server.seen).toBe('EHLO client.example\r\nQUIT\r\n')
    expect(result.failure?.kind).toBe('tls-not-offered')
  })

  test('may: EHLO refused: HELO, and no extensions', () => {
    const { result, server } = run('may', { ehlo: '502 5.5.1 what?\r\n' })
    expect(server.seen).toContain('HELO client.example\r\nMAIL FROM:<from@sender.example>\r\n')
    expect(result.recipients[0]?.outcome).toBe('delivered')
  })

  test('EHLO refused for now is no reason for HELO', () => {
    const { result, server } = run('may', { ehlo: '451 4.3.0 later\r\n' })
    expect(server.seen).toBe('EHLO client.example\r\nQUIT\r\n')
    expect(result.recipients[0]).toMatchObject({ outcome: 'deferred', code: 451, enhanced: '4.3.0', text: 'later' })
  })

  test('without mail the way ends where a transaction could begin', () => {
    for (const [level, script, security] of [
      ['authenticate', {}, 'authenticated'],
      ['encrypt', { approval: NOT_AUTHENTICATED }, 'encrypted'],
      ['may', { ehlo: PLAIN_EHLO }, 'clear'],
    ] as const) {
      const { result, server } = run(level, script, { mail: undefined })
      expect(server.seen).not.toMatch(/MAIL|RCPT|DATA/)
      expect(server.seen.endsWith('QUIT\r\n')).toBe(true)
      expect(result).toMatchObject({ security, failure: null, recipients: [] })
    }
  })
})

describe('EHLO', () => {
  test('a keyword inside the text of a line is none', () => {
    for (const ehlo of [
      '250-mx.example.com\r\n250-X-NOSTARTTLS\r\n250 HELP STARTTLS\r\n',
      '250 STARTTLS\r\n',
      '250-mx.example.com\r\n250 STARTTLSX\r\n',
      '250-mx.example.com\r\n250  STARTTLS\r\n',
    ]) {
      expect(run('authenticate', { ehlo }).result.failure?.kind).toBe('tls-not-offered')
    }
  })

  test('a keyword in any case is one', () => {
    expect(run('authenticate', { ehlo: '250-mx\r\n250 StartTls\r\n' }).result.failure).toBeNull()
  })

  test('nothing learnt before TLS survives it', () => {
    const ehlo = '250-mx\r\n250-STARTTLS\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n'
    const { server } = run('authenticate', { ehlo, ehloAfterTls: '250 mx\r\n' })
    expect(server.tls).toContain('MAIL FROM:<from@sender.example>\r\n')
  })

  test('nor does it where EHLO is refused behind TLS, and HELO announces nothing', () => {
    const ehlo = '250-mx\r\n250-STARTTLS\r\n250-SIZE 1000\r\n250-PIPELINING\r\n250 CHUNKING\r\n'
    const { server } = run('authenticate', { ehlo, ehloAfterTls: '502 5.5.1 what?\r\n' })
    expect(server.tls).toContain('HELO client.example\r\nMAIL FROM:<from@sender.example>\r\nRCPT')
    expect(server.tls).toContain('DATA\r\n')
  })

  test('our name is checked, and the literal of our own address where we have none', () => {
    for (const name of ['a b', 'a\r\nMAIL FROM:<x@y>', 'a\n', 'a\0', '<a>', '', '-a', '[192.0.2.256]', 'ü.example']) {
      expect(() => new Session({ level: 'may', ehloName: name })).toThrow(TypeError)
    }
    const { server } = run('authenticate', {}, { ehloName: null })
    expect(server.clear).toContain('EHLO [192.0.2.10]\r\n')
    const ipv6 = new Session({ level: 'may', ehloName: null })
    ipv6.connected('2001:db8::1%eth0')
    expect(ipv6.received(ascii('220 mx\r\n'))).toEqual([
      { kind: 'write', octets: ascii('EHLO [IPv6:2001:db8::1]\r\n') },
    ])
  })
})

describe('octets behind the reply to STARTTLS (CVE-2011-0411)', () => {
  test.each([...OWED, 'may' as const])('%s: a whole reply in the same segment', (level) => {
    const { result, server } = run(level, { replies: { STARTTLS: '220 go\r\n250-mx\r\n250 X-EVIL\r\n' } })
    expect(server.seen).toBe('EHLO client.example\r\nSTARTTLS\r\n')
    expect(result.failure).toMatchObject({ kind: 'injected', enhanced: '4.7.5' })
    expect(result.security).toBeNull()
  })

  test('one octet is enough', () => {
    expect(run('authenticate', { replies: { STARTTLS: '220 go\r\n2' } }).result.failure?.kind).toBe('injected')
    expect(run('authenticate', { replies: { STARTTLS: '220 go\r\n\0' } }).result.failure?.kind).toBe('injected')
  })

  test('in a segment of their own while the handshake runs', () => {
    const session = new Session({ level: 'may', ehloName: 'client.example', mail: MAIL })
    session.received(ascii('220 mx\r\n'))
    session.received(ascii(EHLO))
    expect(session.received(ascii('220 go\r\n'))).toEqual([{ kind: 'start-tls' }])
    const [done] = session.received(ascii('250 X\r\n'))
    expect(done).toMatchObject({ kind: 'done', polite: false, result: { failure: { kind: 'injected' } } })
    expect(session.tlsEstablished(AUTHENTICATED)).toEqual([])
  })

  test('a reply to STARTTLS that came before STARTTLS was sent', () => {
    const { result, server } = run('authenticate', { ehlo: `${EHLO}220 go\r\n` })
    expect(server.seen).toBe('EHLO client.example\r\n')
    expect(result.failure?.kind).toBe('protocol')
  })
})

describe('replies', () => {
  test.each(['authenticate', 'encrypt', 'may'] as const)('%s: one octet at a time', (level) => {
    expect(run(level, {}, {}, 1).result.recipients[0]?.outcome).toBe('delivered')
  })

  test.each([
    ['greeting', { greeting: '421 4.3.2 busy\r\n' }],
    ['EHLO', { ehlo: '421 4.3.2 busy\r\n' }],
    ['STARTTLS', { replies: { STARTTLS: '421 4.3.2 busy\r\n' } }],
    ['MAIL', { replies: { MAIL: '421 4.3.2 busy\r\n' } }],
    ['RCPT', { replies: { RCPT: '421 4.3.2 busy\r\n' } }],
    ['DATA', { replies: { DATA: '421 4.3.2 busy\r\n' } }],
    ['content', { replies: { '.': '421 4.3.2 busy\r\n' } }],
  ] as const)('421 to %s ends it without another octet', (stage, script: Script) => {
    const { result, server } = run('authenticate', script)
    expect(server.seen).not.toContain('QUIT')
    expect(result.failure).toMatchObject({ kind: 'reply', stage })
    expect(result.recipients[0]).toMatchObject({ outcome: 'deferred', final: false, code: 421, enhanced: '4.3.2' })
  })

  test('421 out of the blue, behind another reply', () => {
    const { result } = run('authenticate', { replies: { MAIL: '250 ok\r\n421 4.3.2 shutting down\r\n' } })
    expect(result.failure).toMatchObject({ kind: 'reply', stage: 'MAIL' })
    expect(result.recipients[0]).toMatchObject({ outcome: 'deferred', code: 421 })
  })

  test('a permanent no before the transaction is not the recipient’s fault', () => {
    for (const greeting of ['554 5.7.1 no service\r\n', '521 mx takes no mail\r\n']) {
      const { result, server } = run('authenticate', { greeting })
      expect(server.seen).toBe('QUIT\r\n')
      expect(result.greeted).toBe(false)
      expect(result.recipients[0]).toMatchObject({ outcome: 'deferred', final: false })
      expect(result.recipients[0]?.enhanced).toMatch(/^4\./)
    }
  })

  test.each([
    ['lines with different codes', '250-mx\r\n550 no\r\n'],
    ['an endless reply', '250-mx\r\n'.repeat(200)],
    ['an endless line', `250 ${'x'.repeat(5000)}`],
    ['a NUL', '250 m\0x\r\n'],
    ['a bare CR', '250 m\rx\r\n'],
    ['something else than SMTP', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a code that makes no sense', '354 go on\r\n'],
    ['two replies to one command', '250 mx\r\n250 mx\r\n'],
    ['a second reply that has begun', '250 mx\r\n250'],
  ])('%s ends it', (_, ehlo) => {
    const { result, server } = run('may', { ehlo })
    expect(server.seen).toBe('EHLO client.example\r\n')
    expect(result.failure).toMatchObject({ kind: 'protocol', stage: 'EHLO', enhanced: '4.5.0' })
    expect(result.recipients[0]).toMatchObject({ outcome: 'deferred', final: false, code: null })
  })

  test('nonsense in reply to QUIT changes nothing', () => {
    const { result } = run('authenticate', { replies: { QUIT: '\0\0\0' } })
    expect(result).toMatchObject({ failure: null, recipients: [{ outcome: 'delivered' }] })
  })
})

describe('the transaction', () => {
  test('the null reverse-path', () => {
    const { server } = run('authenticate', {}, { mail: { ...MAIL, envelope: { ...MAIL.envelope, from: null } } })
    expect(server.tls).toContain('MAIL FROM:<> SIZE=29\r\n')
  })

  test('MAIL refused for good, and for now', () => {
    const rejected = run('authenticate', { replies: { MAIL: '550 5.7.1 no\r\n' } })
    expect(rejected.server.tls).not.toContain('RCPT')
    expect(rejected.result.recipients).toEqual([
      { outcome: 'rejected', final: true, code: 550, enhanced: '5.7.1', text: 'no' },
    ])
    const deferred = run('authenticate', { replies: { MAIL: '451 4.3.0 later\r\n' } })
    expect(deferred.result.recipients[0]).toMatchObject({ outcome: 'deferred', final: false, code: 451 })
    expect(deferred.server.tls.endsWith('QUIT\r\n')).toBe(true)
  })

  const four = ['a', 'b', 'c', 'd'].map((local) => parseMailbox(`${local}@example.com`))
  const mail = { ...MAIL, envelope: { ...MAIL.envelope, to: four } }
  const partial = {
    'RCPT TO:<a': '250 2.1.5 ok\r\n',
    'RCPT TO:<b': '550 5.1.1 no such user\r\n',
    'RCPT TO:<c': '450 4.2.1 later\r\n',
    'RCPT TO:<d': '251 2.1.5 will forward\r\n',
  }

  test.each(['', '250-PIPELINING\r\n'])('each recipient has his own result (%j)', (pipelining) => {
    const ehloAfterTls = `250-mx\r\n${pipelining}250 SIZE\r\n`
    const { result, server } = run('authenticate', { ehloAfterTls, replies: partial }, { mail })
    expect(result.recipients).toEqual([
      { outcome: 'delivered', final: true, code: 250, enhanced: '2.0.0', text: 'queued' },
      { outcome: 'rejected', final: true, code: 550, enhanced: '5.1.1', text: 'no such user' },
      { outcome: 'deferred', final: false, code: 450, enhanced: '4.2.1', text: 'later' },
      { outcome: 'delivered', final: true, code: 250, enhanced: '2.0.0', text: 'queued' },
    ])
    expect(server.tls.match(/RCPT TO:<.>?/g)?.length).toBe(4)
    expect(server.tls.match(/DATA/g)?.length).toBe(1)
  })

  test('the reply to the content counts for those alone who were accepted', () => {
    const { result } = run('authenticate', { replies: { ...partial, '.': '554 5.6.0 spam\r\n' } }, { mail })
    expect(result.recipients.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['rejected', 554],
      ['rejected', 550],
      ['deferred', 450],
      ['rejected', 554],
    ])
  })

  test('no recipient accepted: no DATA', () => {
    const { result, server } = run('authenticate', { replies: { RCPT: '550 5.1.1 no\r\n' } }, { mail })
    expect(server.tls).not.toContain('DATA')
    expect(server.tls.endsWith('QUIT\r\n')).toBe(true)
    expect(result.recipients.every(({ outcome }) => outcome === 'rejected')).toBe(true)
  })

  test('PIPELINING: MAIL and RCPT in one write, and a MAIL that is refused refuses all', () => {
    const ehloAfterTls = '250-mx\r\n250 PIPELINING\r\n'
    const replies = { MAIL: '550 5.7.1 no\r\n', RCPT: '503 5.5.1 MAIL first\r\n' }
    const { result, server } = run('authenticate', { ehloAfterTls, replies }, { mail })
    expect(server.tls).toContain('<from@sender.example>\r\nRCPT TO:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n')
    // The server waits for a message all the same: it gets none (RFC 2920 section 3.1).
    expect(server.tls).toContain('RCPT TO:<d@example.com>\r\nDATA\r\n.\r\nQUIT\r\n')
    expect(result.recipients.map(({ code, enhanced }) => [code, enhanced])).toEqual(Array(4).fill([550, '5.7.1']))
  })

  test('552 for one recipient too many is temporary, a full mailbox is not (RFC 5321 section 4.5.3.1.10)', () => {
    const many = run('authenticate', { replies: { 'RCPT TO:<b': '552 too many\r\n' } }, { mail })
    expect(many.result.recipients[1]).toMatchObject({ outcome: 'deferred', code: 552 })
    const full = run('authenticate', { replies: { 'RCPT TO:<b': '552 5.2.2 full\r\n' } }, { mail })
    expect(full.result.recipients[1]).toMatchObject({ outcome: 'rejected', code: 552 })
  })

  test('DATA refused', () => {
    const { result } = run('authenticate', { replies: { DATA: '554 5.5.1 no valid recipients\r\n' } })
    expect(result.recipients[0]).toMatchObject({ outcome: 'rejected', code: 554 })
  })

  test('DATA with 250 makes no sense, and not an octet of the message goes out', () => {
    const { result, server } = run('authenticate', { replies: { DATA: '250 ok\r\n' } })
    expect(server.tls.endsWith('DATA\r\n')).toBe(true)
    expect(result.failure).toMatchObject({ kind: 'protocol', stage: 'DATA' })
    expect(result.recipients[0]).toMatchObject({ outcome: 'deferred', final: false })
  })

  test('dots are stuffed', () => {
    const message = Message.parse('Subject: x\n\n.\n..\nMAIL FROM:<evil@example.com>\n')
    const { server } = run('authenticate', {}, { mail: { ...MAIL, message } })
    expect(server.tls).toContain('\r\n\r\n..\r\n...\r\nMAIL FROM:<evil@example.com>\r\n.\r\nQUIT\r\n')
  })
})

describe('extensions a message needs', () => {
  const eightBit = Message.parse('Subject: x\r\n\r\ngrün\r\n')
  const utf8Header = Message.parse('Subject: grün\r\n\r\n')
  const mixed = { from: MAIL.envelope.from, to: [parseMailbox('grün@example.com'), parseMailbox('to@example.com')] }

  test('8BITMIME', () => {
    const mail = { ...MAIL, message: eightBit }
    const offered = run('authenticate', { ehloAfterTls: '250-mx\r\n250 8BITMIME\r\n' }, { mail })
    expect(offered.server.tls).toContain('MAIL FROM:<from@sender.example> BODY=8BITMIME\r\n')
    const absent = run('authenticate', {}, { mail })
    expect(absent.server.tls).not.toContain('MAIL')
    expect(absent.result.recipients[0]).toMatchObject({ outcome: 'rejected', final: false, enhanced: '5.6.3' })
  })

  test('SMTPUTF8 for a header with UTF-8: offered, and 5.6.7 where it is not', () => {
    const mail = { ...MAIL, message: utf8Header }
    const offered = run('authenticate', { ehloAfterTls: '250-mx\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n' }, { mail })
    expect(offered.server.tls).toContain('MAIL FROM:<from@sender.example> BODY=8BITMIME SMTPUTF8\r\n')
    for (const ehloAfterTls of ['250-mx\r\n250 8BITMIME\r\n', '250-mx\r\n250 SMTPUTF8\r\n', '250 mx\r\n']) {
      const { result, server } = run('authenticate', { ehloAfterTls }, { mail })
      expect(server.tls).not.toContain('MAIL')
      expect(result.recipients[0]).toMatchObject({ outcome: 'rejected', final: false, enhanced: '5.6.7' })
    }
  })

  test('SMTPUTF8 for one recipient concerns him alone where it is not offered', () => {
    const { result, server } = run('authenticate', {}, { mail: { ...MAIL, envelope: mixed } })
    expect(server.tls).not.toMatch(/SMTPUTF8|gr/)
    expect(result.recipients).toMatchObject([
      { outcome: 'rejected', final: false, enhanced: '5.6.7' },
      { outcome: 'delivered' },
    ])
  })

  test('SMTPUTF8 for one recipient, offered', () => {
    const ehloAfterTls = '250-mx\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n'
    const { server } = run('authenticate', { ehloAfterTls }, { mail: { ...MAIL, envelope: mixed } })
    expect(server.tls).toContain(
      'MAIL FROM:<from@sender.example> SMTPUTF8\r\nRCPT TO:<gr\u00c3\u00bcn@example.com>\r\n',
    )
  })

  test('SIZE: what is too large is not even begun', () => {
    const { result, server } = run('authenticate', { ehloAfterTls: '250-mx\r\n250 SIZE 28\r\n' })
    expect(server.tls).not.toContain('MAIL')
    expect(result.recipients[0]).toMatchObject({ outcome: 'rejected', final: false, enhanced: '5.3.4' })
    for (const size of ['29', '0', '', ' x', ' -1']) {
      expect(
        run('authenticate', { ehloAfterTls: `250-mx\r\n250 SIZE ${size}\r\n` }).result.recipients[0]?.outcome,
      ).toBe('delivered')
    }
  })
})

describe('when it breaks', () => {
  test('a reply in the middle of the content stops it, without the final dot', () => {
    for (const [reply, expected] of [
      ['552 5.3.4 too large\r\n', { outcome: 'rejected', final: true, code: 552 }],
      ['451 4.3.0 disk full\r\n', { outcome: 'deferred', final: false, code: 451 }],
      ['421 4.3.0 bye\r\n', { outcome: 'deferred', final: false, code: 421 }],
      ['250 2.0.0 queued\r\n', { outcome: 'deferred', final: false, code: null }],
      ['garbage', { outcome: 'deferred', final: false, code: null }],
    ] as const) {
      const { session, sent, content } = inContent()
      const [done] = session.received(ascii(reply))
      expect(done).toMatchObject({ kind: 'done', polite: false, result: { recipients: [expected] } })
      expect(sent).not.toContain('\r\n.\r\n')
      expect(session.piece(content, ascii('more'))).toEqual([])
      expect(session.contentEnd(content)).toEqual([])
    }
  })

  test('cut in the middle of the content: another host may be tried', () => {
    const { session } = inContent()
    expect(session.closed()).toMatchObject([
      { kind: 'done', result: { recipients: [{ outcome: 'deferred', final: false }] } },
    ])
  })

  test.each([
    ['cut', (session: Session) => session.closed()],
    ['too slow', (session: Session) => session.timedOut()],
    ['cancelled', (session: Session) => session.aborted()],
    ['nonsense', (session: Session) => session.received(ascii('\0'))],
    ['a reply that makes no sense', (session: Session) => session.received(ascii('354 go on\r\n'))],
  ])('%s behind the final dot: it may have been delivered, and no other host is tried', (_, event) => {
    const { session, content } = inContent()
    expect(session.contentEnd(content)).toEqual([{ kind: 'write', octets: ascii('.\r\n') }])
    expect(session.timer.name).toBe('dataFinalTimeout')
    const [done] = event(session)
    if (done?.kind !== 'done') throw new Error('not done')
    expect(done.result.recipients[0]).toMatchObject({ outcome: 'deferred', final: true, code: null })
    expect(done.result.recipients[0]?.text).toContain('may have been delivered')
  })

  test('each stage has its timer, and octets that trickle in do not wind it up', () => {
    const session = new Session({ level: 'authenticate', ehloName: 'client.example', mail: MAIL })
    const timers: (string | null)[] = []
    let step = -1
    const look = (): void => {
      if (session.timer.step !== step) timers.push(session.timer.name)
      step = session.timer.step
    }
    look()
    for (const reply of ['220 mx\r\n', EHLO, '220 go\r\n']) {
      for (const octet of ascii(reply)) {
        session.received(Uint8Array.of(octet))
        look()
      }
    }
    session.tlsEstablished(AUTHENTICATED)
    let actions: SessionAction[] = []
    for (const reply of [PLAIN_EHLO, '250 ok\r\n', '250 ok\r\n', '354 go\r\n']) {
      for (const octet of ascii(reply)) actions = session.received(Uint8Array.of(octet))
      look()
    }
    const [content] = actions
    if (content?.kind !== 'content') throw new Error('no content')
    session.piece(content, MAIL.message.octets!)
    look()
    session.contentEnd(content)
    look()
    session.received(ascii('250 ok\r\n'))
    look()
    expect(timers).toEqual([
      'greetingTimeout',
      'commandTimeout',
      'commandTimeout',
      'handshakeTimeout',
      'commandTimeout',
      'commandTimeout',
      'dataInitTimeout',
      'dataBlockTimeout',
      'dataBlockTimeout',
      'dataFinalTimeout',
      'quitTimeout',
    ])
  })

  test('a timeout names the stage; in the handshake it is a failure of TLS', () => {
    const greeting = new Session({ level: 'authenticate', ehloName: 'a.example' })
    expect(greeting.timedOut()).toMatchObject([{ result: { failure: { kind: 'timeout', stage: 'greeting' } } }])
    const handshake = new Session({ level: 'authenticate', ehloName: 'a.example' })
    for (const reply of ['220 mx\r\n', EHLO, '220 go\r\n']) handshake.received(ascii(reply))
    expect(handshake.timedOut()).toMatchObject([{ result: { failure: { kind: 'tls-failed', stage: 'handshake' } } }])
  })

  test('once done, it stays silent', () => {
    const session = new Session({ level: 'authenticate', ehloName: 'a.example' })
    expect(session.closed()).toHaveLength(1)
    expect(session.received(ascii('220 mx\r\n'))).toEqual([])
    expect(session.closed()).toEqual([])
    expect(session.timedOut()).toEqual([])
    expect(session.aborted()).toEqual([])
  })

  test('TLS that nobody asked for is a defect of the caller', () => {
    const session = new Session({ level: 'authenticate', ehloName: 'a.example' })
    expect(() => session.tlsEstablished(AUTHENTICATED)).toThrow('nobody asked')
  })
})

function run(
  level: TlsLevel,
  script: Script = {},
  options: Partial<SessionOptions> = {},
  piece?: number,
): { result: SessionResult; server: MemoryServer } {
  const server = new MemoryServer(script)
  const session = new Session({ level, ehloName: 'client.example', mail: MAIL, ...options })
  const result = play(session, server, piece)
  if (result === undefined) throw new Error(`the session waits for something, and saw ${JSON.stringify(server.seen)}`)
  return { result, server }
}

/** A session that has sent the first piece of a long message. */
function inContent(): { session: Session; sent: string; content: ContentAction } {
  const message = Message.parse(`Subject: x\r\n\r\n${'line\r\n'.repeat(20_000)}`)
  const session = new Session({ level: 'may', ehloName: 'client.example', mail: { ...MAIL, message } })
  let sent = ''
  let content: ContentAction | undefined
  const write = (action: SessionAction | undefined): void => {
    if (action?.kind === 'write') sent += Buffer.from(action.octets).toString()
    if (action?.kind === 'content') content = action
  }
  for (const reply of ['220 mx\r\n', '250 mx\r\n', '250 ok\r\n', '250 ok\r\n', '354 go\r\n']) {
    for (const action of session.received(ascii(reply))) write(action)
  }
  if (content === undefined) throw new Error('no content')
  session.piece(content, message.octets!.subarray(0, 65_536)).forEach(write)
  expect(sent).toContain('Subject: x')
  return { session, sent, content }
}
