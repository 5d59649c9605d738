import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAnchorFile } from '../../src/dnssec/anchor-file.ts'
import { ROOT_ANCHORS } from '../../src/dnssec/root-anchors.ts'
import type { TrustAnchor } from '../../src/dnssec/trust-anchors.ts'
import { keyTag } from '../../src/wire/rdata/dnssec.ts'

const VECTORS = join(import.meta.dirname, '../vectors/anchors')
const IANA = readFileSync(join(import.meta.dirname, '../../trust-anchors/root-anchors.xml'), 'utf8')

function summary(anchors: readonly TrustAnchor[]): string {
  return anchors
    .map(({ zone, ds, dnskeys }) => {
      const keys = dnskeys.map(({ rdata }) => keyTag(rdata))
      return `${zone} ds=${ds.map((record) => record.keyTag)} keys=${keys}`
    })
    .join(' | ')
}

describe('one vector, one file: a note, what is expected, and the file itself', () => {
  test.each(readdirSync(VECTORS))('%s', (name) => {
    const whole = readFileSync(join(VECTORS, name), 'utf8')
    const [, kind, expected, body] = /^# [^\n]*\n# (expect|error): ([^\n]*)\n---\n(.*)$/s.exec(whole) ?? []
    if (kind === 'expect') return expect(summary(parseAnchorFile(body!, 'f'))).toBe(expected)
    expect(kind).toBe('error')
    expect(() => parseAnchorFile(body!, 'f')).toThrow(
      expect.objectContaining({ code: 'bad-anchor', message: expect.stringContaining(expected!) }),
    )
    try {
      parseAnchorFile(body!, 'f')
    } catch (error) {
      expect((error as Error).message.startsWith('f:')).toBe(true)
      expect(error).toHaveProperty('place.file', 'f')
    }
  })
})

describe("IANA's document", () => {
  test('is octet for octet the one of 2024-11-05', () => {
    expect(createHash('sha256').update(IANA).digest('hex')).toBe(
      '3ccaab38830025ee0a0f6c1f25769427544f81ea2865aa860468f3ef5278b908',
    )
  })

  test('gives each digest its window of time', () => {
    const windows = parseAnchorFile(IANA, 'f')[0]!.ds.map(({ validFrom, validUntil }) => [validFrom, validUntil])
    expect(windows).toEqual([
      [Date.UTC(2010, 6, 15) / 1000, Date.UTC(2019, 0, 11) / 1000],
      [Date.UTC(2017, 1, 2) / 1000, undefined],
      [Date.UTC(2024, 6, 18) / 1000, undefined],
    ])
  })

  test('holds keys whose digests are those given', () => {
    const digests = [...IANA.matchAll(/<Digest>(.*)<\/Digest>\s*<PublicKey>(.*)<\/PublicKey>\s*<Flags>257</g)]
    expect(digests).toHaveLength(2)
    for (const [, digest, key] of digests) {
      const rdata = Buffer.concat([Buffer.from([1, 1, 3, 8]), Buffer.from(key!, 'base64')])
      const own = createHash('sha256').update(Uint8Array.of(0)).update(rdata).digest('hex')
      expect(own.toUpperCase()).toBe(digest)
    }
  })

  test('is what is built in, but for what has ended', () => {
    const [root] = parseAnchorFile(IANA, 'f')
    const open = root!.ds.filter(({ validUntil }) => validUntil === undefined)
    expect([{ ...root, ds: open }]).toEqual(ROOT_ANCHORS)
  })
})

test('an end of validity is kept', () => {
  const ended = IANA.replace(
    'T00:00:00+00:00" validUntil="2019-01-11T00:00:00+00:00"',
    'T02:00:00+02:00" validUntil="2010-07-16T12:00:00.5Z"',
  )
  expect(parseAnchorFile(ended, 'f')[0]!.ds[0]).toMatchObject({
    validFrom: Date.UTC(2010, 6, 15) / 1000,
    validUntil: Date.UTC(2010, 6, 16, 12) / 1000,
  })
})

test('a DNSKEY keeps its RDATA octet for octet', () => {
  const [anchor] = parseAnchorFile('example. DNSKEY 257 3 13 AQIDBA==', 'f')
  expect(anchor!.dnskeys[0]).toEqual({
    flags: 257,
    protocol: 3,
    algorithm: 13,
    publicKey: Uint8Array.of(1, 2, 3, 4),
    rdata: Uint8Array.of(1, 1, 3, 13, 1, 2, 3, 4),
  })
})

describe('what is too much is refused', () => {
  test.each([
    ['characters', `; ${'x'.repeat(1_048_576)}\n. DS 1 8 1 ${'00'.repeat(20)}`],
    ['elements', `<a>${'<b/>'.repeat(1024)}</a>`],
  ])('%s', (what, text) => {
    expect(() => parseAnchorFile(text, 'f')).toThrow(new RegExp(`more than [0-9]+ ${what}`))
  })

  test('and a file of nothing but empty lines and elements is read in one pass', () => {
    const text = `<a>${'\n'.repeat(1_000_000)}${'<b></b>'.repeat(1000)}</a>`
    expect(() => parseAnchorFile(text, 'f')).toThrow(/f:1: a document of a where TrustAnchor/)
  })
})
