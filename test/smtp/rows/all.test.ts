import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Every row of the rules that is about decisions, by the section it stands in. */
const ROWS = {
  a: Array.from({ length: 19 }, (_, index) => `${index + 1}`),
  b: ['20', '21', '22', '23', '24'],
  c: ['25', '25b', '26', '26b', '27', '28', '29', '30'],
  e: ['E-sts-1', 'E-sts-2', 'E-sts-3', 'E-sts-4', 'E-requiretls', 'E-tls-required-no', 'E-tlsrpt'],
} as const

test.each(Object.entries(ROWS))('section %s: each row has a test', (section, rows) => {
  const text = readFileSync(new URL(`${section}.test.ts`, import.meta.url), 'utf8')
  const tested = new Set([...text.matchAll(/'row ([A-Za-z0-9-]+): /g)].map(([, row]) => row))
  expect([...tested].sort()).toEqual([...rows].sort())
})
