import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Credentials, createAuthority, createLeaf, credentials } from '../lab/certificates.ts'
import type { MailBehaviour } from '../lab/mail/behaviour.ts'
import { MailServer } from '../lab/mail-server.ts'
import { MailClient } from './mail-client.ts'

let own: Credentials
let other: Credentials
let server: MailServer | undefined
let client: MailClient | undefined

beforeAll(async () => {
  const root = await createAuthority()
  own = await credentials(await createLeaf({ names: ['mx.test'] }, root))
  other = await credentials(await createLeaf({ names: ['other.test'] }, root))
})

afterEach(async () => {
  client?.close()
  await server?.close()
})

async function start(behaviour: Partial<MailBehaviour> = {}): Promise<{ server: MailServer; client: MailClient }> {
  server = await MailServer.start({ host: 'mx.test', credentials: own, behaviour })
  client = await MailClient.connect(server)
  return { server, client }
}

describe('a proper server', () => {
  test('takes a message, dots and all, and records every octet', async () => {
    const { server, client } = await start()
    const said = [
      'EHLO a\r\n',
      'MAIL FROM:<a@b>\r\n',
      'RCPT TO:<c@d>\r\n',
      'DATA\r\n',
      'X: y\r\n\r\n..\r\n.\r\n',
      'QUIT\r\n',
    ]
    const replies = [await client.say()]
    for (const text of said) replies.push(await client.say(text))
    expect(replies.map((reply) => reply.slice(0, 3))).toEqual(['220', '250', '250', '250', '354', '250', '221'])
    expect(server.messages).toEqual([
      { from: 'MAIL FROM:<a@b>', to: ['RCPT TO:<c@d>'], data: Buffer.from('X: y\r\n\r\n.\r\n'), tls: null },
    ])
    expect(server.sessions[0]!.octets('client', false).toString()).toBe(said.join(''))
    expect(server.sessions[0]!.octets('server', false).toString()).toBe(replies.join(''))
  })

  test('takes commands all at once, and chunks', async () => {
    const { server, client } = await start()
    await client.say()
    await client.say('EHLO a\r\n')
    await client.say('MAIL FROM:<>\r\nRCPT TO:<c@d>\r\nBDAT 4\r\nX: \nBDAT 3 LAST\r\ny\r\n')
    await client.say()
    await client.say()
    expect(await client.say()).toMatch(/^250/)
    expect(String(server.messages[0]!.data)).toBe('X: \ny\r\n')
  })

  test('speaks TLS, forgets what came before, and says which name was asked for', async () => {
    const { server, client } = await start({ credentialsFor: new Map([['other.test', other]]) })
    await client.say()
    expect(await client.say('EHLO a\r\n')).toContain('STARTTLS')
    await client.say('MAIL FROM:<a@b>\r\n')
    expect(await client.say('STARTTLS\r\n')).toMatch(/^220/)
    const socket = await client.startTls('other.test')
    expect(socket.getPeerX509Certificate()!.raw).toEqual(other.chain[0])
    expect(await client.say('EHLO a\r\n')).not.toContain('STARTTLS')
    expect(await client.say('RCPT TO:<c@d>\r\n')).toMatch(/^503/)
    const [session] = server.sessions
    expect(session).toMatchObject({ sni: 'other.test', tls: { protocol: 'TLSv1.3', sni: 'other.test' } })
    expect(String(session!.octets('client', true))).toBe('EHLO a\r\nRCPT TO:<c@d>\r\n')
  })

  test('sends the chain it was given, in order', async () => {
    const { client } = await start()
    await client.say()
    await client.say('STARTTLS\r\n')
    const socket = await client.startTls()
    const leaf = socket.getPeerX509Certificate()!
    expect([leaf.raw, leaf.issuerCertificate!.raw]).toEqual(own.chain)
  })

  test('drops what the client sent ahead of the handshake', async () => {
    const { server, client } = await start()
    await client.say()
    await client.say('STARTTLS\r\nRSET\r\n')
    expect(server.sessions[0]!.commands.map(({ verb }) => verb)).toEqual(['CONNECT', 'STARTTLS'])
  })
})

describe('an attacked or broken server', () => {
  test.each([
    ['hidden', false, '502'],
    ['refuse', true, '454'],
    ['unannounced', false, '220'],
  ] as const)('STARTTLS %s', async (starttls, announced, code) => {
    const { client } = await start({ starttls })
    await client.say()
    expect((await client.say('EHLO a\r\n')).includes('STARTTLS')).toBe(announced)
    expect(await client.say('STARTTLS\r\n')).toMatch(new RegExp(`^${code}`))
    if (code !== '220') expect(await client.say('NOOP\r\n')).toMatch(/^250/)
  })

  test('injects octets behind the reply to STARTTLS', async () => {
    const { client } = await start({ inject: '250 injected\r\n' })
    await client.say()
    await client.say('STARTTLS\r\n')
    expect(client.left).toBe('250 injected\r\n')
  })

  test.each(['close', 'garbage'] as const)('breaks the handshake: %s', async (handshake) => {
    const { client } = await start({ handshake })
    await client.say()
    await client.say('STARTTLS\r\n')
    await expect(client.startTls('mx.test')).rejects.toThrow()
  })

  test('says what went wrong in the handshake', async () => {
    const { server, client } = await start({ tls: { minVersion: 'TLSv1.3' } })
    await client.say()
    await client.say('STARTTLS\r\n')
    client.say('no ClientHello, but long enough to be taken for a record\r\n').catch(() => {})
    await expect.poll(() => server.sessions[0]!.tlsError).toMatch(/SSL|wrong version/i)
  })

  test('replies as told', async () => {
    const { client } = await start({
      script: ({ verb, count }) => {
        if (verb === 'CONNECT') return { reply: Buffer.from('220 octets\r\n'), delay: 1 }
        if (verb === 'NOOP') return `250-line ${count}\n250 end`
        if (verb === 'MAIL') return '421 4.3.2 Going down'
        return verb === 'VRFY' ? { close: true } : undefined
      },
    })
    expect(await client.say()).toBe('220 octets\r\n')
    expect(await client.say('NOOP\r\n')).toBe('250-line 1\r\n250 end\r\n')
    expect(await client.say('NOOP\r\n')).toBe('250-line 2\r\n250 end\r\n')
    expect(await client.say('MAIL FROM:<>\r\n')).toMatch(/^421/)
    expect(await client.say()).toBe('')
  })
})
