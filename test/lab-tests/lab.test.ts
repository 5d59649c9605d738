import { afterAll, beforeAll, expect, test } from 'vitest'
import { RRClass } from '../../src/wire/codes/rrclass.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { Name } from '../../src/wire/name.ts'
import * as attack from '../lab/attacker.ts'
import { type Lab, startLab } from '../lab/index.ts'
import { ask } from './dns-client.ts'
import { MailClient } from './mail-client.ts'

let lab: Lab

beforeAll(async () => {
  lab = await startLab()
})
afterAll(() => lab.close())

test('every mail host listens on its own address, all on one port', async () => {
  for (const [host, server] of lab.mail) {
    expect(server).toMatchObject({ host, port: lab.smtpPort, address: lab.internet.hosts.get(host)!.address })
  }
  const server = lab.mail.get('mx.p256.test')!
  const address = await ask(lab.dns, 'mx.p256.test', 'A')
  expect([...address.answer[0]!.rdata].join('.')).toBe(server.address)
  const client = await MailClient.connect(server)
  expect(await client.say()).toBe('220 mx.p256.test ESMTP\r\n')
  client.close()
})

test('the attacker works on answers without a socket too', () => {
  const question = { name: Name.parse('p256.test'), type: RRType.MX, class: RRClass.IN }
  expect(lab.answer(question)).toMatchObject({ kind: 'message', message: { rcode: 0 } })
  lab.attacker.dns.add('all', attack.silence())
  expect(lab.answer(question)).toMatchObject({ kind: 'failure', cause: 'timeout' })
  lab.attacker.clear()
  expect(lab.answer(question)).toMatchObject({ kind: 'message', message: { rcode: 0 } })
})

test('the attacker works on mail servers from the next connection on', async () => {
  const off = lab.attacker.mail.add('mx.p256.test', { starttls: 'hidden' })
  lab.attacker.mail.add('all', { greeting: '554 no' })
  const server = lab.mail.get('mx.p256.test')!
  const attacked = await MailClient.connect(server)
  expect(await attacked.say()).toBe('554 no\r\n')
  expect(await attacked.say('EHLO a\r\n')).not.toContain('STARTTLS')
  attacked.close()
  off()
  lab.attacker.clear()
  const client = await MailClient.connect(server)
  await client.say()
  expect(await client.say('EHLO a\r\n')).toContain('STARTTLS')
  client.close()
})
