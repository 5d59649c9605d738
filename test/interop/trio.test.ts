/**
 * The whole line against other people's programs: zones signed by BIND's dnssec-signzone, served by NSD, resolved by
 * a validating Unbound, judged by delv; mail received by Postfix.
 */
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { tlsaFor } from '../lab/certificates.ts'
import { danelaw } from './peers/danelaw.ts'
import { startNsd } from './peers/nsd.ts'
import { freePort } from './peers/ports.ts'
import { startPostfix } from './peers/postfix.ts'
import { run, type Server } from './peers/program.ts'
import type { Receiver } from './peers/receiver.ts'
import { startUnbound } from './peers/unbound.ts'
import { dsFields, type WrittenZone, writeZone } from './peers/zones.ts'

let folder: string
let upstream: string
let anchorFile: string
let delvAnchors: string
let postfix: Receiver | undefined
let mailPort: number
const servers: Server[] = []
let failed = false

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'danelaw-trio-'))
  mailPort = await freePort()
  const certificate = makeCertificate('mx.secure.test')
  const digest = Buffer.from(tlsaFor(certificate.der, 3, 1, 1).data).toString('hex')
  const zones = writeZones(mailPort, digest)
  const root = zones.at(-1)!

  const authority = await freePort()
  servers.push(await startNsd(folder, authority, zones))
  const port = await freePort()
  servers.push(await startUnbound(folder, { port, authority, zones: zones.map(({ apex }) => apex), anchor: root.ds }))
  upstream = `127.0.0.1:${port}`
  anchorFile = join(folder, 'anchor.ds')
  writeFileSync(anchorFile, root.ds)
  delvAnchors = join(folder, 'anchor.bind')
  writeFileSync(delvAnchors, `trust-anchors { . static-ds ${delvDs(root.ds)}; };\n`)
  postfix = await startPostfix(folder, [
    { port: mailPort, certificate: { keyFile: certificate.keyFile, file: certificate.certificateFile } },
  ])
})

afterAll(async () => {
  await postfix?.stop()
  for (const server of servers.reverse()) await server.stop()
  if (failed) console.error(`logs are kept in ${folder}`)
  else if (folder !== undefined) rmSync(folder, { recursive: true })
})

describe('danelaw query says what delv says', () => {
  test.each([
    ['www.secure.test', 'A', 'secure', 0, 'fully validated'],
    ['www.nsec3.test', 'A', 'secure', 0, 'fully validated'],
    ['any.wild.nsec3.test', 'TXT', 'secure', 0, 'fully validated'],
    ['alias.secure.test', 'A', 'secure', 0, 'fully validated'],
    ['nothing.secure.test', 'A', 'secure', 0, 'negative response, fully validated'],
    ['www.secure.test', 'MX', 'secure', 0, 'negative response, fully validated'],
    ['nothing.nsec3.test', 'A', 'secure', 0, 'negative response, fully validated'],
    ['www.unsigned.test', 'A', 'insecure', 2, 'unsigned answer'],
    ['www.forged.test', 'A', 'bogus', 3, 'resolution failed: RRSIG failed to verify'],
    ['www.expired.test', 'A', 'bogus', 3, 'resolution failed: RRSIG has expired'],
    ['www.wrong-ds.test', 'A', 'bogus', 3, 'resolution failed'],
  ])('%s %s: %s', async (name, type, status, exitStatus, judged) => {
    keepLogsOnFailure()
    const outcome = await danelaw(['query', `@${upstream}`, '--anchor', anchorFile, '--json', name, type])
    expect(JSON.parse(outcome.stdout)).toMatchObject({ status, query: { name: `${name}.`, type } })
    expect(outcome.status).toBe(exitStatus)
    expect(delv(name, type)).toContain(judged)
  })

  test('bogus says why, and where', async () => {
    keepLogsOnFailure()
    const outcome = await danelaw(['query', `@${upstream}`, '--anchor', anchorFile, '--json', 'www.expired.test', 'A'])
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      answer: [],
      reason: { code: 7, name: 'Signature Expired', at: 'www.expired.test. A' },
    })
  })
})

