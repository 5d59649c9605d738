import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DanelawError } from '../../src/errors.ts'
import { DotStuffing } from '../../src/smtp/content-framing.ts'
import { Message } from '../../src/smtp/message.ts'
import { ascii, latin1, type VectorOctets, vectorOctets, vectors } from './vectors.ts'

interface MessageVector {
  readonly octets: VectorOctets
  readonly expect:
    | { readonly content: VectorOctets; readonly eightBit: boolean; readonly needsUtf8: boolean }
    | { readonly error: string; readonly line: number }
}

describe('messages', () => {
  test.each(vectors<MessageVector>('messages'))('$name: $what', ({ octets, expect: expected }) => {
    if ('error' in expected) {
      const error = refused(vectorOctets(octets))
      expect(error.code).toBe(expected.error)
      expect(error.place).toEqual({ file: 'mail.eml', line: expected.line })
      return
    }
    const message = Message.parse(vectorOctets(octets))
    expect(latin1(content(message))).toBe(latin1(vectorOctets(expected.content)))
    expect({ eightBit: message.eightBit, needsUtf8: message.needsUtf8 }).toEqual({
      eightBit: expected.eightBit,
      needsUtf8: expected.needsUtf8,
    })
    expect(message.size).toBe(message.octets?.length)
  })

  test('text is sent as UTF-8', () => {
    const message = Message.parse('Subject: x\n\ngrün\n')
    expect(latin1(message.octets!)).toBe('Subject: x\r\n\r\ngr\u00c3\u00bcn\r\n')
    expect(message.eightBit).toBe(true)
    expect(message.needsUtf8).toBe(false)
  })

  test('the octets are a copy', () => {
    const given = ascii('Subject: x\r\n\r\na\r\n')
    const message = Message.parse(given)
    given.fill(0)
    expect(latin1(message.octets!)).toBe('Subject: x\r\n\r\na\r\n')
  })

  test('dots at the seams of pieces are stuffed once', () => {
    const line = `.${'x'.repeat(61)}\r\n`
    const text = `A: b\r\n\r\n${line.repeat(4096)}`
    // With 50 the second piece starts with a dot.
    for (const shift of [47, 48, 49, 50, 51]) {
      const message = Message.parse(ascii(`${'X'.repeat(shift + 1)}: y\r\n${text}`))
      expect(latin1(unstuffed(content(message)))).toBe(latin1(message.octets!))
    }
  })

  test('whatever is accepted ends where it ends, and comes out as it went in', () => {
    const body = fc.array(fc.constantFrom('.', 'a', '\r\n', '\n', '\r', '\0', 'ü'), { maxLength: 40 })
    fc.assert(
      fc.property(body, (parts) => {
        let message: Message
        try {
          message = Message.parse(`A: b\r\n\r\n${parts.join('')}`)
        } catch (error) {
          expect(error).toBeInstanceOf(DanelawError)
          return
        }
        const wire = latin1(content(message))
        expect(wire.indexOf('\r\n.\r\n')).toBe(wire.length - 5)
        expect(wire.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/)
        expect(latin1(unstuffed(content(message)))).toBe(latin1(message.octets!))
      }),
    )
  })
})

function content(message: Message): Uint8Array {
  const framing = new DotStuffing()
  const pieces = [...(message.pieces() as Iterable<Uint8Array>)].map((piece) => framing.piece(piece).octets)
  return Buffer.concat([...pieces, framing.end().octets])
}

/** What a server makes of it (RFC 5321 section 4.5.2). */
function unstuffed(octets: Uint8Array): Uint8Array {
  const text = latin1(octets)
  expect(text.endsWith('\r\n.\r\n')).toBe(true)
  const lines = text.slice(0, -5).split('\r\n')
  return Buffer.from(`${lines.map((line) => (line.startsWith('.') ? line.slice(1) : line)).join('\r\n')}\r\n`, 'latin1')
}

function refused(octets: Uint8Array): DanelawError {
  try {
    Message.parse(octets, { file: 'mail.eml' })
  } catch (error) {
    if (error instanceof DanelawError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
