import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { discoverSubmission } from '../../src/dane/submission.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import { corrupt, forge, rcode } from '../lab/attack/dns-actions.ts'
import { type Lab, startLab } from '../lab/index.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'

let lab: Lab
let resolver: Resolver

beforeAll(async () => {
  lab = await startLab()
})
beforeEach(() => {
  const upstreams = [`${lab.dns.address}:${lab.dns.port}`]
  resolver = new Resolver({ upstreams, trustAnchors: lab.anchors, now: lab.clock.read })
})
afterEach(async () => {
  lab.attacker.clear()
  await resolver.close()
})
afterAll(() => lab.close())

const inShort = async (domain: string) => {
  const { hosts, none } = await discoverSubmission(resolver, domain)
  const shown = hosts.map(({ host, port, level, mxSecure }) => `${level} ${host}:${port} ${mxSecure}`)
  return none === null ? shown : none.kind
}

test('a signed domain: DANE where there are records, authorities elsewhere', async () => {
  expect(await inShort('submit.test')).toEqual([
    'dane mail.submit.test.:465 true',
    'pkix backup.submit.test.:465 true',
    'pkix mail.submit.test.:587 true',
  ])
})

test('an unsigned domain: authorities, though the server has TLSA records', async () => {
  expect(await inShort('submit-unsigned.test')).toEqual(['pkix mail.submit.test.:465 false'])
})

test('a domain that says nothing, provenly', async () => {
  expect(await inShort('p256.test')).toBe('no-service')
})

test.each([
  ['led elsewhere', forge('_submissions._tcp.submit.test. SRV 0 0 465 mx.p256.test.')],
  ['spoilt', corrupt(RRType.SRV)],
  ['denied without proof', rcode('NXDOMAIN')],
  ['failed', rcode('SERVFAIL')],
])('records of a signed domain that are %s lead nowhere, not even to the other service', async (_, attack) => {
  lab.attacker.dns.add({ name: '_submissions._tcp.submit.test' }, attack)
  expect(await inShort('submit.test')).toBe('lookup-failed')
})

test('TLSA records that are taken away take the server away', async () => {
  lab.attacker.dns.add({ name: '_465._tcp.mail.submit.test' }, rcode('NXDOMAIN'))
  expect(await inShort('submit.test')).toEqual([
    'defer mail.submit.test.:465 true',
    'pkix backup.submit.test.:465 true',
    'pkix mail.submit.test.:587 true',
  ])
})
