import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Rcode } from '../../../src/wire/codes/rcode.ts'
import { writeTxt } from '../../../src/wire/rdata/text.ts'
import { findReportAddresses } from '../../../src/smtp/tlsrpt/find-addresses.ts'
import { readReportingPolicy } from '../../../src/smtp/tlsrpt/record.ts'
import { bogus, indeterminate, type Scripted, ScriptedLookup } from '../../dane/scripted.ts'

interface Vector {
  readonly what: string
  readonly records: readonly string[]
  readonly expect:
    | { readonly kind: 'none' }
    | { readonly kind: 'wanted'; readonly addresses: readonly string[]; readonly refused: readonly { uri: string }[] }
}

const FOLDER = new URL('../../vectors/tlsrpt/records/', import.meta.url)
const VECTORS = readdirSync(FOLDER)
  .sort()
  .map((name): Vector & { name: string } => ({ name, ...JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) }))

describe('records', () => {
  test.each(VECTORS)('$name: $what', ({ records, expect: expected }) => {
    const policy = readReportingPolicy(records)
    if (policy.kind === 'none') expect({ kind: policy.kind }).toEqual(expected)
    else {
      const addresses = policy.addresses.map(({ uri }) => uri)
      expect({ kind: policy.kind, addresses, refused: policy.refused.map(({ uri }) => ({ uri })) }).toEqual(expected)
      for (const { why } of policy.refused) expect(why).not.toBe('')
    }
  })

  test('a mail address is decoded, and without its fields for the header', () => {
    const policy = readReportingPolicy(['v=TLSRPTv1; rua=mailto:tls%2Breports@example.com?subject=x'])
    expect(policy).toMatchObject({ addresses: [{ kind: 'mailto', mailbox: 'tls+reports@example.com' }] })
  })
})

describe('the lookup', () => {
  const TEXT = 'v=TLSRPTv1; rua=mailto:reports@example.com'
  const asks = async (scripted: Scripted, domain = 'example.com.') => {
    return await findReportAddresses(new ScriptedLookup({ '_smtp._tls.example.com TXT': scripted }), domain)
  }

  test.each(['secure', 'insecure'] as const)('%s, the strings of a record put together', async (status) => {
    const octets = [TEXT.slice(0, 20), TEXT.slice(20)].map((text) => new TextEncoder().encode(text))
    const data = [`\\# ${Buffer.from(writeTxt(octets)).toString('hex')}`]
    expect(await asks({ status, data })).toMatchObject({
      kind: 'wanted',
      addresses: [{ uri: 'mailto:reports@example.com' }],
    })
  })

  test('no such name: no reports', async () => {
    expect(await asks({ status: 'secure', rcode: Rcode.NXDOMAIN })).toMatchObject({ kind: 'none' })
  })

  test.each([
    ['bogus', bogus],
    ['indeterminate', indeterminate],
    ['SERVFAIL', { status: 'insecure', rcode: Rcode.SERVFAIL } as const],
    ['malformed', { status: 'secure', data: ['\\# 05aa'] } as const],
  ])('%s: failed, and no address', async (_, scripted) => {
    expect(await asks(scripted)).toEqual({ kind: 'failed', why: expect.any(String) })
  })

  test('an address, and a name with no room in front of it, are not asked', async () => {
    expect(await asks(bogus, '192.0.2.1.')).toMatchObject({ kind: 'none' })
    expect(await asks(bogus, `${`${'a'.repeat(61)}.`.repeat(4)}`)).toMatchObject({ kind: 'none' })
  })
})
