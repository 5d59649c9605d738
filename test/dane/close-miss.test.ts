import { beforeAll, expect, it } from 'vitest'
import { verifyDane } from '../../src/dane/verify.ts'
import type { Tlsa } from '../../src/wire/rdata/tlsa.ts'
import { type Certificate, createAuthority, createLeaf, tlsaFor } from '../lab/certificates.ts'

const AT = 1_790_000_000
const NAMES = ['mx.example.com']
let root: Certificate
let intermediate: Certificate
let leaf: Certificate

beforeAll(async () => {
  root = await createAuthority({ commonName: 'Root', at: AT })
  intermediate = await createAuthority({ commonName: 'Between', at: AT }, root)
  leaf = await createLeaf({ names: NAMES, at: AT }, intermediate)
})

const verify = (chain: readonly Certificate[], ...records: readonly Tlsa[]) => {
  const ders = chain.map(({ der }) => der)
  return verifyDane(ders, records, NAMES, { at: AT, pkix: { authorities: [root.der] } })
}
const why = (chain: readonly Certificate[], record: Tlsa) => verify(chain, record).records[0]?.why

it('a record of an issuer under the usage of a leaf', () => {
  const text = 'matches certificate 1, which is not the leaf: was usage 2 meant?'
  expect(why([leaf, intermediate], tlsaFor(intermediate.der, 3, 1, 1))).toBe(text)
  expect(why([leaf, intermediate], tlsaFor(intermediate.der, 1, 0, 2))).toBe(text.replace('usage 2', 'usage 0'))
})

it('a record of the leaf under the usage of an issuer', () => {
  const text = 'matches the leaf, which takes usage 3: DANE-TA(2) stands for an issuer'
  expect(why([leaf, intermediate], tlsaFor(leaf.der, 2, 1, 1))).toBe(text)
  expect(why([leaf, intermediate], tlsaFor(leaf.der, 0, 1, 1))).toContain('takes usage 1: PKIX-TA(0)')
})

it('the other selector', () => {
  const swapped = (certificate: Certificate, usage: number, selector: number) => ({
    ...tlsaFor(certificate.der, usage, 1 - selector, 1),
    selector,
  })
  const chain = [leaf, intermediate]
  expect(why(chain, swapped(leaf, 3, 0))).toBe("is of the leaf's public key: was selector 1 meant?")
  expect(why(chain, swapped(leaf, 3, 1))).toBe("is of the leaf's certificate: was selector 0 meant?")
  expect(why(chain, swapped(intermediate, 2, 0))).toBe(
    'is of the public key of certificate 1 (CN=Between): was selector 1 meant?',
  )
})

it('the matching type that the length says', () => {
  const [short, long] = [tlsaFor(leaf.der, 3, 1, 1), tlsaFor(leaf.der, 3, 1, 2)]
  expect(why([leaf], { ...short, matchingType: 2 })).toBe(
    'a SHA2-512 digest has 64 octets, this one has 32, as SHA2-256 has: was matching type 1 meant?',
  )
  expect(why([leaf], { ...long, matchingType: 1 })).toContain('was matching type 2 meant?')
})

it('the weaker of two digests matches', () => {
  const { reason, records } = verify([leaf], tlsaFor(leaf.der, 3, 1, 1), tlsaFor(root.der, 3, 1, 2))
  expect(reason?.text).toBe(
    'no usable TLSA record matches the certificate; one with a weaker digest does, but is set aside (RFC 7671 section 9)',
  )
  expect(records[0]?.why).toBe(
    'matches, but is set aside: a stronger digest is published for this usage and selector (RFC 7671 section 9)',
  )
})

it('an anchor that is not sent', () => {
  const text =
    'matches no certificate that the server sent above its own; if the trust anchor is CN=Root, which is not sent, add it to the chain or publish it as 2 0 0'
  expect(why([leaf, intermediate], tlsaFor(root.der, 2, 0, 1))).toBe(text)
  expect(why([leaf], tlsaFor(root.der, 2, 0, 1))).toContain('CN=Between')
  expect(why([leaf, intermediate, root], tlsaFor(leaf.der, 2, 0, 1))).not.toContain('not sent')
})
