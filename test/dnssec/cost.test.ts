/**
 * What an attack may cost, in counted work: KeyTrap (CVE-2023-50387) in its forms and the search for the closest
 * encloser (CVE-2023-50868). Over a limit the answer is bogus by the name of the limit; what just fits is secure.
 */
import { describe, expect, it } from 'vitest'
import { exponent as exponentOf } from '../../bench/fit.ts'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { Budget, VALIDATION_LIMITS } from '../../src/limits.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import {
  type Attack,
  changing,
  deepName,
  keysTimesSignatures,
  manyDs,
  manyKeys,
  manySignatures,
  manyTypes,
  MOST_LENIENT,
} from './scenario/attacks.ts'
import { countingEngine, type Work } from './scenario/counting-engine.ts'
import { generated } from './scenario/generated.ts'
import { type Outcome, run } from './scenario/run.ts'

const native = nativeEngine()
const { limits } = new Budget()

describe('one key, many signatures', () => {
  it('is refused after the failed checks an RRset may cost', () => {
    const { answer, work } = attack(manySignatures(600))
    expect(answer.reason?.text).toContain('failedSignatureChecksPerRRset')
    expect(answer.status).toBe('bogus')
    expect(work.verifications).toBeLessThanOrEqual(HONEST_CHECKS + limits.failedSignatureChecksPerRRset)
  })

  it('is secure where the good one is the last that may be tried', () => {
    const allowed = limits.failedSignatureChecksPerRRset - 1
    expect(attack(manySignatures(allowed)).answer.status).toBe('secure')
  })

  it('costs no more for more of them', () => {
    expect(exponent((size) => attack(manySignatures(size)))).toBeLessThan(1.2)
    expect(exponent((size) => attack(manySignatures(size, MOST_LENIENT)))).toBeLessThan(1.2)
  })
})

describe('many keys with one tag, one signature', () => {
  it('is refused before any of them is tried', () => {
    const { answer, work } = attack(manyKeys(20))
    expect(answer.reason?.text).toContain('keysPerTag')
    expect(answer.status).toBe('bogus')
    expect(work.verifications).toBeLessThanOrEqual(HONEST_CHECKS)
  })

  it('is refused for their number, where they are more', () => {
    const { answer, work } = attack(manyKeys(2000))
    expect(answer.reason?.text).toContain('keysPerZone')
    expect(answer.status).toBe('bogus')
    expect(work.imports).toBeLessThanOrEqual(2)
  })

  it('is secure with as many as are allowed', () => {
    const others = ',13:standby:octets=64:like=2'.repeat(limits.keysPerTag - 1)
    const prepared = generated('www.example. A', `zone example. keys=13:ksk,13:zsk${others}\nwww A 192.0.2.1\n`)
    expect(attack({ prepared }).answer.status).toBe('secure')
  })

  it('costs no more for more of them', () => {
    expect(exponent((size) => attack(manyKeys(size)))).toBeLessThan(1.2)
    expect(exponent((size) => attack(manyKeys(size, MOST_LENIENT)))).toBeLessThan(1.2)
  })
})

describe('many keys with one tag, many signatures', () => {
  it('is refused after the failed checks an RRset may cost, keys times signatures', () => {
    const { answer, work } = attack(keysTimesSignatures(300))
    expect(answer.reason?.text).toContain('failedSignatureChecksPerRRset')
    expect(answer.status).toBe('bogus')
    expect(work.verifications).toBeLessThanOrEqual(HONEST_CHECKS + limits.failedSignatureChecksPerRRset)
  })

  it('costs no more for more of them', () => {
    expect(exponent((size) => attack(keysTimesSignatures(size)))).toBeLessThan(1.2)
    expect(exponent((size) => attack(keysTimesSignatures(size, MOST_LENIENT)))).toBeLessThan(1.2)
  })
})

describe('many DS for many keys with one tag', () => {
  it('is refused for the number of DS', () => {
    const { answer, work } = attack(manyDs(200))
    expect(answer.reason?.text).toContain('dsPerZone')
    expect(answer.status).toBe('bogus')
    expect(work.digests).toBeLessThanOrEqual(1)
  })

  it('is secure with as many digests as are allowed', () => {
    const { answer, work } = attack(manyDs(limits.dsPerZone - 1))
    expect(answer.status).toBe('secure')
    expect(work.digests).toBeLessThanOrEqual(1 + limits.dsDigestsPerZone)
    expect(work.digests).toBeGreaterThan(limits.dsPerZone)
  })

  it('costs no more for more of them', () => {
    expect(exponent((size) => attack(manyDs(size)))).toBeLessThan(1.2)
    expect(exponent((size) => attack(manyDs(size, MOST_LENIENT)))).toBeLessThan(1.2)
  })
})

