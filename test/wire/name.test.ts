import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Name } from '../../src/wire/index.ts'
import { anyName, anyText } from './arbitraries.ts'
import { hexBody, thrown } from './vectors.ts'

const LABEL_63 = 'a'.repeat(63)
/** 63 + 63 + 63 + 61 octets, four length octets and the root: 255. */
const LONGEST = `${LABEL_63}.${LABEL_63}.${LABEL_63}.${'b'.repeat(61)}.`

describe('the bounds of RFC 1035 section 2.3.4', () => {
  test('a name of 255 octets is read and written', () => {
    const name = Name.parse(LONGEST)
    expect(name.wire.length).toBe(255)
    expect(Name.fromWire(name.wire).toString()).toBe(LONGEST)
    expect(Name.parse(LONGEST.slice(0, -1)).equals(name)).toBe(true)
  })

  test('a name of 256 octets is not', () => {
    const longer = `${LABEL_63}.${LABEL_63}.${LABEL_63}.${'b'.repeat(62)}`
    expect(thrown(() => Name.parse(longer))).toMatchObject({ code: 'bad-name' })
    expect(thrown(() => Name.parse(`${longer}.`))).toMatchObject({ code: 'bad-name' })
    expect(thrown(() => Name.parse('c', Name.parse(LONGEST)))).toMatchObject({ code: 'bad-name' })
    expect(thrown(() => Name.parse(LONGEST).prepend('c'))).toMatchObject({ code: 'bad-name' })
    expect(Name.parse(LONGEST).wildcard).toBeUndefined()
  })

  test('127 labels of one octet are the most', () => {
    const name = Name.parse('a.'.repeat(127))
    expect([name.labelCount, name.wire.length]).toEqual([127, 255])
    expect(Name.fromWire(name.wire).equals(name)).toBe(true)
    expect(thrown(() => Name.parse('a.'.repeat(128)))).toMatchObject({ code: 'bad-name' })
    expect(thrown(() => Name.fromWire(hexBody(`${'0161'.repeat(128)}00`)))).toMatchObject({ code: 'bad-wire' })
  })

  test('a label of 63 octets is the longest', () => {
    expect(Name.parse(LABEL_63).labelCount).toBe(1)
    expect(thrown(() => Name.parse(`${LABEL_63}a`))).toMatchObject({ code: 'bad-name' })
    expect(thrown(() => Name.root.prepend(new Uint8Array(64)))).toMatchObject({ code: 'bad-name' })
    expect(thrown(() => Name.root.prepend(''))).toMatchObject({ code: 'bad-name' })
  })
})

describe('labels are octets', () => {
  test('a dot inside a label is no separator', () => {
    const name = Name.fromWire(hexBody('03612e62 00'))
    expect([name.labelCount, name.toString()]).toEqual([1, 'a\\.b.'])
    expect(name.equals(Name.parse('a.b'))).toBe(false)
    expect(name.key).not.toBe(Name.parse('a.b').key)
  })

  test('every octet is printed so that it reads back', () => {
    for (let octet = 0; octet < 256; octet++) {
      const name = Name.fromLabels([Uint8Array.of(octet, 0x61, octet)])
      expect(name.toString()).toMatch(/^[!-~]+$/)
      expect(Name.parse(name.toString()).wire).toEqual(name.wire)
    }
  })

  test('case is folded for US-ASCII letters only, and only in the key', () => {
    const name = Name.parse('ExAmPlE.\\200\\192@[')
    expect(name.toString()).toBe('ExAmPlE.\\200\\192\\@[.')
    expect(name.toCanonicalString()).toBe('example.\\200\\192\\@[.')
    expect(name.equals(Name.parse('example.\\200\\192@['))).toBe(true)
    expect(name.equals(Name.parse('example.\\232\\192@['))).toBe(false)
    expect(Name.parse('a[').equals(Name.parse('a{'))).toBe(false)
  })

  test('a label given as text is US-ASCII or an error', () => {
    expect(thrown(() => Name.root.prepend('bücher'))).toBeInstanceOf(RangeError)
  })
})

