import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  encodeMessage,
  extendedErrors,
  EdnsOptionCode,
  formatRecord,
  type Message,
  Name,
  parseMessage,
  parseRecord,
  RRType,
  rrTypeFromName,
} from '../../src/wire/index.ts'
import { anyName, anyRecord } from './arbitraries.ts'
import { Reader } from '../../src/wire/reader.ts'
import { hexBody, thrown, vectors } from './vectors.ts'

describe('malformed messages, one case a file', () => {
  for (const { file, head, body } of vectors('message')) {
    test(file, () => {
      expect(thrown(() => parseMessage(hexBody(body)))).toMatchObject({
        code: 'bad-wire',
        message: expect.stringContaining(head.get('error')!),
      })
    })
  }
})

const QUESTION = { name: Name.parse('example.'), type: RRType.MX, class: 1 }
const EMPTY: Message = {
  id: 0,
  response: true,
  opcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: true,
  checkingDisabled: false,
  rcode: 0,
  questions: [QUESTION],
  answer: [],
  authority: [],
  additional: [],
  edns: undefined,
}
const EDNS = { udpSize: 1232, extendedRcode: 0, version: 0, dnssecOk: true, options: [] }

describe('compression', () => {
  test('a chain of 127 pointers is followed, which is one for each label a name can have', () => {
    const pointers = Array.from({ length: 127 }, (_, i) => (i === 0 ? 0 : 3 + 2 * (i - 1)))
    const octets = Uint8Array.from([1, 0x61, 0, ...pointers.flatMap((target) => [0xc0, target])])
    expect(Name.read(octets, octets.length - 2, true).name.toString()).toBe('a.')
    const longer = Uint8Array.from([...octets, 0xc0, octets.length - 2])
    expect(thrown(() => Name.read(longer, longer.length - 2, true))).toMatchObject({ code: 'bad-wire' })
  })

  test.each([
    ['MX', '000a c00c', '000a 07 6578616d706c65 00'],
    ['NS', '0161 c00c', '0161 07 6578616d706c65 00'],
    ['SRV', '0000 0000 0019 c00c', '0000 0000 0019 07 6578616d706c65 00'],
    ['DNAME', 'c00c', '07 6578616d706c65 00'],
    ['NAPTR', '0000 0000 0175 00 00 c00c', '0000 0000 0175 00 00 07 6578616d706c65 00'],
    ['RP', 'c00c c00c', '07 6578616d706c65 00 07 6578616d706c65 00'],
    // Not one of the types of RFC 3597 section 4: the octets stay, and the type's reader refuses the pointer.
    ['NSEC', 'c00c 00 01 40', 'c00c 00 01 40'],
    ['TYPE65534', 'c00c', 'c00c'],
  ])('names in %s RDATA', (type, given, expected) => {
    const rdata = hexBody(given)
    const number = rrTypeFromName(type)!
    const message = hexBody(
      `0000 8180 0001 0001 0000 0000 07 6578616d706c65 00 0001 0001 c00c ${hex16(number)} 0001 00000001 ${hex16(rdata.length)} ${given}`,
    )
    expect(parseMessage(message).answer[0]!.rdata).toEqual(hexBody(expected))
  })

  test('a pointer seen before still has to lead backwards, and stay within the message', () => {
    const record = 'c00c 0001 0001 00000001 0004 01020304'
    const start = '0000 8180 0001 0002 0000 0000 07 6578616d706c65 00 0001 0001'
    const { questions, answer } = parseMessage(hexBody(`${start} ${record} ${record}`))
    expect(answer.map(({ name }) => name.toString())).toEqual(['example.', 'example.'])
    expect(answer[1]!.name).toBe(questions[0]!.name)
    expect(thrown(() => parseMessage(hexBody(`${start} ${record} c0`)))).toMatchObject({ code: 'bad-wire' })

    const reader = new Reader(hexBody('c004 0000 07 6578616d706c65 00 c004'))
    reader.offset = 4
    expect(reader.name(true).toString()).toBe('example.')
    reader.offset = 13
    expect(reader.name(true).toString()).toBe('example.')
    reader.offset = 0
    expect(thrown(() => reader.name(true))).toMatchObject({ code: 'bad-wire' })
    reader.offset = 13
    expect(thrown(() => reader.name(false))).toMatchObject({ code: 'bad-wire' })
  })

  test('names that differ in one pointer are told apart', () => {
    const message = hexBody(
      `0000 8180 0001 0004 0000 0000 01 61 07 6578616d706c65 00 0001 0001 ${['c00c', 'c00e', 'c00e', 'c00c']
        .map((owner) => `${owner} 0001 0001 00000001 0000`)
        .join(' ')}`,
    )
    const owners = parseMessage(message).answer.map(({ name }) => name.toString())
    expect(owners).toEqual(['a.example.', 'example.', 'example.', 'a.example.'])
  })

  test('the writer keeps the case of every name', () => {
    const answer = ['Example. 1 MX 10 a.', 'EXAMPLE. 1 MX 10 a.', 'www.example. 1 MX 10 a.'].map((line) =>
      parseRecord(line),
    )
    const octets = encodeMessage({ ...EMPTY, answer })
    expect(parseMessage(octets).answer.map(formatRecord)).toEqual(answer.map(formatRecord))
    expect(octets.length).toBeLessThan(12 + 13 + 3 * (14 + 10 + 5))
  })

  test('no pointer leads behind octet 16383', () => {
    const filler = Array.from({ length: 300 }, (_, i) => parseRecord(`n${i >> 1}.a.b.c. 1 TXT ${'x'.repeat(60)}`))
    const octets = encodeMessage({ ...EMPTY, answer: filler })
    expect(octets.length).toBeGreaterThan(0x4000)
    expect(parseMessage(octets).answer).toEqual(filler)
  })
})