describe('ANY', () => {
  it('with a bad signature before each good one is refused when the checks of a question are spent', () => {
    const { answer, spent } = attack(manyTypes(30))
    expect(answer.reason?.text).toContain('signatureChecks of')
    expect(answer.status).toBe('bogus')
    expect(spent.signatureChecks).toBe(limits.signatureChecks)
  })

  it('is secure with as many as fit', () => {
    const fit = Math.floor((limits.signatureChecks - HONEST_CHECKS) / 2)
    const { answer, spent } = attack(manyTypes(fit))
    expect(answer.status).toBe('secure')
    expect(spent.signatureChecks).toBeLessThanOrEqual(limits.signatureChecks)
  })

  it('costs no more than in proportion', () => {
    expect(exponent((size) => attack(manyTypes(size, MOST_LENIENT)), [4, 8, 16, 32])).toBeLessThan(1.2)
  })
})

describe('the search for the closest encloser', () => {
  it('is refused when the hashing of a question is spent', () => {
    const { answer, spent } = attack(deepName(100, 50))
    expect(answer.reason?.text).toContain('nsec3HashBlocks')
    expect(answer.status).toBe('bogus')
    expect(spent.nsec3HashBlocks).toBeLessThanOrEqual(limits.nsec3HashBlocks)
  })

  it('is secure for the deepest name there can be, where a hash is cheap', () => {
    const { answer, spent } = attack(deepName(120, 0))
    expect(answer.status).toBe('secure')
    expect(spent.nsec3HashBlocks).toBeLessThanOrEqual(limits.nsec3HashBlocks)
  })

  it('hashes each name once', () => {
    const shallow = attack(deepName(10, 0)).spent.nsec3HashBlocks
    const deep = attack(deepName(20, 0)).spent.nsec3HashBlocks
    expect(deep).toBeLessThanOrEqual(2 * shallow)
  })

  it('is not made for more records than an answer may have', () => {
    const prepared = generated('nope.example. A', 'zone example. denial=nsec3\n')
    const { answer, spent } = attack({
      prepared,
      upstream: changing(prepared, 'nope.example. A', (message) => {
        const record = message.authority.find(({ type }) => type === RRType.NSEC3)!
        const both = message.authority.filter(({ name }) => name.equals(record.name))
        const more = Array.from({ length: 500 }, (_, i) =>
          both.map((one) => ({ ...one, name: one.name.strip(1).prepend(`${i}x`) })),
        )
        return { ...message, authority: [...message.authority, ...more.flat()] }
      }),
    })
    expect(answer.reason?.text).toContain('nsec3Records')
    expect(spent.nsec3HashBlocks).toBe(0)
  })
})

describe('the meter', () => {
  it('sees a quadratic, and a line', () => {
    const made = (work: (size: number) => number) =>
      exponent((size) => ({ ...NOTHING, work: { ...NO_WORK, octets: work(size) } }))
    expect(made((size) => size * size)).toBeGreaterThan(1.6)
    expect(made((size) => 3 * size + 100)).toBeLessThan(1.2)
  })
})

interface Cost extends Pick<Outcome, 'answer'> {
  readonly work: Work
  readonly spent: Outcome['answer']['spent']
}

function attack({ prepared, upstream }: Attack): Cost {
  const { engine, work } = countingEngine(native)
  const { answer } = run(prepared, { engine, ...(upstream !== undefined && { upstream }) })
  for (const [meter, amount] of Object.entries(answer.spent)) {
    expect(amount).toBeLessThanOrEqual(VALIDATION_LIMITS[meter as keyof typeof answer.spent].max)
  }
  expect(answer.status).not.toBe('insecure')
  return { answer, work, spent: answer.spent }
}

/** Of the work, over sizes; see `bench/fit.ts`. */
function exponent(measure: (size: number) => Cost, sizes: readonly number[] = [32, 64, 128, 256, 512]): number {
  return exponentOf(sizes.map((size) => ({ size, cost: unitsOf(measure(size)) })))
}

function unitsOf({ work, spent }: Cost): number {
  return work.octets + 100 * (work.verifications + work.imports) + 64 * spent.nsec3HashBlocks
}

/** Root DNSKEY, DS, DNSKEY, and the RRset itself. */
const HONEST_CHECKS = 4
const NO_WORK: Work = { verifications: 0, imports: 0, digests: 0, octets: 0 }
const NOTHING = { spent: { nsec3HashBlocks: 0 } } as unknown as Cost
