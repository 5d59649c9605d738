import { expect, test, vi } from 'vitest'
import { nativeEngine } from '../../../src/dnssec/crypto/native.ts'
import { selfTest } from '../../../src/dnssec/crypto/self-test.ts'

vi.mock('node:crypto', async (original) => ({
  ...(await original<object>()),
  /** Here every signature holds; on other threads something breaks, and what comes with that is no result. */
  verify(...args: unknown[]): boolean | undefined {
    const done = args[4] as ((error: Error, good: boolean) => void) | undefined
    if (done === undefined) return true
    setImmediate(done, new Error('broken'), true)
    return undefined
  },
}))

test('a failure of the platform on another thread is no signature', async () => {
  const { publicKey, signature, data } = selfTest(13)!
  const key = nativeEngine().importKey(13, publicKey)!
  expect(await new Promise((resolve) => key.verifyAside!(signature, data, resolve))).toBe(false)
})
