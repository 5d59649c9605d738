import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { readCertificate, subjectPublicKeyInfo } from '../../src/dane/certificate.ts'
import { DerReader } from '../../src/dane/der.ts'
import { DanelawError } from '../../src/errors.ts'
import { type CertificateKey, createAuthority, createLeaf } from '../lab/certificates.ts'

const KEYS: readonly CertificateKey[] = ['p256', 'p384', 'rsa', 'ed25519']
const samples = new Map<CertificateKey, Buffer>()

beforeAll(async () => {
  const authority = await createAuthority()
  for (const key of KEYS) samples.set(key, (await createLeaf({ names: ['mx.example.com'], key }, authority)).der)
})

describe('readCertificate', () => {
  it.each(KEYS)('agrees with the platform about a certificate with a key of %s', (key) => {
    const der = samples.get(key)!
    const certificate = readCertificate(der)
    const platform = new X509Certificate(der)
    expect(Buffer.from(certificate.spki)).toEqual(platform.publicKey.export({ format: 'der', type: 'spki' }))
    expect(Buffer.from(certificate.serialNumber).toString('hex').toUpperCase()).toBe(platform.serialNumber)
    expect(certificate.version).toBe(3)
    expect(certificate.signatureOid).toBe('1.2.840.10045.4.3.2')
    expect(certificate.tbsSignature).toEqual(certificate.signatureAlgorithm)
    expect(certificate.extensions.map(({ oid, critical }) => [oid, critical])).toEqual([
      ['2.5.29.19', true],
      ['2.5.29.15', true],
      ['2.5.29.37', false],
      ['2.5.29.17', false],
      ['2.5.29.14', false],
      ['2.5.29.35', false],
    ])
    expect(Buffer.from(subjectPublicKeyInfo(der))).toEqual(Buffer.from(certificate.spki))
  })

  it.each(['2.25.340282366920938463463374607431768211455', '1.2.562949953421311', '1.2.562949953421312'])(
    'reads the object identifier %s to its last digit',
    (oid) => {
      const [first, second, ...arcs] = oid.split('.').map(BigInt) as [bigint, bigint, ...bigint[]]
      const content = [first * 40n + second, ...arcs].flatMap((arc) => {
        const groups = [Number(arc & 127n)]
        for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) groups.unshift(Number(rest & 127n) | 128)
        return groups
      })
      const reader = new DerReader(Uint8Array.of(0x06, content.length, ...content))
      expect(reader.objectIdentifier('a test')).toBe(oid)
    },
  )

  it('gives views, no copies', () => {
    const der = samples.get('p256')!
    const { spki, tbs, issuer, subject, validity } = readCertificate(der)
    for (const view of [spki, tbs, issuer, subject, validity, subjectPublicKeyInfo(der)]) {
      expect(view.buffer).toBe(der.buffer)
    }
  })

  it('refuses every certificate cut short and every octet more', () => {
    const der = samples.get('p256')!
    for (let length = 0; length < der.length; length++) {
      expect(codeOf(() => readCertificate(der.subarray(0, length)))).toBe('bad-certificate')
      expect(codeOf(() => subjectPublicKeyInfo(der.subarray(0, length)))).toBe('bad-certificate')
    }
    expect(codeOf(() => readCertificate(Buffer.concat([der, Buffer.of(0)])))).toBe('bad-certificate')
  })

  it('refuses more octets than the limit', () => {
    const large = Buffer.alloc(65_537)
    expect(() => readCertificate(large)).toThrow('65537 octets, where 65536 is the limit')
    expect(() => subjectPublicKeyInfo(large)).toThrow('65537 octets, where 65536 is the limit')
  })

  it('a malformed extension spoils the certificate and not its key', () => {
    const der = Buffer.from(samples.get('p256')!)
    const at = der.indexOf(Buffer.from('0603551d13', 'hex'))
    der[at] = 0x05
    expect(codeOf(() => readCertificate(der))).toBe('bad-certificate')
    expect(subjectPublicKeyInfo(der)).toHaveLength(91)
  })
})

