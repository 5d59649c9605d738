/** Certificates made to mislead: each test is one attack, and fails where its defence is taken away. */
import 'reflect-metadata'
import { webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { describe, expect, it } from 'vitest'
import { verifyDane } from '../../../src/dane/verify.ts'
import { type Certificate, createAuthority, createLeaf, tlsaFor } from '../../lab/certificates.ts'

const HOST = 'mx.example.com'
const at = new Date()

/** An extension that nobody knows, with another certificate in PEM form: the platform reads that one. */
function withInside({ der }: Certificate): x509.Extension {
  return new x509.Extension('1.2.3.4.5', false, Buffer.from(`\n${new X509Certificate(der).toString()}`, 'latin1'))
}

describe('a certificate in PEM form inside another', () => {
  it('in a leaf: the real one, which the trust anchor did sign', async () => {
    const anchor = await createAuthority({ commonName: 'Public CA' })
    const real = await createLeaf({ names: [HOST] }, anchor)
    const impostor = await createAuthority({ commonName: 'Public CA' })
    const forged = await createLeaf({ names: [HOST], extensions: [withInside(real)] }, impostor)
    const verdict = verifyDane([forged.der, anchor.der], [tlsaFor(anchor.der, 2, 0, 1)], [HOST], { at })
    expect(verdict).toMatchObject({ authenticated: false, reason: { code: 'path-invalid' } })
    expect(verdict.reason?.text).toContain('did not sign the leaf')
  })

  it('in a leaf whose signature the platform checks as a whole, as RSASSA-PSS', async () => {
    const algorithm = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' }
    const pair = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const anchor = await createAuthority({ commonName: 'Public CA', keyPair: await pair() })
    const real = await createLeaf({ names: [HOST] }, anchor)
    const impostor = await createAuthority({ commonName: 'Public CA', keyPair: await pair() })
    const forged = await createLeaf({ names: [HOST], extensions: [withInside(real)] }, impostor)
    const verify = (leaf: Certificate) =>
      verifyDane([leaf.der, anchor.der], [tlsaFor(anchor.der, 2, 0, 1)], [HOST], { at })
    expect(verify(real).authenticated).toBe(true)
    expect(verify(forged).authenticated).toBe(false)
  })

  it("in an authority that shows the trust anchor's public key", async () => {
    const anchor = await createAuthority({ commonName: 'Public CA' })
    const impostor = await createAuthority({ commonName: 'Public CA' })
    const keyPair = { publicKey: anchor.keyPair.publicKey, privateKey: impostor.keyPair.privateKey } as never
    const shell = await createAuthority({ commonName: 'Public CA', keyPair, extensions: [withInside(impostor)] })
    const forged = await createLeaf({ names: [HOST] }, impostor)
    const verdict = verifyDane([forged.der, shell.der], [tlsaFor(anchor.der, 2, 1, 1)], [HOST], { at })
    expect(verdict.authenticated).toBe(false)
  })
})

it('a common name whose KELVIN SIGN would become a k past the name constraints', async () => {
  const anchor = await createAuthority({ commonName: 'TA' })
  const permitted = `3016a01430128210${Buffer.from('attacker.example').toString('hex')}`
  const constraint = new x509.Extension('2.5.29.30', true, Buffer.from(permitted, 'hex'))
  const constrained = await createAuthority({ commonName: 'Constrained', extensions: [constraint] }, anchor)
  const leaf = await createLeaf({ commonName: 'mail.ban\u212a.example' }, constrained)
  const records = [tlsaFor(anchor.der, 2, 1, 1)]
  const chain = [leaf.der, constrained.der, anchor.der]
  expect(verifyDane(chain, records, ['mail.bank.example'], { at }).authenticated).toBe(false)
})

it('thousands of names against thousands of constraints', async () => {
  const names = new x509.Extension('2.5.29.17', false, tlv(0x30, repeated(Buffer.from('820161', 'hex'), 1500)))
  const subtrees = tlv(0xa1, repeated(tlv(0x30, Buffer.from('820162', 'hex')), 900))
  const constraints = new x509.Extension('2.5.29.30', true, tlv(0x30, subtrees))
  const authority = await createAuthority({ commonName: 'Evil', extensions: [constraints] })
  const leaf = await createLeaf({ names: [], commonName: 'x', extensions: [names] }, authority)
  const other = await createAuthority({ commonName: 'TA' })
  const verdict = verifyDane([leaf.der, authority.der], [tlsaFor(other.der, 2, 1, 1)], [HOST], { at })
  expect(verdict).toMatchObject({ authenticated: false, reason: { code: 'limit-reached' } })
})

function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content
  const lengthOctets = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...lengthOctets]), content])
}

function repeated(octets: Buffer, times: number): Buffer {
  return Buffer.concat(Array<Buffer>(times).fill(octets))
}
