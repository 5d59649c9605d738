import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readDetachedSignature } from '../../../src/cli/anchors/cms.ts'
import { readAuthorities, verifyDetached } from '../../../src/cli/anchors/signer.ts'
import { readCertificate } from '../../../src/dane/certificate.ts'
import { parseTime } from '../../../src/cli/time.ts'

const VECTORS = join(import.meta.dirname, '../../vectors/cms')
const read = (name: string): Buffer => readFileSync(join(VECTORS, name))
const authorities = readAuthorities(read('authority.pem').toString(), 'authority.pem')
const email = 'dnssec@iana.org'

interface Vector {
  readonly expected: string
  readonly at: number
  readonly content: Uint8Array
  readonly signature: Buffer
}

function vector(name: string): Vector {
  const [, expected, time, content, base64] =
    /^about: .*\nexpect: (.*)\nat: (.*)\ncontent: (.*)\n\n([A-Za-z0-9+/=\n]*)$/.exec(read(name).toString()) ?? []
  return {
    expected: expected!,
    at: parseTime(time!),
    content: read(content!),
    signature: Buffer.from(base64!, 'base64'),
  }
}

describe('one vector, one file', () => {
  test.each(readdirSync(VECTORS).filter((name) => name.endsWith('.p7s')))('%s', (name) => {
    const { expected, at, content, signature } = vector(name)
    const verdict = verifyDetached(content, signature, { authorities, email, at })
    if (expected === 'verified') return expect(verdict).toMatchObject({ verified: true })
    expect(verdict).toEqual({ verified: false, reason: expect.stringContaining(expected) })
  })
})

test('no octet of a signature can be another', () => {
  const { at, content, signature } = vector('good-direct.p7s')
  let verified = 0
  for (let index = 0; index < signature.length; index++) {
    const changed = Buffer.from(signature)
    changed[index]! ^= 0x01
    if (verifyDetached(content, changed, { authorities, email, at }).verified) verified++
  }
  // What is not signed and says nothing: two versions, the list of digest algorithms, and parameters left out or NULL.
  expect(verified).toBeLessThan(20)
})

test('an authority that did not sign itself is none to end at', () => {
  const { at, content, signature } = vector('good.p7s')
  const { certificates } = readDetachedSignature(signature)
  const above = certificates.filter((der) => readCertificate(der).extensions.some(({ oid }) => oid === '2.5.29.19'))
  expect(above).toHaveLength(1)
  expect(verifyDetached(content, signature, { authorities: above, email, at })).toMatchObject({ verified: false })
  expect(verifyDetached(content, signature, { authorities: [], email, at })).toMatchObject({ verified: false })
})

test('says until when, and by which path', () => {
  const { at, content, signature } = vector('good.p7s')
  expect(verifyDetached(content, signature, { authorities, email, at })).toEqual({
    verified: true,
    path: [
      expect.stringContaining('(CN=Root Zone Trust Anchors)'),
      expect.stringContaining('(CN=middle)'),
      'authority 1 (CN=root)',
    ],
    until: parseTime('2036-01-01T00:00:01Z'),
  })
})

test("ICANN's certificate is the one that was checked", () => {
  const pem = readFileSync(join(import.meta.dirname, '../../../trust-anchors/icann-root-ca.pem'), 'utf8')
  const certificate = new X509Certificate(pem)
  expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(
    'aee89906d7cc60c5e151f3bb923abf8a1b28dc855d5e2127cb524ead4aad603d',
  )
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.subject.split('\n')).toContain('CN=ICANN Root CA')
  expect(readAuthorities(pem, 'icann-root-ca.pem')).toHaveLength(1)
})
