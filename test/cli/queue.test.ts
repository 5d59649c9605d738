import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Lab, startLab } from '../lab/index.ts'
import { temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { networkArguments } from './lab-files.ts'

const folder = temporaryFolder()
const MESSAGE = 'From: a@p384.test\nMessage-ID: <1@p384.test>\nSubject: x\n\nbody\n'
const FROM = ['--from', 'a@p384.test']
let lab: Lab
let network: string[]
let serial = 0

beforeAll(async () => {
  lab = await startLab()
  network = networkArguments(folder, lab)
})
afterAll(() => lab.close())
afterEach(() => lab.attacker.clear())

const spool = (): string => join(folder, `queue-${serial++}`)
const send = (queue: string, to: string, ...more: string[]) =>
  invoke(['send', ...FROM, '--to', to, '--queue', queue, '--ehlo', 'sender.test', ...more, ...network], {
    stdin: MESSAGE,
  })
const queue = (action: string, dir: string, ...more: string[]) =>
  invoke(['queue', ...action.split(' '), '--queue', dir, ...more])
const later = async (dir: string, to = 'b@p256.test'): Promise<string> => {
  const { stdout } = await send(dir, to, '--later', '--json')
  return JSON.parse(stdout).queued
}
const refuse = (host: string, reply: string): void => {
  lab.attacker.mail.add(host, { script: ({ verb }) => (verb === 'RCPT' ? reply : undefined) })
}

describe('send --queue', () => {
  test('takes the message and delivers it at once', async () => {
    const dir = spool()
    const { status, stdout, stderr } = await send(dir, 'b@p256.test')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(
      /^queued {2}[0-9a-v]{25}\ndelivered {2}b@p256\.test at mx\.p256\.test\., level dane, verified\n/,
    )
    expect(readdirSync(join(dir, 'queue'))).toEqual([])
  })

  test('what is deferred waits, and the status is 0 all the same', async () => {
    const dir = spool()
    const { status, stdout } = await send(dir, 'b@mismatch.test', '--json')
    expect(status).toBe(0)
    const { queued, recipients } = JSON.parse(stdout)
    expect(recipients).toMatchObject([{ address: 'b@mismatch.test', outcome: 'deferred', verdict: 'refused' }])
    expect(readdirSync(join(dir, 'queue'))).toEqual([queued])
  })

  test('a refusal comes back to the sender as a report, over DANE as well', async () => {
    refuse('mx.p256.test', '550 5.1.1 Unknown \u001b[2J user')
    const before = lab.mail.get('mx.p384.test')!.messages.length
    const { status, stdout } = await send(spool(), 'b@p256.test', '--envid', 'e1', '--ret', 'full', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout).recipients).toMatchObject([{ address: 'b@p256.test', outcome: 'rejected' }])
    const [report, ...more] = lab.mail.get('mx.p384.test')!.messages.slice(before)
    expect(more).toEqual([])
    const text = report!.data.toString()
    expect(text).toContain('From: Mail Delivery System <MAILER-DAEMON@sender.test>\r\n')
    expect(text).toContain('To: <a@p384.test>\r\n')
    expect(text).toContain('Original-Envelope-Id: e1\r\n')
    expect(text).toContain('Action: failed\r\nStatus: 5.1.1\r\n')
    expect(text).toContain('Content-Type: message/rfc822\r\n')
    expect(text).toContain('\r\nbody\r\n')
    expect(text).not.toContain('\u001b')
    expect(report!.tls).not.toBeNull()
  })

  test.each([
    ['passed', ['PIPELINING', 'DSN'], []],
    ['relayed', ['PIPELINING'], [expect.stringContaining('\r\nAction: relayed\r\nStatus: 2.')]],
  ])('--notify success: %s', async (dsn, extensions, told) => {
    lab.attacker.mail.add('mx.p256.test', { extensions })
    const before = lab.mail.get('mx.p384.test')!.messages.length
    const { stdout } = await send(spool(), 'b@p256.test', '--notify', 'success', '--json')
    expect(JSON.parse(stdout).recipients).toMatchObject([{ outcome: 'delivered', dsn }])
    const reports = lab.mail.get('mx.p384.test')!.messages.slice(before)
    expect(reports.map(({ data }) => data.toString())).toEqual(told)
  })

  test('--require-tls: a host that does not take it on gets nothing, and the report has the header alone', async () => {
    const before = lab.mail.get('mx.p384.test')!.messages.length
    const { stdout } = await send(spool(), 'b@p256.test', '--require-tls', '--ret', 'full', '--json')
    expect(JSON.parse(stdout).recipients).toMatchObject([{ outcome: 'rejected', enhanced: '5.7.30' }])
    const [report] = lab.mail.get('mx.p384.test')!.messages.slice(before)
    expect(report!.data.toString()).toContain('Status: 5.7.30\r\n')
    expect(report!.data.toString()).not.toContain('\r\nbody\r\n')
  })

  test('--later leaves it to others', async () => {
    const dir = spool()
    const before = lab.mail.get('mx.p256.test')!.sessions.length
    const { stdout } = await send(dir, 'b@p256.test', '--later')
    expect(stdout).toMatch(/^queued {2}[0-9a-v]{25}\n$/)
    expect(lab.mail.get('mx.p256.test')!.sessions.length).toBe(before)
  })

  test('is not said to have failed where it is not known who runs the queue', async () => {
    const dir = spool()
    await later(dir)
    mkdirSync(join(dir, 'runner.lock'))
    const { status, stdout } = await send(dir, 'b@p256.test')
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^queued {2}[0-9a-v]{25}\n$/) })
    expect(readdirSync(join(dir, 'queue'))).toHaveLength(2)
  })

  test('without an upstream it is taken all the same', async () => {
    const dir = spool()
    const argv = ['send', ...FROM, '--to', 'b@p256.test', '--queue', dir, '@[::1]:1', '--timeout', '50']
    const { status, stdout } = await invoke(argv, { stdin: MESSAGE })
    expect(status).toBe(0)
    expect(stdout).toMatch(/^queued /)
    expect(readdirSync(join(dir, 'queue'))).toHaveLength(1)
  })

  test.each([
    ['a malformed message', 'no header\n', 65, /standard input:1: /],
    ['an empty one', '', 65, /the message is empty/],
  ])('%s is not taken', async (_what, stdin, status, text) => {
    const dir = spool()
    const result = await invoke(['send', ...FROM, '--to', 'b@p256.test', '--queue', dir, ...network], { stdin })
    expect(result.status).toBe(status)
    expect(result.stderr).toMatch(text)
    expect(readdirSync(join(dir, 'queue'))).toEqual([])
    expect(readdirSync(join(dir, 'tmp'))).toEqual([])
  })

  test('a queue that cannot be used is a reason to try again', async () => {
    const dir = join(folder, 'no-queue')
    writeFileSync(dir, '')
    const { status, stderr } = await send(dir, 'b@p256.test')
    expect(status).toBe(75)
    expect(stderr).toMatch(/^danelaw: .*no-queue: cannot be used: /)
  })

  test.each([
    [['--later'], /--later is for --queue/],
    [['--notify', 'never,success'], /neither never nor some of/],
    [['--envid', 'a\tb'], /not printable US-ASCII/],
    [['--ret', 'some'], /none of full, hdrs/],
  ])('%j is a mistake', async (more, text) => {
    const { status, stderr } = await invoke(['send', ...FROM, '--to', 'b@p256.test', ...more, ...network], {
      stdin: MESSAGE,
    })
    expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringMatching(text) })
  })
})

