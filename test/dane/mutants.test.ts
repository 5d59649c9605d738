import { expect, it } from 'vitest'
import { seeded } from '../interop/dane/cases.ts'
import { createOriginal, tryMutant } from './mutants.ts'

it.each(['p256', 'ed25519'] as const)('mutants of chains of %s, and of their records', async (key) => {
  const original = await createOriginal(key)
  const random = seeded(7)
  for (let i = 0; i < 500; i++) expect(tryMutant(original, random)).toBeNull()
})
