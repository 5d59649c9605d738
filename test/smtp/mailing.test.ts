import { describe, expect, test } from 'vitest'
import { parseMailbox } from '../../src/smtp/address.ts'
import type { Envelope, EnvelopeRecipient } from '../../src/smtp/envelope.ts'
import { Message } from '../../src/smtp/message.ts'
import { Session, type SessionOptions } from '../../src/smtp/session.ts'
import type { SessionResult } from '../../src/smtp/session-types.ts'
import { MAIL, MemoryServer, NOT_AUTHENTICATED, play, type Script } from './memory-server.ts'
import { ascii } from './vectors.ts'

describe('CHUNKING (RFC 3030)', () => {
  test('the message goes as it is, dots and all, and no DATA is said', () => {
    const message = Message.parse('Subject: x\n\n.\n..\n')
    const { server, result } = run(['CHUNKING'], { mail: { ...MAIL, message } })
    expect(server.tls).toContain('RCPT TO:<to@example.com>\r\nBDAT 21 LAST\r\nSubject: x\r\n\r\n.\r\n..\r\nQUIT\r\n')
    expect(result.recipients).toMatchObject([{ outcome: 'delivered', code: 250 }])
  })

  const long = Message.parse(`Subject: x\r\n\r\n${`${'y'.repeat(998)}\r\n`.repeat(2200)}`)
  const mail = { ...MAIL, message: long }

  test('with PIPELINING a long message goes in chunks that wait for no reply', () => {
    const { server, result } = run(['CHUNKING', 'PIPELINING'], { mail })
    const left = long.size - 2 * 1_048_576
    expect(server.seen.match(/BDAT [0-9]+( LAST)?/g)).toEqual(['BDAT 1048576', 'BDAT 1048576', `BDAT ${left} LAST`])
    expect(Buffer.from(server.content, 'latin1').equals(long.octets!)).toBe(true)
    expect(result.recipients).toMatchObject([{ outcome: 'delivered' }])
  })

  test('without PIPELINING in one', () => {
    const { server } = run(['CHUNKING'], { mail })
    expect(server.seen.match(/BDAT [0-9]+( LAST)?/g)).toEqual([`BDAT ${long.size} LAST`])
  })

  test('a chunk that is refused ends it: nothing is delivered, whatever is said to the last', () => {
    const replies = { 'BDAT 1048576': '552 5.3.4 too large\r\n' }
    const { result } = run(['CHUNKING', 'PIPELINING'], { mail }, { replies })
    expect(result.failure).toMatchObject({ kind: 'reply', stage: 'content' })
    expect(result.recipients).toMatchObject([{ outcome: 'rejected', final: true, code: 552 }])
  })

  test('a yes before the last octet is none', () => {
    const session = new Session({ level: 'may', ehloName: 'client.example', mail })
    for (const reply of ['220 mx\r\n', '250-mx\r\n250 CHUNKING\r\n', '250 ok\r\n']) session.received(ascii(reply))
    const [content] = session.received(ascii('250 ok\r\n'))
    if (content?.kind !== 'content') throw new Error('no content')
    session.piece(content, long.octets!.subarray(0, 65_536))
    const [done] = session.received(ascii('250 2.0.0 queued\r\n'))
    expect(done).toMatchObject({ kind: 'done', result: { failure: { kind: 'protocol' } } })
    expect(done).toMatchObject({ result: { recipients: [{ outcome: 'deferred', final: false }] } })
  })

  test('all octets out and no reply: it may have been delivered', () => {
    const session = new Session({ level: 'may', ehloName: 'client.example', mail: MAIL })
    for (const reply of ['220 mx\r\n', '250-mx\r\n250 CHUNKING\r\n', '250 ok\r\n']) session.received(ascii(reply))
    const [content] = session.received(ascii('250 ok\r\n'))
    if (content?.kind !== 'content') throw new Error('no content')
    session.piece(content, MAIL.message.octets!)
    // Before anybody says that there are no more pieces.
    const [done] = session.closed()
    expect(done).toMatchObject({ result: { recipients: [{ outcome: 'deferred', final: true, code: null }] } })
  })
})

