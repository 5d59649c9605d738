import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TlsReportJournal } from '../../src/smtp/tlsrpt/journal.ts'
import type { TlsSession } from '../../src/smtp/tls-session.ts'
import { type Lab, startLab } from '../lab/index.ts'
import { verifyDkim } from '../smtp/tlsrpt/dkim-verifier.ts'
import { faults } from '../smtp/tlsrpt/schema.ts'
import { failed, session } from '../smtp/tlsrpt/sessions.ts'
import { file, temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { networkArguments } from './lab-files.ts'

const folder = temporaryFolder()
/** At four in the morning. */
const NOW = Date.parse('2026-11-22T04:00:00Z') / 1000
let lab: Lab
let network: string[]
let count = 0

beforeAll(async () => {
  lab = await startLab({ now: NOW })
  network = networkArguments(folder, lab)
})
afterAll(() => lab.close())

/** A directory with what was counted the day before. */
function counted(...sessions: TlsSession[]): string {
  const directory = join(folder, `counted-${count++}`)
  const journal = new TlsReportJournal(directory, { now: () => new Date('2026-11-21T12:00:00Z') })
  for (const each of sessions) journal.record(each)
  return directory
}

const report = (directory: string, ...more: string[]) =>
  invoke(['report', directory, '--from', 'tls@sender.test', '--ehlo', 'sender.test', ...network, ...more], { now: NOW })

const SESSIONS = [
  session({ domain: 'reported.test.' }),
  failed('no usable TLSA record matches', { domain: 'reported.test.' }),
  session({ domain: 'p256.test.' }),
]

test('what was counted goes out by mail, once', async () => {
  const directory = counted(...SESSIONS)
  const first = await report(directory, '--json')
  expect(first).toMatchObject({ status: 0, stderr: expect.stringMatching(/^danelaw: without --dkim-key/) })
  const { reports, gaps, removed } = JSON.parse(first.stdout)
  expect({ gaps, removed }).toEqual({ gaps: [], removed: [] })
  expect(reports).toEqual([
    expect.objectContaining({ domain: 'p256.test', outcome: 'unwanted', addresses: [] }),
    {
      day: '2026-11-21',
      domain: 'reported.test',
      outcome: 'sent',
      text: '',
      addresses: [{ uri: 'mailto:tls@p384.test', outcome: 'sent', text: 'mx.p384.test: 250 2.0.0 Message accepted' }],
      report: expect.objectContaining({ 'contact-info': 'tls@sender.test', 'organization-name': 'sender.test' }),
    },
  ])
  const [message] = lab.mail.get('mx.p384.test')!.messages
  const attached = message!.data.toString().split('\r\n\r\n')[4]!.split('--')[0]!
  const sent = JSON.parse(gunzipSync(Buffer.from(attached, 'base64')).toString())
  expect(faults(sent)).toEqual([])
  expect(sent).toEqual(reports[1].report)

  expect(await report(directory)).toEqual({ status: 0, stdout: 'nothing to be sent\n', stderr: '' })
  expect(lab.mail.get('mx.p384.test')!.messages).toHaveLength(1)
})

test('signed by DKIM, for another organization and contact', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = file(folder, 'dkim.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const signing = ['--dkim-key', key, '--dkim-selector', 'tlsrpt']
  const naming = ['--organization', 'Sender', '--contact', 'postmaster@mail.sender.test']
  const { status, stderr } = await report(counted(...SESSIONS), ...signing, ...naming, '--domain', 'reported.test')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const text = lab.mail.get('mx.p384.test')!.messages.at(-1)!.data.toString()
  const octets = publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('base64')
  const keys = { 'tlsrpt._domainkey.sender.test': `v=DKIM1; k=ed25519; p=${octets}` }
  expect(verifyDkim(text, keys)).toEqual(['pass'])
  expect(text).toMatch(/^TLS-Report-Submitter: mail\.sender\.test\r$/m)
})

test('a dry run, for a person', async () => {
  const directory = counted(
    ...SESSIONS,
    session({ domain: 'reported-badly.test.' }),
    session({ domain: 'expired.test.' }),
  )
  const before = readdirSync(directory)
  const { status, stdout } = await report(directory, '--dry-run')
  expect(status).toBe(75)
  // Which of several expired signatures is told depends on when answers arrive.
  await expect(stdout.replace(/(?<=found out: ).*/, '…')).toMatchFileSnapshot('golden/report-dry-run.txt')
  expect(readdirSync(directory)).toEqual(before)
})

test('a failure: status 75, and nothing before its time', async () => {
  const directory = counted(session({ domain: 'expired.test.' }))
  expect(await report(directory)).toMatchObject({ status: 75, stdout: expect.stringMatching(/^failed {3}/) })
  expect(await report(directory)).toMatchObject({ status: 75, stdout: expect.stringMatching(/^waiting {2}/) })
})

describe('--output', () => {
  test('writes the reports as files, and asks nobody', async () => {
    const directory = counted(...SESSIONS)
    const output = join(folder, 'output')
    mkdirSync(output)
    const { status, stdout } = await invoke(
      ['report', directory, '--from', 'tls@sender.test', '--output', output, '--json', '@192.0.2.1'],
      { now: NOW },
    )
    expect(status).toBe(0)
    const names = readdirSync(output)
    expect(names).toEqual([
      expect.stringMatching(/^sender\.test!p256\.test!1795219200!1795305599![0-9a-f]{16}\.json\.gz$/),
      expect.stringMatching(/^sender\.test!reported\.test!1795219200!1795305599![0-9a-f]{16}\.json\.gz$/),
    ])
    expect(JSON.parse(stdout)).toEqual({
      files: names.map((name) => ({ path: join(output, name), day: '2026-11-21', domain: name.split('!')[1] })),
    })
    for (const name of names) {
      expect(faults(JSON.parse(gunzipSync(readFileSync(join(output, name))).toString()))).toEqual([])
    }
  })

  test('that cannot be written', async () => {
    const { status, stderr } = await report(counted(...SESSIONS), '--output', join(folder, 'nowhere'))
    expect(status).toBe(64)
    expect(stderr).toMatch(/nowhere\/sender\.test!.*: cannot be written: ENOENT\n$/)
  })
})

describe('danelaw send --tlsrpt', () => {
  const send = (directory: string, domains: readonly string[]) =>
    invoke(
      ['send', '--from', 'a@sender.test', '--tlsrpt', directory, ...network].concat(
        domains.flatMap((domain) => ['--to', `b@${domain}`]),
      ),
      { stdin: 'Subject: x\n\ny\n', now: NOW - 86_400 },
    )

  test('counts over several runs', async () => {
    const directory = join(folder, 'sent')
    expect(await send(directory, ['p256.test', 'mismatch.test'])).toMatchObject({ status: 75, stderr: '' })
    await send(directory, ['p256.test', 'no-starttls.test', 'unusable.test', 'no-tlsa.test'])
    const output = join(folder, 'sent-reports')
    mkdirSync(output)
    await report(directory, '--output', output)
    const summary = readdirSync(output).map((name) => {
      const document = JSON.parse(gunzipSync(readFileSync(join(output, name))).toString())
      expect(faults(document)).toEqual([])
      const [policy, ...others] = document.policies
      expect(others).toEqual([])
      const { 'total-successful-session-count': good, 'total-failure-session-count': bad } = policy.summary
      const types = (policy['failure-details'] ?? []).map((detail: Record<string, unknown>) => detail['result-type'])
      return [name.split('!')[1], policy.policy['policy-type'], policy.policy['policy-domain'], good, bad, ...types]
    })
    expect(summary).toEqual([
      ['mismatch.test', 'tlsa', 'mx.mismatch.test', 0, 1, 'validation-failure'],
      ['no-starttls.test', 'tlsa', 'mx.no-starttls.test', 0, 1, 'starttls-not-supported'],
      ['no-tlsa.test', 'no-policy-found', 'no-tlsa.test', 1, 0],
      ['p256.test', 'tlsa', 'mx.p256.test', 2, 0],
      ['unusable.test', 'tlsa', 'mx.unusable.test', 0, 1, 'tlsa-invalid'],
    ])
  })

  test('where nothing can be counted, mail goes out all the same', async () => {
    const { status, stderr } = await send(file(folder, 'no-directory', ''), ['p256.test'])
    expect(status).toBe(0)
    expect(stderr).toMatch(/^danelaw: TLS sessions are not counted: .*no-directory: cannot be made: EEXIST\n$/)
  })
})

describe('what is wrong on the command line', () => {
  test.each([
    [['--day', '2026-02-30'], /--day: '2026-02-30' is not a day\nhint: write 2026-11-21/],
    [['--day', '2026-11-22'], /--day: 2026-11-22 is not over/],
    [['--dkim-key', 'x'], /--dkim-key and --dkim-selector belong together/],
    [['--dkim-key', '/nowhere', '--dkim-selector', 'a'], /\/nowhere: does not exist/],
    [['--dkim-key', import.meta.filename, '--dkim-selector', 'a'], /report\.test\.ts: no private key in PEM/],
    [['--dkim-selector', 'a;b'], /--dkim-selector: 'a;b' is not a name/],
    [['--contact', 'ä@sender.test'], /'ä@sender\.test' cannot send reports/],
    [['--organization', 'a\nb'], /--organization: not a name/],
    [['--domain', 'a..b'], /--domain: /],
  ])('%j', async (argv, message) => {
    const { status, stderr } = await report(counted(), ...argv)
    expect(status).toBe(64)
    expect(stderr).toMatch(message)
  })

  test('a directory that does not exist', async () => {
    const { status, stderr } = await report(join(folder, 'absent'))
    expect(status).toBe(64)
    expect(stderr).toMatch(/absent: does not exist\n/)
  })
})
