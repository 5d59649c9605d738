import { beforeAll, describe, expect, it } from 'vitest'
import { type DaneVerdict, type VerifyOptions, verifyDane } from '../../../src/dane/verify.ts'
import type { Tlsa } from '../../../src/wire/rdata/tlsa.ts'
import {
  type Certificate,
  type CertificateOptions,
  createAuthority,
  createLeaf,
  tlsaFor,
} from '../../lab/certificates.ts'

const AT = 1_790_000_000
const NAMES = ['mx.example.com']
const authority = (commonName: string, issuer?: Certificate, options: CertificateOptions = {}) =>
  createAuthority({ commonName, at: AT, ...options }, issuer)

let root: Certificate
let intermediate: Certificate
let leaf: Certificate
let stranger: Certificate

beforeAll(async () => {
  root = await authority('Root')
  intermediate = await authority('Intermediate', root)
  leaf = await createLeaf({ names: NAMES, at: AT }, intermediate)
  stranger = await authority('Stranger')
})

const verify = (
  chain: readonly Certificate[],
  records: readonly Tlsa[],
  pkix: VerifyOptions['pkix'],
  names: readonly string[] = NAMES,
): DaneVerdict =>
  verifyDane(
    chain.map(({ der }) => der),
    records,
    names,
    { at: AT, ...(pkix !== undefined && { pkix }) },
  )
const under = (...authorities: readonly Certificate[]) => ({ authorities: authorities.map(({ der }) => der) })

describe('without authorities', () => {
  it.each([undefined, 'unusable' as const])('%s: nobody is authenticated by them', (pkix) => {
    for (const usage of [0, 1]) {
      const verdict = verify([leaf, intermediate, root], [tlsaFor(leaf.der, usage, 1, 1)], pkix)
      expect(verdict).toMatchObject({ authenticated: false, reason: { code: 'none-usable' } })
    }
  })

  it('a record of the leaf with usage 1 says what would count', () => {
    const [record] = verify([leaf], [tlsaFor(leaf.der, 1, 1, 1)], undefined).records
    expect(record?.why).toContain('3 1 1 with the same data would count')
    const [other] = verify([leaf], [tlsaFor(root.der, 1, 1, 1)], undefined).records
    expect(other?.why).not.toContain('would count')
  })
})

describe('as-dane, as a draft before RFC 7672 had it', () => {
  it('PKIX-EE(1) is the leaf, whatever its names', () => {
    const record = tlsaFor(leaf.der, 1, 1, 1)
    const verdict = verify([leaf], [record], 'as-dane', ['other.example.net'])
    expect(verdict.matched).toEqual({ ...record, depth: 0 })
  })

  it('PKIX-TA(0) is an anchor, with a full value alone', () => {
    for (const selector of [0, 1]) {
      const record = tlsaFor(root.der, 0, selector, 0)
      expect(verify([leaf, intermediate], [record], 'as-dane').matched).toEqual({ ...record, depth: 2 })
      expect(verify([leaf, intermediate], [record], 'as-dane', ['x.example']).reason?.code).toBe('name-mismatch')
      for (const matchingType of [1, 2]) {
        const digest = tlsaFor(root.der, 0, selector, matchingType)
        expect(verify([leaf, intermediate, root], [digest], 'as-dane').records[0]?.why).toContain('full value')
      }
    }
  })
})

