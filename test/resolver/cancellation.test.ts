import { describe, expect, test } from 'vitest'
import { Canceller } from '../../src/resolver/cancellation.ts'

describe.each([0, 1, 2, 5])('of %i listeners', (count) => {
  function listening() {
    const canceller = new Canceller()
    const calls: number[] = []
    const listeners = Array.from({ length: count }, (_, index) => () => void calls.push(index))
    for (const listener of [...listeners, ...listeners]) canceller.addEventListener('abort', listener)
    return { canceller, calls, listeners }
  }

  test('each is called once, in order', () => {
    const { canceller, calls, listeners } = listening()
    canceller.abort('enough')
    canceller.abort('again')
    expect(calls).toEqual(listeners.map((_, index) => index))
    expect(canceller).toMatchObject({ aborted: true, reason: 'enough' })
    expect(() => canceller.throwIfAborted()).toThrow('enough')
  })

  test('none is called that has gone, and each that has come back', () => {
    const { canceller, calls, listeners } = listening()
    for (const listener of listeners) canceller.removeEventListener('abort', listener)
    for (const listener of listeners.slice(0, -1)) canceller.addEventListener('abort', listener)
    canceller.abort()
    expect(calls.toSorted()).toEqual(listeners.slice(0, -1).map((_, index) => index))
  })

  test('and none that comes too late, or while the others are called', () => {
    const { canceller, calls } = listening()
    canceller.addEventListener('abort', () => canceller.addEventListener('abort', () => void calls.push(-1)))
    canceller.abort()
    canceller.addEventListener('abort', () => void calls.push(-1))
    expect(calls).not.toContain(-1)
  })
})
