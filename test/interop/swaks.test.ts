/** The lab's own mail server, as swaks finds it: a test is worth no more than the server it is made with. */
import { execFile } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLeaf, credentials } from '../lab/certificates.ts'
import { MailServer } from '../lab/mail-server.ts'
import { program } from './peers/program.ts'

let server: MailServer
const BODY = 'From: <swaks@example.net>\nSubject: swaks\n\n.a dot\n..two dots\nthe end\n'

beforeAll(async () => {
  const shown = await credentials(await createLeaf({ names: ['mx.example.com'] }))
  server = await MailServer.start({ host: 'mx.example.com', credentials: shown })
})
afterAll(() => server?.close())

test.each([
  ['in the clear', [], null],
  ['over STARTTLS', ['--tls'], 'TLSv1.3'],
  ['over TLS 1.2', ['--tls', '--tls-protocol', 'tlsv1_2'], 'TLSv1.2'],
  ['pipelined', ['--tls', '--pipeline'], 'TLSv1.3'],
] as const)('%s: taken, octet for octet', async (_, options, protocol) => {
  const before = server.messages.length
  const { code, output } = await swaks([...options, '--tls-sni', 'mx.example.com'], 'anna@example.com,bert@example.com')
  expect(code, output).toBe(0)
  const arrived = server.messages.slice(before)
  expect(arrived.map(({ data }) => data.toString())).toEqual([BODY.replaceAll('\n', '\r\n')])
  expect(arrived[0]!.to).toEqual(['RCPT TO:<anna@example.com>', 'RCPT TO:<bert@example.com>'])
  expect(arrived[0]!.tls?.protocol ?? null).toBe(protocol)
  if (protocol !== null) expect(arrived[0]!.tls?.sni).toBe('mx.example.com')
})

test('what swaks wants and the server hides is missing to swaks too', async () => {
  const { behaviour } = server
  server.behaviour = { ...behaviour, starttls: 'hidden' }
  const { code, output } = await swaks(['--tls'], 'anna@example.com')
  server.behaviour = behaviour
  expect(output).toContain('did not advertise STARTTLS')
  // Its status for STARTTLS that did not come about.
  expect(code).toBe(29)
})

test('a refused recipient beside one that is taken', async () => {
  const { behaviour } = server
  const script: typeof behaviour.script = ({ line }) => (line.includes('nobody') ? '550 5.1.1 nobody here' : undefined)
  server.behaviour = { ...behaviour, script }
  const { code, output } = await swaks(['--tls'], 'nobody@example.com,anna@example.com')
  server.behaviour = behaviour
  expect(code, output).toBe(0)
  expect(output).toContain('<~* 550 5.1.1 nobody here')
  expect(server.messages.at(-1)!.to).toEqual(['RCPT TO:<anna@example.com>'])
})

function swaks(
  options: readonly string[],
  to: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const where = ['--server', `127.0.0.1:${server.port}`, '--ehlo', 'client.example']
  const mail = ['--from', 'swaks@example.net', '--to', to, '--data', '-']
  return new Promise((resolve) => {
    const child = execFile(program('swaks'), [...where, ...mail, ...options], { timeout: 20_000 }, (_, out, err) => {
      resolve({ code: child.exitCode, output: out + err })
    })
    // It ends the last line itself.
    child.stdin!.end(BODY.slice(0, -1))
  })
}