describe('a message that ends too early', () => {
  test.each([
    ['DATA', []],
    ['BDAT', ['CHUNKING']],
  ] as const)('by %s: no final dot, no last octet', (_, keywords) => {
    const session = new Session({ level: 'may', ehloName: 'client.example', mail: MAIL })
    let actions = session.received(ascii('220 mx\r\n'))
    for (let reply = ehlo(keywords); actions[0]?.kind !== 'content'; reply = '250 ok\r\n') {
      const data = actions[0]?.kind === 'write' && Buffer.from(actions[0].octets).toString() === 'DATA\r\n'
      actions = session.received(ascii(data ? '354 go\r\n' : reply))
    }
    const [content] = actions
    if (content?.kind !== 'content') throw new Error('no content')
    session.piece(content, MAIL.message.octets!.subarray(0, 20))
    const [done] = session.contentFailed(content, 'mail.eml: it has changed')
    expect(done).toMatchObject({ kind: 'done', polite: false, result: { failure: { kind: 'content' } } })
    expect(done).toMatchObject({ result: { recipients: [{ outcome: 'deferred', final: false }] } })
    expect(session.piece(content, ascii('more'))).toEqual([])
    expect(session.contentEnd(content)).toEqual([])
  })
})

describe('many recipients', () => {
  test('100 in one mail, the others in further ones on the same connection', () => {
    const { server, result } = run(['PIPELINING', 'CHUNKING'], { mail: to(250) })
    expect(perMail(server)).toEqual([100, 100, 50])
    expect(server.seen.match(/EHLO/g)).toHaveLength(2)
    expect(server.seen).not.toContain('RSET')
    expect(result.recipients.every(({ outcome }) => outcome === 'delivered')).toBe(true)
    expect(new Set(server.seen.match(/RCPT TO:<[^>]*>/g)).size).toBe(250)
  })

  test.each([[['PIPELINING']], [[]]])('as many as the server has room for, the others next (%j)', (keywords) => {
    const replies = roomFor(3, '452 4.5.3 Too many recipients\r\n')
    const { server, result } = run(keywords, { mail: to(7) }, { replies })
    expect(result.recipients.every(({ outcome }) => outcome === 'delivered')).toBe(true)
    expect(perMail(server).slice(1)).toEqual([3, 1])
    expect(accepted(server)).toBe(3)
  })

  test('552 and codes without X.5.3 (RFC 5321 section 4.5.3.1.10)', () => {
    for (const reply of ['552 Too many recipients\r\n', '452 Too many recipients\r\n', '552 5.5.3 Too many\r\n']) {
      const replies = roomFor(1, reply)
      const { result } = run(['PIPELINING'], { mail: to(3) }, { replies })
      expect(result.recipients.every(({ outcome }) => outcome === 'delivered')).toBe(true)
    }
  })

  test('one who is refused alone is refused, and it ends', () => {
    const replies = { 'RCPT TO:<r1@': '452 4.5.3 Too many recipients\r\n', 'RCPT TO:<r2@': '452 4.5.3 Too many\r\n' }
    const { server, result } = run(['PIPELINING'], { mail: to(3) }, { replies })
    expect(result.recipients.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['delivered', 250],
      ['deferred', 452],
      ['deferred', 452],
    ])
    expect(perMail(server)).toEqual([3, 1, 1])
  })

  test('a full disk is not one recipient too many', () => {
    const replies = { 'RCPT TO:<r1@': '452 4.3.1 Insufficient system storage\r\n' }
    const { server, result } = run(['PIPELINING'], { mail: to(2) }, { replies })
    expect(result.recipients[1]).toMatchObject({ outcome: 'deferred', code: 452 })
    expect(perMail(server)).toEqual([2])
  })

  test('a sender who was welcome and is refused later has become too much: temporary', () => {
    let mails = 0
    const replies = { MAIL: () => (mails++ === 0 ? OK : '550 5.7.1 too many messages\r\n') }
    const { result } = run(['PIPELINING'], { mail: to(150) }, { replies })
    expect(result.recipients[99]).toMatchObject({ outcome: 'delivered' })
    expect(result.recipients[100]).toMatchObject({ outcome: 'deferred', final: false, code: 550, enhanced: '4.7.1' })
  })

  test('a transaction that led to nothing is taken back before the next', () => {
    const replies = { 'RCPT TO:<r0@': '550 5.1.1 no\r\n' }
    for (const keywords of [['PIPELINING', 'CHUNKING'], ['CHUNKING']]) {
      const { server, result } = run([...keywords, 'LIMITS RCPTMAX=1'], { mail: to(2) }, { replies })
      expect(server.tls).toMatch(/RCPT TO:<r0@example.com>\r\nRSET\r\nMAIL/)
      expect(result.recipients).toMatchObject([{ outcome: 'rejected' }, { outcome: 'delivered' }])
    }
  })
})

