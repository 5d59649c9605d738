import { describe, expect, test } from 'vitest'
import { CASES, PEER_CASES } from '../../bench/cases/index.ts'
import { ANSWERS, answerChain } from '../../bench/data/answers.ts'
import { ATTACKS, readyAttack } from '../../bench/data/attacks.ts'
import { CHAINS, makeChain } from '../../bench/data/chain.ts'
import { deepChain, SIGNED_WITH } from '../../bench/data/deep.ts'
import { partsOf } from '../../bench/data/parts.ts'
import type { Result } from '../../bench/result.ts'
import { table } from '../../bench/table.ts'
import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'

describe('the parts of a chain', () => {
  test.each(CHAINS.map(({ name, keys }) => ({ name, keysOfAll: keys.flat().length })))(
    '$name: secure, six messages, six signatures, $keysOfAll keys',
    ({ name, keysOfAll }) => {
      const chain = makeChain(name)
      const parts = partsOf(chain, nativeEngine())
      expect(parts.cold()).toBe('secure')
      expect(chain.exchanges.map(({ title }) => title)).toEqual([
        'example.test. MX',
        '. DNSKEY',
        'test. DS',
        'test. DNSKEY',
        'example.test. DS',
        'example.test. DNSKEY',
      ])
      expect(parts.work.checks).toHaveLength(6)
      expect(parts.work.imports).toHaveLength(keysOfAll)
    },
  )

  test('the walk, each time, and the floor below it do the same cryptography', () => {
    const counts = { imports: 0, checks: 0 }
    const native = nativeEngine()
    const counting: CryptoEngine = {
      ...native,
      importKey(algorithm, publicKey) {
        counts.imports++
        const key = native.importKey(algorithm, publicKey)!
        return {
          verify(signature, data) {
            counts.checks++
            return key.verify(signature, data)
          },
        }
      },
    }
    const parts = partsOf(makeChain('p256'), counting)
    for (const once of [parts.cold, parts.cold, parts.floor, parts.floor]) {
      counts.imports = 0
      counts.checks = 0
      once()
      expect(counts).toEqual({ imports: 6, checks: 6 })
    }
    counts.imports = 0
    counts.checks = 0
    expect(parts.hollow()).toBe('secure')
    expect(parts.hollow()).toBe('secure')
    expect(counts).toEqual({ imports: 0, checks: 0 })
  })

  test('a signature that does not hold is not measured', () => {
    const parts = partsOf(makeChain('p256'), nativeEngine())
    parts.verify()
    parts.floor()
    parts.work.checks[3]!.signature[40]! ^= 1
    expect(() => parts.verify()).toThrow('does not hold')
    expect(() => parts.floor()).toThrow('does not hold')
  })

  test('nor is a chain that is not secure', () => {
    const chain = makeChain('p256')
    const { wire } = chain.exchanges[3]!
    wire[wire.length - 30]! ^= 1
    expect(() => partsOf(chain, nativeEngine())).toThrow('the chain p256 is bogus')
  })
})

describe('the kinds of answer', () => {
  test.each(ANSWERS)('$name: $status, with as many hashes as the walk spends', (kind) => {
    const parts = partsOf(answerChain(kind), nativeEngine(), kind.iterations)
    expect(parts.cold()).toBe(kind.status)
    parts.floor()
    parts.hash()
    expect(parts.hashBlocks > 0).toBe(
      (kind.name.includes('NSEC3') && kind.iterations <= 50) || kind.name.includes('opt-out'),
    )
  })

  test('a chain goes through as many zones as it says', () => {
    for (const keys of SIGNED_WITH) {
      const parts = partsOf(deepChain(keys, 6), nativeEngine())
      expect(parts.cold()).toBe('secure')
      // The keys of seven zones, six DS, one MX.
      expect(parts.work.checks).toHaveLength(14)
    }
  })
})

describe('attacks', () => {
  test.each(ATTACKS)('$name: within its limits', ({ sizes, make }) => {
    const { once, work } = readyAttack(make(sizes.at(-1)!))
    expect(once().status).toMatch(/^(secure|bogus)$/)
    expect(work.verifications).toBeLessThanOrEqual(32)
  })
})

describe('cases', () => {
  test('each has a name of its own', () => {
    const names = [...CASES, ...PEER_CASES].map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  test.each(CASES)('$name runs', async (entry) => {
    const results: Result[] = []
    for await (const result of entry.run({ rounds: 1, milliseconds: 0, warmUp: 0 })) results.push(result)
    expect(results.length).toBeGreaterThan(0)
    for (const result of results) {
      expect(result.case).toBe(entry.name)
      expect(Number.isFinite(result.min) && Number.isFinite(result.median), result.measure).toBe(true)
      if (result.unit === 'us' && result.part === undefined) {
        expect(result.min, result.measure).toBeGreaterThan(0)
        expect(result.median, result.measure).toBeGreaterThanOrEqual(result.min)
      }
    }
    expect(table(results)).toContain(results[0]!.measure)
    // A line of the report is found by these.
    const keys = results.map(({ variant, measure, unit, at }) => `${variant}/${measure}/${unit}/${at}`)
    expect(new Set(keys).size).toBe(keys.length)
  })
})
