import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { discover } from '../../src/dane/destination.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import { deliver } from '../../src/smtp/delivery.ts'
import { domainVerdict, probe } from '../../src/smtp/probe.ts'
import { type Lab, startLab } from '../lab/index.ts'
import { LAB_ZONES } from '../lab/zones/index.ts'
import { said } from './hosts.ts'

const DOMAINS = LAB_ZONES.flatMap(({ domains = [] }) => domains)

let lab: Lab
let resolver: Resolver

beforeAll(async () => {
  lab = await startLab()
})
beforeEach(() => {
  resolver = new Resolver({
    upstreams: [`${lab.dns.address}:${lab.dns.port}`],
    trustAnchors: lab.anchors,
    now: lab.clock.read,
  })
  return () => resolver.close()
})
afterAll(() => lab.close())

describe('every domain of the lab', () => {
  test.each(DOMAINS)('$domain: $shows', async ({ domain, hosts, verdict }) => {
    const settings = { connectPort: lab.smtpPort, at: lab.clock.now, ehloName: 'client.example' }
    const destination = await discover(resolver, domain)
    const probes = await Promise.all(destination.hosts.map((host) => probe(host, settings)))
    const found = destination.hosts.map(({ host, level }, index) => {
      return { host: host.toCanonicalString().slice(0, -1), level, verdict: probes[index]!.verdict }
    })
    if (hosts.length > 0 || destination.none === null) expect(found).toEqual(hosts)
    const verdicts = probes.map((probed) => probed.verdict)
    expect(domainVerdict(destination, verdicts)).toBe(verdict)

    const before = new Map([...lab.mail].map(([name, server]) => [name, server.sessions.length]))
    const message = { from: 'from@sender.test', to: `to@${domain}`, content: 'Subject: secret\r\n\r\nthe body\r\n' }
    const [outcome] = await deliver(message, { ...settings, resolver })
    const delivered = verdict !== 'refused' && verdict !== 'unreachable'
    expect(outcome).toMatchObject({
      outcome: delivered ? 'delivered' : expect.stringMatching(/^(deferred|rejected)$/),
      verdict,
    })
    for (const { host, level, verdict: met } of hosts) {
      const server = lab.mail.get(host)
      const sessions = server?.sessions.slice(before.get(host)) ?? []
      // The envelope and the message: nowhere but where the policy is met, and in the clear only where it allows that.
      for (const session of sessions) {
        const { clear, tls } = said(session)
        if (level !== 'may') expect(clear).not.toMatch(/MAIL|RCPT|DATA|secret/)
        if (met === 'refused') expect(clear + tls).not.toMatch(/MAIL|RCPT|DATA|secret/)
      }
    }
  })
})
