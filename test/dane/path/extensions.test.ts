import { describe, expect, it } from 'vitest'
import type { Certificate, Extension } from '../../../src/dane/certificate.ts'
import { readConstraints } from '../../../src/dane/path/extensions.ts'
import { signatureAlgorithmProblem } from '../../../src/dane/path/signature-algorithm.ts'
import { readValidity } from '../../../src/dane/path/validity.ts'

const extension = (oid: string, hex: string, critical = true): Extension => ({
  oid,
  critical,
  value: Buffer.from(hex.replaceAll(' ', ''), 'hex'),
})
const read = (...extensions: Extension[]) => readConstraints({ extensions } as unknown as Certificate)

describe('extensions of a path (RFC 5280 section 4.2)', () => {
  it.each([
    ['3000', { ca: false, pathLength: null }],
    ['3003 0101ff', { ca: true, pathLength: null }],
    ['3003 010100', { ca: false, pathLength: null }],
    ['3003 020100', { ca: false, pathLength: null }],
    ['3006 0101ff 020100', { ca: true, pathLength: 0 }],
    ['3006 0101ff 020105', { ca: true, pathLength: 5 }],
    ['3007 0101ff 02020100', { ca: true, pathLength: 255 }],
  ])('basicConstraints %s', (hex, basic) => {
    expect(read(extension('2.5.29.19', hex)).basic).toEqual(basic)
  })

  it.each([
    ['2.5.29.19', ''],
    ['2.5.29.19', '30'],
    ['2.5.29.19', '3000 00'],
    ['2.5.29.19', '3006 0101ff 0201ff'],
    ['2.5.29.19', '3003 010101'],
    ['2.5.29.19', '3008 0101ff 020100 0500'],
    ['2.5.29.15', '0300'],
    ['2.5.29.15', '0302 0880'],
    ['2.5.29.37', '3003 020100'],
    ['2.5.29.17', '3002 8900'],
    ['2.5.29.17', '3003 820561'],
    ['2.5.29.30', '3002 a200'],
    ['2.5.29.30', '3004 a002 3000'],
  ])('malformed %s %s', (oid, hex) => {
    expect(() => read(extension(oid, hex))).toThrow(/octet/)
  })

  it.each([
    ['030205a0', 0xa000],
    ['03020106', 0x0600],
    ['0303070080', 0x0080],
    ['030100', 0],
  ])('keyUsage %s', (hex, bits) => {
    expect(read(extension('2.5.29.15', hex)).keyUsage).toBe(bits)
  })

  it('absent ones', () => {
    expect(read()).toEqual({ basic: null, keyUsage: null, purposes: null, alternativeNames: [], names: null })
  })

  it('one that occurs twice', () => {
    expect(() => read(extension('2.5.29.19', '3000'), extension('2.5.29.19', '3000'))).toThrow('occurs twice')
    expect(() => read(extension('1.2.3', '', false), extension('1.2.3', '', false))).toThrow('occurs twice')
  })

  it('critical ones: policies and revocation lists are understood, others stop the path', () => {
    for (const oid of ['2.5.29.31', '2.5.29.32', '2.5.29.33', '2.5.29.36', '2.5.29.54']) {
      expect(() => read(extension(oid, ''))).not.toThrow()
    }
    for (const oid of ['2.5.29.35', '2.5.29.14', '1.3.6.1.5.5.7.1.1', '1.2.3']) {
      expect(() => read(extension(oid, ''))).toThrow(`critical extension ${oid} is not known`)
      expect(() => read(extension(oid, '', false))).not.toThrow()
    }
  })
})

describe('validity (RFC 5280 section 4.1.2.5)', () => {
  const time = (tag: number, text: string) => Buffer.concat([Buffer.of(tag, text.length), Buffer.from(text)])
  const between = (from: Buffer, to: Buffer) => {
    const content = Buffer.concat([from, to])
    return readValidity(Buffer.concat([Buffer.of(0x30, content.length), content]))
  }
  const UTC = 0x17
  const GENERALIZED = 0x18

  it.each([
    [UTC, '491231235959Z', '2049-12-31T23:59:59Z'],
    [UTC, '500101000000Z', '1950-01-01T00:00:00Z'],
    [UTC, '240229120000Z', '2024-02-29T12:00:00Z'],
    [GENERALIZED, '20500101000000Z', '2050-01-01T00:00:00Z'],
    [GENERALIZED, '99991231235959Z', '9999-12-31T23:59:59Z'],
    [GENERALIZED, '00010101000000Z', '0001-01-01T00:00:00Z'],
  ])('%i %s', (tag, text, expected) => {
    const { notBefore, notAfter } = between(time(tag, text), time(UTC, '260101000000Z'))
    expect(notBefore).toBe(Date.parse(expected) / 1000)
    expect(notAfter).toBe(Date.UTC(2026, 0, 1) / 1000)
  })

  it.each([
    [UTC, '2601010000Z'],
    [UTC, '260101000000+0100'],
    [UTC, '2601010000000'],
    [UTC, '2601010000O0Z'],
    [UTC, '26010100/000Z'],
    [0x13, '260101000000Z'],
    [UTC, '20260101000000Z'],
    [UTC, '260231000000Z'],
    [UTC, '261301000000Z'],
    [UTC, '260100000000Z'],
    [UTC, '260101240000Z'],
    [UTC, '260101006000Z'],
    [UTC, '260101000060Z'],
    [UTC, ''],
    [GENERALIZED, '260101000000Z'],
    [GENERALIZED, '20260101000000.5Z'],
    [0x13, '20260101000000Z'],
  ])('no time: %i %s', (tag, text) => {
    expect(() => between(time(UTC, '260101000000Z'), time(tag, text))).toThrow('the validity holds')
  })
})

describe('signature algorithms', () => {
  const pss = (parameters: string) => {
    const oid = '06092a864886f70d01010a'
    const hex = `30${((oid.length + parameters.length) / 2).toString(16).padStart(2, '0')}${oid}${parameters}`
    const algorithm = Buffer.from(hex, 'hex')
    const signatureOid = '1.2.840.113549.1.1.10'
    return { signatureOid, signatureAlgorithm: algorithm, tbsSignature: algorithm } as unknown as Certificate
  }

  it.each([
    ['SHA2-256', '300fa00d300b0609608648016503040201', null],
    ['SHA2-512', '300fa00d300b0609608648016503040203', null],
    ['SHA-1 by default', '3000', 'SHA-1'],
    ['SHA-1', '300ba009300706052b0e03021a', 'hash 1.3.14.3.2.26'],
    ['no parameters', '', 'malformed'],
  ])('RSASSA-PSS with %s', (_, parameters, problem) => {
    const found = signatureAlgorithmProblem(pss(parameters))
    if (problem === null) expect(found).toBeNull()
    else expect(found).toContain(problem)
  })
})
