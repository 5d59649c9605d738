import { describe, expect, test } from 'vitest'
import { Rcode } from '../../src/wire/codes/rcode.ts'
import { RRClass } from '../../src/wire/codes/rrclass.ts'
import { RRType, rrTypeFromName } from '../../src/wire/codes/rrtype.ts'
import type { Message } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import { readRrsig } from '../../src/wire/rdata/dnssec.ts'
import { readMx } from '../../src/wire/rdata/target.ts'
import { readTlsa } from '../../src/wire/rdata/tlsa.ts'
import { createInternet } from '../lab/internet.ts'
import { LAB_DOMAINS, LAB_QUESTIONS } from '../lab/zones/index.ts'

const NOW = 1_900_000_000
const internet = await createInternet({ now: NOW })
const ask = (name: string, type: string): Message =>
  internet.answer({ name: Name.parse(name), type: rrTypeFromName(type)!, class: RRClass.IN })

test('hangs on the clock it is given', () => {
  expect(internet.clock.read()).toBe(NOW)
  const rrsig = ask('p256.test', 'SOA').answer.find(({ type }) => type === RRType.RRSIG)!
  const { inception, expiration } = readRrsig(rrsig.rdata)
  expect(inception).toBeLessThan(NOW)
  expect(expiration).toBeGreaterThan(NOW)
})

test('has each algorithm, and NSEC and NSEC3 zones', () => {
  const algorithms = [...internet.keys.values()].flat().map(({ algorithm }) => algorithm)
  expect(new Set(algorithms)).toEqual(new Set([5, 7, 8, 10, 13, 14, 15, 16, 253]))
})

test('gives every mail host an address of its own', () => {
  const addresses = [...internet.hosts.values()].map(({ address }) => address)
  expect(new Set(addresses).size).toBe(addresses.length)
})

describe('the table of questions', () => {
  test.each(LAB_QUESTIONS.map((row) => ({ ...row })))('$name $type: $shows', ({ name, type, status, rcode }) => {
    const answer = ask(name, type)
    if (status === 'indeterminate') expect(answer.rcode).toBe(Rcode.SERVFAIL)
    if (rcode !== undefined) expect(answer.rcode).toBe(Rcode[rcode])
  })
})

describe('the table of domains', () => {
  test.each(LAB_DOMAINS.map((row) => ({ ...row })))('$domain: $shows', ({ domain, hosts }) => {
    const answer = ask(domain, 'MX').answer.filter(({ type }) => type === RRType.MX)
    const exchanges = answer.map(({ rdata }) => readMx(rdata)).filter(({ exchange }) => !exchange.isRoot)
    const expected = exchanges.length > 0 ? exchanges.map(({ exchange }) => `${exchange}`.slice(0, -1)) : [domain]
    if (hosts.length > 0) expect(hosts.map(({ host }) => host)).toEqual(expected)
    for (const { host, level } of hosts) {
      const tlsa = ask(`_25._tcp.${host}`, 'TLSA').answer.filter(({ type }) => type === RRType.TLSA)
      for (const { rdata } of tlsa) expect(readTlsa(rdata).data.length).toBeGreaterThan(0)
      if (level === 'encrypt') expect(tlsa.length).toBeGreaterThan(0)
    }
  })
})
