import 'reflect-metadata'
import { createHash, createPrivateKey, type KeyObject, sign, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { beforeAll, describe, expect, it } from 'vitest'
import { readCertificate } from '../../../src/dane/certificate.ts'
import { weakKey } from '../../../src/dane/path/key-strength.ts'
import { type DaneVerdict, verifyDane } from '../../../src/dane/verify.ts'
import type { Tlsa } from '../../../src/wire/rdata/tlsa.ts'
import {
  type Certificate,
  type CertificateOptions,
  createAuthority,
  createLeaf,
  tlsaFor,
} from '../../lab/certificates.ts'

const AT = 1_790_000_000
const DAY = 86_400
const NAMES = ['mx.example.com']
const { keyCertSign, cRLSign, digitalSignature, keyEncipherment } = x509.KeyUsageFlags

type Der = Uint8Array | Certificate
const octets = (certificate: Der) => ('der' in certificate ? certificate.der : certificate)
const verify = (chain: readonly Der[], records: readonly Tlsa[], names: readonly string[] = NAMES): DaneVerdict =>
  verifyDane(chain.map(octets), records, names, { at: AT })
const authority = (commonName: string, options: CertificateOptions = {}, issuer?: Certificate) =>
  createAuthority({ commonName, at: AT, ...options }, issuer)
const server = (issuer?: Certificate, options: CertificateOptions = {}) =>
  createLeaf({ names: NAMES, at: AT, ...options }, issuer)
const anchor = (certificate: Der, selector = 0, matchingType = 1) =>
  tlsaFor(octets(certificate), 2, selector, matchingType)

let root: Certificate
let intermediate: Certificate
let leaf: Certificate
let stranger: Certificate
let rsaRoot: Certificate

beforeAll(async () => {
  root = await authority('Root')
  intermediate = await authority('Intermediate', {}, root)
  leaf = await server(intermediate)
  stranger = await authority('Stranger')
  rsaRoot = await authority('RSA Root', { key: 'rsa' })
})

describe('D.4: the path ends at the matched trust anchor', () => {
  const parameters = [0, 1].flatMap((selector) => [0, 1, 2].map((matchingType) => [selector, matchingType] as const))

  it.each(parameters)('2 %i %i: the root', (selector, matchingType) => {
    const record = anchor(root, selector, matchingType)
    expect(verify([leaf, intermediate, root], [record])).toEqual({
      authenticated: true,
      matched: { ...record, depth: 2 },
      name: 'mx.example.com',
      reason: null,
      records: [{ ...record, usable: true, matched: true, why: null }],
    })
  })

  it.each(parameters)('2 %i %i: an intermediate, whoever is above it', (selector, matchingType) => {
    const record = anchor(intermediate, selector, matchingType)
    expect(verify([leaf, intermediate], [record]).matched).toEqual({ ...record, depth: 1 })
    expect(verify([leaf, intermediate, root], [record]).matched).toEqual({ ...record, depth: 1 })
  })

  it('of two records that match, the one nearer to the leaf counts', () => {
    const { matched, records } = verify([leaf, intermediate, root], [anchor(root), anchor(intermediate)])
    expect(matched?.depth).toBe(1)
    expect(records.map(({ matched }) => matched)).toEqual([false, true])
    expect(records.map(({ why }) => why)).toEqual(['not needed: another record matches', null])
  })

  it('the order in which certificates were sent decides nothing', () => {
    expect(verify([leaf, root, stranger, intermediate, root], [anchor(root)]).matched?.depth).toBe(2)
  })

  it.each(parameters)(
    '2 %i %i: a public anchor stapled to a leaf that it did not sign',
    async (selector, matchingType) => {
      const attacker = await authority('Root')
      const forged = await server(attacker)
      const unrelated = await server(await authority('Attacker'))
      for (const chain of [
        [forged, root],
        [forged, attacker, root],
        [unrelated, root],
      ]) {
        const verdict = verify(chain, [anchor(root, selector, matchingType)])
        expect(verdict.authenticated).toBe(false)
        expect(verdict.reason?.code).toMatch(/^(no-match|path-invalid)$/)
        expect(verdict.records[0]?.why).toMatch(/^(matches certificate|leads nowhere)/)
      }
    },
  )

  it('a forged intermediate between a genuine root and the leaf', async () => {
    const forged = await authority('Intermediate')
    const named = { ...forged, subject: 'CN=Intermediate' }
    const verdict = verify([await server(named), forged, root], [anchor(root)])
    expect(verdict.reason?.code).toBe('no-match')
  })

  it('the leaf never matches', async () => {
    const alone = await server(undefined, { basicConstraints: { ca: true }, keyUsage: keyCertSign | digitalSignature })
    for (const [selector, matchingType] of [
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 1],
      [1, 2],
    ] as const) {
      const verdict = verify([alone, alone], [anchor(alone, selector, matchingType)])
      expect(verdict.authenticated).toBe(false)
      expect(verdict.records[0]?.why).toContain('usage 3')
    }
  })

  it('a full key may sign a self-signed leaf', async () => {
    const alone = await server()
    const record = anchor(alone, 1, 0)
    expect(verify([alone], [record]).matched).toEqual({ ...record, depth: 1 })
    expect(verify([alone], [record], ['other.example.com']).reason?.code).toBe('name-mismatch')
  })

  it('no certificate but the leaf', () => {
    const verdict = verify([leaf], [anchor(intermediate)])
    expect(verdict.reason?.code).toBe('no-match')
    expect(verdict.records[0]?.why).toContain(
      'CN=Intermediate, which is not sent, add it to the chain or publish it as 2 0 0',
    )
  })
})