describe('mail to a domain whose host is Postfix', () => {
  const MESSAGE = 'From: <sender@example.net>\r\nSubject: trio\r\n\r\nThe right server has this line.\r\n'

  test('check: verified', async () => {
    keepLogsOnFailure()
    const outcome = await danelaw(mailArguments('check', 'secure.test'))
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      verdict: 'verified',
      hosts: [{ host: 'mx.secure.test.', level: 'dane', connections: [{ starttls: true, authenticated: true }] }],
    })
    expect(outcome.status).toBe(0)
  })

  test('send: delivered, and in the mailbox', async () => {
    keepLogsOnFailure()
    const args = mailArguments('send', '--from', 'sender@example.net', '--to', 'anna@secure.test', '--require-dane')
    const outcome = await danelaw(args, MESSAGE)
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      recipients: [{ outcome: 'delivered', level: 'dane', verdict: 'verified', code: 250 }],
    })
    expect(outcome.status).toBe(0)
    await expect.poll(mailbox, { timeout: 20_000 }).toContain('The right server has this line.')
    expect(mailbox()).toMatch(/using TLSv1\.3/)
  })

  test('send: deferred where the TLSA record does not match, and nothing arrives', async () => {
    keepLogsOnFailure()
    const before = mailbox()
    const args = mailArguments('send', '--from', 'sender@example.net', '--to', 'anna@mismatch.test')
    const outcome = await danelaw(args, MESSAGE.replace('trio', 'never'))
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      recipients: [{ outcome: 'deferred', level: 'dane', verdict: 'refused' }],
    })
    expect(outcome.status).toBe(75)
    expect(mailbox()).toBe(before)
    const checked = await danelaw(mailArguments('check', 'mismatch.test'))
    expect(checked.status).toBe(3)
  })

  function mailbox(): string {
    return Buffer.concat(postfix!.messages('anna')).toString()
  }

  function mailArguments(command: string, ...args: string[]): string[] {
    return [command, `@${upstream}`, '--anchor', anchorFile, '--json', '--port', String(mailPort), ...args]
  }
})

/** Child zones first, the root last, each with the DS records of those before it. */
function writeZones(port: number, digest: string): WrittenZone[] {
  const mail = (hash: string) => `@ MX 10 mx\nmx A 127.0.0.1\n_${port}._tcp.mx TLSA 3 1 1 ${hash}`
  const children = [
    writeZone(folder, {
      apex: 'secure.test.',
      records: `www A 192.0.2.1\nalias CNAME www\n${mail(digest)}`,
      denial: 'nsec',
    }),
    writeZone(folder, { apex: 'nsec3.test.', records: 'www A 192.0.2.2\n*.wild TXT "wild"', denial: 'nsec3' }),
    writeZone(folder, { apex: 'mismatch.test.', records: mail('00'.repeat(32)), denial: 'nsec' }),
    writeZone(folder, { apex: 'unsigned.test.', records: 'www A 192.0.2.3' }),
    writeZone(folder, {
      apex: 'forged.test.',
      records: 'www A 192.0.2.4',
      denial: 'nsec',
      tamper: (signed) => signed.replace('192.0.2.4', '192.0.2.44'),
    }),
    writeZone(folder, {
      apex: 'expired.test.',
      records: 'www A 192.0.2.5',
      denial: 'nsec',
      expired: 'A',
    }),
  ]
  const wrong = writeZone(folder, { apex: 'wrong-ds.test.', records: 'www A 192.0.2.6', denial: 'nsec' })
  const wrongDs = wrong.ds.replaceAll(/[0-9A-F]{8}(?=\s*\)?\s*$)/gm, '00000000')
  const all = [...children, { ...wrong, ds: wrongDs }]
  const delegations = all.map(({ apex }) => `${apex} NS ns.nic.`)
  const records = [...delegations, ...all.map(({ ds }) => ds)].join('\n')
  const test = writeZone(folder, { apex: 'test.', records, denial: 'opt-out' })
  const nic = writeZone(folder, { apex: 'nic.', records: 'ns A 127.0.0.1', denial: 'nsec' })
  const root = writeZone(folder, {
    apex: '.',
    records: `test. NS ns.nic.\nnic. NS ns.nic.\n${test.ds}\n${nic.ds}`,
    denial: 'nsec',
  })
  return [...all, test, nic, root]
}

function makeCertificate(host: string): { keyFile: string; certificateFile: string; der: Uint8Array } {
  const keyFile = join(folder, 'mx.key')
  const certificateFile = join(folder, 'mx.pem')
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', keyFile]
  run('openssl', ['req', '-x509', '-days', '30', ...key, '-out', certificateFile, ...subject])
  return { keyFile, certificateFile, der: new X509Certificate(readFileSync(certificateFile)).raw }
}

function delv(name: string, type: string): string {
  const [address, port] = upstream.split(':') as [string, string]
  return run('delv', [`@${address}`, '-p', port, '-a', delvAnchors, '+root=.', '+cd', name, type], folder, true)
}

/** The one DS record in BIND's notation. */
function delvDs(text: string): string {
  return dsFields(text).replace(/\S+$/, '"$&"')
}

function keepLogsOnFailure(): void {
  onTestFailed(() => {
    failed = true
  })
}
