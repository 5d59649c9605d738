import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { discover } from '../../src/dane/destination.ts'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import type { ValidatedAnswer } from '../../src/dnssec/status.ts'
import { validate } from '../../src/dnssec/validate.ts'
import { runSynchronously } from '../../src/dnssec/walk.ts'
import { Budget } from '../../src/limits.ts'
import { domainVerdict, probe } from '../../src/smtp/probe.ts'
import { RRClass } from '../../src/wire/codes/rrclass.ts'
import { Rcode } from '../../src/wire/codes/rcode.ts'
import { rrTypeFromName } from '../../src/wire/codes/rrtype.ts'
import { Name } from '../../src/wire/name.ts'
import { type Lab, startLab } from '../lab/index.ts'
import { LAB_DOMAINS, LAB_QUESTIONS } from '../lab/zones/index.ts'
import type { LabDomain } from '../lab/zones/zone.ts'

let lab: Lab

beforeAll(async () => {
  lab = await startLab()
})
afterAll(() => lab.close())

describe('a validator says what the table of questions says', () => {
  test.each(LAB_QUESTIONS.map((row) => ({ ...row })))('$name $type: $status', ({ name, type, status, rcode }) => {
    const answer = look(Name.parse(name), rrTypeFromName(type)!)
    expect(answer).toMatchObject({ status, ...(rcode === undefined ? {} : { rcode: Rcode[rcode] }) })
  })
})

describe('a sender finds what the table of domains says', () => {
  const rows = LAB_DOMAINS.map((row) => ({ ...row }))
  test.each(rows)('$domain: $verdict', checkDomain)
})

async function checkDomain({ domain, mx, hosts, verdict }: LabDomain): Promise<void> {
  const lookup = { query: async (name: Name, type: number) => look(name, type) }
  const destination = await discover(lookup, domain)
  const settings = { connectPort: lab.smtpPort, at: lab.clock.now }
  const probes = await Promise.all(destination.hosts.map((host) => probe(host, settings)))
  const verdicts = probes.map((result) => result.verdict)
  expect(destination.mx.status).toBe(mx.status)
  if (mx.rcode !== undefined) expect(destination.mx.rcode).toBe(Rcode[mx.rcode])
  const found = destination.hosts.map(({ host, level }, i) => ({ host: `${host}`, level, verdict: verdicts[i] }))
  const expected = hosts.map((host) => ({ ...host, host: `${host.host}.` }))
  // A host without an address is listed by the library and not in the table: there is nothing to try.
  expect(destination.none === null ? found : []).toEqual(expected)
  expect(domainVerdict(destination, verdicts)).toBe(verdict)
}

function look(name: Name, type: number): ValidatedAnswer {
  const context = {
    now: lab.clock.now,
    anchors: lab.anchors,
    engine: nativeEngine(),
    budget: new Budget(),
    memory: undefined,
    acceptSha1: true,
    peek: () => undefined,
  }
  return runSynchronously(validate({ name, type, class: RRClass.IN }, context), (question) => lab.answer(question))
}
