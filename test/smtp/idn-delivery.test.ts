import { afterAll, beforeAll, expect, test } from 'vitest'
import { Resolver } from '../../src/resolver/resolver.ts'
import { deliver } from '../../src/smtp/delivery.ts'
import { type Lab, startLab } from '../lab/index.ts'
import { said } from './hosts.ts'

let lab: Lab
let resolver: Resolver

beforeAll(async () => {
  lab = await startLab()
  const upstreams = [`${lab.dns.address}:${lab.dns.port}`]
  resolver = new Resolver({ upstreams, trustAnchors: lab.anchors, now: lab.clock.read })
})
afterAll(() => Promise.all([lab.close(), resolver.close()]))

test('a domain in U-labels: A-labels in the DNS, in SNI and in commands, and SMTPUTF8 for nobody', async () => {
  const content = 'Subject: Servus\r\n\r\nServus\r\n'
  const message = { from: 'from@bücher.example', to: ['To@MÜNCHEN.test', 'to2@xn--mnchen-3ya.test'], content }
  const settings = { connectPort: lab.smtpPort, at: lab.clock.now, ehloName: 'client.example' }
  const outcomes = await deliver(message, { ...settings, resolver })
  // DANE-TA: the certificate names the host in A-labels.
  const delivered = { outcome: 'delivered', verdict: 'verified', host: 'mx.xn--mnchen-3ya.test.' }
  expect(outcomes).toMatchObject([
    { ...delivered, address: 'To@MÜNCHEN.test' },
    { ...delivered, address: 'to2@xn--mnchen-3ya.test' },
  ])
  const { sessions } = lab.mail.get('mx.xn--mnchen-3ya.test')!
  expect(sessions).toHaveLength(1)
  const { tls } = said(sessions[0]!)
  expect(tls).toContain('MAIL FROM:<from@xn--bcher-kva.example>')
  expect(tls).toContain('RCPT TO:<To@xn--mnchen-3ya.test>\r\n')
  expect(tls).not.toContain('SMTPUTF8')
})
