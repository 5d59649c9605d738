/**
 * Mail to other people's servers, over every kind of TLS they do: delivered where DANE holds, octet for octet, and
 * nothing of it where it does not.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { Resolver } from '../../src/resolver/resolver.ts'
import { deliver } from '../../src/smtp/delivery.ts'
import type { RecipientDsn } from '../../src/smtp/delivery-request.ts'
import type { DeliveryOutcome } from '../../src/smtp/outcome.ts'
import { createIdentities, fitting } from './mail/identities.ts'
import { LISTENERS, type ListenerKind, type PlannedListener } from './mail/listeners.ts'
import { largeMessage, stored, trickyMessage } from './mail/messages.ts'
import { createFolder, type MailWorld, serveNames } from './mail/world.ts'
import { danelaw } from './peers/danelaw.ts'
import { startExim } from './peers/exim.ts'
import { startOpenSmtpd } from './peers/opensmtpd.ts'
import { freePort } from './peers/ports.ts'
import { startPostfix } from './peers/postfix.ts'
import type { Listener, Receiver } from './peers/receiver.ts'
import { startSmtpServer } from './peers/smtp-server.ts'

interface Program {
  readonly start: (folder: string, listeners: readonly Listener[]) => Promise<Receiver>
  /** Kinds of listeners it cannot have. */
  readonly without: readonly string[]
  /** What it says to an unknown recipient. */
  readonly unknown: number
  /** How its log tells that a message came in by BDAT; where it offers CHUNKING. */
  readonly chunking?: RegExp
  /** Whether it offers SMTPUTF8. */
  readonly utf8?: true
  /** Whether it offers DSN, and reports. */
  readonly dsn?: true
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  postfix: { start: startPostfix, without: [], unknown: 550, chunking: /bdat=[1-9]/, utf8: true, dsn: true },
  exim: { start: startExim, without: [], unknown: 550, chunking: / <= .* K /, utf8: true, dsn: true },
  // It refuses NOTIFY=NEVER behind a recipient with another NOTIFY (against RFC 3461 section 4.1). Its keys are held by a process that signs with RSA and ECDSA alone; its size limit is one for all ports.
  opensmtpd: { start: startOpenSmtpd, without: ['ed25519', 'small', 'asks'], unknown: 524 },
  'smtp-server': { start: startSmtpServer, without: [], unknown: 550, utf8: true },
}

const peers = new Map<string, { readonly receiver: Receiver; readonly planned: readonly PlannedListener[] }>()
let world: MailWorld
let failed = false

beforeAll(async () => {
  const base = createFolder('receivers')
  const identify = await createIdentities(base.folder)
  const records: string[] = []
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const planned: PlannedListener[] = []
    for (const kind of LISTENERS.filter(({ label }) => !program.without.includes(label))) {
      const one = await plan(kind, `${kind.label}-${name}`, identify)
      planned.push(one)
      records.push(...recordsOf(one))
    }
    const receiver = base.keep(
      await program.start(
        base.folder,
        planned.map(({ listener }) => listener),
      ),
    )
    peers.set(name, { receiver, planned })
  }
  const names = await serveNames(base.folder, [{ apex: 'mail.test.', records: records.join('\n'), denial: 'nsec' }])
  for (const server of names.servers) base.keep(server)
  world = { ...base, upstream: names.upstream }
})

afterAll(() => world?.end(failed))

