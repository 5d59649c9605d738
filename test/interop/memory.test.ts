/** How much memory a process takes that looks many names up: see bench/README.md. */
import { expect, test } from 'vitest'
import { measureMemory } from '../../bench/memory/measure.mjs'

test('a resolver keeps to its cache, and its sockets and timers end with their questions', async () => {
  // As danelaw scan and danelaw queue run keep it; by itself V8 lets garbage grow to a size of its own choosing.
  const { statuses, peak, mostSockets, mostTimers, left } = await measureMemory(NAMES, 'small')
  expect(statuses).toEqual({ secure: NAMES })
  expect(peak).toBeLessThan(160)
  expect(mostSockets).toBeLessThanOrEqual(256)
  expect(mostTimers).toBeLessThanOrEqual(256)
  expect(left).toEqual({ sockets: 0, timers: 0 })
}, 600_000)

const NAMES = 200_000
