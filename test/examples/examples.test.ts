import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { masterFile, temporaryFolder } from '../cli/files.ts'
import { type Lab, startLab } from '../lab/index.ts'

/** The examples as programs of their own, on this tree in place of the installed package. */
const folder = temporaryFolder()
let lab: Lab

beforeAll(async () => {
  const root = join(import.meta.dirname, '..', '..')
  lab = await startLab()
  await build({
    entryPoints: ['nodemailer-script', 'submission', 'web-service'].map((name) =>
      join(root, 'examples', `${name}.mjs`),
    ),
    alias: { danelaw: join(root, 'src', 'index.ts'), 'danelaw/nodemailer': join(root, 'src', 'nodemailer.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
  })
}, 60_000)
afterAll(() => lab.close())

function start(name: string, args: readonly string[], options: object): ChildProcess {
  const env = { ...process.env, DANELAW_OPTIONS: JSON.stringify(options) }
  const child = spawn(process.execPath, [join(folder, `${name}.mjs`), ...args], { stdio: 'pipe', env })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const resolver = () => ({
  upstreams: [`${lab.dns.address}:${lab.dns.port}`],
  trustAnchors: masterFile(lab.anchorRecords),
})
const delivery = () => ({ connectPort: lab.smtpPort, ehloName: 'sender.test' })

test('nodemailer-script: delivered where DANE allows it', async () => {
  const child = start('nodemailer-script', ['a@sender.test', 'b@p256.test', 'c@mismatch.test'], {
    resolver: resolver(),
    ...delivery(),
  })
  const [stdout, [status]] = await Promise.all([textOf(child.stdout!), once(child, 'exit')])
  expect(stdout).toMatch(
    /^delivered b@p256\.test mx\.p256\.test\. verified: .*\ndeferred c@mismatch\.test mx\.mismatch\.test\. refused: .*\n$/,
  )
  expect(status).toBe(75)
  expect(lab.mail.get('mx.p256.test')!.messages.at(-1)!.data.toString()).toContain('filename=note.txt')
})

test('submission: handed to the server that the domain names', async () => {
  const server = lab.mail.get('mail.submit.test')!
  server.behaviour = { ...server.behaviour, implicitTls: true }
  const child = start('submission', ['a@submit.test', 'b@elsewhere.example'], { resolver: resolver(), ...delivery() })
  child.stdin!.end('Subject: x\r\n\r\nbody\r\n')
  const [stdout, [status]] = await Promise.all([textOf(child.stdout!), once(child, 'exit')])
  expect(stdout).toMatch(/^delivered b@elsewhere\.example mail\.submit\.test\. verified: .*\n$/)
  expect(status).toBe(0)
})

test('web-service: takes mails, delivers them, and tries again', async () => {
  const child = start('web-service', ['0'], { resolver: resolver(), deliver: delivery(), retryAfter: 1 })
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string]
  const base = `http://127.0.0.1:${/^listening on ([0-9]+)$/.exec(line)![1]}`
  const post = async (mail: unknown) => {
    const response = await fetch(`${base}/mails`, { method: 'POST', body: JSON.stringify(mail) })
    return { status: response.status, ...((await response.json()) as { id?: number; error?: string }) }
  }
  const mail = { from: 'a@sender.test', subject: `Grüße ${'日'.repeat(50)}`, text: '.\nGrüße\n' }

  const { status, id } = await post({ ...mail, to: ['b@p256.test', 'c@mismatch.test'] })
  expect({ status, id }).toEqual({ status: 202, id: 1 })
  const done = await settled(`${base}/mails/1`)
  expect(done).toEqual({
    id: 1,
    state: 'done',
    recipients: [
      expect.objectContaining({ address: 'b@p256.test', outcome: 'delivered', verdict: 'verified' }),
      expect.objectContaining({ address: 'c@mismatch.test', outcome: 'deferred', verdict: 'refused' }),
    ],
  })
  // Five tries for one; the other was delivered to once.
  expect(lab.mail.get('mx.mismatch.test')!.sessions.length).toBeGreaterThanOrEqual(5)
  const mails = lab.mail.get('mx.p256.test')!.messages.filter(({ data }) => data.includes('=?utf-8?B?'))
  expect(mails).toHaveLength(1)
  const [, body] = mails[0]!.data.toString().split('\r\n\r\n')
  expect(Buffer.from(body!, 'base64').toString()).toBe(mail.text)

  for (const wrong of [
    { ...mail, to: [] },
    { ...mail, to: ['b@p256.test>\r\nDATA'] },
    { ...mail, to: ['b@p256.test'], from: 'x' },
    { ...mail, to: ['b@p256.test'], text: 7 },
    null,
  ]) {
    expect(await post(wrong)).toEqual({ status: 400, error: expect.any(String) })
  }
  expect((await fetch(`${base}/mails/9`)).status).toBe(404)
  expect((await fetch(`${base}/mails`, { method: 'POST', body: 'x'.repeat(1_000_001) })).status).toBe(413)

  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

async function settled(url: string): Promise<unknown> {
  for (;;) {
    const mail = (await (await fetch(url)).json()) as { state: string }
    if (mail.state === 'done') return mail
  }
}

async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}
