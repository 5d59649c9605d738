import { describe, expect, test } from 'vitest'
import { Message } from '../../src/smtp/message.ts'
import { reportRules, tlsRequiredNo } from '../../src/smtp/require-tls.ts'
import { ascii } from './vectors.ts'

describe('TLS-Required: No (RFC 8689 section 3)', () => {
  test.each([
    ['as in the RFC', 'TLS-Required: No\r\n'],
    ['in other letters', 'tls-REQUIRED: nO\r\n'],
    ['without a space', 'TLS-Required:No\r\n'],
    ['with spaces around the value', 'TLS-Required: \t No \t\r\n'],
    ['folded', 'TLS-Required:\r\n No\r\n'],
    ['with a space before the colon', 'TLS-Required : No\r\n'],
    ['between others', 'From: a@b.test\r\nTLS-Required: No\r\nSubject: x\r\n y\r\n'],
  ])('%s', (_, header) => {
    expect(tlsRequiredNo(ascii(`${header}\r\nbody\r\n`))).toBe(true)
    expect(tlsRequiredNo(ascii(header))).toBe(true)
    expect(tlsRequiredNo(ascii(header.replaceAll('\r\n', '\n')))).toBe(true)
    expect(tlsRequiredNo(Message.parse(`${header}\r\nbody\r\n`))).toBe(true)
  })

  test.each([
    ['nowhere', 'From: a@b.test\r\n\r\n'],
    ['in the body', 'From: a@b.test\r\n\r\nTLS-Required: No\r\n'],
    ['in the body of a message without header', '\r\nTLS-Required: No\r\n'],
    ['twice', 'TLS-Required: No\r\nTLS-Required: No\r\n\r\n'],
    ['and also Yes', 'TLS-Required: No\r\nTLS-Required: Yes\r\n\r\n'],
    ['Yes', 'TLS-Required: Yes\r\n\r\n'],
    ['nothing', 'TLS-Required:\r\n\r\n'],
    ['Nothing', 'TLS-Required: Nothing\r\n\r\n'],
    ['no in two lines', 'TLS-Required: N\r\n o\r\n\r\n'],
    ['with a comment', 'TLS-Required: No (really)\r\n\r\n'],
    ['with more behind it', 'TLS-Required: No; x\r\n\r\n'],
    ['as a line of another field', 'Subject: x\r\n TLS-Required: No\r\n\r\n'],
    ['as a name that is longer', 'X-TLS-Required: No\r\n\r\n'],
    ['with a NUL behind it', 'TLS-Required: No\0\r\n\r\n'],
    ['behind a bare CR', 'Subject: x\rTLS-Required: No\r\n\r\n'],
    ['in no message at all', ''],
  ])('not %s', (_, message) => expect(tlsRequiredNo(ascii(message))).toBe(false))
})

test('a delivery report is owed what its message was owed (RFC 8689 section 5)', () => {
  expect(reportRules({ requireTls: true })).toEqual({ returned: 'headers', requireTls: 'where-offered' })
  expect(reportRules({ requireTls: false })).toBeNull()
})
