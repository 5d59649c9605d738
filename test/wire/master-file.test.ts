import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatMasterFile, type MasterFileOptions, Name, parseMasterFile, parseRecord } from '../../src/wire/index.ts'
import { anyName, anyRecord, anyText } from './arbitraries.ts'
import { thrown, vectors } from './vectors.ts'

describe('master files, one case a file', () => {
  for (const { file, head, body } of vectors('master-file')) {
    test(file, () => {
      const origin = head.get('origin')
      const ttl = head.get('ttl')
      const options: MasterFileOptions = {
        file: 'x.zone',
        ...(origin === undefined ? {} : { origin: Name.parse(origin) }),
        ...(ttl === undefined ? {} : { defaultTtl: Number(ttl) }),
      }
      const error = head.get('error')
      if (error !== undefined) {
        const failure = thrown(() => parseMasterFile(body, options))
        expect(failure).toMatchObject({ code: 'bad-record', message: expect.stringContaining(error) })
        if (head.has('hint')) expect(failure).toMatchObject({ hint: expect.stringContaining(head.get('hint')!) })
        return
      }
      const [input, output] = body.split('\n=====\n') as [string, string]
      const records = parseMasterFile(input, options)
      expect(formatMasterFile(records).trimEnd()).toBe(output.trimEnd())
      expect(parseMasterFile(formatMasterFile(records))).toEqual(records)
    })
  }
})

describe('$INCLUDE', () => {
  const files: Readonly<Record<string, string>> = {
    'sub.zone': '@ A 192.0.2.2\n$ORIGIN changed.\n$TTL 9\nx A 192.0.2.3\n',
    'blank.zone': ' A 192.0.2.4\n',
    'self.zone': '\n$INCLUDE self.zone\n',
    'ping.zone': '$INCLUDE pong.zone',
    'pong.zone': '$INCLUDE ping.zone',
    'broken.zone': '\n\na. 1 A x\n',
    'a b".zone': 'quoted A 192.0.2.5',
  }
  const include = (path: string) => ({ text: files[path] ?? `$INCLUDE ${path}x`, file: path })
  const read = (text: string) => formatMasterFile(parseMasterFile(text, { file: 'main.zone', include }))
  const failure = (text: string) => thrown(() => read(text))

  test('what the included file sets ends with it', () => {
    const text = '$TTL 1\n$ORIGIN example.\n@ A 192.0.2.1\n$INCLUDE sub.zone sub\n A 192.0.2.9\ny A 192.0.2.4\n'
    expect(read(text).split('\n')).toEqual([
      'example.\t1\tIN\tA\t192.0.2.1',
      'sub.example.\t1\tIN\tA\t192.0.2.2',
      'x.changed.\t9\tIN\tA\t192.0.2.3',
      'example.\t1\tIN\tA\t192.0.2.9',
      'y.example.\t1\tIN\tA\t192.0.2.4',
      '',
    ])
  })

  test('the origin and the owner go into it', () => {
    const text = '$TTL 1\n$ORIGIN example.\nw A 192.0.2.1\n$INCLUDE blank.zone\n$INCLUDE "a b\\".zone" ; comment'
    expect(read(text)).toContain('w.example.\t1\tIN\tA\t192.0.2.4\nquoted.example.\t1\tIN\tA\t192.0.2.5')
  })

  test('the callback learns the place', () => {
    const places: unknown[] = []
    parseMasterFile('\n$INCLUDE  x', {
      file: 'm',
      include: (path, from) => ({ text: '', file: `${path}${places.push(from)}` }),
    })
    expect(places).toEqual([{ file: 'm', line: 2, column: 11, token: 'x' }])
  })

  test('a file that includes itself, at once or later, is refused', () => {
    expect(failure('$INCLUDE self.zone')).toMatchObject({
      code: 'bad-record',
      message: "self.zone:2:10: 'self.zone' includes itself",
    })
    expect(failure('$INCLUDE ping.zone')).toMatchObject({ message: "pong.zone:1:10: 'ping.zone' includes itself" })
    expect(failure('$INCLUDE main.zone')).toMatchObject({ message: "main.zone:1:10: 'main.zone' includes itself" })
  })

  test('files without end are refused by their depth', () => {
    expect(failure('$INCLUDE y')).toMatchObject({ message: expect.stringContaining('more than 10 files deep') })
  })

  test('files that multiply are refused by their characters', () => {
    // Each level has the one below it twice; the text of the last is shared, so the test itself needs little memory.
    const leaf = ';'.repeat(1_000_000)
    const doubling = (path: string) => ({
      text: path === 'f10' ? leaf : `$INCLUDE f${Number(path.slice(1)) + 1}\n`.repeat(2),
      file: path,
    })
    const refused = thrown(() => parseMasterFile('$INCLUDE f1', { include: doubling }))
    expect(refused).toMatchObject({
      code: 'bad-record',
      message: expect.stringContaining('more than 268435456 characters'),
    })
  })

  test('an error in it names it', () => {
    expect(failure('$INCLUDE broken.zone')).toMatchObject({
      place: { file: 'broken.zone', line: 3, column: 8, token: 'x' },
    })
  })
})

