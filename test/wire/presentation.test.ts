import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkRdata,
  formatRdata,
  formatRecord,
  Name,
  parseRdata,
  parseRecord,
  RRType,
  rrTypeFromName,
  rrTypeName,
  toHex,
} from '../../src/wire/index.ts'
import { LAYOUTS } from '../../src/wire/presentation/layouts.ts'
import { anyName, anyRecord, anyText, typedRdata } from './arbitraries.ts'
import { hexBody, thrown, vectors } from './vectors.ts'

const origin = Name.parse('origin.')

describe('RDATA in presentation form, one case a file', () => {
  for (const { file, head, body } of vectors('text')) {
    test(file, () => {
      const type = rrTypeFromName(head.get('type')!)!
      const error = head.get('error')
      if (error !== undefined) {
        expect(thrown(() => parseRdata(type, body, origin))).toMatchObject({
          code: 'bad-record',
          message: expect.stringContaining(error),
        })
        return
      }
      const rdata = parseRdata(type, body, origin)
      expect(toHex(rdata)).toBe(head.get('octets'))
      expect(formatRdata(type, rdata)).toBe(head.get('print'))
      expect(toHex(parseRdata(type, formatRdata(type, rdata)))).toBe(head.get('octets'))
    })
  }
})

describe('octets that no text of the type stands for are printed in the form of RFC 3597', () => {
  test.each([
    ['A', 'c00002', '\\# 3 C00002'],
    ['A', '', '\\# 0'],
    ['MX', '000a', '\\# 2 000A'],
    ['TLSA', '030101', '\\# 3 030101'],
    ['OPT', '', '\\# 0'],
    ['TYPE65534', '0d10920001', '\\# 5 0D10920001'],
    ['LOC', `01${'00'.repeat(15)}`, `\\# 16 01${'00'.repeat(15)}`],
  ])('%s %s', (type, hex, text) => {
    expect(formatRdata(rrTypeFromName(type)!, hexBody(hex))).toBe(text)
  })

  test('a type bit map with superfluous zero octets keeps its octets', () => {
    const rdata = hexBody('00 00 02 4000')
    expect(formatRdata(RRType.NSEC, rdata)).toBe('\\# 5 0000024000')
    expect(parseRdata(RRType.NSEC, '\\# 5 0000024000')).toEqual(rdata)
  })

  test('a LOC precision of nothing to a power keeps its octet', () => {
    const rdata = hexBody('00 03 16 13 89172dd0 70be15f0 00988d20')
    expect(formatRdata(RRType.LOC, rdata)).toMatch(/^\\# 16 /)
    expect(parseRdata(RRType.LOC, formatRdata(RRType.LOC, rdata))).toEqual(rdata)
  })
})

describe('properties', () => {
  for (const { type, rdata } of typedRdata(anyName)) {
    test(`${rrTypeName(type)}: text brings back the octets, and is of the type's own form`, () => {
      fc.assert(
        fc.property(rdata, (octets) => {
          const text = formatRdata(type, octets)
          expect(text).not.toMatch(/^\\#/)
          expect(text).toMatch(/^[ -~]+$/)
          expect(toHex(parseRdata(type, text))).toBe(toHex(octets))
        }),
        { numRuns: 40 },
      )
    })
  }

  test('any octets of any type are printed, and read back where they are well-formed', () => {
    const types = fc.oneof(fc.constantFrom(...LAYOUTS.keys()), fc.integer({ min: 0, max: 0xffff }))
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 60 }), (type, octets) => {
        const text = formatRdata(type, octets)
        try {
          checkRdata(type, octets)
        } catch {
          expect(text).toMatch(/^\\# /)
          return
        }
        expect(toHex(parseRdata(type, text))).toBe(toHex(octets))
      }),
      { numRuns: 1500 },
    )
  })

  test('a record as a line brings back the record', () => {
    fc.assert(
      fc.property(anyRecord(anyName), (record) => {
        expect(parseRecord(formatRecord(record))).toEqual(record)
      }),
      { numRuns: 300 },
    )
  })

  test('any text is RDATA or a bad-record', () => {
    const words = fc.array(
      fc.oneof(
        anyText(8),
        fc.constantFrom(
          '\\#',
          '(',
          ')',
          '"',
          '\\',
          ';',
          '\n',
          '.',
          '@',
          '-',
          '0',
          '1',
          '255',
          'a.',
          'alpn=h2',
          'A',
          '00',
          'AA==',
        ),
      ),
      { maxLength: 9 },
    )
    fc.assert(
      fc.property(fc.constantFrom(...LAYOUTS.keys()), words, (type, parts) => {
        const text = parts.join(' ')
        try {
          const rdata = parseRdata(type, text)
          expect(toHex(parseRdata(type, formatRdata(type, rdata)))).toBe(toHex(rdata))
        } catch (error) {
          expect(error).toMatchObject({ name: 'DanelawError', code: 'bad-record' })
        }
      }),
      { numRuns: 1500 },
    )
  })
})

describe('one record on its own', () => {
  test('is read with its defaults', () => {
    const options = { origin: Name.parse('example.'), defaultTtl: 5 }
    expect(formatRecord(parseRecord('www A 192.0.2.1 ; comment', options))).toBe('www.example.\t5\tIN\tA\t192.0.2.1')
  })

  test.each([
    ['', 'there is none'],
    ['; comment', 'there is none'],
    ['$ORIGIN example.', 'a directive where one record was expected'],
    ['a. 1 A 192.0.2.1\nb. 1 A 192.0.2.1', 'more than one record'],
  ])('%j is none', (line, error) => {
    expect(thrown(() => parseRecord(line))).toMatchObject({
      code: 'bad-record',
      message: expect.stringContaining(error),
    })
  })

  test('the place of an error names the token, and the file where one is given', () => {
    expect(thrown(() => parseRecord('a. 1 A x'))).toMatchObject({ place: { token: 'x' } })
    const place = { file: 'f', line: 1, column: 8, token: 'x' }
    expect(thrown(() => parseRecord('a. 1 A x', { file: 'f' }))).toMatchObject({ place })
  })
})