describe('list and show', () => {
  test('for a person', async () => {
    const dir = spool()
    const id = await later(dir)
    const { stdout } = await queue('list', dir)
    expect(stdout).toContain(`${id}  waiting  ${MESSAGE.length} octets`)
    expect(stdout).toMatch(/\n {2}waiting {2}b@p256\.test, first try [0-9T:-]+Z\n1 message; nobody runs the queue\n$/)
    expect((await queue(`show ${id}`, dir)).stdout).toMatch(
      new RegExp(`^${id} {2}waiting\n {2}from {6}a@p384\\.test\n`),
    )
  })

  test('for a program', async () => {
    const dir = spool()
    const id = await later(dir)
    const listed = JSON.parse((await queue('list', dir, '--json')).stdout)
    expect(listed).toMatchObject({ queue: dir, runner: null, entries: [{ id, state: 'waiting', from: 'a@p384.test' }] })
    expect(JSON.parse((await queue(`show ${id}`, dir, '--json')).stdout)).toEqual(listed.entries[0])
  })

  test('a damaged message is among them', async () => {
    const dir = spool()
    const id = await later(dir)
    writeFileSync(join(dir, 'queue', id, 'state.json'), '{')
    expect((await queue('list', dir)).stdout).toContain(`${id}  damaged\n`)
    expect(JSON.parse((await queue('list', dir, '--json')).stdout).entries[0].damage).toContain('is no JSON')
  })

  test('what is no queue is not made one', async () => {
    const dir = join(folder, 'plain')
    mkdirSync(dir)
    const { status, stderr } = await queue('list', dir)
    expect({ status, stderr }).toEqual({
      status: 64,
      stderr: expect.stringContaining('there is no queue in this folder'),
    })
    expect(readdirSync(dir)).toEqual([])
    expect((await queue('list', join(folder, 'typo'))).status).toBe(64)
  })
})