describe('bounds', () => {
  test('a record may be long, and not longer', () => {
    const strings = `"${'x'.repeat(250)}"\n`
    expect(parseMasterFile(`a. 1 TXT (${strings.repeat(200)})`)[0]!.rdata.length).toBe(200 * 251)
    expect(thrown(() => parseMasterFile(`a. 1 TXT (${strings.repeat(4200)})`))).toMatchObject({
      message: expect.stringContaining('a record of more than 1048576 characters'),
    })
    expect(thrown(() => parseMasterFile(`\n\na. 1 TXT ${'x'.repeat(1_048_577)}`, { file: 'f' }))).toMatchObject({
      message: 'f:3:1: a record of more than 1048576 characters',
    })
  })

  test('RDATA of 65535 octets is read, longer is not', () => {
    const hex = '00'.repeat(65_535)
    expect(parseRecord(`a. 1 TYPE999 \\# 65535 ${hex}`).rdata.length).toBe(65_535)
    expect(thrown(() => parseRecord(`a. 1 TYPE999 \\# 65536 ${hex}00`))).toMatchObject({ code: 'bad-record' })
    expect(thrown(() => parseRecord(`a. 1 OPENPGPKEY ${'AAAA'.repeat(21_846)}`))).toMatchObject({
      message: expect.stringContaining('more than 65535 octets'),
    })
  })

  test("a default TTL that is none is the caller's mistake", () => {
    for (const defaultTtl of [-1, 1.5, 2 ** 31, Number.NaN]) {
      expect(thrown(() => parseMasterFile('', { defaultTtl }))).toBeInstanceOf(RangeError)
    }
  })

  test('a long token is cut in the error, and a control sequence does not reach the terminal', () => {
    const { message } = thrown(() => parseRecord(`a. 1 A ${'\u009b31m'.repeat(1000)}`))
    expect(message).toMatch(/^[ -~]{1,600}$/)
  })
})

describe('formatMasterFile', () => {
  const records = parseMasterFile(
    '$TTL 1\n$ORIGIN Example.\n@ A 192.0.2.1\nwww A 192.0.2.1\n\\@ A 192.0.2.1\nexample. A 192.0.2.1',
  )

  test('owners are relative to the origin, and keep their case', () => {
    expect(
      formatMasterFile(records, { origin: Name.parse('Example.') })
        .split('\n')
        .map((line) => line.split('\t')[0]),
    ).toEqual(['$ORIGIN Example.', '@', 'www', '\\@', 'example.', ''])
  })

  test("a type that is no data is the caller's mistake", () => {
    const opt = { name: Name.root, type: 41, class: 1232, ttl: 0, rdata: new Uint8Array() }
    expect(thrown(() => formatMasterFile([...records, opt]))).toMatchObject({
      name: 'RangeError',
      message: 'records[4].type: OPT',
    })
  })
})

describe('properties', () => {
  const records = fc.array(anyRecord(anyName), { maxLength: 8 })

  test('a file brings back its records, with any origin', () => {
    fc.assert(
      fc.property(records, fc.option(anyName, { nil: undefined }), (list, origin) => {
        const text = formatMasterFile(list, origin === undefined ? {} : { origin })
        expect(parseMasterFile(text)).toEqual(list)
      }),
      { numRuns: 150 },
    )
  })

  test('owners below the origin bring back their octets', () => {
    fc.assert(
      fc.property(anyRecord(anyName), fc.nat(), (record, n) => {
        const origin = record.name.suffix(n % (record.name.labelCount + 1))
        expect(parseMasterFile(formatMasterFile([record], { origin }))).toEqual([record])
      }),
      { numRuns: 150 },
    )
  })

  test('any text is records or a bad-record', () => {
    const pieces = fc.constantFrom(
      ...[
        'a.',
        ' ',
        '\t',
        '\n',
        '\r\n',
        '\r',
        '(',
        ')',
        '"',
        ';',
        '\\',
        '@',
        '$ORIGIN',
        '$TTL',
        '$INCLUDE',
        '1',
        '3600',
        '1h',
      ],
      ...[
        'IN',
        'CH',
        'A',
        'TXT',
        'MX',
        'NSEC',
        'SVCB',
        '\\#',
        '192.0.2.1',
        'alpn="h2"',
        '=',
        '00',
        '4',
        'x\\032',
        '\u0000',
        'é',
      ],
    )
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 25 }).map((list) => list.join('')),
      fc.array(pieces, { maxLength: 25 }).map((list) => list.join(' ')),
      anyText(60),
    )
    fc.assert(
      fc.property(text, (input) => {
        try {
          const read = parseMasterFile(input)
          expect(parseMasterFile(formatMasterFile(read))).toEqual(read)
        } catch (error) {
          expect(error).toMatchObject({ name: 'DanelawError', code: 'bad-record' })
        }
      }),
      { numRuns: 1500 },
    )
  })

  test('a mutant of a file is records or a bad-record', () => {
    fc.assert(
      fc.property(
        records,
        fc.nat(),
        fc.string({ unit: 'grapheme-ascii', maxLength: 2 }),
        fc.nat(2),
        (list, at, insert, cut) => {
          const whole = formatMasterFile(list)
          const place = at % (whole.length + 1)
          try {
            const read = parseMasterFile(whole.slice(0, place) + insert + whole.slice(place + cut))
            expect(parseMasterFile(formatMasterFile(read))).toEqual(read)
          } catch (error) {
            expect(error).toMatchObject({ name: 'DanelawError', code: 'bad-record' })
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