describe('with authorities', () => {
  const parameters = [0, 1].flatMap((selector) => [0, 1, 2].map((matchingType) => [selector, matchingType] as const))

  it.each(parameters)('1 %i %i: the leaf, and a path to an authority', (selector, matchingType) => {
    const record = tlsaFor(leaf.der, 1, selector, matchingType)
    expect(verify([leaf, intermediate], [record], under(stranger, root))).toEqual({
      authenticated: true,
      matched: { ...record, depth: 0 },
      name: 'mx.example.com',
      reason: null,
      records: [{ ...record, usable: true, matched: true, why: null }],
    })
    for (const other of [intermediate, root, stranger]) {
      expect(verify([leaf, intermediate], [tlsaFor(other.der, 1, selector, matchingType)], under(root))).toMatchObject({
        authenticated: false,
        reason: { code: 'no-match' },
      })
    }
  })

  it.each(parameters)('0 %i %i: an issuer on the way, the authority included', (selector, matchingType) => {
    for (const [depth, certificate] of [intermediate, root].entries()) {
      const record = tlsaFor(certificate.der, 0, selector, matchingType)
      for (const chain of [
        [leaf, intermediate],
        [leaf, intermediate, root],
      ]) {
        expect(verify(chain, [record], under(root)).matched).toEqual({ ...record, depth: depth + 1 })
      }
    }
    for (const other of [leaf, stranger]) {
      const record = tlsaFor(other.der, 0, selector, matchingType)
      expect(verify([leaf, intermediate, stranger], [record], under(root)).authenticated).toBe(false)
    }
  })

  it('an authority need not be self-signed', () => {
    expect(verify([leaf], [tlsaFor(leaf.der, 1, 1, 1)], under(intermediate)).authenticated).toBe(true)
    expect(verify([leaf], [tlsaFor(intermediate.der, 0, 1, 1)], under(intermediate)).matched?.depth).toBe(1)
  })

  it('a record of what is above an authority, itself one', () => {
    expect(verify([leaf], [tlsaFor(root.der, 0, 1, 1)], under(intermediate, root)).matched?.depth).toBe(2)
    expect(verify([leaf, intermediate, root], [tlsaFor(root.der, 0, 1, 1)], under(intermediate)).authenticated).toBe(
      false,
    )
  })

  it('a match without a path to an authority is none', () => {
    for (const pkix of [under(stranger), under()]) {
      const verdict = verify([leaf, intermediate, root], [tlsaFor(leaf.der, 1, 1, 1)], pkix)
      expect(verdict).toMatchObject({ authenticated: false, reason: { code: 'path-invalid' } })
      expect(verdict.reason?.text).toContain('of an authority')
      expect(verify([leaf, intermediate, root], [tlsaFor(root.der, 0, 1, 1)], pkix).authenticated).toBe(false)
    }
  })

  it('an authority of the same name that did not sign', async () => {
    const forged = await authority('Root')
    const verdict = verify([leaf, intermediate], [tlsaFor(leaf.der, 1, 1, 1)], under(forged))
    expect(verdict.reason).toMatchObject({ code: 'path-invalid', text: expect.stringContaining('did not sign') })
    expect(verify([leaf, intermediate], [tlsaFor(leaf.der, 1, 1, 1)], under(forged, root)).authenticated).toBe(true)
  })

  it('a leaf is not its own authority', async () => {
    const alone = await createAuthority({ names: NAMES, commonName: 'Alone', at: AT })
    for (const usage of [0, 1]) {
      expect(verify([alone], [tlsaFor(alone.der, usage, 1, 1)], under(alone)).authenticated).toBe(false)
    }
  })

  it('names and dates count', async () => {
    const record = tlsaFor(leaf.der, 1, 1, 1)
    expect(verify([leaf, intermediate], [record], under(root), ['other.example.net']).reason?.code).toBe(
      'name-mismatch',
    )
    const old = await createLeaf({ names: NAMES, notBefore: AT - 2, notAfter: AT - 1 }, root)
    expect(verify([old], [tlsaFor(old.der, 1, 1, 1)], under(root)).reason?.code).toBe('certificate-expired')
  })

  it('0 0 0 of an intermediate that is not sent helps to find the way', () => {
    const record = tlsaFor(intermediate.der, 0, 0, 0)
    expect(verify([leaf], [record], under(root)).matched).toEqual({ ...record, depth: 1 })
    expect(verify([leaf], [record], under(stranger)).authenticated).toBe(false)
  })

  it('0 0 0 brings its certificate along for other records', () => {
    const [brought, digest] = [tlsaFor(root.der, 0, 0, 0), tlsaFor(root.der, 2, 1, 1)]
    expect(verify([leaf, intermediate], [digest], under(stranger)).authenticated).toBe(false)
    expect(verify([leaf, intermediate], [brought, digest], under(stranger)).matched).toEqual({ ...digest, depth: 2 })
    expect(verify([leaf, intermediate], [brought, digest], undefined).authenticated).toBe(false)
  })

  it('is one way besides usages 2 and 3', () => {
    const [ee, ta, pkixEe] = [tlsaFor(leaf.der, 3, 1, 1), tlsaFor(root.der, 2, 1, 1), tlsaFor(leaf.der, 1, 1, 1)]
    const wrong = [tlsaFor(stranger.der, 3, 1, 1), tlsaFor(stranger.der, 2, 1, 1)]
    const chain = [leaf, intermediate, root]
    expect(verify(chain, [pkixEe, ee], under(stranger)).matched?.usage).toBe(3)
    expect(verify(chain, [pkixEe, ta], under(stranger)).matched?.usage).toBe(2)
    expect(verify(chain, [...wrong, pkixEe], under(root)).matched?.usage).toBe(1)
    // Of two ways that fail, the one that says more than that nothing matches is told.
    const { reason } = verify(chain, [...wrong, pkixEe], under(stranger))
    expect(reason).toMatchObject({ code: 'path-invalid', text: expect.stringContaining('of an authority') })
  })

  it('what cannot be read is no authority', () => {
    const pkix = { authorities: [new Uint8Array(), Buffer.from('nonsense'), root.der.subarray(0, -1), root.der] }
    expect(verify([leaf, intermediate], [tlsaFor(leaf.der, 1, 1, 1)], pkix).authenticated).toBe(true)
  })

  it.each([
    ['yes', TypeError, /^pkix:/],
    [{}, TypeError, /^pkix:/],
    [null, TypeError, /^pkix:/],
    [{ authorities: ['x'] }, TypeError, /^pkix\.authorities\[0\]:/],
    [{ authorities: Array(1025).fill(new Uint8Array()) }, RangeError, /^pkix\.authorities:/],
  ])('pkix: %j', (pkix, type, message) => {
    const call = () => verifyDane([leaf.der], [], NAMES, { at: AT, pkix: pkix as never })
    if (pkix === null) return expect(call).not.toThrow()
    expect(call).toThrow(type)
    expect(call).toThrow(message)
  })
})
