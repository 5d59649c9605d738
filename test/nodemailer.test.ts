import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createTransport, type SendMailOptions } from 'nodemailer'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { daneTransport, type DaneTransportOptions, type TransportError } from '../src/nodemailer.ts'
import { Resolver } from '../src/resolver/resolver.ts'
import { bogus, indeterminate, ScriptedLookup, secure } from './dane/scripted.ts'
import { rcode } from './lab/attack/dns-actions.ts'
import { type Lab, startLab } from './lab/index.ts'

let lab: Lab
let resolver: Resolver

beforeAll(async () => {
  lab = await startLab()
})
beforeEach(() => {
  resolver = new Resolver({
    upstreams: [`${lab.dns.address}:${lab.dns.port}`],
    trustAnchors: lab.anchors,
    now: lab.clock.read,
  })
  return () => resolver.close()
})
afterAll(() => lab.close())
afterEach(() => lab.attacker.clear())

function transport(options: DaneTransportOptions = {}) {
  const settings = { connectPort: lab.smtpPort, at: lab.clock.now, ehloName: 'sender.test' }
  return createTransport(daneTransport({ resolver, ...settings, ...options }))
}

async function send(mail: SendMailOptions, options: DaneTransportOptions = {}) {
  return await transport(options).sendMail({ from: 'a@sender.test', subject: 'x', text: 'y', ...mail })
}

/** What it failed with. */
async function failure(mail: SendMailOptions, options: DaneTransportOptions = {}): Promise<TransportError> {
  return await send(mail, options).then(
    () => expect.unreachable('it was sent'),
    (error: TransportError) => error,
  )
}

const last = (host: string) => lab.mail.get(host)!.messages.at(-1)!