describe('a group whose DATA is taken though nobody is to get the message (RFC 2920 section 3.1)', () => {
  test('a dot alone where all recipients were refused', () => {
    const { server, result } = run(['PIPELINING'], {}, { replies: { RCPT: '550 5.1.1 no\r\n' } })
    expect(server.tls).toMatch(/DATA\r\n\.\r\nQUIT\r\n$/)
    expect(result).toMatchObject({ failure: null, recipients: [{ outcome: 'rejected', code: 550 }] })
  })

  test('not even that where the server took recipients of a mail it refused: they would get an empty message', () => {
    const { server, result } = run(['PIPELINING'], {}, { replies: { MAIL: '450 4.3.2 later\r\n' } })
    expect(server.tls.endsWith('DATA\r\n')).toBe(true)
    expect(result).toMatchObject({ failure: { kind: 'protocol' }, recipients: [{ outcome: 'deferred', code: 450 }] })
  })
})

describe('LIMITS (RFC 9422)', () => {
  test('RCPTMAX', () => {
    expect(perMail(run(['PIPELINING', 'LIMITS RCPTMAX=3'], { mail: to(8) }).server)).toEqual([3, 3, 2])
    expect(perMail(run(['PIPELINING', 'LIMITS RCPTMAX=999999'], { mail: to(150) }).server)).toEqual([100, 50])
    expect(perMail(run(['PIPELINING', 'LIMITS FOO=1 rcptmax=5'], { mail: to(6) }).server)).toEqual([5, 1])
  })

  test('what is no limit limits nothing', () => {
    for (const words of ['RCPTMAX=0', 'RCPTMAX', 'RCPTMAX=', 'RCPTMAX=-1', 'RCPTMAX=1x', 'RCPTMAX=1000000']) {
      expect(perMail(run(['PIPELINING', `LIMITS ${words}`], { mail: to(4) }).server)).toEqual([4])
    }
  })

  test('RCPTDOMAINMAX: those of one domain stay together', () => {
    const boxes = ['a@a.example', 'b@b.example', 'c@A.example', 'd@b.example', 'e@c.example']
    const mail = { ...MAIL, envelope: { ...MAIL.envelope, to: boxes.map(parseMailbox) } }
    const { server, result } = run(['PIPELINING', 'LIMITS RCPTDOMAINMAX=1'], { mail })
    expect(server.seen.match(/(?<=RCPT TO:<)[^>]*|QUIT|DATA/g)).toEqual([
      'a@a.example',
      'c@A.example',
      'DATA',
      'b@b.example',
      'd@b.example',
      'DATA',
      'e@c.example',
      'DATA',
      'QUIT',
    ])
    expect(result.recipients.every(({ outcome }) => outcome === 'delivered')).toBe(true)
  })

  test('MAILMAX: who is left is told of, and can be served over another connection', () => {
    const { server, result } = run(['PIPELINING', 'LIMITS MAILMAX=2 RCPTMAX=2'], { mail: to(5) })
    expect(perMail(server)).toEqual([2, 2])
    expect(result.unasked).toEqual([4])
    expect(result.recipients[4]).toMatchObject({ outcome: 'deferred', final: false, enhanced: '4.5.3' })
    expect(result.failure).toBeNull()
  })
})