describe('remove, hold and release', () => {
  test('change one message', async () => {
    const dir = spool()
    const id = await later(dir)
    expect(await queue(`hold ${id}`, dir)).toMatchObject({ status: 0, stdout: `held  ${id}\n` })
    expect((await queue('list', dir)).stdout).toContain(`${id}  held`)
    expect(await queue(`release ${id}`, dir, '--json')).toMatchObject({ status: 0 })
    expect(await queue(`remove ${id}`, dir)).toMatchObject({ status: 0, stdout: `removed  ${id}\n` })
    expect((await queue('list', dir)).stdout).toMatch(/^0 messages;/)
  })

  test.each(['remove', 'hold', 'release', 'show'])('%s of none', async (action) => {
    const dir = spool()
    await later(dir)
    for (const id of ['0'.repeat(25), '../corrupt']) {
      const { status, stderr } = await queue(`${action} ${id}`, dir)
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringContaining(`no message '${id}' in the queue`),
      })
    }
  })
})

describe('flush', () => {
  test('tries what waits, and says what became of it', async () => {
    const dir = spool()
    const [id, other] = [await later(dir), await later(dir, 'b@mismatch.test')]
    const { status, stdout } = await invoke(['queue', 'flush', '--queue', dir, ...network])
    expect(status).toBe(0)
    expect(stdout).toContain(`${id} delivered b@p256.test at mx.p256.test., level dane, verified: 250 `)
    expect(stdout).toMatch(new RegExp(`${other} deferred b@mismatch\\.test at .* refused: .*, next try `))
    expect(readdirSync(join(dir, 'queue'))).toEqual([other])
  })

  test('as JSON', async () => {
    const dir = spool()
    const id = await later(dir)
    const { stdout } = await invoke(['queue', 'flush', id, '--queue', dir, '--json', ...network])
    expect(JSON.parse(stdout).events).toMatchObject([
      { kind: 'tried', id, recipient: { address: 'b@p256.test', state: 'delivered' }, due: null },
      { kind: 'removed', id },
    ])
  })
})

test('run delivers what is there and what comes, and ends when it is told to', async () => {
  const dir = spool()
  const first = await later(dir)
  const stop = new AbortController()
  const lines: string[] = []
  const before = lab.mail.get('mx.p256.test')!.messages.length
  const running = invoke(['queue', 'run', '--queue', dir, '--json', ...network], {
    signal: stop.signal,
    onOutput: (text) => lines.push(text),
  })
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise((resolve) => setImmediate(resolve))
  }
  const removed = () => lines.filter((line) => line.includes('"kind":"removed"')).length
  await until(() => removed() === 1)
  // Who submits leaves it to the runner.
  expect((await send(dir, 'c@p256.test')).stdout).toMatch(/^queued {2}[0-9a-v]{25}\n$/)
  await until(() => removed() === 2)
  const second = await queue('flush', dir, ...network)
  expect(second.status).toBe(0)
  const other = await invoke(['queue', 'run', '--queue', dir, ...network])
  expect(other).toMatchObject({ status: 75, stderr: expect.stringContaining(`is being run by process ${process.pid}`) })
  stop.abort()
  expect((await running).status).toBe(0)
  expect(lab.mail.get('mx.p256.test')!.messages.length).toBe(before + 2)
  expect(lines.map((line) => JSON.parse(line).id)).toContain(first)
})

test.each([
  ['an action that is none', 'lsit', /did you mean list\?/],
  ['no ID', 'remove', /needs the ID of a message/],
  ['an ID too much', 'run x', /takes no ID/],
  ['an upstream where nobody is asked', 'list @192.0.2.1', /asks nobody/],
])('%s is a mistake', async (_what, action, text) => {
  expect(await queue(action, spool())).toMatchObject({ status: 64, stderr: expect.stringMatching(text) })
})

test('a message larger than what is held in memory is sent from a file', async () => {
  const large = `Subject: large\n\n${'0123456789abcdef0123456789abcdef\n'.repeat(300_000)}`
  const argv = ['send', ...FROM, '--to', 'b@p256.test', ...network]
  const { status, stderr } = await invoke(argv, { stdin: large })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(lab.mail.get('mx.p256.test')!.messages.at(-1)!.data.length).toBeGreaterThan(9_900_000)
})
