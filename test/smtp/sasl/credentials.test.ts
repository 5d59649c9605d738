import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Credentials } from '../../../src/smtp/sasl/credentials.ts'
import { chooseMechanism } from '../../../src/smtp/sasl/choose.ts'

describe('credentials', () => {
  test('the secret shows nowhere', () => {
    for (const credentials of [Credentials.password('user', 'pencil'), Credentials.accessToken('user', 'pencil')]) {
      const shown = [
        inspect(credentials, { showHidden: true, depth: 9 }),
        JSON.stringify(credentials),
        `${credentials}`,
      ]
      for (const text of shown) expect(text).not.toContain('pencil')
      expect(Credentials.secretOf(credentials)).toBe('pencil')
    }
  })

  test('what is wrong is told without it', () => {
    const wrong: (() => unknown)[] = [
      () => Credentials.password('', 'pencil'),
      () => Credentials.password('user', ''),
      () => Credentials.password('user', 'pencil\0'),
      () => Credentials.password('user\r\n', 'pencil'),
      () => Credentials.password('user', 'pencil\u0085'),
      () => Credentials.password('user', 'pencil\ud800'),
      () => Credentials.password('user', 'pencil'.repeat(200)),
      () => Credentials.password('user', undefined as unknown as string),
      () => Credentials.accessToken('user', 'pencil\u0001'),
      () => Credentials.accessToken('user', 'pencil case'),
      () => Credentials.accessToken('user', ''),
    ]
    for (const act of wrong) {
      expect(act).toThrow(TypeError)
      expect(act).not.toThrow(/pencil/)
    }
  })

  test('texts are prepared as RFC 8265 section 4.2 has it', () => {
    expect(Credentials.secretOf(Credentials.password('user', 'a\u00a0b\u3000c'))).toBe('a b c')
    expect(Credentials.password('u\u0308ser', 'x').username).toBe('\u00fcser')
    expect(Credentials.secretOf(Credentials.password('user', 'Pencil ~!"'))).toBe('Pencil ~!"')
  })
})

describe('the strongest mechanism offered is taken, and only those that the credentials can use', () => {
  const password = Credentials.password('user', 'pencil')
  const token = Credentials.accessToken('user', 'pencil')
  const bound = new Uint8Array(32)

  test.each([
    [['LOGIN', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'], bound, 'SCRAM-SHA-256-PLUS'],
    [['LOGIN', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'], null, 'SCRAM-SHA-256'],
    [['PLAIN', 'SCRAM-SHA-256'], bound, 'SCRAM-SHA-256'],
    [['scram-sha-256-plus', 'plain'], bound, 'SCRAM-SHA-256-PLUS'],
    [['SCRAM-SHA-256-PLUS', 'PLAIN'], null, 'PLAIN'],
    [['LOGIN', 'PLAIN'], bound, 'PLAIN'],
    [['LOGIN'], bound, 'LOGIN'],
    [['XOAUTH2', 'CRAM-MD5', 'SCRAM-SHA-1', 'GSSAPI'], bound, undefined],
    [[], bound, undefined],
  ])('%j, binding %s: %s', (offered, channelBinding, expected) => {
    expect(chooseMechanism(password, offered, channelBinding)?.mechanism).toBe(expected)
  })

  test('a token goes by XOAUTH2 alone', () => {
    expect(chooseMechanism(token, ['PLAIN', 'XOAUTH2'], null)?.mechanism).toBe('XOAUTH2')
    expect(chooseMechanism(token, ['PLAIN', 'LOGIN', 'SCRAM-SHA-256'], null)).toBeNull()
  })
})
