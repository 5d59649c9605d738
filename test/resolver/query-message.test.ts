import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OTHER_CASE, readResponse, writeQuery } from '../../src/resolver/query-message.ts'
import { encodeMessage, parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import { addressRecord, reply } from './fake-server.ts'

function question(name: string) {
  return { name: Name.parse(name), type: 1, class: 1 }
}

describe('padding (RFC 7830, RFC 8467 section 4.1)', () => {
  test('makes every query a multiple of 128 octets, with zeros', () => {
    const labels = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 0, maxLength: 4 })
    fc.assert(
      fc.property(labels, fc.integer({ min: 0, max: 200 }), (lengths, more) => {
        const name = Name.fromLabels(lengths.map((length) => new Uint8Array(length).fill(0x61)))
        const options = [{ code: 65_001, data: new Uint8Array(more) }]
        const { octets } = writeQuery({ ...question('.'), name }, { checkingDisabled: true, options, padded: true })
        expect(octets.length % 128).toBe(0)
        const last = parseMessage(octets).edns!.options.at(-1)!
        expect(last.code).toBe(12)
        expect(last.data.length).toBeLessThan(128)
        expect(last.data.every((octet) => octet === 0)).toBe(true)
      }),
    )
  })

  test('is left out where nothing is encrypted', () => {
    const { octets } = writeQuery(question('a.example'), { checkingDisabled: true })
    expect(parseMessage(octets).edns!.options).toEqual([])
  })
})

describe('a random case of letters', () => {
  const name = `${'abcdefghijklmnopqrstuvwxyz'.repeat(2)}.xn--09-.EXAMPLE`
  const query = writeQuery(question(name), { checkingDisabled: true, randomCase: true })

  test('is another one each time, in letters alone', () => {
    const again = writeQuery(question(name), { checkingDisabled: true, randomCase: true })
    expect(query.question.name.wire).not.toEqual(again.question.name.wire)
    expect(query.question.name.wire).not.toEqual(question(name).name.wire)
    expect(query.question.name.equals(question(name).name)).toBe(true)
  })

  test('leaves octets alone that are no letters', () => {
    const wire = Name.fromLabels([Uint8Array.from({ length: 63 }, (_, i) => (i < 32 ? i + 0x40 : i + 0xa0))])
    const sent = writeQuery({ ...question('.'), name: wire }, { checkingDisabled: true, randomCase: true })
    expect(sent.question.name.equals(wire)).toBe(true)
  })

  test('has to come back octet for octet', () => {
    const sent = parseMessage(query.octets)
    expect(readResponse(reply(sent), query)).toMatchObject({ kind: 'message' })
    const lower = reply(sent, { questions: [{ ...sent.questions[0]!, name: Name.parse(name.toLowerCase()) }] })
    expect(readResponse(lower, query)).toEqual({ kind: 'ignored', why: OTHER_CASE, malformed: false })
  })

  test('is between upstream and here: answers have the name as it was asked for', () => {
    const sent = parseMessage(query.octets)
    const other = { ...addressRecord(sent, 2), name: Name.parse('oTher.example') }
    const octets = reply(sent, { answer: [addressRecord(sent, 1), other] })
    const response = readResponse(octets, query)
    if (response.kind !== 'message') throw new Error(response.kind)
    expect(response.message.questions[0]!.name.toString()).toBe(`${name}.`)
    expect(response.message.answer.map((record) => record.name.toString())).toEqual([`${name}.`, 'oTher.example.'])
    // What is recorded is what came.
    expect(response.octets).toBe(octets)
  })
})

test('an ID that is given is kept', () => {
  expect(parseMessage(writeQuery(question('a.example'), { id: 0, checkingDisabled: false }).octets).id).toBe(0)
})

test('what answers two questions is ignored', () => {
  const query = writeQuery(question('a.example'), { checkingDisabled: true })
  const sent = parseMessage(query.octets)
  const octets = encodeMessage({ ...sent, response: true, questions: [sent.questions[0]!, sent.questions[0]!] })
  expect(readResponse(octets, query)).toMatchObject({ kind: 'ignored', why: '2 questions' })
})
