import { chmodSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Lab, startLab } from '../lab/index.ts'
import type { MailServer } from '../lab/mail-server.ts'
import { said } from '../smtp/hosts.ts'
import { file, temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { networkArguments } from './lab-files.ts'

const folder = temporaryFolder()
const MESSAGE = 'From: a@submit.test\nMessage-ID: <1@submit.test>\nSubject: x\n\nbody\n'
const SECRET = 'correct horse'
let lab: Lab
let network: string[]
let server: MailServer
let other: MailServer
let serial = 0

beforeAll(async () => {
  lab = await startLab()
  network = networkArguments(folder, lab)
  server = lab.mail.get('mail.submit.test')!
  other = lab.mail.get('mx.p256.test')!
  const auth = { username: 'user', secret: SECRET, mechanisms: ['PLAIN', 'LOGIN', 'SCRAM-SHA-256'] }
  server.behaviour = { ...server.behaviour, implicitTls: true, auth }
  other.behaviour = { ...other.behaviour, auth }
})
afterAll(() => lab.close())
beforeEach(() => {
  for (const each of lab.mail.values()) each.sessions.length = 0
})
afterEach(() => lab.attacker.clear())

/** A file of credentials for nobody else's eyes. */
const credentials = (content = `user\n${SECRET}\n`): string => {
  const path = file(folder, `credentials-${serial++}`, content)
  chmodSync(path, 0o600)
  return path
}
const send = (...argv: string[]) =>
  invoke(['send', '--from', 'a@submit.test', '--to', 'b@elsewhere.example', ...argv, ...network], { stdin: MESSAGE })
const heard = ({ sessions }: MailServer) => sessions.map((session) => said(session))
const everything = () => JSON.stringify([...lab.mail.values()].flatMap(heard))

describe('--relay', () => {
  test('takes mail for any domain, after a login over TLS that DANE authenticates', async () => {
    const { status, stdout } = await send('--relay', '[mx.p256.test]', '--credentials', credentials(), '--json')
    expect(JSON.parse(stdout).recipients).toMatchObject([
      { address: 'b@elsewhere.example', outcome: 'delivered', host: 'mx.p256.test.', verdict: 'verified' },
    ])
    expect(status).toBe(0)
    const [talk] = heard(other)
    expect(talk!.clear).not.toMatch(/AUTH|MAIL/)
    expect(talk!.tls).toMatch(/AUTH SCRAM-SHA-256 .*MAIL FROM:<a@submit\.test>/s)
  })

  test('a domain with MX hosts', async () => {
    expect((await send('--relay', 'p256.test')).status).toBe(0)
    expect(heard(other)).toHaveLength(1)
  })

  test('--implicit-tls is TLS from the first octet on, at port 465', async () => {
    const argv = ['--relay', '[mail.submit.test]', '--implicit-tls', '--credentials', credentials()]
    const { status } = await send(...argv)
    expect(status).toBe(0)
    expect(heard(server)).toMatchObject([{ clear: '', tls: expect.stringContaining('AUTH ') }])
  })

  test.each(['may', 'none', 'encrypt'])(
    'a policy file of level %s takes nothing from what a login needs',
    async (level) => {
      const policy = file(folder, `policy-${level}`, `* ${level}\n`)
      const { status } = await send('--relay', '[mx.mismatch.test]', '--credentials', credentials(), '--policy', policy)
      expect(status).toBe(75)
      expect(everything()).not.toMatch(/AUTH |MAIL FROM/)
    },
  )

  test('a server that proves nothing sees no AUTH', async () => {
    for (const host of ['mx.mismatch.test', 'mx.no-tlsa.test']) {
      const { status, stdout } = await send('--relay', `[${host}]`, '--credentials', credentials())
      expect(status, stdout).toBe(75)
    }
    expect(everything()).not.toMatch(/AUTH |MAIL FROM/)
  })

  test('credentials that are refused are trouble of ours: deferred, and shown to nobody', async () => {
    const { status, stdout, stderr } = await send(
      '--relay',
      '[mx.p256.test]',
      '--credentials',
      credentials('user\nwrong one\n'),
      '--json',
    )
    expect(status).toBe(75)
    expect(JSON.parse(stdout).recipients).toMatchObject([{ outcome: 'deferred', failure: 'auth-rejected' }])
    expect(stdout + stderr).not.toContain('wrong one')
  })
})

describe('--submission', () => {
  test("the server of the sender's domain", async () => {
    const { status, stdout } = await send('--submission', '--credentials', credentials())
    expect(status, stdout).toBe(0)
    expect(stdout).toMatch(/^delivered {2}b@elsewhere\.example at mail\.submit\.test\., level dane, verified\n/)
    expect(heard(server)).toMatchObject([{ clear: '', tls: expect.stringContaining('AUTH ') }])
  })

  test('an unsigned domain that names a server of another sees no AUTH', async () => {
    const { status } = await send('--submission=submit-unsigned.test', '--credentials', credentials())
    expect(status).toBe(75)
    expect(everything()).not.toMatch(/AUTH |MAIL FROM/)
  })

  test('a domain that names none defers', async () => {
    const { status, stdout } = await send('--submission=p256.test', '--json')
    expect(status).toBe(75)
    expect(JSON.parse(stdout).recipients).toMatchObject([
      { outcome: 'deferred', text: expect.stringContaining('does not say where mail is submitted') },
    ])
  })

  test('credentials that one server refuses go to no other', async () => {
    const { status } = await send('--submission', '--credentials', credentials('user\nwrong\n'))
    expect(status).toBe(75)
    expect(everything().match(/AUTH [A-Z]/g)).toHaveLength(1)
  })
})

describe('--queue', () => {
  const queue = (action: string, dir: string) => invoke(['queue', action, '--queue', dir, '--json', ...network])

  test('keeps the name of the file, and what was asked for', async () => {
    const dir = join(folder, `queue-${serial++}`)
    const path = credentials()
    const argv = ['--queue', dir, '--later', '--require-dane', '--submission', '--credentials', path, '--json']
    const { stdout } = await send(...argv)
    const { queued } = JSON.parse(stdout)
    const state = readdirSync(join(dir, 'queue', queued)).map((name) =>
      readFileSync(join(dir, 'queue', queued, name), 'utf8'),
    )
    expect(state.join('')).not.toContain(SECRET)
    const { stdout: listed } = await invoke(['queue', 'show', queued, '--queue', dir, '--json'])
    expect(JSON.parse(listed)).toMatchObject({
      requireDane: true,
      via: { kind: 'submission', domain: 'submit.test.', credentialsFile: path },
    })
    expect((await invoke(['queue', 'show', queued, '--queue', dir])).stdout).toContain(
      `by        the submission server of submit.test., with the credentials in ${path}`,
    )
    expect((await queue('flush', dir)).status).toBe(0)
    expect(heard(server)).toMatchObject([{ tls: expect.stringContaining('AUTH ') }])
    expect(readdirSync(join(dir, 'queue'))).toEqual([])
  })

  test.each([
    ['gone', (path: string) => rmSync(path), 'does not exist'],
    ['open to others', (path: string) => chmodSync(path, 0o644), 'other users of this system'],
  ])('a file that is %s by then defers, and says so', async (_, change, why) => {
    const dir = join(folder, `queue-${serial++}`)
    const path = credentials()
    await send('--queue', dir, '--later', '--relay', '[mx.p256.test]', '--credentials', path)
    change(path)
    const { stdout } = await queue('flush', dir)
    expect(stdout).toContain(why)
    expect(stdout).toContain(path)
    expect(everything()).not.toContain('MAIL')
    const { stdout: listed } = await invoke(['queue', 'list', '--queue', dir])
    expect(listed).toMatch(/deferred {2}b@elsewhere\.example/)
    expect(listed).toContain(why)
  })
})

describe('what does not go together is refused before anything is asked', () => {
  test.each([
    [['--relay', '[mx.p256.test]', '--submission'], '--relay and --submission exclude each other'],
    [['--implicit-tls'], '--implicit-tls is for --relay'],
    [['--credentials', 'x'], '--credentials is for --relay or --submission'],
    [['--submission', '--policy', 'x'], '--policy and --submission exclude each other'],
    [['--relay', '[mx.p256.test'], '--relay'],
    [['--submission=a..b'], '--submission'],
    [['--relay', '[mx.p256.test]', '--credentials', '/nonexistent'], '/nonexistent: does not exist'],
  ])('%j', async (argv, message) => {
    const asked = lab.dns.seen.length
    const { status, stderr } = await send(...argv)
    expect(status).toBe(64)
    expect(stderr).toContain(message)
    expect(lab.dns.seen.length).toBe(asked)
  })
})

describe('the file of credentials', () => {
  test.each([
    ['two lines', `user\n${SECRET}`],
    ['two lines of Windows', `user\r\n${SECRET}\r\n`],
    ['settings', `# mine\nuser = user\n\npassword = ${SECRET}\n`],
  ])('%s', async (_, content) => {
    expect((await send('--relay', '[mx.p256.test]', '--credentials', credentials(content))).status).toBe(0)
  })

  test.each([
    ['one line', 'hunter2\n', 'holds neither two lines'],
    ['three lines', 'user\nhunter2\nmore\n', 'holds neither two lines'],
    ['an unknown setting', 'user = me\npasswort = hunter2\n', ':2: is none of user =, password =, token ='],
    ['a setting twice', 'user = me\npassword = hunter2\npassword = hunter2\n', 'password is there twice'],
    ['a password and a token', 'user = me\npassword = hunter2\ntoken = hunter2\n', 'exclude each other'],
    ['no user', 'password = hunter2\n', 'are not all there'],
    ['a control', 'user\nhunter2\u0007\n', 'password: holds a control'],
    ['a token that is none', 'user = me\ntoken = hunter2 hunter2\n', 'token: not a bearer token'],
  ])('%s is refused, and not shown', async (_, content, message) => {
    const { status, stdout, stderr } = await send('--relay', '[mx.p256.test]', '--credentials', credentials(content))
    expect(status).toBe(64)
    expect(stderr).toContain(message)
    expect(stdout + stderr).not.toContain('hunter2')
    expect(everything()).not.toContain('EHLO')
  })

  test('that others may read is refused', async () => {
    const path = credentials()
    chmodSync(path, 0o644)
    const { status, stderr } = await send('--relay', '[mx.p256.test]', '--credentials', path)
    expect(status).toBe(64)
    expect(stderr).toContain(`${path}: holds credentials, and other users of this system may read or change it`)
    expect(stderr).toContain('chmod 600')
  })
})
