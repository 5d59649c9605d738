import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { discover } from '../../../src/dane/destination.ts'
import { Resolver } from '../../../src/resolver/resolver.ts'
import { MtaSts } from '../../../src/smtp/mta-sts/mta-sts.ts'
import { stsAllows } from '../../../src/smtp/mta-sts/policy.ts'
import { Name } from '../../../src/wire/name.ts'
import { type Lab, startLab } from '../../lab/index.ts'
import { forge, rcode } from '../../lab/attack/dns-actions.ts'
import { PolicyServer, serves } from '../../lab/policy-server.ts'
import { policyText } from './setup.ts'

let lab: Lab
let server: PolicyServer
let resolver: Resolver
let mtaSts: MtaSts

const newResolver = (): Resolver =>
  new Resolver({
    upstreams: [`${lab.dns.address}:${lab.dns.port}`],
    trustAnchors: lab.anchors,
    now: lab.clock.read,
  })

beforeAll(async () => {
  lab = await startLab()
  server = await PolicyServer.start(['mta-sts.sts.test', 'mta-sts.sts-signed.test'])
})
beforeEach(() => {
  server.respond = serves(policyText('enforce', '*.sts.test'))
  server.requests.length = 0
  resolver = newResolver()
  mtaSts = new MtaSts({ resolver, ca: server.ca, fetchPort: server.port, now: lab.clock.read })
})
afterEach(async () => {
  lab.attacker.clear()
  await Promise.all([mtaSts.close(), resolver.close()])
})
afterAll(() => Promise.all([lab.close(), server.close()]))

test('a domain without DNSSEC, its policy and its host', async () => {
  const { policy, failure } = await mtaSts.policyFor(Name.parse('sts.test'))
  expect(failure).toBeNull()
  const { hosts } = await discover(resolver, 'sts.test')
  expect(hosts.map(({ host }) => stsAllows(policy!, host))).toEqual([true])
  expect(server.requests).toEqual(['GET https://mta-sts.sts.test/.well-known/mta-sts.txt'])
})

test('a signed domain: a forged address of the place of its policy leads nowhere', async () => {
  lab.attacker.dns.add({ name: 'mta-sts.sts-signed.test' }, forge('mta-sts.sts-signed.test. A 127.0.0.2'))
  expect(await mtaSts.policyFor(Name.parse('sts-signed.test'))).toMatchObject({
    policy: null,
    failure: { kind: 'sts-policy-fetch-error', text: expect.stringContaining('the lookup of its addresses failed') },
  })
  expect(server.requests).toEqual([])
})

test('a signed domain: that its record is not there has to be proven, and what was fetched holds anyway', async () => {
  const domain = Name.parse('sts-signed.test')
  const { policy } = await mtaSts.policyFor(domain)
  expect(policy?.mode).toBe('enforce')
  await resolver.close()
  resolver = newResolver()
  lab.attacker.dns.add({ name: '_mta-sts.sts-signed.test' }, rcode('NXDOMAIN'))
  const { status } = await resolver.query('_mta-sts.sts-signed.test', 'TXT')
  expect(status).toBe('bogus')
  const fresh = new MtaSts({ resolver, ca: server.ca, fetchPort: server.port, now: lab.clock.read })
  expect(await fresh.policyFor(domain)).toMatchObject({ policy: null, failure: { kind: 'sts-policy-fetch-error' } })
  await fresh.close()
})