describe('D.5: the trust anchor is not sent', () => {
  it('2 0 0: it is taken from the DNS', () => {
    expect(verify([leaf, intermediate], [anchor(root, 0, 0)]).matched?.depth).toBe(2)
    expect(verify([leaf], [anchor(intermediate, 0, 0)]).matched?.depth).toBe(1)
    expect(verify([leaf], [anchor(root, 0, 0)]).authenticated).toBe(false)
  })

  it('2 0 0 of an intermediate leads on to another anchor', () => {
    const [through, end] = [anchor(intermediate, 0, 0), anchor(root, 0, 0)]
    expect(verify([leaf], [end, through]).matched?.depth).toBe(1)
  })

  it('3 0 0 stands for a leaf, and is no help on the way', () => {
    const whole = tlsaFor(intermediate.der, 3, 0, 0)
    expect(verify([leaf, root], [anchor(root), anchor(intermediate, 0, 0)]).authenticated).toBe(true)
    expect(verify([leaf, root], [anchor(root), whole]).authenticated).toBe(false)
  })

  it('2 1 0: the topmost certificate sent is signed by the key', () => {
    const record = anchor(root, 1, 0)
    expect(verify([leaf, intermediate], [record]).matched).toEqual({ ...record, depth: 2 })
    expect(verify([leaf], [anchor(intermediate, 1, 0)]).matched?.depth).toBe(1)
    expect(verify([leaf], [record]).authenticated).toBe(false)
    expect(verify([leaf, intermediate], [anchor(stranger, 1, 0)]).authenticated).toBe(false)
  })

  it('2 1 0: a certificate with the key keeps its rules where it is sent', async () => {
    const old = await authority('Root', { keyPair: root.keyPair, notBefore: AT - 2 * DAY, notAfter: AT - DAY })
    const record = anchor(root, 1, 0)
    expect(verify([leaf, intermediate, old], [record]).reason?.code).toBe('certificate-expired')
    expect(verify([leaf, intermediate, old, root], [record]).matched?.depth).toBe(2)
  })

  it('2 1 0: a certificate with the key in another record does not stand in its way', async () => {
    const old = await authority('Root', { keyPair: root.keyPair, notBefore: AT - 2 * DAY, notAfter: AT - DAY })
    const record = anchor(root, 1, 0)
    expect(verify([leaf, intermediate], [anchor(old, 0, 0)]).reason?.code).toBe('certificate-expired')
    expect(verify([leaf, intermediate], [anchor(old, 0, 0), record]).matched).toEqual({ ...record, depth: 2 })
  })

  it('2 1 0: a certificate with the key under another name does not stand in its way', async () => {
    const renamed = await authority('Renamed', { keyPair: root.keyPair })
    expect(verify([leaf, intermediate, renamed], [anchor(root, 1, 0)]).matched?.depth).toBe(2)
  })

  it.each([
    [0, 1],
    [0, 2],
    [1, 1],
    [1, 2],
  ])('2 %i %i: a digest is not enough', (selector, matchingType) => {
    expect(verify([leaf, intermediate], [anchor(root, selector, matchingType)]).reason?.code).toBe('no-match')
  })
})

