import { expect, test } from 'vitest'
import type { Failure } from '../../src/dnssec/status.ts'
import { retryLookup } from '../../src/smtp/retry.ts'

const NOW = 1_790_000_000
const failure = (until?: number) => ({
  code: 'signature-not-yet-valid' as const,
  text: 'x',
  name: 'example.test.',
  type: 'TLSA',
  ...(until !== undefined && { until }),
})

test.each([
  ['none', undefined, NOW + 30],
  ['one that has passed', NOW - 1, NOW + 30],
  ['one that is near', NOW + 600, NOW + 600],
  ['one that anybody may have forged', NOW + 68 * 365 * 86_400, NOW + 3600],
])('the begin of a signature, %s, puts mail off no longer than an hour', (_what, until, after) => {
  expect(retryLookup(failure(until) as unknown as Failure, NOW).after).toBe(after)
})
