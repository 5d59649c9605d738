import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ReplyParser, type ReplyStep, replyText } from '../../src/smtp/reply-parser.ts'
import { ascii, type VectorOctets, vectorOctets, vectors } from './vectors.ts'

interface ReplyVector {
  readonly octets: VectorOctets
  readonly expect:
    | { readonly reply: { code: number; enhanced: string | null; lines?: string[]; lineLengths?: number[] } }
    | { readonly error: string }
    | { readonly more: true }
}

describe('replies', () => {
  const pieces = [Number.POSITIVE_INFINITY, 1, 2, 7]
  const cases = vectors<ReplyVector>('replies').flatMap((vector) => pieces.map((piece) => ({ ...vector, piece })))

  test.each(cases)('$name in pieces of $piece: $what', ({ octets, expect: expected, piece }) => {
    const whole = vectorOctets(octets)
    const parser = new ReplyParser()
    const step = pushed(parser, whole, piece)
    if ('error' in expected) {
      expect(step.kind === 'error' && step.error.code).toBe(expected.error)
      expect(parser.push(ascii('250 ok\r\n'))).toMatchObject({ kind: 'error', error: { code: expected.error } })
    } else if ('more' in expected) {
      expect(step.kind).toBe('more')
      expect(parser.midReply).toBe(true)
    } else {
      if (step.kind !== 'reply') throw new Error(`${step.kind} instead of a reply`)
      const { code, enhanced, lines, lineLengths } = expected.reply
      expect(step.reply).toMatchObject({ code, enhanced, octets: whole.length })
      if (lines !== undefined) expect(step.reply.lines).toEqual(lines)
      if (lineLengths !== undefined) expect(step.reply.lines.map((line) => line.length)).toEqual(lineLengths)
      expect(parser.midReply).toBe(false)
    }
  })

  test('one call gives one reply, and says where it stopped', () => {
    const parser = new ReplyParser()
    const octets = ascii('250 a\r\n550 b\r\n4')
    const first = parser.push(octets)
    expect(first).toMatchObject({ kind: 'reply', reply: { code: 250 }, next: 7 })
    expect(parser.push(octets, 7)).toMatchObject({ kind: 'reply', reply: { code: 550, octets: 7 }, next: 14 })
    expect(parser.push(octets, 14)).toMatchObject({ kind: 'more', next: 15 })
  })

  test('an endless reply is given up after 64 KiB, an endless line after 2 KiB', () => {
    const endless = new ReplyParser()
    let heard = 0
    for (const line = ascii(`250-${'x'.repeat(1000)}\r\n`); ; heard += line.length) {
      if (endless.push(line).kind === 'error') break
    }
    expect(heard).toBeLessThanOrEqual(65_536)
    const line = new ReplyParser()
    const step = line.push(ascii(`250 ${'x'.repeat(1_000_000)}`))
    expect(step).toMatchObject({ kind: 'error', error: { code: 'line-too-long', offset: 2047 } })
  })

  test('each octet is looked at once, however the stream is cut', () => {
    const whole = ascii(`${`250-${'x'.repeat(400)}\r\n`.repeat(100)}250 end\r\n`)
    const lookedAt = (piece: number): number => {
      let count = 0
      const counting = new Proxy(whole, {
        get: (target, key) => {
          if (typeof key === 'string' && /^[0-9]+$/.test(key)) count++
          return Reflect.get(target, key, target)
        },
      })
      const parser = new ReplyParser()
      for (let at = 0; at < whole.length; at += piece) {
        const until = Math.min(at + piece, whole.length)
        // A view that ends early, so that the parser stops where a segment would.
        const view = new Proxy(counting, {
          get: (target, key) => (key === 'length' ? until : Reflect.get(target, key, target)),
        })
        parser.push(view, at)
      }
      return count
    }
    expect(lookedAt(whole.length)).toBe(whole.length)
    expect(lookedAt(1)).toBe(whole.length)
    expect(lookedAt(1460)).toBe(whole.length)
  })

  test('no octets make it throw or read past a reply', () => {
    const soup = fc.array(
      fc.constantFrom('2', '5', '0', '-', ' ', '\r', '\n', '\r\n', '250', '250-', '\0', 'é', '5.1.1'),
    )
    fc.assert(
      fc.property(soup, fc.integer({ min: 1, max: 9 }), (parts, piece) => {
        const octets = ascii(parts.join(''))
        const inOne = replies(octets, octets.length)
        expect(replies(octets, piece)).toEqual(inOne)
      }),
    )
  })

  test('text is all lines without the enhanced code', () => {
    const step = new ReplyParser().push(ascii('550-5.1.1 no such\r\n550 5.1.1 user\r\n'))
    expect(step.kind === 'reply' && replyText(step.reply)).toBe('no such user')
  })
})

/** Feeds all octets in pieces, and gives the last step that was not `more`. */
function pushed(parser: ReplyParser, octets: Uint8Array, piece: number): ReplyStep {
  let step: ReplyStep = { kind: 'more', next: 0 }
  for (let at = 0; at < octets.length && step.kind === 'more'; at += piece) {
    step = parser.push(octets.subarray(at, Math.min(at + piece, octets.length)))
  }
  return step
}

function replies(octets: Uint8Array, piece: number): unknown[] {
  const parser = new ReplyParser()
  const found: unknown[] = []
  for (let from = 0; from < octets.length; from += piece) {
    const part = octets.subarray(from, from + piece)
    for (let at = 0; at < part.length; ) {
      const step = parser.push(part, at)
      at = step.next
      if (step.kind === 'reply') found.push(step.reply)
      if (step.kind === 'error') return [...found, step.error]
    }
  }
  return found
}