describe.each(Object.keys(PROGRAMS))('%s', (name) => {
  const kinds = LISTENERS.filter(({ label }) => !PROGRAMS[name]!.without.includes(label))

  test.each(kinds)('$label, TLSA $tlsa: delivered, verified, octet for octet', async ({ label, version, tlsa }) => {
    const { receiver, one } = found(name, label)
    const message = trickyMessage(`${name}-${label}`)
    const { status, recipients } = await send(one, ['anna', 'nobody', 'bert'], message)
    expect(recipients).toMatchObject([
      { outcome: 'delivered', level: 'dane', verdict: 'verified', code: 250 },
      { outcome: 'rejected', code: PROGRAMS[name]!.unknown },
      { outcome: 'delivered', level: 'dane', verdict: 'verified', code: 250 },
    ])
    expect(status).toBe(69)
    const [usage, selector, matchingType] = tlsa.split(' ').map(Number)
    expect(recipients[0]!.attempts).toMatchObject([
      { protocol: version ?? 'TLSv1.3', authenticated: true, matched: { usage, selector, matchingType } },
    ])
    for (const user of ['anna', 'bert']) await arrives(receiver, user, message)
  })

  test('where TLSA does not fit, no MAIL is seen', async () => {
    const { receiver, one } = found(name, 'p256')
    const before = receiver.mails()
    const outcomes = await Promise.all(
      kinds.map(({ label }) => {
        const wrong = found(name, label).one
        return send(wrong, ['anna'], trickyMessage('never'), wrong.wrongDomain)
      }),
    )
    for (const { status, recipients } of outcomes) {
      expect(recipients).toMatchObject([{ outcome: 'deferred', level: 'dane', verdict: 'refused', code: null }])
      expect(status).toBe(75)
    }
    // Whatever the server is slow to write down is written by the time a later connection is done.
    await send(one, ['anna'], trickyMessage('after'))
    await expect.poll(() => receiver.mails(), { timeout: 10_000 }).toBe(before + 1)
    expect(Buffer.concat(receiver.messages('anna')).includes('X-Mark: never')).toBe(false)
  })

  test('a large message arrives whole', async () => {
    const { receiver, one } = found(name, 'p256')
    const message = largeMessage(`large-${name}`, 5_000_000)
    const { recipients } = await send(one, ['anna'], message)
    expect(recipients).toMatchObject([{ outcome: 'delivered', verdict: 'verified' }])
    await arrives(receiver, 'anna', message)
  })

  test.each(kinds.filter(({ settings }) => settings?.sizeLimit))(
    '$label: a message above the limit is refused unsent',
    async ({ label }) => {
      const { receiver, one } = found(name, label)
      const { status, recipients } = await send(one, ['anna'], largeMessage('too-large', 200_000))
      expect(recipients).toMatchObject([{ outcome: 'rejected', enhanced: '5.3.4', verdict: 'verified' }])
      expect(status).toBe(69)
      expect(Buffer.concat(receiver.messages('anna')).includes('X-Mark: too-large')).toBe(false)
    },
  )

  test('an internationalised address goes where SMTPUTF8 is offered, and nowhere else', async () => {
    const { receiver, one } = found(name, 'p256')
    const message = trickyMessage(`utf8-${name}`)
    const { recipients } = await send(one, ['jörg', 'anna'], message)
    if (PROGRAMS[name]!.utf8 === true) {
      expect(recipients).toMatchObject([{ outcome: 'delivered' }, { outcome: 'delivered' }])
      await arrives(receiver, 'jörg', message)
    } else {
      expect(recipients).toMatchObject([{ outcome: 'rejected', enhanced: '5.6.7' }, { outcome: 'delivered' }])
    }
  })
})

const withChunking = Object.entries(PROGRAMS).filter(([, { chunking }]) => chunking !== undefined)
test.each(withChunking)('%s: what offers CHUNKING gets BDAT', async (name, { chunking }) => {
  const { receiver, one } = found(name, 'p256')
  await send(one, ['anna'], trickyMessage('chunks'))
  await expect.poll(() => receiver.log(), { timeout: 10_000 }).toMatch(chunking!)
})

