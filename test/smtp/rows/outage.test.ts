import { afterAll, beforeAll, expect, test } from 'vitest'
import { Resolver } from '../../../src/resolver/resolver.ts'
import { deliver } from '../../../src/smtp/delivery.ts'
import { definePolicy } from '../../../src/smtp/policy/define.ts'
import { PolicyTable } from '../../../src/smtp/policy/table.ts'
import { Name } from '../../../src/wire/name.ts'
import { type Lab, startLab } from '../../lab/index.ts'

let lab: Lab
let resolver: Resolver
beforeAll(async () => {
  lab = await startLab()
  resolver = new Resolver({
    upstreams: [`${lab.dns.address}:${lab.dns.port}`],
    trustAnchors: lab.anchors,
    now: lab.clock.read,
  })
})
afterAll(async () => {
  await resolver.close()
  await lab.close()
})

const send = (domain: string, policies?: PolicyTable) =>
  deliver(
    { from: null, to: `to@${domain}`, content: 'Subject: x\r\n\r\n' },
    { resolver, connectPort: lab.smtpPort, at: lab.clock.now, ...(policies !== undefined && { policies }) },
  )

test('a domain whose signatures have run out, with DNSSEC off for it until tomorrow, and for nobody else', async () => {
  const until = lab.clock.now + 86_400
  const policies = new PolicyTable([
    ['expired.test', definePolicy({ level: 'dane', dnssecOffUntil: until }, lab.clock.now)],
  ])
  expect(await send('expired.test')).toMatchObject([{ outcome: 'deferred', failure: 'mx-failed' }])
  expect(await send('expired.test', policies)).toMatchObject([
    {
      outcome: 'delivered',
      level: 'may',
      verdict: 'encrypted',
      policy: { notes: [expect.stringContaining('DNSSEC')] },
    },
  ])
  // What was not validated for the one is not given to anybody.
  expect(await send('expired.test')).toMatchObject([{ outcome: 'deferred', failure: 'mx-failed' }])
  expect(await send('mismatch.test', policies)).toMatchObject([{ outcome: 'deferred', verdict: 'refused' }])
  expect(await send('p256.test', policies)).toMatchObject([{ outcome: 'delivered', verdict: 'verified' }])
})

test('a switch whose time is over has no effect', async () => {
  const policies = new PolicyTable([
    ['expired.test', definePolicy({ level: 'dane', dnssecOffUntil: lab.clock.now - 1 }, lab.clock.now)],
  ])
  expect(await send('expired.test', policies)).toMatchObject([{ outcome: 'deferred', failure: 'mx-failed' }])
})

test('the resolver: insecure until then, never remembered, and a whole number of seconds', async () => {
  const name = Name.parse('p256.test')
  const until = lab.clock.now + 60
  expect(await resolver.query(name, 'MX', { insecureUntil: until })).toMatchObject({ status: 'insecure' })
  expect(await resolver.query(name, 'MX')).toMatchObject({ status: 'secure' })
  expect(await resolver.query(name, 'MX', { insecureUntil: lab.clock.now - 1 })).toMatchObject({ status: 'secure' })
  await expect(resolver.query(name, 'MX', { insecureUntil: Number.NaN })).rejects.toThrow(RangeError)
})
