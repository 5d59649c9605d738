/** Logging in at other people's submission servers: by PLAIN, LOGIN and SCRAM, and never before the server is known. */
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { checkSettings } from '../../src/smtp/connection-settings.ts'
import { converse } from '../../src/smtp/connection.ts'
import { Message } from '../../src/smtp/message.ts'
import { parseMailbox } from '../../src/smtp/address.ts'
import { Credentials } from '../../src/smtp/sasl/credentials.ts'
import { createIdentities, type Identity } from './mail/identities.ts'
import { stored, trickyMessage } from './mail/messages.ts'
import { createFolder } from './mail/world.ts'
import { startExim } from './peers/exim.ts'
import { startGsasl } from './peers/gsasl.ts'
import { freePort } from './peers/ports.ts'
import type { Receiver } from './peers/receiver.ts'
import { startSmtpServer } from './peers/smtp-server.ts'

interface Server {
  readonly receiver: Receiver
  readonly port: number
}

const HOST = 'submission.test'
const servers = new Map<string, Server>()
let base: ReturnType<typeof createFolder>
let identity: Identity
let failed = false

beforeAll(async () => {
  base = createFolder('authentication')
  identity = await (await createIdentities(base.folder))('submission', { names: [HOST] })
  for (const [name, start] of [
    ['exim', startExim],
    ['smtp-server', startSmtpServer],
  ] as const) {
    const mechanisms = ['PLAIN', 'LOGIN'] as const
    const listeners = await Promise.all(
      mechanisms.map(async (only) => ({ port: await freePort(), certificate: identity, mechanisms: [only] })),
    )
    const receiver = base.keep(await start(base.folder, listeners))
    for (const [index, { port }] of listeners.entries()) servers.set(`${name} ${mechanisms[index]}`, { receiver, port })
  }
  const port = await freePort()
  const options = { mechanism: 'SCRAM-SHA-256', password: 'secret' }
  servers.set('gsasl SCRAM-SHA-256', { receiver: base.keep(await startGsasl(port, identity, options)), port })
})

afterAll(() => base?.end(failed))

const CASES = [
  ['exim PLAIN'],
  ['exim LOGIN'],
  ['smtp-server PLAIN'],
  ['smtp-server LOGIN'],
  ['gsasl SCRAM-SHA-256'],
] as const

test.each(CASES)('%s: logged in, and the message is there', async (name) => {
  const { receiver } = found(name)
  const message = trickyMessage(name)
  const { session } = await submit(name, 'secret', message)
  expect(session).toMatchObject({ failure: null, security: 'authenticated', recipients: [{ outcome: 'delivered' }] })
  const expected = stored(message, receiver.lineEnd)
  const arrived = (): Buffer[] => receiver.messages('anna').filter((octets) => octets.includes(`X-Mark: ${name}`))
  await expect.poll(() => arrived().length, { timeout: 20_000 }).toBe(1)
  expect(arrived()[0]!.subarray(-expected.length).equals(expected)).toBe(true)
})

test.each(CASES)('%s: a wrong password, and no MAIL', async (name) => {
  const { receiver } = found(name)
  const before = receiver.mails()
  const { session } = await submit(name, 'wrong', trickyMessage('never'))
  expect(session).toMatchObject({ failure: { stage: 'AUTH' }, recipients: [{ outcome: 'deferred' }] })
  expect(receiver.mails()).toBe(before)
  expect(JSON.stringify(session)).not.toContain(Buffer.from('wrong').toString('base64').slice(0, 6))
})

test.each(CASES)('%s: another certificate, and the password is not said', async (name) => {
  const { receiver } = found(name)
  const before = receiver.log()
  const { session } = await submit(name, 'secret', trickyMessage('never'), false)
  expect(session).toMatchObject({ failure: { kind: 'not-authenticated' }, recipients: [{ outcome: 'deferred' }] })
  expect(receiver.log().slice(before.length)).not.toMatch(/AUTH|MAIL seen|^MAIL/m)
})

function found(name: string): Server {
  onTestFailed(() => {
    failed = true
  })
  return servers.get(name)!
}

/** As a submission server is sent mail, whose certificate is known to be right or not. */
async function submit(name: string, password: string, content: Buffer, right = true) {
  const message = Message.parse(content)
  const envelope = { from: parseMailbox('anna@example.test'), to: [parseMailbox('anna@example.test')] }
  const certificate = right ? identity.leaf.der : Buffer.alloc(1)
  return await converse(
    {
      level: 'authenticate',
      ehloName: 'client.example',
      credentials: Credentials.password('anna', password),
      implicitTls: name.startsWith('gsasl'),
      mail: { envelope, message },
    },
    {
      addresses: ['127.0.0.1'],
      port: found(name).port,
      serverName: HOST,
      approve: (chain) => {
        const authenticated = chain[0] !== undefined && certificate.equals(chain[0])
        return authenticated ? { authenticated, why: null } : { authenticated, why: 'another certificate' }
      },
      timeouts: checkSettings({}).timeouts,
    },
  )
}
