import { createHash, X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseTlsaText } from '../../src/dane/tlsa-text.ts'
import { type DaneVerdict, type VerifyOptions, verifyDane } from '../../src/dane/verify.ts'
import { DanelawError } from '../../src/errors.ts'
import { Name } from '../../src/wire/name.ts'
import type { Tlsa } from '../../src/wire/rdata/tlsa.ts'
import { type Certificate, type CertificateKey, createAuthority, createLeaf, tlsaFor } from '../lab/certificates.ts'

const AT = 1_790_000_000
const DAY = 86_400
const NAMES = ['mx.example.com']
let leaf: Certificate
let authority: Certificate

beforeAll(async () => {
  authority = await createAuthority({ at: AT })
  leaf = await createLeaf({ names: NAMES, at: AT }, authority)
})

const chain = () => [leaf.der, authority.der]
const verify = (
  records: readonly Tlsa[],
  options: Partial<VerifyOptions> = {},
  ders: readonly Uint8Array[] = chain(),
) => verifyDane(ders, records, NAMES, { at: AT, ...options })

describe('DANE-EE(3)', () => {
  const parameters = [0, 1].flatMap((selector) => [0, 1, 2].map((matchingType) => [selector, matchingType] as const))

  it.each(parameters)('3 %i %i matches the leaf', (selector, matchingType) => {
    const record = tlsaFor(leaf.der, 3, selector, matchingType)
    expect(verify([record])).toEqual({
      authenticated: true,
      matched: { ...record, depth: 0 },
      name: 'mx.example.com',
      reason: null,
      records: [{ ...record, usable: true, matched: true, why: null }],
    })
  })

  it.each(parameters)('3 %i %i of another certificate of the chain does not', (selector, matchingType) => {
    const verdict = verify([tlsaFor(authority.der, 3, selector, matchingType)])
    expect(verdict).toMatchObject({ authenticated: false, matched: null, name: null, reason: { code: 'no-match' } })
  })

  it.each(parameters)('3 %i %i with one bit turned does not', (selector, matchingType) => {
    const { data, ...numbers } = tlsaFor(leaf.der, 3, selector, matchingType)
    const turned = Buffer.from(data)
    turned[turned.length - 1]! ^= 1
    expect(verify([{ ...numbers, data: turned }]).authenticated).toBe(false)
  })

  it.each(['p256', 'p384', 'rsa', 'ed25519'] as CertificateKey[])(
    'a self-signed certificate with a key of %s',
    async (key) => {
      const alone = await createLeaf({ names: NAMES, key })
      for (const [selector, matchingType] of parameters) {
        expect(verify([tlsaFor(alone.der, 3, selector, matchingType)], {}, [alone.der]).authenticated).toBe(true)
      }
    },
  )

  it.each([
    ['expired', { notBefore: AT - 2 * DAY, notAfter: AT - DAY }],
    ['not yet valid', { notBefore: AT + DAY, notAfter: AT + 2 * DAY }],
    ['for another name', { names: ['other.example.net'] }],
    ['without any name', { names: [] }],
    ['for signing mail', { extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'] }],
    ['without a key usage that fits', { keyUsage: 0 }],
  ])('a certificate that is %s', async (_, options) => {
    const odd = await createLeaf({ names: NAMES, at: AT, ...options })
    for (const selector of [0, 1]) {
      expect(verify([tlsaFor(odd.der, 3, selector, 1)], {}, [odd.der]).authenticated).toBe(true)
    }
  })

  it('what follows the leaf is not looked at', () => {
    const record = tlsaFor(leaf.der, 3, 1, 1)
    expect(verify([record], {}, [leaf.der, Buffer.from('nonsense')]).authenticated).toBe(true)
    expect(verify([record], {}, [authority.der, leaf.der]).authenticated).toBe(false)
  })

  it('a key the platform does not know', () => {
    const odd = Buffer.from(leaf.der)
    const oid = Buffer.from('06072a8648ce3d0201', 'hex')
    odd.set(Buffer.from('06072a8648ce3d0263', 'hex'), odd.indexOf(oid))
    expect(() => new X509Certificate(odd).publicKey.export({ format: 'der', type: 'spki' })).toThrow()
    const at = odd.indexOf(Buffer.from('06072a8648ce3d0263', 'hex')) - 4
    const spki = odd.subarray(at, at + 91)
    const digest = (octets: Uint8Array) => createHash('sha256').update(octets).digest()
    expect(verify([{ usage: 3, selector: 1, matchingType: 0, data: spki }], {}, [odd]).authenticated).toBe(true)
    expect(verify([{ usage: 3, selector: 1, matchingType: 1, data: digest(spki) }], {}, [odd]).authenticated).toBe(true)
    expect(verify([{ usage: 3, selector: 0, matchingType: 1, data: digest(odd) }], {}, [odd]).authenticated).toBe(true)
  })

  it('a certificate nobody can parse, by its octets alone', () => {
    const broken = leaf.der.subarray(0, -1)
    expect(() => new X509Certificate(broken)).toThrow()
    const data = createHash('sha256').update(broken).digest()
    expect(verify([{ usage: 3, selector: 0, matchingType: 1, data }], {}, [broken]).authenticated).toBe(true)
    const [record] = verify([tlsaFor(leaf.der, 3, 1, 1)], {}, [broken]).records
    expect(record).toMatchObject({ usable: true, matched: false })
    expect(record?.why).toContain("the leaf's public key cannot be found")
  })

  it('what does not match says which digest would', () => {
    const wrong = '00'.repeat(32)
    const records = verify([parseTlsaText(`3 1 1 ${wrong}`), parseTlsaText(`3 0 2 ${wrong}${wrong}`)]).records
    const key = Buffer.from(tlsaFor(leaf.der, 3, 1, 1).data).toString('hex')
    const certificate = Buffer.from(tlsaFor(leaf.der, 3, 0, 2).data).toString('hex')
    expect(records.map(({ why }) => why)).toEqual([
      `does not match the leaf's public key, whose SHA2-256 is ${key}`,
      `does not match the leaf's certificate, whose SHA2-512 is ${certificate}`,
    ])
  })
})

describe('D.1 and D.2 in a verdict', () => {
  it('an empty chain, no records, none usable: never authenticated, each with its reason', () => {
    const record = tlsaFor(leaf.der, 3, 1, 1)
    expect(verify([record], {}, []).reason?.code).toBe('no-certificate')
    expect(verify([]).reason?.code).toBe('no-records')
    expect(verify([], {}, []).reason?.code).toBe('no-certificate')
    expect(verify([{ ...record, usage: 7 }]).reason?.code).toBe('none-usable')
    expect(verify([{ ...record, data: new Uint8Array() }], {}, [new Uint8Array()]).authenticated).toBe(false)
    expect(verify([{ ...record, matchingType: 0, data: new Uint8Array() }], {}, [new Uint8Array()]).authenticated).toBe(
      false,
    )
  })

  it.each([0, 1])('usage %i of the very leaf does not authenticate', (usage) => {
    const verdict = verify([tlsaFor(leaf.der, usage, 1, 1)])
    expect(verdict.reason?.code).toBe('none-usable')
    expect(verdict.records[0]?.why).toContain('RFC 7672 section 3.1.3')
  })

  it('a weaker digest that matches does not stand in for a stronger one that does not', () => {
    const good = tlsaFor(leaf.der, 3, 1, 1)
    const bad = tlsaFor(authority.der, 3, 1, 2)
    const verdict = verify([good, bad])
    expect(verdict).toMatchObject({ authenticated: false, reason: { code: 'no-match' } })
    expect(verdict.records[0]).toMatchObject({
      usable: true,
      matched: false,
      why: expect.stringContaining('set aside'),
    })
    expect(verify([good, bad], { digests: ['SHA2-256', 'SHA2-512'] }).authenticated).toBe(true)
    expect(verify([good, bad], { digests: ['SHA2-256'] }).authenticated).toBe(true)
  })

  it('any of several records is enough, and all that match are marked', () => {
    const records = [tlsaFor(authority.der, 3, 1, 1), tlsaFor(leaf.der, 3, 1, 1), tlsaFor(leaf.der, 3, 0, 1)]
    const verdict = verify(records)
    expect(verdict.matched).toEqual({ ...records[1], depth: 0 })
    expect(verdict.records.map(({ matched }) => matched)).toEqual([false, true, true])
  })

  it('of more records than the limit none counts', () => {
    const many = Array.from({ length: 64 }, () => tlsaFor(authority.der, 3, 1, 1))
    const verdict = verify([...many, tlsaFor(leaf.der, 3, 1, 1)])
    expect(verdict).toMatchObject({ authenticated: false, reason: { code: 'limit-reached' } })
    // Not even the first of them: their order is nobody's word.
    expect(verify([tlsaFor(leaf.der, 3, 1, 1), ...many]).authenticated).toBe(false)
  })
})

describe('D.8: a set that mixes usages 2 and 3', () => {
  it('the leaf alone suffices', () => {
    const other = tlsaFor(leaf.der, 2, 0, 1)
    expect(verify([other, tlsaFor(leaf.der, 3, 1, 1)]).matched).toMatchObject({ usage: 3, depth: 0 })
  })
})

describe('names', () => {
  const record = () => tlsaFor(leaf.der, 3, 1, 1)
  const named = (names: readonly (string | Name)[]) => verifyDane(chain(), [record()], names, { at: AT })

  it('DANE-EE stands for the TLSA base domain, which comes first', () => {
    expect(named(['MX.Example.com.', 'example.com']).name).toBe('mx.example.com')
    expect(named([Name.parse('Mx.example.com')]).name).toBe('mx.example.com')
    expect(named([]).name).toBeNull()
  })

  it('checkNames: DANE-EE compares them too, and says which', async () => {
    const checked = (names: readonly string[]) => verifyDane(chain(), [record()], names, { at: AT, checkNames: true })
    expect(checked(['other.example.net', 'mx.example.com'])).toMatchObject({
      authenticated: true,
      name: 'mx.example.com',
    })
    const refused = checked(['other.example.net'])
    expect(refused).toMatchObject({ authenticated: false, matched: null, reason: { code: 'name-mismatch' } })
    expect(refused.records[0]).toMatchObject({ matched: false, why: expect.stringContaining('other.example.net') })
    expect(checked([]).reason?.code).toBe('name-mismatch')
    const broken = leaf.der.subarray(0, -1)
    const data = createHash('sha256').update(broken).digest()
    const odd = verifyDane([broken], [{ usage: 3, selector: 0, matchingType: 1, data }], NAMES, {
      at: AT,
      checkNames: true,
    })
    expect(odd.authenticated).toBe(false)
  })
})

describe('arguments', () => {
  const call = (...changed: unknown[]) => {
    const given = [chain(), [tlsaFor(leaf.der, 3, 1, 1)], NAMES, { at: AT }]
    const [a, b, c, d] = given.map((value, i) => changed[i] ?? value) as Parameters<typeof verifyDane>
    return () => verifyDane(a, b, c, d)
  }

  it.each([
    [['chain'], TypeError, /^chainDer:/],
    [[['x']], TypeError, /^chainDer\[0\]:/],
    [[undefined, {}], TypeError, /^records:/],
    [[undefined, [undefined]], TypeError, /^records\[0\]:/],
    [[undefined, undefined, 'mx.example.com'], TypeError, /^referenceNames:/],
    [[undefined, undefined, Array(17).fill('a.example')], RangeError, /^referenceNames:/],
    [[undefined, undefined, undefined, { at: Number.NaN }], RangeError, /^at:/],
    [[undefined, undefined, undefined, { at: new Date('never') }], RangeError, /^at:/],
    [[undefined, undefined, undefined, {}], RangeError, /^at:/],
    [[undefined, undefined, undefined, { at: AT, digests: ['MD5'] }], TypeError, /^digests:/],
  ])('%#', (changed, type, message) => {
    expect(call(...changed)).toThrow(type as ErrorConstructor)
    expect(call(...changed)).toThrow(message as RegExp)
  })

  it('a reference name that is none', () => {
    expect(call(undefined, undefined, ['exa mple'])).toThrow(DanelawError)
  })

  it('a Date is as good as seconds', () => {
    expect(call(undefined, undefined, undefined, { at: new Date(AT * 1000) })().authenticated).toBe(true)
  })
})

it('no octets make it throw, and nothing but a right record authenticates', () => {
  const records = fc.array(
    fc.record({
      usage: fc.constantFrom(0, 1, 2, 3, 255),
      selector: fc.constantFrom(0, 1, 2),
      matchingType: fc.constantFrom(0, 1, 2, 3),
      data: fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ minLength: 32, maxLength: 32 })),
    }),
    { maxLength: 6 },
  )
  const certificates = fc.array(fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(...chain())), {
    maxLength: 4,
  })
  fc.assert(
    fc.property(certificates, records, (ders, tlsa) => {
      const verdict: DaneVerdict = verifyDane(ders, tlsa, NAMES, { at: AT })
      expect(verdict.authenticated).toBe(false)
      expect(verdict.records).toHaveLength(tlsa.length)
      expect(verdict.reason?.text).not.toBe('')
    }),
  )
})
