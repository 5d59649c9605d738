import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DanelawError } from '../../src/errors.ts'
import { toAsciiDomain, toUnicodeDomain } from '../../src/smtp/idn.ts'
import { Name } from '../../src/wire/name.ts'

describe('A-labels', () => {
  test.each([
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['faß.example', 'xn--fa-hia.example'],
    ['βόλος.example', 'xn--nxasmm1c.example'],
    ['ΒΌΛΟΣ.example', 'xn--nxasmq6b.example'],
    ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
    ['Example.COM', 'example.com'],
  ])('%s is %s', (text, ascii) => expect(toAsciiDomain(text)).toBe(ascii))

  test.each(['', 'a..b', 'ab--c', '-a', 'a_b.example', 'xn--a', 'a\u200db', 'a\u05d0', 'a/b', 'a\\.b', 'ü'.repeat(60)])(
    '%j has none',
    (text) => {
      expect(() => toAsciiDomain(text)).toThrow(DanelawError)
    },
  )

  test('what they are made of is a name, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        try {
          return /^[a-z0-9.-]+$/.test(toAsciiDomain(text)) && Name.parse(toAsciiDomain(text)).labelCount > 0
        } catch (error) {
          return error instanceof DanelawError && error.code === 'bad-name'
        }
      }),
    )
  })
})

describe('U-labels for people', () => {
  test.each([
    ['xn--mnchen-3ya.example', 'münchen.example'],
    ['xn--mnchen-3ya.example.', 'münchen.example.'],
    ['XN--mnchen-3ya.example', 'münchen.example'],
    ['xn--r8jz45g.xn--zckzah', '例え.テスト'],
    ['xn--80ak6aa92e.example', 'аррӏе.example'],
    ['_25._tcp.mx.example', '_25._tcp.mx.example'],
    ['.', '.'],
  ])('%s is %s', (ascii, text) => expect(toUnicodeDomain(ascii)).toBe(text))

  test.each([
    ['letters of two scripts', 'xn--pple-43d.example'],
    ['no Punycode', 'xn--a.example'],
    ['Punycode of what needs none', 'xn--abc-.example'],
    ['Punycode of a dot', 'xn--a.b-.example'],
    ['a joiner between letters that do not join', 'xn--example-k06c.example'],
    ['a stroke that looks like the end of a name', 'xn--ab-wfx.example'],
    ['a snowman', 'xn--n3h.example'],
  ])('%s stays as it is', (_, ascii) => expect(toUnicodeDomain(ascii)).toBe(ascii))
})
