import { beforeAll, describe, expect, test } from 'vitest'
import { createLeaf, type Credentials, credentials, tlsaFor } from '../lab/certificates.ts'
import { file, temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'

const folder = temporaryFolder()
let own: Credentials
let chain: string

beforeAll(async () => {
  own = await credentials(await createLeaf({ names: ['mx.example.com'] }))
  chain = file(folder, 'chain.pem', own.cert)
})

const hex = (matchingType: number) => Buffer.from(tlsaFor(own.chain[0]!, 3, 1, matchingType).data).toString('hex')
const verify = (tlsa: readonly string[], ...more: string[]) =>
  invoke([
    'verify',
    '--chain',
    chain,
    ...tlsa.flatMap((text) => ['--tlsa', text]),
    '--name',
    'MX.example.com.',
    ...more,
  ])

test('a record that matches: 0, and the JSON of the contract', async () => {
  const { status, stdout, stderr } = await verify([`3 1 1 ${hex(1)}`], '--json')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(JSON.parse(stdout)).toEqual({
    authenticated: true,
    matched: { usage: 3, selector: 1, matchingType: 1, data: hex(1), depth: 0 },
    name: 'mx.example.com',
    reason: null,
    records: [{ usage: 3, selector: 1, matchingType: 1, data: hex(1), usable: true, why: null }],
  })
})

test('a record that does not match: 1, and why', async () => {
  const { status, stdout } = await verify([`3 1 1 ${'00'.repeat(32)}`], '--json')
  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    authenticated: false,
    matched: null,
    name: null,
    reason: { code: 'no-match' },
    records: [{ usable: true, why: expect.stringContaining(hex(1)) }],
  })
})

test('usages that need public CAs are not usable', async () => {
  const { status, stdout } = await verify([`1 1 1 ${hex(1)}`], '--json')
  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ reason: { code: 'none-usable' }, records: [{ usable: false }] })
})

describe('text', () => {
  test('says by which record', async () => {
    const { stdout } = await verify([`3 1 2 ${hex(2)}`, 'DANE-EE SPKI SHA2-256 00'])
    expect(stdout).toBe(
      [
        'authenticated  mx.example.com',
        `by 3 1 2 ${hex(2)}, which is the leaf`,
        '',
        'TLSA records',
        `  3 1 2 ${hex(2)}  matches`,
        '  3 1 1 00  not usable: a SHA2-256 digest has 32 octets, this one has 1',
        '',
      ].join('\n'),
    )
  })

  test('says why not', async () => {
    const { stdout } = await verify([`3 1 1 ${'00'.repeat(32)}`])
    expect(stdout.startsWith('not authenticated  no usable TLSA record matches the certificate\n')).toBe(true)
  })
})
