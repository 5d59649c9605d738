import { beforeAll, describe, expect, test } from 'vitest'
import { createAuthority, createLeaf, type Credentials, credentials, tlsaFor } from '../lab/certificates.ts'
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

describe('--pkix', () => {
  let trusted: string
  let leaf: string

  beforeAll(async () => {
    const root = await createAuthority({ commonName: 'Root' })
    const other = await createAuthority({ commonName: 'Other' })
    const under = await createLeaf({ names: ['mx.example.com'] }, root)
    trusted = file(folder, 'authorities.pem', (await credentials(other, [root])).cert)
    chain = file(folder, 'chain.pem', (await credentials(under, [])).cert)
    leaf = Buffer.from(tlsaFor(under.der, 1, 1, 1).data).toString('hex')
  })

  test('turns usages 0 and 1 on', async () => {
    const { status, stdout } = await verify([`1 1 1 ${leaf}`], '--pkix', trusted, '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      authenticated: true,
      matched: { usage: 1, selector: 1, matchingType: 1, depth: 0 },
      name: 'mx.example.com',
      records: [{ usable: true, why: null }],
    })
  })

  test('wants a path to one of them', async () => {
    const { status, stdout } = await verify([`1 1 1 ${leaf}`], '--pkix', file(folder, 'own.pem', own.cert), '--json')
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ reason: { code: 'path-invalid' }, records: [{ usable: true }] })
  })

  test('a file without certificates', async () => {
    const { status, stderr } = await verify([`1 1 1 ${leaf}`], '--pkix', file(folder, 'empty.pem', ''))
    expect(status).toBe(64)
    expect(stderr).toContain('holds no certificate')
  })
})
