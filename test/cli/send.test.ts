import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { rcode } from '../lab/attack/dns-actions.ts'
import { type Lab, startLab } from '../lab/index.ts'
import { file, temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { networkArguments } from './lab-files.ts'

const folder = temporaryFolder()
const MESSAGE = 'From: a@sender.test\nSubject: x\n\n.leading dot\n'
let lab: Lab
let network: string[]

beforeAll(async () => {
  lab = await startLab()
  network = networkArguments(folder, lab)
})
afterAll(() => lab.close())
afterEach(() => lab.attacker.clear())

const send = (to: readonly string[], ...more: string[]) =>
  invoke(['send', '--from', 'a@sender.test', ...to.flatMap((address) => ['--to', address]), ...more, ...network], {
    stdin: MESSAGE,
  })
const arrived = (host: string) => lab.mail.get(host)!.messages

test('a message arrives over authenticated TLS', async () => {
  const { status, stdout, stderr } = await send(['b@p256.test'], '--json', '--ehlo', 'sender.test')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const { recipients, questions } = JSON.parse(stdout)
  expect(questions).toBeGreaterThan(5)
  expect(recipients).toHaveLength(1)
  expect(Object.keys(recipients[0])).toEqual([
    'address',
    'outcome',
    'host',
    'level',
    'verdict',
    'code',
    'enhanced',
    'text',
    'failure',
    'policy',
    'retry',
    'attempts',
  ])
  expect(recipients[0]).toMatchObject({
    address: 'b@p256.test',
    outcome: 'delivered',
    host: 'mx.p256.test.',
    level: 'dane',
    verdict: 'verified',
    code: 250,
    attempts: [{ host: 'mx.p256.test.', authenticated: true, protocol: 'TLSv1.3' }],
  })
  const [message] = arrived('mx.p256.test')
  expect(message!.data.toString()).toContain('Subject: x\r\n\r\n.leading dot\r\n')
  expect(message!.tls).not.toBeNull()
  expect(lab.mail.get('mx.p256.test')!.sessions[0]!.commands[1]!.line).toBe('EHLO sender.test')
})

test('the same for a person', async () => {
  const { status, stdout } = await send(['b@p256.test'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/^delivered {2}b@p256\.test at mx\.p256\.test\., level dane, verified\n {2}250 2\.0\.0 /)
  expect(stdout).toContain('authenticated by 3 1 1 (the leaf)')
})

describe('exit status', () => {
  test.each([
    ['all delivered', ['b@p256.test', 'c@p384.test'], 0],
    ['a certificate that fits no record', ['b@mismatch.test'], 75],
    ['a bogus MX', ['b@expired.test'], 75],
    ['no such domain', ['b@absent.test'], 68],
    ['a null MX', ['b@null-mx.test'], 69],
    ['no such domain, and a null MX', ['b@absent.test', 'b@null-mx.test'], 69],
    ['delivered, and no such domain', ['b@p256.test', 'b@absent.test'], 68],
    ['deferred, and no such domain', ['b@mismatch.test', 'b@absent.test'], 75],
  ])('%s', async (_what, to, status) => {
    expect((await send(to)).status).toBe(status)
  })

  test('a recipient refused by the host', async () => {
    lab.attacker.mail.add('mx.p256.test', { script: ({ verb }) => (verb === 'RCPT' ? '550 5.1.1 Unknown' : undefined) })
    const { status, stdout } = await send(['b@p256.test'], '--json')
    expect(status).toBe(69)
    expect(JSON.parse(stdout).recipients[0]).toMatchObject({ outcome: 'rejected', code: 550, enhanced: '5.1.1' })
  })
})

describe('--policy', () => {
  test('asks more of one destination than it asks itself', async () => {
    const policy = file(folder, 'policy', 'no-tlsa.test dane-only\n')
    expect((await send(['b@no-tlsa.test'], '--policy', policy)).status).toBe(75)
    expect((await send(['b@p256.test'], '--policy', policy)).status).toBe(0)
  })

  test('that cannot be read is a mistake, told with its line', async () => {
    const policy = file(folder, 'policy-wrong', '# fine\nno-tlsa.test nonsense\n')
    const { status, stderr } = await send(['b@no-tlsa.test'], '--policy', policy)
    expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringContaining('policy-wrong:2: ') })
  })
})

describe('--require-dane', () => {
  test('defers what is only encrypted, and tries nothing', async () => {
    expect((await send(['b@no-tlsa.test'])).status).toBe(0)
    const before = lab.mail.get('mx.no-tlsa.test')!.sessions.length
    expect((await send(['b@no-tlsa.test'], '--require-dane')).status).toBe(75)
    expect(lab.mail.get('mx.no-tlsa.test')!.sessions.length).toBe(before)
  })

  test('defers a verified host of an unsigned domain', async () => {
    expect((await send(['b@outsourced.test'], '--require-dane')).status).toBe(75)
  })

  test('delivers to what is verified', async () => {
    expect((await send(['b@p256.test'], '--require-dane')).status).toBe(0)
  })
})

test('a TLSA lookup that fails is no licence: deferred', async () => {
  lab.attacker.dns.add({ name: '_25._tcp.mx.p256.test', type: 'TLSA' }, rcode('SERVFAIL'))
  const before = lab.mail.get('mx.p256.test')!.sessions.length
  const { status, stdout } = await send(['b@p256.test'])
  expect(status).toBe(75)
  expect(stdout).toMatch(/^deferred {2}b@p256\.test at mx\.p256\.test\., level defer, refused\n/)
  expect(lab.mail.get('mx.p256.test')!.sessions.length).toBe(before)
})

test("what a server says cannot control the reader's terminal", async () => {
  lab.attacker.mail.add('mx.p256.test', {
    script: ({ verb }) => (verb === 'RCPT' ? '550 5.1.1 \u001b[2Jgone' : undefined),
  })
  const { stdout } = await send(['b@p256.test'])
  expect(stdout).not.toContain('\u001b')
})