describe('DSN (RFC 3461)', () => {
  const recipient: EnvelopeRecipient = {
    ...parseMailbox('to@example.com'),
    dsn: { notify: ['SUCCESS', 'DELAY'], originalRecipient: { type: 'rfc822', address: 'a+b=c d@example.net' } },
  }
  const envelope: Envelope = { from: MAIL.envelope.from, to: [recipient], dsn: { ret: 'HDRS', envid: 'QQ 314+159' } }

  test('goes to servers that announce it', () => {
    const { server, result } = run(['DSN'], { mail: { ...MAIL, envelope } })
    expect(server.tls).toContain('MAIL FROM:<from@sender.example> RET=HDRS ENVID=QQ+20314+2B159\r\n')
    const orcpt = 'ORCPT=rfc822;a+2Bb+3Dc+20d@example.net'
    expect(server.tls).toContain(`RCPT TO:<to@example.com> NOTIFY=SUCCESS,DELAY ${orcpt}\r\n`)
    expect(result.recipients).toMatchObject([{ outcome: 'delivered', dsn: 'passed' }])
  })

  test('and to no others, which is told', () => {
    const { server, result } = run([], { mail: { ...MAIL, envelope } })
    expect(server.tls).not.toMatch(/RET|ENVID|NOTIFY|ORCPT/)
    expect(result.recipients).toMatchObject([{ outcome: 'delivered', dsn: 'relayed' }])
  })

  test('nothing is asked for unasked', () => {
    const { server, result } = run(['DSN'])
    expect(server.tls).toContain('MAIL FROM:<from@sender.example>\r\nRCPT TO:<to@example.com>\r\n')
    expect(result.recipients[0]).not.toHaveProperty('dsn')
  })

  test('an internationalised original recipient (RFC 6533 section 3)', () => {
    const to = [{ ...recipient, dsn: { originalRecipient: { type: 'utf-8', address: 'grün+x\\@example.net' } } }]
    const { server } = run(['DSN'], { mail: { ...MAIL, envelope: { ...envelope, to } } })
    expect(server.tls).toContain('ORCPT=utf-8;gr\\x{FC}n\\x{2B}x\\x{5C}@example.net\r\n')
  })

  test('what cannot be said is a mistake of the caller', () => {
    const wrong: [Envelope['dsn'], EnvelopeRecipient['dsn']][] = [
      [{ ret: 'ALL' as 'FULL' }, undefined],
      [{ envid: '' }, undefined],
      [{ envid: 'a\r\nRCPT TO:<x@y>' }, undefined],
      [{ envid: 'ü' }, undefined],
      [{ envid: '+'.repeat(40) }, undefined],
      [undefined, { notify: [] }],
      [undefined, { notify: ['NEVER' as 'DELAY'] }],
      [undefined, { notify: ['DELAY', 'DELAY'] }],
      [undefined, { originalRecipient: { type: 'rfc822 x', address: 'a@b' } }],
      [undefined, { originalRecipient: { type: 'rfc822', address: 'ü@b' } }],
      [undefined, { originalRecipient: { type: 'utf-8', address: 'a\n@b' } }],
      [undefined, { originalRecipient: { type: 'rfc822', address: 'a'.repeat(500) } }],
    ]
    for (const [whole, one] of wrong) {
      const mail = { ...MAIL, envelope: { ...MAIL.envelope, dsn: whole, to: [{ ...recipient, dsn: one }] } }
      expect(() => new Session({ level: 'may', ehloName: null, mail })).toThrow(/^dsn\./)
    }
    const nobody = { ...MAIL, envelope: { ...MAIL.envelope, to: [] } }
    expect(() => new Session({ level: 'may', ehloName: null, mail: nobody })).toThrow(RangeError)
  })
})

describe('REQUIRETLS (RFC 8689)', () => {
  const required = { ...MAIL, envelope: { ...MAIL.envelope, requireTls: true } }
  const wished = { ...MAIL, envelope: { ...MAIL.envelope, requireTls: 'where-offered' as const } }

  test('is asked for behind authenticated TLS, where it is offered', () => {
    for (const mail of [required, wished]) {
      const { server, result } = run(['REQUIRETLS'], { mail })
      expect(server.tls).toContain('MAIL FROM:<from@sender.example> REQUIRETLS\r\n')
      expect(result.recipients[0]?.outcome).toBe('delivered')
    }
  })

  test('not offered behind TLS, before it or not: no mail for this server, maybe for another', () => {
    for (const script of [{}, { ehlo: '250-mx\r\n250-STARTTLS\r\n250 REQUIRETLS\r\n' }]) {
      const { server, result } = run([], { mail: required }, script)
      expect(server.tls).not.toContain('MAIL')
      expect(result.recipients).toMatchObject([{ outcome: 'rejected', final: false, enhanced: '5.7.30' }])
    }
    expect(run([], { mail: wished }).result.recipients[0]?.outcome).toBe('delivered')
  })

  test('offered by somebody who is not authenticated', () => {
    const { server, result } = run(
      ['REQUIRETLS'],
      { mail: required, level: 'encrypt' },
      { approval: NOT_AUTHENTICATED },
    )
    expect(server.tls).not.toContain('MAIL')
    expect(result.recipients).toMatchObject([{ outcome: 'rejected', final: false, enhanced: '5.7.30' }])
    const other = run(['REQUIRETLS'], { mail: wished, level: 'encrypt' }, { approval: NOT_AUTHENTICATED })
    expect(other.server.tls).toContain('MAIL FROM:<from@sender.example>\r\n')
  })
})

