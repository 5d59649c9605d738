import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DanelawError } from '../../src/errors.ts'
import { parseMailbox, parseReversePath } from '../../src/smtp/address.ts'
import { vectors } from './vectors.ts'

interface AddressVector {
  readonly address: string
  readonly expect:
    | {
        readonly local: string
        readonly domain: string | null
        readonly literal: string | null
        readonly needsUtf8: boolean
        /** What goes over the wire, where that is not what was given. */
        readonly text?: string
      }
    | { readonly error: string }
}

describe('mailboxes', () => {
  test.each(vectors<AddressVector>('addresses'))('$name: $what', ({ address, expect: expected }) => {
    if ('error' in expected) {
      const error = thrown(() => parseMailbox(address))
      expect(error.code).toBe(expected.error)
      return
    }
    const mailbox = parseMailbox(address)
    const { text = address, ...parts } = expected
    expect(mailbox.given).toBe(address)
    expect(mailbox.text).toBe(text)
    expect({
      local: mailbox.local,
      domain: mailbox.domain.kind === 'domain' ? mailbox.domain.name.toCanonicalString() : null,
      literal: mailbox.domain.kind === 'literal' ? mailbox.domain.address : null,
      needsUtf8: mailbox.needsUtf8,
    }).toEqual(parts)
  })

  test('an error names the address, with what is not printable escaped', () => {
    const error = thrown(() => parseMailbox('user\r\n\u001b@example.com'))
    expect(error.message).toContain("'user\\u{d}\\u{a}\\u{1b}@example.com'")
    expect(error.message).toContain('a carriage return')
  })

  test('half of a character is refused', () => {
    expect(thrown(() => parseMailbox('a\ud800@example.com')).code).toBe('bad-mailbox')
  })

  test('the null reverse-path stands for a sender alone', () => {
    expect(parseReversePath('<>')).toBeNull()
    expect(parseReversePath('user@example.com')?.local).toBe('user')
    expect(thrown(() => parseReversePath('')).code).toBe('bad-mailbox')
  })

  test('whatever is accepted cannot leave its brackets or its line', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 12 }), (parts) => {
        const text = parts.join('')
        for (const candidate of [text, `${text}@example.com`, `"${text}"@example.com`, `user@${text}`]) {
          try {
            if (/[\0\r\n<>]/.test(parseMailbox(candidate).text)) return false
          } catch (error) {
            if (!(error instanceof DanelawError)) throw error
          }
        }
        return true
      }),
    )
  })
})

/** What the grammar tells apart, and what has ended lines and paths where it was let through. */
const CHARACTERS = [
  'a',
  '.',
  '@',
  '"',
  '\\',
  '<',
  '>',
  ' ',
  '\0',
  '\r',
  '\n',
  '[',
  ']',
  '\u0085',
  '\u2028',
  'ü',
  '\ud800',
]

function thrown(run: () => unknown): DanelawError {
  try {
    run()
  } catch (error) {
    if (error instanceof DanelawError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
