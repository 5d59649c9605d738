import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frame, FrameReader } from '../../../src/resolver/transport/frames.ts'

test('messages come out as they went in, however the stream is cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 })
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, cuts) => {
      const stream = Uint8Array.from(sent.flatMap((message) => [...frame(message)]))
      const reader = new FrameReader()
      const received: Uint8Array[] = []
      for (let at = 0, cut = 0; at < stream.length; cut++) {
        const size = cuts[cut % cuts.length]!
        received.push(...reader.push(stream.subarray(at, at + size)))
        at += size
      }
      expect(received.map((octets) => [...octets])).toEqual(sent.map((octets) => [...octets]))
      expect(reader.atBoundary).toBe(true)
    }),
  )
})

test('the stream is not at a boundary within a length or a message', () => {
  const reader = new FrameReader()
  expect(reader.atBoundary).toBe(true)
  reader.push(Uint8Array.of(0))
  expect(reader.atBoundary).toBe(false)
  reader.push(Uint8Array.of(2, 1))
  expect(reader.atBoundary).toBe(false)
  expect(reader.push(Uint8Array.of(2))).toEqual([Uint8Array.of(1, 2)])
  expect(reader.atBoundary).toBe(true)
})

test('a message of more than 65535 octets has no frame', () => {
  expect(() => frame(new Uint8Array(65536))).toThrow(RangeError)
})