describe('presentation form', () => {
  test.each(['', '..', '.a', 'a..b', 'a\\', 'a\\25', 'a\\256', 'a b', 'a\tb', 'ü', 'a\u0000', '\u2028'])(
    '%j is none',
    (text) => {
      expect(thrown(() => Name.parse(text))).toMatchObject({ code: 'bad-name' })
    },
  )

  test('an error holds printable characters only and not the whole of a long text', () => {
    const { message } = thrown(() => Name.parse(`\u001b[31m${'x'.repeat(100_000)}`))
    expect(message).toMatch(/^[ -~…]*$/)
    expect(message.length).toBeLessThan(600)
  })

  test('@ is the origin, and a character where there is none', () => {
    const origin = Name.parse('example.')
    expect(Name.parse('@', origin)).toBe(origin)
    expect(Name.parse('\\@', origin).toString()).toBe('\\@.example.')
    expect(Name.parse('@').toString()).toBe('\\@.')
  })
})

describe('ancestors', () => {
  test('a label boundary counts, not the text', () => {
    const ancestor = Name.parse('ample.')
    expect(Name.parse('example.').isAtOrBelow(ancestor)).toBe(false)
    // The length octet 3 is no letter, the label's octets may look like one.
    expect(Name.fromLabels([hexBody('78036d616c')]).isAtOrBelow(Name.parse('mal.'))).toBe(false)
    expect(Name.parse('x.AMPLE.').isBelow(ancestor)).toBe(true)
    expect(ancestor.isBelow(ancestor)).toBe(false)
    expect(ancestor.isAtOrBelow(Name.root)).toBe(true)
    expect(Name.root.isAtOrBelow(ancestor)).toBe(false)
  })

  test('strip and suffix stay within the labels', () => {
    const name = Name.parse('a.b.c.')
    expect(name.strip(1).toString()).toBe('b.c.')
    expect(name.suffix(1).toString()).toBe('c.')
    expect(name.strip(3)).toBe(Name.root)
    expect(Name.root.parent).toBeUndefined()
    expect(() => name.strip(4)).toThrow(RangeError)
    expect(() => name.suffix(4)).toThrow(RangeError)
  })

  test('the common ancestor is the deepest', () => {
    const of = (a: string, b: string) => Name.parse(a).commonAncestor(Name.parse(b)).toString()
    expect(of('a.b.example.', 'x.B.example.')).toBe('b.example.')
    expect(of('example.', 'a.example.')).toBe('example.')
    expect(of('a.', 'b.')).toBe('.')
  })
})

test('canonical order is that of RFC 4034 section 6.1', () => {
  const names = [
    'example.',
    'a.example.',
    'yljkjljk.a.example.',
    'Z.a.example.',
    'zABC.a.EXAMPLE.',
    'z.example.',
    '\\001.z.example.',
    '*.z.example.',
    '\\200.z.example.',
  ].map((text) => Name.parse(text))
  const sorted = names.toReversed().sort((a, b) => a.compare(b))
  expect(sorted.map(String)).toEqual(names.map(String))
})

describe('properties', () => {
  test('octets and text bring back the same name', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(Name.fromWire(name.wire).wire).toEqual(name.wire)
        expect(Name.parse(name.toString()).wire).toEqual(name.wire)
        expect(Name.fromLabels(name.labels).wire).toEqual(name.wire)
        expect(Name.parse(name.toCanonicalString()).key).toBe(name.key)
      }),
    )
  })

  test('equality, order and ancestry agree', () => {
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        expect(a.compare(b) === 0).toBe(a.equals(b))
        expect(Math.sign(a.compare(b))).toBe(-Math.sign(b.compare(a)) + 0)
        const common = a.commonAncestor(b)
        expect(a.isAtOrBelow(common) && b.isAtOrBelow(common)).toBe(true)
        expect(a.isAtOrBelow(b)).toBe(common.equals(b))
      }),
    )
  })

  test('any octets are a name or a bad-wire', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.boolean(), (octets, offset, compression) => {
        try {
          const { name, next } = Name.read(octets, offset, compression)
          expect(name.wire.length).toBeLessThanOrEqual(255)
          expect(next).toBeLessThanOrEqual(octets.length)
          expect(Name.fromWire(name.wire).labelCount).toBe(name.labelCount)
        } catch (error) {
          expect(error).toMatchObject({ name: 'DanelawError', code: 'bad-wire' })
        }
      }),
      { numRuns: 500 },
    )
  })

  test('any text is a name or a bad-name', () => {
    fc.assert(
      fc.property(anyText(80), (text) => {
        try {
          const name = Name.parse(text)
          expect(Name.parse(name.toString()).wire).toEqual(name.wire)
        } catch (error) {
          expect(error).toMatchObject({ name: 'DanelawError', code: 'bad-name' })
        }
      }),
      { numRuns: 500 },
    )
  })
})
