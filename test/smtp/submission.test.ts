import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { discoverSubmission } from '../../src/dane/submission.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import { deliver } from '../../src/smtp/delivery.ts'
import { Credentials } from '../../src/smtp/sasl/credentials.ts'
import { submissionSettings } from '../../src/smtp/submission.ts'
import { rcode } from '../lab/attack/dns-actions.ts'
import { type Lab, startLab } from '../lab/index.ts'
import type { MailServer } from '../lab/mail-server.ts'
import { said } from './hosts.ts'

let lab: Lab
let resolver: Resolver
let server: MailServer

beforeAll(async () => {
  lab = await startLab()
  server = lab.mail.get('mail.submit.test')!
  server.behaviour = { ...server.behaviour, implicitTls: true }
})
beforeEach(() => {
  const upstreams = [`${lab.dns.address}:${lab.dns.port}`]
  resolver = new Resolver({ upstreams, trustAnchors: lab.anchors, now: lab.clock.read })
  server.sessions.length = 0
})
afterEach(async () => {
  lab.attacker.clear()
  await resolver.close()
})
afterAll(() => lab.close())

/** Hands a message to the first server of a domain. */
async function submit(domain: string, at = 0) {
  const [...all] = submissionSettings(await discoverSubmission(resolver, domain))
  const message = { from: `me@${domain}`, to: 'you@elsewhere.example', content: 'Subject: secret\r\n\r\nsecret\r\n' }
  const settings = { connectPort: lab.smtpPort, at: lab.clock.now, ehloName: 'client.example' }
  const [outcome] = await deliver(message, { ...settings, ...all[at]!, resolver })
  const talk = server.sessions.map((session) => said(session))
  return { outcome, clear: talk.map(({ clear }) => clear).join(''), tls: talk.map(({ tls }) => tls).join('') }
}

test('a server that DANE authenticates, with TLS from the first octet', async () => {
  const { outcome, clear, tls } = await submit('submit.test')
  expect(outcome).toMatchObject({ outcome: 'delivered', verdict: 'verified', host: 'mail.submit.test.', level: 'dane' })
  expect(clear).toBe('')
  expect(tls).toContain('MAIL FROM:<me@submit.test>')
})

describe('nothing is said to a server that has not proven who it is', () => {
  test('an unsigned record that names somebody else, who has TLSA records even', async () => {
    const { outcome, clear, tls } = await submit('submit-unsigned.test')
    expect(outcome).toMatchObject({ outcome: 'deferred' })
    expect(clear + tls).not.toMatch(/MAIL|secret/)
  })

  test('TLSA records that are no longer to be had', async () => {
    lab.attacker.dns.add({ name: '_465._tcp.mail.submit.test' }, rcode('SERVFAIL'))
    const { outcome } = await submit('submit.test')
    expect(outcome).toMatchObject({ outcome: 'deferred' })
    expect(server.sessions).toEqual([])
  })
})

test('each server has settings of its own, in order', async () => {
  const found = await discoverSubmission(resolver, 'submit.test')
  const credentials = Credentials.password('me', 'secret')
  const settings = submissionSettings(found, credentials)
  expect(settings.map(({ relay }) => relay)).toEqual([
    { nextHop: '[mail.submit.test]:465', implicitTls: true, credentials },
    { nextHop: '[backup.submit.test]:465', implicitTls: true, credentials },
    { nextHop: '[mail.submit.test]:587', implicitTls: false, credentials },
  ])
  expect(submissionSettings(await discoverSubmission(resolver, 'p256.test'))).toEqual([])
})
