/**
 * A hundred thousand mutants of certificates and of TLSA RDATA: no crash, no endless work, no match that is none.
 *
 * `DANE_MUTANTS_SEED=7` makes others.
 */
import { expect, test } from 'vitest'
import { createOriginal, tryMutant } from '../dane/mutants.ts'
import { seeded } from './dane/cases.ts'

const SEED = Number(process.env['DANE_MUTANTS_SEED'] ?? 1)

test.each(['p256', 'p384', 'rsa', 'ed25519'] as const)('25,000 mutants of chains of %s', async (key) => {
  const original = await createOriginal(key)
  const random = seeded(SEED)
  const wrong: string[] = []
  for (let i = 0; i < 12_500; i++) {
    const found = tryMutant(original, random)
    if (found !== null) wrong.push(found)
  }
  expect(wrong).toEqual([])
})
