import { expect, test } from 'vitest'
import { findWarnings } from '../../src/cli/tlsa/warnings.ts'
import { Name } from '../../src/wire/name.ts'

type Findings = Parameters<typeof findWarnings>[0]

const host = {
  host: Name.parse('mx.example.com'),
  tlsaBase: Name.parse('mx.example.com'),
  port: 25,
  level: 'dane',
} as Findings['host']
const options = { now: 0, days: 21, wanted: [] } as unknown as Findings['options']
const records = (count: number, octets: number): Findings['records'] =>
  Array.from({ length: count }, () => ({
    judged: { tlsa: { usage: 3, selector: 1, matchingType: 0, data: new Uint8Array(octets) }, usable: true, why: null },
    matches: true,
  }))

test.each([
  [2, 32, false],
  [17, 32, false],
  [20, 32, true],
  [1, 91, false],
  [1, 1200, true],
])('%i records of %i octets: too large for a datagram is %s', (count, octets, large) => {
  const warnings = findWarnings({ host, records: records(count, octets), served: [], options })
  expect(warnings.map(({ code }) => code)).toEqual(large ? ['large-set'] : [])
})

test('an address that cannot be talked to', () => {
  const failure = { kind: 'unreachable', text: 'no connection in time' } as const
  const served = { address: '192.0.2.1', port: 25, sni: null, protocol: null, chain: [], failure, verdict: null }
  const warnings = findWarnings({ host, records: records(1, 32), served: [served], options })
  expect(warnings).toEqual([{ code: 'no-connection', text: '192.0.2.1: no connection in time' }])
})

test('certificates that cannot be read have no dates', () => {
  const served = {
    address: '192.0.2.1',
    port: 25,
    sni: null,
    protocol: 'TLSv1.3',
    chain: [new Uint8Array([0x30, 0x00])],
    failure: null,
    verdict: null,
  }
  expect(findWarnings({ host, records: records(1, 32), served: [served], options })).toEqual([])
})