test.each(Object.entries(PROGRAMS).filter(([, { dsn }]) => dsn))(
  '%s: what was asked of reports is in them',
  async (name) => {
    const { receiver, one } = found(name, 'p256')
    const resolver = new Resolver({
      upstreams: [world.upstream[0]!.slice(1)],
      trustAnchors: readFileSync(world.upstream[2]!, 'utf8'),
    })
    const dsn = {
      ret: 'HDRS',
      envid: `envelope-for-${name}`,
      recipients: new Map<string, RecipientDsn>([
        [
          `anna@${one.domain}`,
          { notify: ['SUCCESS'], originalRecipient: { type: 'rfc822', address: 'first=anna@example.org' } },
        ],
        [`bert@${one.domain}`, { notify: 'NEVER' }],
      ]),
    } as const
    const mail = {
      from: `bert@${one.domain}`,
      to: [...dsn.recipients.keys()],
      content: trickyMessage(`dsn-${name}`),
      dsn,
    }
    const settings = { resolver, discovery: { port: one.listener.port }, ehloName: 'client.example' }
    const outcomes = await deliver(mail, settings).finally(() => resolver.close())
    expect(outcomes).toMatchObject([
      { outcome: 'delivered', verdict: 'verified' },
      { outcome: 'delivered', verdict: 'verified' },
    ])
    const reports = (): string[] =>
      receiver
        .messages('bert')
        .map(String)
        .filter((text) => text.includes('delivery-status') && text.includes(`-for-${name}`))
    await expect.poll(() => reports().length, { timeout: 20_000 }).toBe(1)
    const [report] = reports()
    // Exim leaves the encoding of the parameter as it is (RFC 3461 section 6.3 has it decoded).
    expect(report).toMatch(/^Original-Recipient: rfc822; ?first(=|\+3D)anna@example\.org$/im)
    expect(report).toMatch(/^Action: (delivered|relayed)/im)
    expect(report).not.toContain('Größe')
    expect(report).not.toMatch(/^(Final|Original)-Recipient:.*bert@/im)
  },
)

async function plan(
  kind: ListenerKind,
  label: string,
  identify: Awaited<ReturnType<typeof createIdentities>>,
): Promise<PlannedListener> {
  const host = `mx.${label}.mail.test`
  const identity = await identify(label, {
    names: [host],
    ...(kind.key && { key: kind.key }),
    ...(kind.sends && { sends: kind.sends }),
  })
  const other = kind.bySni === true ? await identify(`${label}-other`, { names: ['other.mail.test'] }) : undefined
  const listener = {
    port: await freePort(),
    certificate: other ?? identity,
    ...(other && { byName: { [host]: identity, [`mx.wrong-${label}.mail.test`]: identity } }),
    ...kind.settings,
  }
  return { ...kind, identity, listener, domain: `${label}.mail.test`, wrongDomain: `wrong-${label}.mail.test` }
}

function recordsOf({ domain, wrongDomain, listener, identity, tlsa }: PlannedListener): string[] {
  const host = (name: string, record: string): string[] => [
    `${name}. MX 10 mx.${name}.`,
    `mx.${name}. A 127.0.0.1`,
    `_${listener.port}._tcp.mx.${name}. TLSA ${record}`,
  ]
  const wrong = `${tlsa.startsWith('3') ? tlsa : '2 1 1'} ${'00'.repeat(tlsa === '3 1 2' ? 64 : 32)}`
  return [...host(domain, fitting(identity, tlsa)), ...host(wrongDomain, wrong)]
}

function found(name: string, label: string): { readonly receiver: Receiver; readonly one: PlannedListener } {
  onTestFailed(() => {
    failed = true
  })
  const { receiver, planned } = peers.get(name)!
  return { receiver, one: planned.find((one) => one.label === label)! }
}

async function send(
  { domain, listener }: PlannedListener,
  users: readonly string[],
  message: Buffer,
  to = domain,
): Promise<{ readonly status: number | null; readonly recipients: readonly DeliveryOutcome[] }> {
  const recipients = users.flatMap((user) => ['--to', `${user}@${to}`])
  const options = ['--json', '--port', `${listener.port}`, '--ehlo', 'client.example', '--from', 'sender@example.net']
  const { status, stdout, stderr } = await danelaw(['send', ...world.upstream, ...options, ...recipients], message)
  if (stdout === '') throw new Error(`danelaw send: ${stderr}`)
  return { status, recipients: JSON.parse(stdout).recipients }
}

async function arrives(receiver: Receiver, user: string, message: Buffer): Promise<void> {
  const expected = stored(message, receiver.lineEnd)
  const mark = /X-Mark: .*/.exec(message.toString('latin1'))![0]
  const arrived = (): Buffer[] =>
    receiver.messages(user).filter((octets) => octets.includes(`${mark}${receiver.lineEnd}`))
  await expect.poll(() => arrived().length, { timeout: 20_000 }).toBe(1)
  const [octets] = arrived()
  expect(octets!.subarray(-expected.length).equals(expected), octets!.toString('latin1').slice(0, 4000)).toBe(true)
}
