import { describe, expect, test } from 'vitest'
import { CASES } from '../../bench/cases/index.ts'
import { CHAINS, makeChain } from '../../bench/data/chain.ts'
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

describe('cases', () => {
  test.each(CASES)('$name runs', async (entry) => {
    const results: Result[] = []
    for await (const result of entry.run({ rounds: 1, milliseconds: 0, warmUp: 0 })) results.push(result)
    expect(results.length).toBeGreaterThan(0)
    for (const result of results) {
      expect(result.case).toBe(entry.name)
      expect(result.min).toBeGreaterThan(0)
      expect(result.median).toBeGreaterThanOrEqual(result.unit === 'us' ? result.min : 0)
    }
    expect(table(results)).toContain(results[0]!.measure)
  })
})