describe('another mail on the same connection', () => {
  const stay = { stay: true } as const

  test('behind RSET, and the connection is idle in between', () => {
    const { session, server, result } = run(['PIPELINING', 'CHUNKING'], stay)
    expect(result).toMatchObject({ failure: null, recipients: [{ outcome: 'delivered' }] })
    expect(session.timer.name).toBeNull()
    expect(play(session, server, undefined, session.take(MAIL))).toMatchObject({
      recipients: [{ outcome: 'delivered' }],
    })
    expect(server.seen.match(/EHLO|RSET|MAIL|RCPT|BDAT|QUIT/g)).toEqual([
      'EHLO',
      'EHLO',
      'MAIL',
      'RCPT',
      'BDAT',
      'RSET',
      'MAIL',
      'RCPT',
      'BDAT',
    ])
    expect(session.leave()).toEqual([{ kind: 'write', octets: ascii('QUIT\r\n') }])
  })

  test('without PIPELINING RSET stands alone', () => {
    const { session } = run([], stay)
    expect(session.take(MAIL)).toEqual([{ kind: 'write', octets: ascii('RSET\r\n') }])
  })

  test.each([
    ['cut', (session: Session) => session.closed()],
    ['421', (session: Session) => session.received(ascii('421 4.4.2 idle too long\r\n'))],
    ['RSET refused', (session: Session) => session.received(ascii('500 5.5.1 what?\r\n'))],
    ['too slow', (session: Session) => session.timedOut()],
  ])('%s in place of the reply to RSET: nothing of the mail was answered', (_, event) => {
    const { session } = run(['PIPELINING'], stay)
    session.take(MAIL)
    const [done] = event(session)
    expect(done).toMatchObject({ kind: 'done', result: { untouched: true, recipients: [{ outcome: 'deferred' }] } })
  })

  test('once MAIL is answered, it was touched', () => {
    for (const reply of ['250 ok\r\n421 4.3.2 busy\r\n', '250 ok\r\n250 ok\r\n']) {
      const { session } = run(['PIPELINING'], stay)
      session.take(MAIL)
      const [done] = [...session.received(ascii(reply)), ...session.closed()]
      expect(done).toMatchObject({ kind: 'done', result: { untouched: false } })
    }
  })

  test('a server that speaks while nobody asks is not asked again', () => {
    for (const octets of ['250 hello\r\n', '421 bye\r\n', '2', '\0']) {
      const { session } = run([], stay)
      expect(session.received(ascii(octets))).toMatchObject([{ kind: 'done', polite: false }])
      expect(() => session.take(MAIL)).toThrow('not idle')
    }
  })

  test('MAILMAX is over the whole connection', () => {
    const { session, server } = run(['LIMITS MAILMAX=2'], stay)
    play(session, server, undefined, session.take(MAIL))
    expect(server.seen.endsWith('QUIT\r\n')).toBe(true)
  })
})

const OK = '250 2.0.0 ok\r\n'

/** A server that takes so many recipients for a mail. */
function roomFor(count: number, no: string): Record<string, () => string> {
  let room = 0
  const mail = (): string => {
    room = count
    return OK
  }
  return { MAIL: mail, RCPT: () => (room-- > 0 ? OK : no) }
}

function ehlo(keywords: readonly string[]): string {
  const lines = ['mx.example.com', ...keywords]
  return lines.map((line, place) => `250${place === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join('')
}

function run(
  keywords: readonly string[],
  options: Partial<SessionOptions> = {},
  script: Script = {},
): { session: Session; server: MemoryServer; result: SessionResult } {
  const server = new MemoryServer({ ehloAfterTls: ehlo(keywords), ...script })
  const session = new Session({ level: 'authenticate', ehloName: 'client.example', mail: MAIL, ...options })
  const result = play(session, server)
  if (result === undefined) throw new Error(`the session waits for something, and saw ${JSON.stringify(server.seen)}`)
  return { session, server, result }
}

function to(count: number) {
  const boxes = Array.from({ length: count }, (_, place) => parseMailbox(`r${place}@example.com`))
  return { ...MAIL, envelope: { ...MAIL.envelope, to: boxes } }
}

/** RCPT commands in each mail. */
function perMail(server: MemoryServer): number[] {
  const mails = server.seen.split('MAIL FROM').slice(1)
  return mails.map((mail) => mail.match(/RCPT TO/g)?.length ?? 0)
}

/** Messages that were sent whole. */
function accepted(server: MemoryServer): number {
  return server.seen.match(/\r\n\.\r\n/g)?.length ?? 0
}