describe('D.6: path rules', () => {
  const expectRefused = (verdict: DaneVerdict, code: string, text: string) => {
    expect(verdict).toMatchObject({ authenticated: false, matched: null, reason: { code } })
    expect(verdict.reason?.text).toContain(text)
  }

  it.each([
    ['expired', { notBefore: AT - 2 * DAY, notAfter: AT - 1 }, 'certificate-expired', 'expired at'],
    ['not yet valid', { notBefore: AT + 1, notAfter: AT + DAY }, 'certificate-not-yet-valid', 'is not valid before'],
  ])('each certificate that is %s, the anchor included', async (_, dates, code, text) => {
    const oldLeaf = await server(intermediate, dates)
    expectRefused(verify([oldLeaf, intermediate], [anchor(intermediate)]), code, `the leaf (CN=mx.example.com) ${text}`)
    const oldIntermediate = await authority('Intermediate', dates, root)
    const under = await server(oldIntermediate)
    expectRefused(
      verify([under, oldIntermediate, root], [anchor(root)]),
      code,
      `certificate 1 (CN=Intermediate) ${text}`,
    )
    expectRefused(
      verify([under, oldIntermediate], [anchor(oldIntermediate)]),
      code,
      `certificate 1 (CN=Intermediate) ${text}`,
    )
    expectRefused(verify([under], [anchor(oldIntermediate, 0, 0)]), code, 'the certificate in the TLSA record')
  })

  it('both ends of the validity are included', async () => {
    const exact = await server(intermediate, { notBefore: AT, notAfter: AT })
    expect(verify([exact, intermediate], [anchor(intermediate)]).authenticated).toBe(true)
  })

  it.each([
    ['is no authority by basicConstraints', { basicConstraints: { ca: false } }, 'is no certificate authority'],
    ['has no basicConstraints', { basicConstraints: null }, 'no basicConstraints'],
    ['must not sign by its key usage', { keyUsage: cRLSign }, 'by its key usage'],
    ['is for other purposes', { extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'] }, 'other purposes'],
    ['has a critical extension nobody knows', { extensions: [unknownExtension(true)] }, 'leads to no certificate'],
  ])('an issuer that %s', async (_, options, text) => {
    const bad = await authority('Bad', options, root)
    const under = await server(bad)
    const asIntermediate = verify([under, bad, root], [anchor(root)])
    expect(asIntermediate.authenticated).toBe(false)
    expect(asIntermediate.reason?.text).toContain(text)
    expect(verify([under, bad], [anchor(bad)]).authenticated).toBe(false)
  })

  it.each([
    ['no key usage', { keyUsage: null }],
    ['the purpose of TLS servers', { extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'] }],
    ['an extension nobody knows that is not critical', { extensions: [unknownExtension(false)] }],
  ])('an issuer with %s', async (_, options) => {
    const good = await authority('Good', options, root)
    expect(verify([await server(good), good, root], [anchor(root)]).authenticated).toBe(true)
  })

  it.each([
    ['for other purposes', { extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'] }, 'other purposes'],
    ['for any purpose, which is not that of TLS servers', { extendedKeyUsage: ['2.5.29.37.0'] }, 'other purposes'],
    ['with a key usage that excludes TLS', { keyUsage: cRLSign }, 'excludes TLS'],
    ['with a critical extension nobody knows', { extensions: [unknownExtension(true)] }, 'is not known'],
  ])('a leaf %s', async (_, options, text) => {
    expectRefused(
      verify([await server(intermediate, options), intermediate], [anchor(intermediate)]),
      'path-invalid',
      text,
    )
  })

  it.each([
    ['without purposes', { extendedKeyUsage: null }],
    ['without key usage', { keyUsage: null }],
    ['for key encipherment', { keyUsage: keyEncipherment }],
    ['that is an authority too', { basicConstraints: { ca: true } }],
  ])('a leaf %s', async (_, options) => {
    expect(verify([await server(intermediate, options), intermediate], [anchor(intermediate)]).authenticated).toBe(true)
  })

  it('a leaf in the place of an issuer', async () => {
    const under = await server(leaf, { names: ['mx.example.com'] })
    expectRefused(
      verify([under, leaf, intermediate], [anchor(intermediate)]),
      'path-invalid',
      'is no certificate authority',
    )
  })

  it('path length, of anchor and intermediates, without self-issued ones', async () => {
    const top = await authority('Top', { basicConstraints: { ca: true, pathLength: 1 } })
    const first = await authority('First', { basicConstraints: { ca: true, pathLength: 0 } }, top)
    const second = await authority('Second', {}, first)
    expect(verify([await server(first), first, top], [anchor(top)]).authenticated).toBe(true)
    expectRefused(
      verify([await server(second), second, first], [anchor(first)]),
      'path-invalid',
      'allows 0 authorities',
    )
    const loose = await authority('Loose', {}, top)
    const third = await authority('Third', {}, loose)
    expect(verify([await server(loose), loose, top], [anchor(top)]).authenticated).toBe(true)
    expectRefused(
      verify([await server(third), third, loose, top], [anchor(top)]),
      'path-invalid',
      'allows 1 authorities',
    )
    const again = await authority('First', {}, first)
    expect(verify([await server(again), again, first, top], [anchor(top)]).authenticated).toBe(true)
  })

  it('version 1: only a self-signed anchor', async () => {
    const old = await versionOne(root)
    const under = { ...root, der: old }
    const good = await server(under)
    expect(verify([good, old], [anchor(old)]).authenticated).toBe(true)
    expect(verify([good], [anchor(old, 0, 0)]).authenticated).toBe(true)
    const cross = await versionOne(intermediate)
    expectRefused(verify([leaf, cross], [anchor(cross)]), 'path-invalid', 'of version 1')
    expectRefused(verify([leaf, cross, root], [anchor(root)]), 'path-invalid', 'of version 1')
    expect(verify([good, old, root], [anchor(root)]).matched?.depth).toBe(1)
    const renamed = await versionOne(intermediate, intermediate)
    expectRefused(verify([leaf, renamed], [anchor(renamed)]), 'path-invalid', 'of version 1')
    const again = await authority('Root', {}, root)
    const selfIssued = await versionOne(again)
    expectRefused(verify([await server(again), selfIssued], [anchor(selfIssued)]), 'path-invalid', 'of version 1')
  })

  it.each([
    ['MD5', 0x04, 'md5'],
    ['SHA-1', 0x05, 'sha1'],
  ])('%s: refused below the anchor, of no account on it', async (name, octet, hash) => {
    const weakLeaf = await resigned(await server(rsaRoot), rsaRoot, octet, hash)
    expectRefused(verify([weakLeaf, rsaRoot], [anchor(rsaRoot)]), 'path-invalid', name)
    expectRefused(verify([weakLeaf], [anchor(rsaRoot, 1, 0)]), 'path-invalid', name)
    const between = await authority('Between', {}, rsaRoot)
    const weakBetween = await resigned(between, rsaRoot, octet, hash)
    const under = await server(between)
    expectRefused(verify([under, weakBetween, rsaRoot], [anchor(rsaRoot)]), 'path-invalid', name)
    expect(verify([under, weakBetween], [anchor(weakBetween)]).authenticated).toBe(true)
    const weakRoot = await resigned(rsaRoot, rsaRoot, octet, hash)
    expect(verify([under, between, weakRoot], [anchor(weakRoot)]).authenticated).toBe(true)
  })

  it('a signature algorithm nobody knows', async () => {
    const odd = await resigned(await server(rsaRoot), rsaRoot, 0x63, 'sha256')
    expectRefused(verify([odd, rsaRoot], [anchor(rsaRoot)]), 'path-invalid', 'is not known')
  })

  it('two signature algorithms in one certificate', () => {
    const odd = Buffer.from(leaf.der)
    odd[odd.indexOf(Buffer.from('06082a8648ce3d040302', 'hex')) + 9] = 0x03
    expectRefused(verify([odd, intermediate], [anchor(intermediate)]), 'path-invalid', 'two signature algorithms')
  })

  it('a signature with one bit turned', () => {
    const turned = Buffer.from(leaf.der)
    turned[turned.length - 1]! ^= 1
    expectRefused(verify([turned, intermediate], [anchor(intermediate)]), 'path-invalid', 'did not sign')
    expect(verify([turned], [anchor(intermediate, 1, 0)]).authenticated).toBe(false)
  })

  it('an issuer or a leaf with a small RSA key', async () => {
    const keyPair = (await webcrypto.subtle.generateKey(
      { name: 'RSASSA-PKCS1-v1_5', modulusLength: 768, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' },
      true,
      ['sign', 'verify'],
    )) as webcrypto.CryptoKeyPair
    const small = await authority('Small', { keyPair })
    const under = await server(small)
    expectRefused(verify([under, small], [anchor(small)]), 'path-invalid', 'has a key of 768 bits')
    expect(verify([under], [anchor(small, 1, 0)]).authenticated).toBe(false)
    const weakLeaf = await server(root, { keyPair })
    expectRefused(
      verify([weakLeaf, root], [anchor(root)]),
      'path-invalid',
      'the leaf (CN=mx.example.com) has a key of 768',
    )
    expect(verify([weakLeaf], [tlsaFor(weakLeaf.der, 3, 1, 1)]).authenticated).toBe(true)
  })

  it.each([
    ['secp112r1', 'a key on the curve secp112r1'],
    ['sect113r1', 'a key on the curve sect113r1'],
    ['prime192v1', null],
    ['prime256v1', null],
    ['secp256k1', null],
    ['brainpoolP384r1', null],
    ['Oakley-EC2N-3', 'a key on the curve Oakley-EC2N-3'],
  ])('a key on the curve %s', (namedCurve, weakness) => {
    expect(weakKey({ asymmetricKeyDetails: { namedCurve } } as KeyObject)).toBe(weakness)
  })

  it('a certificate above the leaf that cannot be read stops no other', () => {
    const broken = intermediate.der.subarray(0, -1)
    expect(verify([leaf, broken, intermediate], [anchor(intermediate)]).authenticated).toBe(true)
    for (const selector of [0, 1]) {
      expect(verify([leaf, broken], [anchor(root, selector)]).reason?.code).toBe('no-match')
    }
    const data = createHash('sha256').update(broken).digest()
    const { records } = verify([leaf, broken], [{ usage: 2, selector: 0, matchingType: 1, data }])
    expect(records[0]?.why).toMatch(/^matches certificate 1, which cannot be used: /)
  })

  it('a leaf that cannot be read', () => {
    expectRefused(
      verify([leaf.der.subarray(0, -1), intermediate], [anchor(intermediate)]),
      'path-invalid',
      'cannot be used',
    )
  })
})

describe('D.6: search', () => {
  it('backtracks from a certificate that leads nowhere', async () => {
    const dead = await authority('Intermediate', { keyPair: intermediate.keyPair }, stranger)
    const old = await authority('Intermediate', { keyPair: intermediate.keyPair, notBefore: 1, notAfter: 2 }, root)
    for (const above of [
      [dead, stranger, old, intermediate, root],
      [intermediate, root, dead],
      [old, dead, root, intermediate],
    ]) {
      expect(verify([leaf, ...above], [anchor(root)]).matched?.depth).toBe(2)
    }
  })

  it('takes a certificate of the same name and another key for what it is', async () => {
    const other = await authority('Intermediate', {}, root)
    expect(verify([leaf, other, intermediate, root], [anchor(root)]).authenticated).toBe(true)
    expect(verify([leaf, other, root], [anchor(root)]).authenticated).toBe(false)
  })

  it('the reason is that of the certificate which comes closest', async () => {
    const old = await authority('Intermediate', { keyPair: intermediate.keyPair, notBefore: 1, notAfter: 2 }, root)
    const other = await authority('Intermediate', {}, root)
    for (const above of [
      [other, old, root],
      [old, other, root],
    ]) {
      expect(verify([leaf, ...above], [anchor(root)]).reason?.code).toBe('certificate-expired')
      expect(verify([leaf, ...above], [anchor(old), anchor(other)]).reason?.code).toBe('certificate-expired')
    }
  })

  it('a problem of the anchor itself comes before one further up another way', async () => {
    const old = await authority('Intermediate', { keyPair: intermediate.keyPair, notBefore: 1, notAfter: 2 }, root)
    const dead = await authority('Intermediate', { keyPair: intermediate.keyPair }, stranger)
    for (const above of [
      [old, dead, stranger],
      [dead, stranger, old],
    ]) {
      expect(verify([leaf, ...above], [anchor(old)]).reason?.code).toBe('certificate-expired')
    }
  })

  it('is given up after a hundred steps among cross-certificates', async () => {
    const first = await authority('Mesh')
    const mesh = [first]
    for (let i = 0; i < 8; i++) mesh.push(await authority('Mesh', { keyPair: first.keyPair }, first))
    const verdict = verify([await server(first), ...mesh], [anchor(root)])
    expect(verdict.reason).toEqual({ code: 'limit-reached', text: 'no path in 100 signature checks' })
  })

  it('looks at ten certificates', async () => {
    const others = await Promise.all(Array.from({ length: 9 }, (_, i) => authority(`Other ${i}`)))
    expect(verify([leaf, ...others.slice(0, 8), intermediate], [anchor(intermediate)]).authenticated).toBe(true)
    expect(verify([leaf, ...others, intermediate], [anchor(intermediate)]).authenticated).toBe(false)
  })

  it('names are equal whatever their string type, case and blanks', async () => {
    const odd = Buffer.from(leaf.der)
    const at = odd.indexOf(Buffer.from('Intermediate'))
    odd.write('INTERMEDIATE', at)
    const fixed = await signedAnew(odd, intermediate)
    expect(verify([fixed, intermediate], [anchor(intermediate)]).authenticated).toBe(true)
    odd.write('intermediatx', at)
    expect(verify([await signedAnew(odd, intermediate), intermediate], [anchor(intermediate)]).authenticated).toBe(
      false,
    )
  })
})

describe('what is known of an authority', () => {
  it('is known by its octets as they were, whatever becomes of them', () => {
    const above = new Uint8Array(intermediate.der)
    const records = [anchor(root)]
    expect(verify([leaf, above, root], records).authenticated).toBe(true)
    above.fill(0)
    expect(verify([leaf, intermediate, root], records).authenticated).toBe(true)
    expect(verify([leaf, above, root], records).authenticated).toBe(false)
  })

  it('is known by all of its octets', () => {
    expect(verify([leaf, intermediate, root], [anchor(root)]).authenticated).toBe(true)
    const forged = new Uint8Array(intermediate.der)
    const { tbs } = readCertificate(forged)
    // The validity or a name, which nothing but the signature protects.
    tbs[tbs.length >> 2]! ^= 1
    expect(verify([leaf, forged, root], [anchor(root)]).authenticated).toBe(false)
  })

  it('is told with the place it has this time', () => {
    const wrong = (chain: Der[]) => verify(chain, [anchor(stranger, 1)]).records[0]?.why
    expect(wrong([leaf, stranger, intermediate])).toContain('certificate 1 (CN=Stranger)')
    expect(wrong([leaf, intermediate, stranger])).toContain('certificate 2 (CN=Stranger)')
  })
})

describe('D.8: a set that mixes usages 2 and 3', () => {
  it('either suffices', () => {
    const [ta, ee] = [anchor(root), tlsaFor(leaf.der, 3, 1, 1)]
    const [badTa, badEe] = [anchor(stranger), tlsaFor(stranger.der, 3, 1, 1)]
    const chain = [leaf, intermediate, root]
    expect(verify(chain, [badTa, ee]).matched).toMatchObject({ usage: 3, depth: 0 })
    expect(verify(chain, [badEe, ta]).matched).toMatchObject({ usage: 2, depth: 2 })
    expect(verify(chain, [badTa, badEe]).authenticated).toBe(false)
    expect(verify(chain, [ta, ee], ['other.example.com']).matched).toMatchObject({ usage: 3 })
  })
})

function unknownExtension(critical: boolean): x509.Extension {
  return new x509.Extension('1.3.6.1.4.1.99999.1', critical, Buffer.from('0500', 'hex'))
}

/** The same certificate, signed with RSA and another hash: the last octet of the algorithm's OID tells which. */
async function resigned(certificate: Certificate, issuer: Certificate, octet: number, hash: string): Promise<Buffer> {
  const der = Buffer.from(certificate.der)
  const oid = Buffer.from('06092a864886f70d01010b', 'hex')
  const first = der.indexOf(oid)
  const last = der.lastIndexOf(oid)
  der[first + 10] = octet
  der[last + 10] = octet
  const tbs = der.subarray(4, last - 2)
  const key = createPrivateKey({ key: await pkcs8(issuer), format: 'der', type: 'pkcs8' })
  const signature = sign(hash, tbs, key)
  signature.copy(der, der.length - signature.length)
  return der
}

/** The octets with a new ECDSA signature over their first part, which may have changed without changing its length. */
async function signedAnew(der: Buffer, issuer: Certificate): Promise<Buffer> {
  const tbs = der.subarray(4, 8 + der.readUInt16BE(6))
  return wrapped(tbs, await pkcs8(issuer))
}

/** The certificate without its extensions and version, signed by its issuer where none is given. */
async function versionOne(certificate: Certificate, signer = certificate.issuer ?? certificate): Promise<Buffer> {
  const der = certificate.der
  const content = der.subarray(8, 8 + der.readUInt16BE(6))
  const version = Buffer.from('a003020102', 'hex')
  expect(content.subarray(0, 5)).toEqual(version)
  const spki = tlsaFor(der, 3, 1, 0).data
  const end = content.indexOf(spki) + spki.length
  return wrapped(sequence(content.subarray(5, end)), await pkcs8(signer))
}

function wrapped(tbs: Uint8Array, key: Buffer): Buffer {
  const signature = sign('sha256', tbs, createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
  const bits = Buffer.concat([Buffer.of(0x03, signature.length + 1, 0), signature])
  return sequence(Buffer.concat([tbs, Buffer.from('300a06082a8648ce3d040302', 'hex'), bits]))
}

function sequence(content: Uint8Array): Buffer {
  const { length } = content
  const head =
    length < 128 ? [0x30, length] : length < 256 ? [0x30, 0x81, length] : [0x30, 0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from(head), content])
}

async function pkcs8({ keyPair }: Certificate): Promise<Buffer> {
  return Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keyPair.privateKey))
}
