import { describe, expect, it } from 'vitest'
import { withStrongestDigests } from '../../src/dane/agility.ts'
import { parseTlsaText } from '../../src/dane/tlsa-text.ts'
import { type Digest, judgeRdata, judgeTlsa, type TlsaRules, tlsaRules } from '../../src/dane/usability.ts'
import { createLeaf } from '../lab/certificates.ts'
import { vectors } from './vectors.ts'

interface Usability {
  readonly rdata: string
  readonly digests?: readonly Digest[]
  readonly usable: boolean
  readonly why: string | null
}

interface Agility {
  readonly digests?: readonly Digest[]
  readonly records: readonly string[]
  readonly keeps: readonly number[]
}

describe('D.1: usability', () => {
  it.each(vectors<Usability>('usability'))('%s', (_, { rdata, digests, usable, why }) => {
    const judged = judgeRdata(Buffer.from(rdata, 'hex'), order(digests))
    expect(judged.usable).toBe(usable)
    if (why === null) expect(judged.why).toBeNull()
    else expect(judged.why).toContain(why)
    expect(judged.tlsa === null).toBe(rdata.length < 6)
  })

  it('a full certificate, to its last octet', async () => {
    const { der } = await createLeaf({ names: ['mx.example.com'] })
    const judge = (data: Uint8Array) => judgeTlsa({ usage: 3, selector: 0, matchingType: 0, data }, order())
    expect(judge(der)).toMatchObject({ usable: true, why: null })
    expect(judge(Buffer.concat([der, Buffer.of(0)])).usable).toBe(false)
    expect(judge(der.subarray(0, -1)).usable).toBe(false)
    expect(judge(Buffer.concat([der, der])).usable).toBe(false)
  })

  it('a full key, which ends with an octet', () => {
    const key = (hex: string) => ({ usage: 2, selector: 1, matchingType: 0, data: Buffer.from(hex, 'hex') })
    const ed25519 = '302a300506032b6570032100'
    expect(judgeTlsa(key(`${ed25519}${'80'.repeat(32)}`), order()).usable).toBe(true)
    const ragged = judgeTlsa(key(`${ed25519.slice(0, -2)}07${'80'.repeat(32)}`), order())
    expect(ragged).toMatchObject({ usable: false, why: expect.stringContaining('inside an octet') })
  })

  it.each([0, 1, 2, 3].flatMap((usage) => [0, 1].flatMap((s) => [0, 1, 2].map((m) => [usage, s, m] as const))))(
    'every number that is not known makes %i %i %i unusable',
    (usage, selector, matchingType) => {
      const tlsa = { usage, selector, matchingType, data: Buffer.alloc(matchingType * 32) }
      for (const unknown of [4, 100, 255, -1, 1.5, Number.NaN]) {
        expect(judgeTlsa({ ...tlsa, usage: unknown }, order()).usable).toBe(false)
        expect(judgeTlsa({ ...tlsa, selector: unknown }, order()).usable).toBe(false)
        expect(judgeTlsa({ ...tlsa, matchingType: unknown }, order()).usable).toBe(false)
      }
    },
  )

  it.each([[['SHA2-256', 'SHA2-256']], [['SHA1']], [['toString']], ['SHA2-256']])('digests %j', (digests) => {
    expect(() => tlsaRules({ digests: digests as Digest[] })).toThrow(/^digests:/)
  })
})

describe('D.2: digest agility', () => {
  it.each(vectors<Agility>('agility'))('%s', (_, { digests, records, keeps }) => {
    const judged = records.map((text, index) => ({ ...judgeTlsa(parseTlsaText(text), order(digests)), index }))
    const usable = judged.flatMap((record) => (record.usable ? [record] : []))
    expect(withStrongestDigests(usable, order(digests).digests).map(({ index }) => index)).toEqual(keeps)
  })
})

function order(digests?: readonly Digest[]): TlsaRules {
  return tlsaRules(digests === undefined ? {} : { digests })
}
