import { describe, expect, test } from 'vitest'
import { encodeMessage, parseMasterFile, parseRecord, type ResourceRecord } from '../../src/wire/index.ts'
import { readRecord } from '../../src/wire/message.ts'
import { Reader } from '../../src/wire/reader.ts'

/*
 * The cost of reading grows in proportion to the input, also for input made to hurt. What is counted is the octets
 * and characters looked at, so that the result is the same on every machine. The exponent is that of size against
 * count; 1 is proportional, 2 is quadratic.
 */

const SIZES = [250, 500, 1000, 2000]
const PROPORTIONAL = 1.15

test('the meter sees a quadratic', () => {
  const quadratic = (octets: Uint8Array) => {
    for (let i = 0; i < octets.length; i++) for (let j = 0; j < octets.length; j += 8) void octets[j]
  }
  expect(exponent((size) => octetsRead(new Uint8Array(size), quadratic))).toBeGreaterThan(1.9)
})

describe('the records of a message', () => {
  test('with compressed owners', () => {
    const message = (size: number) =>
      encodeMessage(response(records(size, (i) => `n${i}.example. 1 MX 10 mx.example.`)))
    expect(exponent((size) => octetsRead(message(size), readRecords))).toBeLessThan(PROPORTIONAL)
  })

  test('whose owners all lead through the longest chain of pointers', () => {
    expect(exponent((size) => octetsRead(chained(size), readRecords))).toBeLessThan(PROPORTIONAL)
  })

  test('the last of which is cut', () => {
    const message = (size: number) => {
      const octets = encodeMessage(response(records(size, (i) => `n${i}. 1 A 192.0.2.1`)))
      return octets.slice(0, -1)
    }
    const refused = (octets: Uint8Array) => expect(() => readRecords(octets)).toThrow('RDATA of 4 octets, 3 left')
    expect(exponent((size) => octetsRead(message(size), refused))).toBeLessThan(PROPORTIONAL)
  })
})

describe('master files', () => {
  test.each<[string, (size: number) => string]>([
    ['of many records', (size) => 'a.example. 60 IN TXT "some text" ; comment\n'.repeat(size)],
    ['of many empty lines', (size) => `${'\n \t\r\n;\n'.repeat(size)}a. 1 A 192.0.2.1`],
    ['with one long record', (size) => `a. 1 TXT ( ${'"x"\n'.repeat(size)} )`],
    ['with one long type bit map', (size) => `a. 1 NSEC b. ( ${'TYPE1 '.repeat(size)} )`],
    ['with one record in many pieces of base64', (size) => `a. 1 DNSKEY 257 3 13 ${'AAEC '.repeat(size)}`],
    ['with one long comment', (size) => `a. 1 A 192.0.2.1 ;${'x'.repeat(size)}`],
    ['with many escapes', (size) => `a. 1 TXT ${'\\000\\"\\\\ '.repeat(size)}`],
  ])('%s', (_, text) => {
    expect(exponent((size) => charactersRead(text(size), parseMasterFile))).toBeLessThan(PROPORTIONAL)
  })

  test('with an error in the last line', () => {
    const text = (size: number) => `${'a. 1 A 192.0.2.1\n'.repeat(size)}a. 1 A x`
    const refused = (input: string) => expect(() => parseMasterFile(input)).toThrow('is not an IPv4 address')
    expect(exponent((size) => charactersRead(text(size), refused))).toBeLessThan(PROPORTIONAL)
  })
})

/** The slope of the counts over the sizes, both as logarithms. */
function exponent(count: (size: number) => number): number {
  const points = SIZES.map((size) => [Math.log(size), Math.log(count(size))] as const)
  const mean = (index: 0 | 1) => points.reduce((sum, point) => sum + point[index], 0) / points.length
  const [meanX, meanY] = [mean(0), mean(1)]
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
}

/** Reads all that follows the header as records. */
function readRecords(octets: Uint8Array): void {
  const reader = new Reader(octets, 12)
  while (reader.remaining > 0) readRecord(reader)
}

/** How many octets `read` takes from the array, one by one or in pieces. */
function octetsRead(octets: Uint8Array, read: (octets: Uint8Array) => unknown): number {
  let count = 0
  const counting = new Proxy(octets, {
    get(target, property) {
      const value = Reflect.get(target, property, target) as unknown
      if (typeof value === 'number' && property !== 'length') count++
      if (typeof value !== 'function') return value
      return (start: number, end: number) => {
        count += end - start
        return (value as Uint8Array['slice']).call(target, start, end)
      }
    },
  })
  read(counting)
  return count
}

/** How many characters `read` takes from the text, one by one or in pieces. */
function charactersRead(text: string, read: (text: string) => unknown): number {
  let count = 0
  class Counting extends String {
    override charCodeAt(index: number): number {
      count++
      return super.charCodeAt(index)
    }
    override slice(start: number, end: number): string {
      count += end - start
      return super.slice(start, end)
    }
    override indexOf(what: string, from = 0): number {
      const found = super.indexOf(what, from)
      count += (found < 0 ? this.length : found) - from
      return found
    }
  }
  read(new Counting(text) as string)
  return count
}

function records(count: number, line: (index: number) => string): ResourceRecord[] {
  return Array.from({ length: count }, (_, i) => parseRecord(line(i)))
}

function response(answer: ResourceRecord[]) {
  const flags = { response: true, authoritative: false, truncated: false, recursionDesired: true }
  const more = { recursionAvailable: true, checkingDisabled: false, opcode: 0, rcode: 0, id: 0 }
  return { ...flags, ...more, questions: [], answer, authority: [], additional: [], edns: undefined }
}

/** `count` records whose owner is the last of a chain of 126 pointers that stand in the RDATA of the first record. */
function chained(count: number): Uint8Array {
  const head = [0, 0, 0x81, 0x80, 0, 0, (count + 1) >> 8, (count + 1) & 0xff, 0, 0, 0, 0]
  const rdata: number[] = [1, 0x61, 0]
  const start = head.length + 11
  for (let i = 0; i < 126; i++) {
    const target = start + (i === 0 ? 0 : 3 + 2 * (i - 1))
    rdata.push(0xc0 | (target >> 8), target & 0xff)
  }
  const last = start + rdata.length - 2
  const first = [0, 0xff, 0xfe, 0, 1, 0, 0, 0, 0, rdata.length >> 8, rdata.length & 0xff, ...rdata]
  const other = [0xc0 | (last >> 8), last & 0xff, 0xff, 0xfe, 0, 1, 0, 0, 0, 0, 0, 0]
  return Uint8Array.from([...head, ...first, ...Array.from({ length: count }, () => other).flat()])
}
