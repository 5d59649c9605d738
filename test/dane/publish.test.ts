import { describe, expect, it } from 'vitest'
import { readPem } from '../../src/dane/pem.ts'
import { readPublishable, recordFor } from '../../src/dane/publish.ts'
import { DanelawError } from '../../src/errors.ts'
import { createAuthority, createLeaf, credentials, tlsaFor } from '../lab/certificates.ts'

describe('what a record can be for', () => {
  it('a certificate, and whether it is of an authority', async () => {
    const root = await createAuthority({ commonName: 'Root', notAfter: 1_900_000_000 })
    const leaf = await createLeaf({ names: ['mx.example.com'] }, root)
    const old = await createAuthority({ commonName: 'Old', basicConstraints: null })
    expect(readPublishable({ kind: 'certificate', der: root.der })).toMatchObject({
      kind: 'certificate',
      subject: 'Root',
      notAfter: 1_900_000_000,
      isAuthority: true,
    })
    expect(readPublishable({ kind: 'certificate', der: leaf.der }).isAuthority).toBe(false)
    expect(readPublishable({ kind: 'certificate', der: old.der }).isAuthority).toBe(false)
  })

  it('a public key: selector 1 alone', async () => {
    const { der } = await createLeaf({ names: ['mx.example.com'] })
    const key = readPublishable({ kind: 'public key', der: tlsaFor(der, 3, 1, 0).data })
    for (const type of [0, 1, 2]) {
      expect(Buffer.from(recordFor(key, 3, 1, type).data)).toEqual(Buffer.from(tlsaFor(der, 3, 1, type).data))
      expect(() => recordFor(key, 3, 0, type)).toThrow(DanelawError)
    }
  })

  it.each([
    ['certificate', '3000'],
    ['certificate request', '3000'],
    ['certificate request', '30023000'],
    ['certificate request', '3009300702010030003000'],
    ['public key', '3000'],
  ] as const)('a %s that is none: %s', (kind, hex) => {
    expect(() => readPublishable({ kind, der: Buffer.from(hex, 'hex') })).toThrow(DanelawError)
  })

  it('blocks of several kinds in one file, those not asked for passed over', async () => {
    const { cert, key } = await credentials(await createLeaf({ names: ['mx.example.com'] }))
    const other = '-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n'
    const kinds = (...wanted: Parameters<typeof readPem>[2]) => readPem(other + key + cert, 'x', wanted)
    expect(kinds('certificate').map(({ line }) => line)).toEqual([4 + key.split('\n').length - 1])
    expect(kinds('certificate', 'public key').map(({ kind }) => kind)).toEqual(['public key', 'certificate'])
    expect(() => kinds('certificate request')).toThrow('holds a private key and no certificate request')
  })
})
