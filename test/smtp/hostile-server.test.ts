import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseMailbox } from '../../src/smtp/address.ts'
import { Message } from '../../src/smtp/message.ts'
import { Credentials } from '../../src/smtp/sasl/credentials.ts'
import { Session, type SessionOptions } from '../../src/smtp/session.ts'
import type { Approval, SessionAction, SessionResult } from '../../src/smtp/session-types.ts'
import { AUTHENTICATED, MAIL, MemoryServer, NOT_AUTHENTICATED } from './memory-server.ts'
import { ascii } from './vectors.ts'

/** What a server says in place of the reply that is due; null for that reply. */
const DEVIATION = fc.oneof(
  { weight: 20, arbitrary: fc.constant(null) },
  {
    weight: 4,
    arbitrary: fc.constantFrom('250 ok\r\n', '220 go\r\n', '354 go\r\n', '235 2.7.0 yes\r\n', '334 \r\n', '221 x\r\n'),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '421 bye\r\n',
      '550 5.1.1 no\r\n',
      '450 later\r\n',
      '452 4.5.3 full\r\n',
      '552 full\r\n',
    ),
  },
  {
    weight: 2,
    // Too much, too little, no SMTP at all, and nothing.
    arbitrary: fc.constantFrom(
      '250 ok\r\n250 ok\r\n',
      '220 go\r\n2',
      '250-',
      '\0',
      '250 a\rb\r\n',
      '250-a\r\n251 b\r\n',
      '',
    ),
  },
)
const KEYWORDS = fc.subarray([
  'PIPELINING',
  'CHUNKING',
  'AUTH PLAIN',
  'LIMITS RCPTMAX=1',
  'REQUIRETLS',
  'DSN',
  '8BITMIME',
  'SIZE 28',
])
const SCRIPT = fc.record({
  deviations: fc.array(DEVIATION, { maxLength: 30 }),
  keywords: KEYWORDS,
  /** Octets in one segment. */
  piece: fc.constantFrom(1, 7, 1000),
  end: fc.constantFrom('closed', 'timedOut', 'aborted'),
})
type Hostile = typeof SCRIPT extends fc.Arbitrary<infer T> ? T : never

const SECRET = Credentials.password('user', 'pencil')
const MESSAGE = Message.parse('Subject: secret\r\n\r\nthe body\r\n')
const TO = ['a@example.com', 'b@example.com', 'c@example.net'].map(parseMailbox)
const mail = { message: MESSAGE, envelope: { ...MAIL.envelope, to: TO } }

describe('whatever a server says', () => {
  test.each([
    ['authenticate', AUTHENTICATED],
    ['authenticate', NOT_AUTHENTICATED],
    ['authenticate', 'the handshake failed'],
    ['encrypt', NOT_AUTHENTICATED],
    ['may', NOT_AUTHENTICATED],
    ['none', NOT_AUTHENTICATED],
  ] as const)('level %s, %j', (level, approval) => {
    const trusted = level === 'authenticate' && approval === AUTHENTICATED
    const seen = { delivered: 0, rejected: 0, deferred: 0 }
    fc.assert(
      fc.property(SCRIPT, fc.boolean(), (hostile, credentials) => {
        const options = {
          level,
          ehloName: 'client.example',
          mail,
          ...(trusted && credentials && { credentials: SECRET }),
        }
        const { server, result, taken } = play(options, approval, hostile)
        const { clear, tls } = server
        if (level === 'authenticate' || level === 'encrypt') {
          expect(clear).toMatch(/^(EHLO client\.example\r\n)?(STARTTLS\r\n)?(QUIT\r\n)?$/)
        }
        if (level === 'none') expect(clear).not.toContain('STARTTLS')
        if (level === 'authenticate' && !trusted) expect(tls).toMatch(/^(QUIT\r\n)?$/)
        expect(clear).not.toContain('AUTH')
        if (!credentials || !trusted) expect(tls).not.toContain('AUTH')
        expectSound(result, taken)
        for (const { outcome } of result.recipients) seen[outcome]++
      }),
      { numRuns: 500 },
    )
    // It is no proof of anything where the server never let it come so far.
    const possible = trusted || level === 'encrypt' || level === 'may' || level === 'none'
    expect(Math.min(seen.delivered, seen.rejected) > 5).toBe(possible)
    expect(seen.deferred).toBeGreaterThan(5)
  })

  test('nothing that was announced in the clear is used behind TLS', () => {
    fc.assert(
      fc.property(SCRIPT, (hostile) => {
        const options = { level: 'authenticate', ehloName: 'client.example', mail, credentials: SECRET } as const
        const { server } = play(options, AUTHENTICATED, { ...hostile, keywords: [] }, hostile.keywords)
        expect(server.tls).not.toMatch(/AUTH|BDAT|MAIL/)
      }),
      { numRuns: 200 },
    )
  })
})