describe('only bad-certificate, whatever the octets', () => {
  it('of noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        expect(codeOf(() => readCertificate(octets))).toBe('bad-certificate')
        expect(codeOf(() => subjectPublicKeyInfo(octets))).toBe('bad-certificate')
      }),
    )
  })

  it('of mutants, and the key of those that pass is where the platform finds it', () => {
    const mutation = fc.record({ at: fc.nat(), value: fc.nat(255), kind: fc.constantFrom('set', 'insert', 'remove') })
    const input = fc.record({
      key: fc.constantFrom(...KEYS),
      mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }),
    })
    fc.assert(
      fc.property(input, ({ key, mutations }) => {
        const octets = [...samples.get(key)!]
        for (const { at, value, kind } of mutations) {
          const index = at % octets.length
          octets.splice(index, kind === 'insert' ? 0 : 1, ...(kind === 'remove' ? [] : [value]))
        }
        const der = Uint8Array.from(octets)
        expect([undefined, 'bad-certificate']).toContain(codeOf(() => readCertificate(der)))
        const code = codeOf(() => subjectPublicKeyInfo(der))
        expect([undefined, 'bad-certificate']).toContain(code)
        if (code === undefined) expectSameKey(der)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('DerReader', () => {
  const read = (hex: string) => () => new DerReader(Buffer.from(hex, 'hex')).read('it')

  it.each([
    ['a high tag number', '1f8101', 'tag number above 30'],
    ['an indefinite length', '3080', 'indefinite length'],
    ['five octets of length', '30850000000001', 'a length of 5 octets'],
    ['a short length in the long form', '30817f', 'shortest form'],
    ['a length with a leading zero', '30820080', 'shortest form'],
    ['a length that is cut short', '308201', 'cut short'],
    ['more content than there is', '300201', 'runs past the end'],
    ['a length of four gigabytes', '3084ffffffff', 'runs past the end'],
    ['a tag alone', '30', 'cut short'],
  ])('refuses %s', (_, hex, message) => {
    expect(read(hex)).toThrow(message)
  })

  it('a length of 128 octets in the long form', () => {
    expect(read(`308180${'00'.repeat(128)}`)()).toMatchObject({ contentStart: 3, end: 131 })
  })

  it('refuses to go deeper than the limit', () => {
    const descend = () => {
      let reader = new DerReader(Buffer.from(nested(60), 'hex'))
      for (let depth = 0; depth < 60; depth++) reader = reader.enter(0x30, 'it')
    }
    expect(descend).toThrow('nested more than 32 deep')
  })

  it.each([
    ['06032a8648', '1.2.840'],
    ['0603550403', '2.5.4.3'],
    ['060127', '0.39'],
    ['06028837', '2.999'],
  ])('OBJECT IDENTIFIER %s', (hex, oid) => {
    expect(new DerReader(Buffer.from(hex, 'hex')).objectIdentifier('it')).toBe(oid)
  })

  it.each(['0600', '060180', '06028001', '06022a80', `0641${'01'.repeat(65)}`])('no OBJECT IDENTIFIER %s', (hex) => {
    expect(codeOf(() => new DerReader(Buffer.from(hex, 'hex')).objectIdentifier('it'))).toBe('bad-certificate')
  })

  it.each(['0100', '010101', '01020000', '020100'])('no BOOLEAN %s', (hex) => {
    expect(codeOf(() => new DerReader(Buffer.from(hex, 'hex')).boolean('it'))).toBe('bad-certificate')
  })

  it.each(['0200', '0202007f', '0202ff80'])('no INTEGER %s', (hex) => {
    expect(codeOf(() => new DerReader(Buffer.from(hex, 'hex')).integer('it'))).toBe('bad-certificate')
  })

  it.each(['0300', '030108', '030101'])('no BIT STRING %s', (hex) => {
    expect(codeOf(() => new DerReader(Buffer.from(hex, 'hex')).bitString('it'))).toBe('bad-certificate')
  })
})

/** A certificate the platform reads has its key in the same octets: two readers, one structure. */
function expectSameKey(der: Uint8Array): void {
  let exported: Buffer
  let isRsa: boolean
  try {
    const { publicKey } = new X509Certificate(der)
    exported = publicKey.export({ format: 'der', type: 'spki' })
    isRsa = publicKey.asymmetricKeyType === 'rsa'
  } catch {
    return
  }
  // The platform writes the exponent anew, which stands at the end.
  const part = isRsa ? exported.subarray(-64, -32) : exported.subarray(-32)
  expect(Buffer.from(subjectPublicKeyInfo(der)).includes(part)).toBe(true)
}

function nested(depth: number): string {
  let hex = ''
  for (let i = 0; i < depth; i++) {
    const length = hex.length / 2
    const octets = length < 128 ? [length] : [0x81, length]
    hex = `30${Buffer.from(octets).toString('hex')}${hex}`
  }
  return hex
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    if (error instanceof DanelawError) return error.code
    throw error
  }
}