describe('delivery', () => {
  test("the result is nodemailer's own, with the facts about TLS", async () => {
    const info = await send({ to: 'b@p256.test' })
    expect(info).toEqual({
      envelope: { from: 'a@sender.test', to: ['b@p256.test'] },
      messageId: expect.stringMatching(/^<.+@sender\.test>$/),
      accepted: ['b@p256.test'],
      rejected: [],
      pending: [],
      response: '250 2.0.0 Message accepted',
      messageTime: expect.any(Number),
      messageSize: last('mx.p256.test').data.length,
      outcomes: [expect.objectContaining({ address: 'b@p256.test', outcome: 'delivered', verdict: 'verified' })],
    })
    expect(last('mx.p256.test').tls).not.toBeNull()
  })

  test('attachments, characters of all kinds, dots at line starts', async () => {
    const text = '.\r\n..two\r\n.three grüße 日本 \u{1f600}\r\n'
    const content = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7919) & 0xff))
    await send({
      from: { name: 'Grüße, „A“', address: 'a@sender.test' },
      to: ['"Ü, B" <b@p256.test>'],
      subject: 'Sübject '.repeat(20),
      text,
      textEncoding: 'base64',
      attachments: [{ filename: 'dätä.bin', content }],
    })
    const { data } = last('mx.p256.test')
    const message = data.toString('latin1')
    const boundary = /boundary="(.+?)"/.exec(message)![1]!
    const parts = message.split(`--${boundary}`).slice(1, 3)
    const [sentText, sentContent] = parts.map((part) => Buffer.from(part.split('\r\n\r\n')[1]!, 'base64'))
    expect(sentText!.toString()).toBe(text)
    expect(sentContent!.equals(content)).toBe(true)
  })

  test.each([
    ['LF', 'Subject: x\n\n.a\nb\n'],
    ['CRLF', 'Subject: x\r\n\r\n.a\r\nb\r\n'],
    ['CR, which others may take for a line end', 'Subject: x\r\n\r\n.a\rb\n'],
    ['no end', 'Subject: x\n\n.a\nb'],
  ])('raw, lines that end in %s: sent with CRLF', async (_, raw) => {
    await send({ envelope: { from: 'a@sender.test', to: 'b@p256.test' }, raw })
    expect(last('mx.p256.test').data.toString()).toBe('Subject: x\r\n\r\n.a\r\nb\r\n')
    // In pieces of one octet each, as a stream may bring them.
    const stream = Readable.from([...raw].map((octet) => Buffer.from(octet)))
    await send({ envelope: { from: 'a@sender.test', to: 'b@p256.test' }, raw: stream })
    expect(last('mx.p256.test').data.toString()).toBe('Subject: x\r\n\r\n.a\r\nb\r\n')
  })

  test('bcc is in the envelope and not in the header', async () => {
    await send({ to: 'b@p256.test', cc: 'c@p384.test', bcc: 'd@p384.test' })
    const { to, data } = last('mx.p384.test')
    expect(to).toEqual([expect.stringContaining('<c@p384.test>'), expect.stringContaining('<d@p384.test>')])
    expect(data.toString()).toMatch(/^Cc: c@p384\.test\r$/m)
    expect(data.toString()).not.toMatch(/bcc|d@p384/i)
  })

  test('the null sender', async () => {
    await send({ envelope: { from: '', to: ['b@p256.test'] } })
    expect(last('mx.p256.test').from).toMatch(/^MAIL FROM:<>/)
  })

  test('a large message goes by way of a file that leaves nothing behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'danelaw-nodemailer-'))
    vi.stubEnv('TMPDIR', folder)
    try {
      const text = `${'.line\n'.repeat(500_000)}`
      const info = await send({ to: 'b@p256.test', text, textEncoding: 'quoted-printable' }, { memoryOctets: 100_000 })
      expect(last('mx.p256.test').data.length).toBe(info.messageSize)
      expect(info.messageSize).toBeGreaterThan(3_000_000)
      await failure({ to: 'b@p256.test', text }, { memoryOctets: 1000, messageOctets: 100_000 })
      expect(readdirSync(folder)).toEqual([])
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

describe('what a mail asks of servers', () => {
  test('delivery status notifications (RFC 3461)', async () => {
    const dsn = { id: 'a+b', return: 'headers', notify: ['success', 'DELAY'], recipient: 'z@elsewhere.test' } as const
    await send({ to: ['b@p384.test', 'c@p384.test'], dsn: dsn as unknown as NonNullable<SendMailOptions['dsn']> })
    const { from, to } = last('mx.p384.test')
    expect(from).toMatch(/ RET=HDRS ENVID=a\+2Bb$/)
    const asked = ' NOTIFY=SUCCESS,DELAY ORCPT=rfc822;z@elsewhere.test'
    expect(to).toEqual([`RCPT TO:<b@p384.test>${asked}`, `RCPT TO:<c@p384.test>${asked}`])
    await send({ to: 'b@p384.test', dsn: { ret: 'FULL', notify: 'never' } as never })
    expect(last('mx.p384.test').from).toMatch(/ RET=FULL$/)
    expect(last('mx.p384.test').to).toEqual(['RCPT TO:<b@p384.test> NOTIFY=NEVER'])
  })

  test.each([
    [{ ret: 'some' }, /^Invalid DSN ret: "some"$/],
    [{ notify: 'often' }, /^Invalid DSN notify: "often"$/],
    [{ notify: ['never', 'success'] }, /^Invalid DSN notify: /],
    [{ envid: 'a\r\nDATA' }, /^Invalid DSN dsn\.envid: /],
    [{ orcpt: 'a b;c' }, /^Invalid DSN dsn\.originalRecipient\.type: /],
  ])('%j is none', async (dsn, message) => {
    const error = await failure({ to: 'b@p384.test', dsn: dsn as never })
    expect(error).toMatchObject({ code: 'EENVELOPE', command: 'API', message: expect.stringMatching(message) })
  })

  test('REQUIRETLS (RFC 8689): only servers that take it get the mail', async () => {
    const before = lab.mail.get('mx.p384.test')!.messages.length
    for (const requireTLSExtensionEnabled of [true, 1, 'true'] as true[]) {
      const error = await failure({ to: 'b@p384.test', requireTLSExtensionEnabled })
      expect(error).toMatchObject({ code: 'EREQUIRETLS', permanent: true })
    }
    expect(lab.mail.get('mx.p384.test')!.messages).toHaveLength(before)
    lab.attacker.mail.add('mx.p384.test', { extensions: ['REQUIRETLS'] })
    await send({ to: 'b@p384.test', requireTLSExtensionEnabled: true })
    expect(last('mx.p384.test').from).toMatch(/ REQUIRETLS$/)
  })
})

describe('several domains', () => {
  test('one refused by DANE, one that does not exist: the others get the mail', async () => {
    const info = await send({ to: ['b@p256.test', 'c@mismatch.test', 'd@absent.test', 'e@p384.test'] })
    expect(info).toMatchObject({
      accepted: ['b@p256.test', 'e@p384.test'],
      rejected: ['c@mismatch.test', 'd@absent.test'],
      pending: ['c@mismatch.test'],
    })
    expect(info.rejectedErrors).toEqual([
      expect.objectContaining({ code: 'ETLS', recipient: 'c@mismatch.test', permanent: false }),
      expect.objectContaining({ code: 'EDNS', recipient: 'd@absent.test', permanent: true }),
    ])
    expect(info['outcomes'].map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'verified',
      'refused',
      'unreachable',
      'verified',
    ])
    expect(lab.mail.get('mx.mismatch.test')!.messages).toEqual([])
  })

  test('none gets it: an error, with what may still succeed in front', async () => {
    expect(await failure({ to: ['d@absent.test', 'c@mismatch.test'] })).toMatchObject({
      code: 'ETLS',
      message: expect.stringMatching(/^Can't send mail - all recipients were rejected: /),
      permanent: false,
      accepted: [],
      rejected: ['d@absent.test', 'c@mismatch.test'],
      rejectedErrors: [{ code: 'EDNS' }, { code: 'ETLS' }],
      outcomes: [{ outcome: 'rejected' }, { outcome: 'deferred' }],
    })
  })
})

describe('errors have the shapes of nodemailer', () => {
  test.each([
    ['550 5.1.1 Unknown', { code: 'EENVELOPE', responseCode: 550, permanent: true, response: '550 5.1.1 Unknown' }],
    ['450 4.2.1 Later', { code: 'EENVELOPE', responseCode: 450, permanent: false, response: '450 4.2.1 Later' }],
  ])('%s', async (reply, expected) => {
    lab.attacker.mail.add('mx.p256.test', { script: ({ verb }) => (verb === 'RCPT' ? reply : undefined) })
    expect(await failure({ to: 'b@p256.test' })).toMatchObject({
      ...expected,
      command: 'RCPT TO',
      rejected: ['b@p256.test'],
      rejectedErrors: [{ ...expected, recipient: 'b@p256.test' }],
    })
  })

  test.each([
    ['a certificate that fits no record', 'b@mismatch.test', 'ETLS'],
    ['no STARTTLS', 'b@no-starttls.test', 'ETLS'],
    ['a bogus MX', 'b@expired.test', 'EDNS'],
    ['a null MX', 'b@null-mx.test', 'EENVELOPE'],
  ])('%s: %s', async (_, to, code) => {
    const error = await failure({ to })
    expect(error).toMatchObject({ code, rejected: [to] })
    expect(error).not.toHaveProperty('responseCode')
  })

  test('a TLSA lookup that fails', async () => {
    lab.attacker.dns.add({ name: '_25._tcp.mx.p256.test', type: 'TLSA' }, rcode('SERVFAIL'))
    expect(await failure({ to: 'b@p256.test' })).toMatchObject({ code: 'EDNS', permanent: false })
  })

  test.each([
    ['no recipient', {}, 'EENVELOPE', 'No recipients defined'],
    ['no mail address', { envelope: { from: 'a@sender.test', to: 'b@p256..test' } }, 'EENVELOPE', /^Invalid recipient/],
    ['no sender address', { envelope: { from: 'a@-', to: 'b@p256.test' } }, 'EENVELOPE', /^Invalid sender/],
    ['a NUL', { to: 'b@p256.test', raw: 'Subject: x\n\n\u0000\n' }, 'EMESSAGE', /^Message failed: .*NUL/],
    ['a long line', { to: 'b@p256.test', raw: `Subject: x\n\n${'x'.repeat(999)}\n` }, 'EMESSAGE', /999 octets/],
    [
      'an attachment that is not there',
      { to: 'b@p256.test', attachments: [{ path: '/nowhere' }] },
      'ESTREAM',
      /ENOENT/,
    ],
  ] as const)('%s', async (_, mail, code, message) => {
    const envelope = 'raw' in mail ? { envelope: { from: 'a@sender.test', to: ['b@p256.test'] } } : {}
    const error = await failure({ ...envelope, ...mail } as SendMailOptions)
    expect(error).toMatchObject({ code, command: 'API', message: expect.stringMatching(message) })
  })

  test('a message that is too large', async () => {
    expect(await failure({ to: 'b@p256.test', text: 'x'.repeat(2000) }, { messageOctets: 1024 })).toMatchObject({
      code: 'EMESSAGE',
      message: 'Message size larger than allowed 1024',
    })
  })
})

describe('a signal', () => {
  test('already raised: nothing is looked up or read', async () => {
    const before = resolver.stats.questions
    expect(await failure({ to: 'b@p256.test', signal: AbortSignal.abort('why') })).toMatchObject({ code: 'EABORT' })
    expect(resolver.stats.questions).toBe(before)
  })

  test('while a message is composed', async () => {
    const controller = new AbortController()
    const content = new Readable({ read: () => queueMicrotask(() => controller.abort('why')) })
    const error = await failure({ to: 'b@p256.test', signal: controller.signal, attachments: [{ content }] })
    expect(error).toMatchObject({ name: 'AbortError', code: 'EABORT', cause: 'why' })
    expect(content.destroyed).toBe(true)
  })

  test('while it is delivered', async () => {
    const controller = new AbortController()
    lab.attacker.mail.add('mx.p256.test', {
      script: ({ verb }) => {
        if (verb !== 'RCPT') return undefined
        controller.abort('why')
        return { delay: 60_000 }
      },
    })
    expect(await failure({ to: 'b@p256.test', signal: controller.signal })).toMatchObject({
      code: 'EABORT',
      cause: 'why',
      outcomes: [{ outcome: 'deferred' }],
    })
  })

  test('while it waits for its turn', async () => {
    const released = deferred()
    const content = Readable.from(slow(released.promise))
    const one = transport({ sends: 1 })
    expect(one.isIdle()).toBe(true)
    const first = one.sendMail({ from: 'a@sender.test', to: 'b@p256.test', text: content })
    await vi.waitFor(() => expect(one.isIdle()).toBe(false))
    const controller = new AbortController()
    const second = one.sendMail({ from: 'a@sender.test', to: 'b@p256.test', text: 'x', signal: controller.signal })
    const third = one.sendMail({ from: 'a@sender.test', to: 'b@p256.test', text: 'x' })
    const failed = expect(second).rejects.toMatchObject({ code: 'EABORT' })
    const refused = expect(third).rejects.toMatchObject({ code: 'ECONNECTION' })
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    await failed
    // What waits fails when the transport is closed; what is under way comes to its end.
    one.close()
    await refused
    released.resolve()
    expect((await first).accepted).toEqual(['b@p256.test'])
    await expect(one.sendMail({ from: 'a@sender.test', to: 'b@p256.test' })).rejects.toThrow('the transport is closed')
  })
})

describe('the transport', () => {
  test('verify: whether answers can be had and validated', async () => {
    expect(await transport().verify()).toBe(true)
    const callback = await new Promise((resolve) => transport().verify((error, success) => resolve([error, success])))
    expect(callback).toEqual([null, true])
    for (const answer of [bogus, indeterminate]) {
      const broken = transport({ resolver: new ScriptedLookup({ ' SOA': answer }) })
      await expect(broken.verify()).rejects.toMatchObject({ code: 'EDNS' })
    }
    expect(await transport({ resolver: new ScriptedLookup({ ' SOA': secure() }) }).verify()).toBe(true)
  })

  test('closes the resolver it has made, and no other', async () => {
    const made = [
      daneTransport({ upstreams: ['127.0.0.1'] }),
      daneTransport({ resolver: { upstreams: ['127.0.0.1'] } }),
    ]
    const close = vi.spyOn(Resolver.prototype, 'close')
    try {
      for (const each of made) await each.close()
      expect(close).toHaveBeenCalledTimes(2)
      for (const each of made) await each.close()
      await daneTransport({ resolver }).close()
      expect(close).toHaveBeenCalledTimes(2)
    } finally {
      close.mockRestore()
    }
  })

  test("what a caller gets wrong is told by its option's name", () => {
    expect(() => daneTransport({ resolver, upstreams: ['127.0.0.1'] })).toThrow(/^upstreams: /)
    expect(() => daneTransport({ resolver, sends: 0 })).toThrow(/^sends: /)
    expect(() => daneTransport({ resolver, messageOctets: 0 })).toThrow(/^messageOctets: /)
    expect(() => daneTransport({ resolver, memoryOctets: -1 })).toThrow(/^memoryOctets: /)
    expect(() => daneTransport({ resolver, connectPort: 0 })).toThrow(/^connectPort: /)
  })
})

async function* slow(until: Promise<void>): AsyncGenerator<string> {
  await until
  yield 'late'
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