describe('a message in a Buffer', () => {
  test('is read into records of their own, which keep none of its memory', () => {
    const octets = Buffer.from(encodeMessage({ ...EMPTY, answer: [parseRecord(`example. 1 TXT ${'x'.repeat(100)}`)] }))
    const { rdata } = parseMessage(octets).answer[0]!
    expect(rdata.constructor).toBe(Uint8Array)
    expect(rdata.buffer.byteLength).toBe(101)
    octets.fill(0)
    expect(rdata[1]).toBe('x'.charCodeAt(0))
  })
})

describe('header and EDNS', () => {
  test('the extended RCODE is put together from both halves (RFC 6891 section 6.1.3)', () => {
    const octets = encodeMessage({ ...EMPTY, rcode: 23, edns: EDNS })
    expect(octets[3]! & 0xf).toBe(7)
    expect(parseMessage(octets)).toMatchObject({ rcode: 23, edns: { extendedRcode: 1, dnssecOk: true } })
  })

  test('what has no room is an error, not another value', () => {
    expect(thrown(() => encodeMessage({ ...EMPTY, rcode: 16 }))).toBeInstanceOf(RangeError)
    expect(thrown(() => encodeMessage({ ...EMPTY, rcode: 4096, edns: EDNS }))).toBeInstanceOf(RangeError)
    expect(thrown(() => encodeMessage({ ...EMPTY, opcode: 16 }))).toBeInstanceOf(RangeError)
    expect(thrown(() => encodeMessage({ ...EMPTY, id: 65536 }))).toBeInstanceOf(RangeError)
    expect(thrown(() => encodeMessage({ ...EMPTY, id: -1 }))).toBeInstanceOf(RangeError)
    expect(thrown(() => encodeMessage({ ...EMPTY, edns: { ...EDNS, udpSize: 1.5 } }))).toBeInstanceOf(RangeError)
    const large = Array.from({ length: 300 }, () => parseRecord(`a. 1 TXT ${'x'.repeat(250)}`))
    expect(thrown(() => encodeMessage({ ...EMPTY, answer: large }))).toBeInstanceOf(RangeError)
    const rdata = new Uint8Array(65_536)
    expect(thrown(() => encodeMessage({ ...EMPTY, answer: [{ ...QUESTION, ttl: 0, rdata }] }))).toBeInstanceOf(
      RangeError,
    )
  })

  test('no AD bit is written, and none is read', () => {
    const octets = encodeMessage(EMPTY)
    expect(octets[3]! & 0x20).toBe(0)
    octets[3]! |= 0x20
    expect(parseMessage(octets)).toEqual(parseMessage(encodeMessage(EMPTY)))
  })

  test('a TTL with its highest bit set is zero (RFC 2181 section 8)', () => {
    const octets = encodeMessage({ ...EMPTY, answer: [{ ...QUESTION, ttl: 0x80000001, rdata: hexBody('000a00') }] })
    expect(parseMessage(octets).answer[0]!.ttl).toBe(0)
  })

  test('EXTRA-TEXT is cut, and its control characters are gone', () => {
    const text = new TextEncoder().encode(`a\u0000\u001b[31mb\u202ec${'x'.repeat(600)}`)
    const data = Uint8Array.from([0, 6, ...text])
    const options = [
      { code: EdnsOptionCode.ExtendedError, data },
      { code: EdnsOptionCode.ExtendedError, data: Uint8Array.of(0) },
      { code: EdnsOptionCode.NSID, data },
    ]
    const errors = extendedErrors(parseMessage(encodeMessage({ ...EMPTY, edns: { ...EDNS, options } })).edns)
    expect(errors).toHaveLength(1)
    expect(errors[0]!.infoCode).toBe(6)
    expect(errors[0]!.extraText).toMatch(/^a \[31mb cx+$/)
    expect(errors[0]!.extraText.length).toBeLessThanOrEqual(512)
    expect(extendedErrors(undefined)).toEqual([])
  })
})

describe('properties', () => {
  // Some owners twice and more, so that the writer points back and the reader meets one pointer again.
  const section = fc
    .tuple(fc.array(anyRecord(anyName), { maxLength: 5 }), fc.nat(3))
    .map(([list, same]) => list.map((record, i) => (i > same ? { ...record, name: list[same]!.name } : record)))
  const options = fc.array(fc.record({ code: fc.nat(65535), data: fc.uint8Array({ maxLength: 20 }) }), { maxLength: 3 })
  const messages: fc.Arbitrary<Message> = fc
    .record({
      id: fc.nat(65535),
      flags: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      opcode: fc.nat(15),
      rcode: fc.nat(4095),
      questions: fc.array(fc.record({ name: anyName, type: fc.nat(65535), class: fc.nat(65535) }), { maxLength: 2 }),
      answer: section,
      authority: section,
      additional: section,
      options,
    })
    .map(({ flags, options: list, ...message }) => ({
      ...message,
      response: flags[0]!,
      authoritative: flags[1]!,
      truncated: flags[2]!,
      recursionDesired: flags[3]!,
      recursionAvailable: flags[4]!,
      checkingDisabled: flags[5]!,
      edns: { udpSize: 1232, extendedRcode: message.rcode >> 4, version: 0, dnssecOk: flags[0]!, options: list },
    }))

  test('a message is read back as it was written, and its records account for every octet', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const octets = encodeMessage(message)
        expect(parseMessage(octets)).toEqual(message)
        expectAccounted(octets, message)
      }),
      { numRuns: 150 },
    )
  })

  test('a mutant of a message is refused, or every record in it stands in its octets', () => {
    const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(messages, mutations, fc.nat(3), (message, changes, cut) => {
        const whole = encodeMessage(message)
        const octets = whole.slice(0, whole.length - cut)
        for (const [at, octet] of changes) octets[at % octets.length] = octet
        let read: Message
        try {
          read = parseMessage(octets)
        } catch (error) {
          expect(error).toMatchObject({ name: 'DanelawError', code: 'bad-wire' })
          return
        }
        expectAccounted(octets, read)
        // With the AD and Z bits gone and compression redone, what was read is all there is.
        expect(parseMessage(encodeMessage(read))).toEqual(read)
      }),
      { numRuns: 300 },
    )
  })

  test('any octets are a message or a bad-wire', () => {
    const header = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(2), fc.nat(2))
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 120 }), (counts, body) => {
        const octets = Uint8Array.from([0, 0, 0x81, 0x80, ...counts.flatMap((count) => [0, count]), ...body])
        try {
          expectAccounted(octets, parseMessage(octets))
        } catch (error) {
          expect(error).toMatchObject({ name: 'DanelawError', code: 'bad-wire' })
        }
      }),
      { numRuns: 2000 },
    )
  })
})

/**
 * Walks over the questions and records by their length fields alone, each name read afresh: where the walk ends must
 * be where the message does, and it must meet the owners that `message` has.
 */
function expectAccounted(octets: Uint8Array, message: Message): void {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
  const counts = [4, 6, 8, 10].map((at) => view.getUint16(at)) as [number, number, number, number]
  const owners: string[] = []
  let at = 12
  const pass = (fixed: number) => {
    const { name, next } = Name.read(octets, at, true)
    at = next + fixed
    return name.toString()
  }
  const asked = Array.from({ length: counts[0] }, () => pass(4))
  for (let left = counts[1] + counts[2] + counts[3]; left > 0; left--) {
    const type = view.getUint16(Name.read(octets, at, true).next)
    const owner = pass(10)
    at += view.getUint16(at - 2)
    if (type !== RRType.OPT) owners.push(owner)
  }
  expect(at).toBe(octets.length)
  expect(message.questions.map(({ name }) => name.toString())).toEqual(asked)
  const read = [...message.answer, ...message.authority, ...message.additional]
  expect(read.map(({ name }) => name.toString())).toEqual(owners)
}

function hex16(value: number): string {
  return value.toString(16).padStart(4, '0')
}