function expectSound(result: SessionResult, taken: readonly string[]): void {
  expect(result.recipients).toHaveLength(TO.length)
  // Nobody got the message twice.
  expect(new Set(taken).size).toBe(taken.length)
  for (const [place, { outcome, final, code }] of result.recipients.entries()) {
    if (outcome === 'delivered') {
      expect(taken).toContain(TO[place]!.text)
      expect(final && code !== null && code >= 200 && code < 300).toBe(true)
      expect(result.security).not.toBeNull()
    }
    // Whoever has it may not get it from another host.
    else if (taken.includes(TO[place]!.text)) expect(final).toBe(true)
    if (outcome === 'rejected' && final) expect(code).toBeGreaterThanOrEqual(500)
  }
}

function play(options: SessionOptions, approval: Approval | string, hostile: Hostile, inTheClear: string[] = []) {
  const { deviations, keywords, piece, end } = hostile
  const taken: string[] = []
  let turn = 0
  let envelope: string[] = []
  const server: MemoryServer = new MemoryServer({
    ehlo: ehlo([...(mayBeInTheClear(options) ? keywords : inTheClear), 'STARTTLS']),
    ehloAfterTls: ehlo(keywords),
    override: (line, usual) => {
      const reply = deviations[turn++] ?? usual()
      const yes = reply.startsWith('2')
      if (/^(EHLO|RSET|MAIL)/.test(line)) envelope = []
      if (line.startsWith('RCPT') && yes) envelope.push(/<(.*)>/.exec(line)![1]!)
      if (/^\.$|^BDAT .* LAST/.test(line)) {
        if (yes) taken.push(...envelope)
        envelope = []
      }
      return reply
    },
  })
  const session = new Session(options)
  const results: SessionResult[] = []
  const queue: SessionAction[] = session.connected('192.0.2.1')
  const hear = (text: string): void => {
    const octets = ascii(text)
    for (let at = 0; at < octets.length; at += piece) queue.push(...session.received(octets.subarray(at, at + piece)))
  }
  hear(deviations[turn++] ?? server.greeting)
  for (let ended = false; results.length === 0; ) {
    const action = queue.shift()
    if (action === undefined) {
      // Both wait for the other.
      expect(ended).toBe(false)
      ended = true
      queue.push(...session[end]())
    } else if (action.kind === 'write') hear(server.receive(action.octets))
    else if (action.kind === 'content') {
      for (const octets of action.message.pieces() as Iterable<Uint8Array>) queue.push(...session.piece(action, octets))
      queue.push(...session.contentEnd(action))
    } else if (action.kind === 'start-tls') {
      server.secure = typeof approval !== 'string'
      queue.push(...(typeof approval === 'string' ? session.tlsFailed(approval) : session.tlsEstablished(approval)))
    } else results.push(action.result)
  }
  // Once it is done, not an octet goes out.
  expect(queue.filter(({ kind }) => kind === 'write')).toEqual([])
  for (const after of [session.received(ascii('250 ok\r\n')), session.closed(), session.timedOut()])
    expect(after).toEqual([])
  return { server, result: results[0]!, taken }
}

/** Levels at which the mail may go in the clear see everything there. */
function mayBeInTheClear({ level }: SessionOptions): boolean {
  return level === 'may' || level === 'none'
}

function ehlo(keywords: readonly string[]): string {
  const lines = ['mx.example.com', ...keywords]
  return lines.map((line, place) => `250${place === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join('')
}
