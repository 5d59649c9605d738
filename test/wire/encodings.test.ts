import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatIpv6,
  fromBase32Hex,
  fromBase64,
  fromHex,
  parseIpv4,
  parseIpv6,
  RRClass,
  rrClassFromName,
  rrClassName,
  RRType,
  rrTypeFromName,
  rrTypeName,
  svcParamKeyFromName,
  svcParamKeyName,
  toBase32Hex,
  toBase64,
  toHex,
} from '../../src/wire/index.ts'

const text = new TextEncoder()

describe('encodings', () => {
  test.each([
    ['', '', ''],
    ['f', 'Zg==', 'CO'],
    ['fo', 'Zm8=', 'CPNG'],
    ['foo', 'Zm9v', 'CPNMU'],
    ['foob', 'Zm9vYg==', 'CPNMUOG'],
    ['fooba', 'Zm9vYmE=', 'CPNMUOJ1'],
    ['foobar', 'Zm9vYmFy', 'CPNMUOJ1E8'],
  ])('%j as in RFC 4648 section 10', (plain, base64, base32hex) => {
    const octets = text.encode(plain)
    expect(toBase64(octets)).toBe(base64)
    expect(fromBase64(base64)).toEqual(octets)
    expect(toBase32Hex(octets)).toBe(base32hex)
    expect(fromBase32Hex(base32hex)).toEqual(octets)
    expect(fromBase32Hex(base32hex.toLowerCase())).toEqual(octets)
  })

  test.each([
    'Zg',
    'Zg=',
    'Zg===',
    'Zh==',
    'Zm9=',
    'Z',
    '====',
    'Z===',
    'Zm9v====',
    'Zg==Zg==',
    'Zm-_',
    'Zm 9',
    'Zm9ü',
  ])('%j is not base64', (bad) => {
    expect(fromBase64(bad)).toBeUndefined()
  })

  test.each(['C', 'CP1', 'CPN', 'W0', 'CO=', 'CP', 'CPNMUO', 'CÖ'])('%j is not base32hex', (bad) => {
    expect(fromBase32Hex(bad)).toBeUndefined()
  })

  test.each(['0', '0g', 'ü0', '0x'])('%j is not hexadecimal', (bad) => {
    expect(fromHex(bad)).toBeUndefined()
  })

  test('each brings back any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
        expect(fromHex(toHex(octets))).toEqual(octets)
        expect(fromBase64(toBase64(octets))).toEqual(octets)
        expect(fromBase32Hex(toBase32Hex(octets))).toEqual(octets)
        expect(toBase64(octets)).toBe(Buffer.from(octets).toString('base64'))
      }),
    )
  })

  test('one text stands for one value', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AZaz09+/=V'), maxLength: 12 }), (string) => {
        const base64 = fromBase64(string)
        if (base64 !== undefined) expect(toBase64(base64)).toBe(string)
        const base32hex = fromBase32Hex(string)
        if (base32hex !== undefined) expect(toBase32Hex(base32hex)).toBe(string.toUpperCase())
      }),
      { numRuns: 2000 },
    )
  })
})

describe('addresses', () => {
  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['::1:c000:201', '::1:c000:201'],
    ['1::', '1::'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::A', '2001:db8::a'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['::192.0.2.1', '::c000:201'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
  ])('%s is printed as RFC 5952 has it', (given, printed) => {
    expect(formatIpv6(parseIpv6(given)!)).toBe(printed)
  })

  test.each(
    [
      [
        '',
        ':',
        ':::',
        '1',
        '1:2:3:4:5:6:7',
        '1:2:3:4:5:6:7:8:9',
        ':1::',
        '1::2::3',
        '12345::',
        'g::',
        '::1%lo',
        '::1 ',
      ],
      [
        '1:2:3:4:5:6:7:8::',
        '::192.0.2',
        '::192.0.2.256',
        '192.0.2.1::',
        '::192.0.2.1:1',
        '1:2:3:4:5:6:7:192.0.2.1',
        '::01.2.3.4',
      ],
    ].flat(),
  )('%j is no IPv6 address', (bad) => {
    expect(parseIpv6(bad)).toBeUndefined()
  })

  test.each(['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1.2.3.4 ', '1.2.3.-4', '0x7f.1', '127.1', '1.2.3.٤'])(
    '%j is no IPv4 address',
    (bad) => {
      expect(parseIpv4(bad)).toBeUndefined()
    },
  )

  test('any address brings back its octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
        expect(parseIpv6(formatIpv6(octets))).toEqual(octets)
      }),
    )
  })
})

describe('mnemonics', () => {
  test('each name and number belong together, in any case', () => {
    for (const [name, type] of Object.entries(RRType)) {
      expect(rrTypeName(type)).toBe(name)
      expect(rrTypeFromName(name.toLowerCase())).toBe(type)
    }
    for (const [name, rrclass] of Object.entries(RRClass)) {
      expect(rrClassName(rrclass)).toBe(name)
      expect(rrClassFromName(name.toLowerCase())).toBe(rrclass)
    }
  })

  test('numbers without a name have that of RFC 3597 section 5', () => {
    expect([rrTypeName(65534), rrClassName(2), svcParamKeyName(667)]).toEqual(['TYPE65534', 'CLASS2', 'key667'])
    expect([rrTypeFromName('type1'), rrClassFromName('Class1'), svcParamKeyFromName('key3')]).toEqual([1, 1, 3])
  })

  test.each(['', 'TYPE', 'TYPE65536', 'TYPE01', 'TYPE-1', 'TYPE1 ', '1', 'constructor', '__proto__', 'toString'])(
    '%j names no type, class or key',
    (bad) => {
      expect(rrTypeFromName(bad)).toBeUndefined()
      expect(rrClassFromName(bad.replace('TYPE', 'CLASS'))).toBeUndefined()
      expect(svcParamKeyFromName(bad.replace('TYPE', 'key'))).toBeUndefined()
    },
  )
})
