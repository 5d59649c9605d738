import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { TLSRPT_LIMITS } from '../../../src/limits.ts'
import { daysIn, readDay, removeDay, TlsReportJournal } from '../../../src/smtp/tlsrpt/journal.ts'
import { Tally } from '../../../src/smtp/tlsrpt/tally.ts'
import { directory, failed, session } from './sessions.ts'

const DAY = '2026-11-21'
const NOON = new Date(`${DAY}T12:00:00Z`)

function journal(folder: string, time = NOON, troubles: string[] = []): TlsReportJournal {
  return new TlsReportJournal(folder, { now: () => time, onTrouble: ({ message }) => troubles.push(message) })
}

describe('counting', () => {
  test('adds up by domain, policy and failure', () => {
    const folder = directory()
    const { record } = journal(folder)
    record(session())
    record(session())
    record(failed())
    record(failed())
    record(failed('another'))
    record(failed(undefined, { receivingAddress: null }))
    record(session({ policyType: 'no-policy-found', policyStrings: [], mxHosts: [] }))
    record(session({ domain: 'a.example.' }))
    const { tally, damaged } = readDay(folder, DAY)
    expect({ damaged, left: tally.left }).toEqual({ damaged: 0, left: 0 })
    const [a, b, ...others] = tally.domains()
    expect(others).toEqual([])
    expect([a!.domain, b!.domain]).toEqual(['a.example.', 'example.com.'])
    expect(b!.policies).toMatchObject([
      {
        type: 'tlsa',
        domain: 'mx.example.com.',
        strings: ['3 1 1 00'],
        successful: 2,
        failed: 4,
        details: [
          { text: 'no usable TLSA record matches', receivingAddress: '192.0.2.25', count: 2 },
          { text: 'another', count: 1 },
          { text: 'no usable TLSA record matches', receivingAddress: null, count: 1 },
        ],
      },
      { type: 'no-policy-found', successful: 1, failed: 0, details: [] },
    ])
  })

  test('goes on from run to run, and by UTC day', () => {
    const folder = directory()
    for (const time of ['T00:00:00.000Z', 'T23:59:59.999Z']) journal(folder, new Date(DAY + time)).record(session())
    journal(folder, new Date('2026-11-22T00:00:00Z')).record(session())
    journal(folder, new Date('2026-11-20T23:59:59.999Z')).record(session())
    expect(daysIn(folder)).toEqual(['2026-11-20', DAY, '2026-11-22'])
    expect(readDay(folder, DAY).tally.domains()[0]!.policies[0]!.successful).toBe(2)
    removeDay(folder, DAY)
    expect(daysIn(folder)).toEqual(['2026-11-20', '2026-11-22'])
  })

  test('other files are left alone', () => {
    const folder = directory()
    for (const name of ['x', '2026-13-01.sessions.jsonl', '2026-11-21.txt']) writeFileSync(join(folder, name), '')
    expect(daysIn(folder)).toEqual([])
    removeDay(folder, DAY)
    expect(readdirSync(folder)).toHaveLength(3)
  })

  test('is nobody else to read', () => {
    const folder = join(directory(), 'new')
    journal(folder).record(session())
    expect(statSync(folder).mode & 0o007).toBe(0)
    expect(statSync(join(folder, `${DAY}.sessions.jsonl`)).mode & 0o007).toBe(0)
  })
})

describe('what is damaged', () => {
  test('a line cut short spoils itself alone', () => {
    const folder = directory()
    const path = join(folder, `${DAY}.sessions.jsonl`)
    const { record } = journal(folder)
    record(session())
    appendFileSync(path, readFileSync(path).subarray(1, 100))
    record(session())
    const { tally, damaged } = readDay(folder, DAY)
    expect(damaged).toBe(1)
    expect(tally.domains()[0]!.policies[0]!.successful).toBe(2)
  })

  test.each([
    'null',
    '[]',
    '{}',
    '"x"',
    '\u0000\u0000',
    JSON.stringify({ ...session(), time: 'yesterday' }),
    JSON.stringify({ ...session(), time: '2026-11-20T12:00:00.000Z' }),
    JSON.stringify({ ...session(), domain: 7 }),
    JSON.stringify({ ...session(), policyType: 'dane' }),
    JSON.stringify({ ...session(), policyStrings: 'x' }),
    JSON.stringify({ ...session(), mxHosts: [1] }),
    JSON.stringify({ ...session(), receivingHelo: {} }),
    JSON.stringify({ ...session(), failure: {} }),
    JSON.stringify({ ...session(), failure: { type: 'hacked', text: 'x' } }),
    'x'.repeat(TLSRPT_LIMITS.lineOctets.value + 1),
    'x'.repeat(3 * TLSRPT_LIMITS.lineOctets.value),
  ])('%#: a line that is no session is told and left out', (line) => {
    const folder = directory()
    const { record } = journal(folder)
    record(session())
    appendFileSync(join(folder, `${DAY}.sessions.jsonl`), line)
    record(session())
    const { tally, damaged } = readDay(folder, DAY)
    expect(damaged).toBe(1)
    expect(tally.domains()[0]!.policies[0]!.successful).toBe(2)
  })

  test('that it cannot be written is told once, and not thrown', () => {
    const folder = directory()
    mkdirSync(join(folder, `${DAY}.sessions.jsonl`))
    const troubles: string[] = []
    const { record } = journal(folder, NOON, troubles)
    record(session())
    record(session())
    expect(troubles).toEqual([expect.stringMatching(/sessions\.jsonl: cannot be written: EISDIR$/)])
  })

  test('a directory that cannot be made, or is none, is an error', () => {
    const path = join(directory(), 'file')
    writeFileSync(path, '')
    expect(() => journal(path)).toThrow(expect.objectContaining({ code: 'file' }))
    expect(() => daysIn(path)).toThrow(expect.objectContaining({ code: 'file' }))
    expect(() => daysIn(`${path}-absent`)).toThrow(/does not exist$/)
  })
})

describe('limits', () => {
  test('what a peer says is cut', () => {
    const folder = directory()
    const long = 'ä'.repeat(100_000)
    const changes = { receivingHelo: long, policyStrings: Array.from({ length: 100 }, () => long), mxHosts: [long] }
    journal(folder).record(failed(`${long}\ud800`, changes))
    const [policy] = readDay(folder, DAY).tally.domains()[0]!.policies
    expect(policy!.strings).toHaveLength(TLSRPT_LIMITS.policyStrings.value)
    expect([...policy!.strings[0]!]).toHaveLength(TLSRPT_LIMITS.policyStringCharacters.value)
    const [detail] = policy!.details
    expect([...detail!.text]).toHaveLength(TLSRPT_LIMITS.textCharacters.value)
    expect(detail!.helo).toMatch(/^ä{255}…$/)
  })

  test('details, policies and domains: what is too much is counted and not told, or left out and told', () => {
    const tally = new Tally()
    for (let i = 0; i < TLSRPT_LIMITS.details.value + 5; i++) tally.add(failed(`text ${i}`))
    for (let i = 0; i < TLSRPT_LIMITS.policies.value + 5; i++) tally.add(session({ policyStrings: [String(i)] }))
    const [domain] = tally.domains()
    expect(domain!.policies[0]).toMatchObject({ failed: TLSRPT_LIMITS.details.value + 5 })
    expect(domain!.policies[0]!.details).toHaveLength(TLSRPT_LIMITS.details.value)
    expect(domain!.policies).toHaveLength(TLSRPT_LIMITS.policies.value)
    expect(tally.left).toBe(6)
    for (let i = 0; i < TLSRPT_LIMITS.domains.value + 5; i++) tally.add(session({ domain: `${i}.example.` }))
    expect(tally.domains()).toHaveLength(TLSRPT_LIMITS.domains.value)
    expect(tally.left).toBe(12)
  })
})

test('two processes at once: no line is lost or mixed', async () => {
  const folder = directory()
  const counts = join(folder, 'counts')
  const script = join(folder, 'count.mjs')
  const source = join(import.meta.dirname, '../../../src/smtp/tlsrpt/journal.ts')
  await build({
    stdin: {
      contents: `import { TlsReportJournal } from ${JSON.stringify(source)}
        const journal = new TlsReportJournal(process.argv[2], { now: () => new Date('${NOON.toISOString()}') })
        const session = JSON.parse(process.argv[3])
        for (let i = 0; i < 500; i++) journal.record({ ...session, receivingHelo: 'x'.repeat(i) })`,
      resolveDir: folder,
    },
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
  })
  const children = ['a.example.', 'b.example.'].map((domain) =>
    spawn(process.execPath, [script, counts, JSON.stringify(session({ domain }))], { stdio: 'inherit' }),
  )
  const ends = await Promise.all(children.map((child) => once(child, 'exit')))
  expect(ends).toEqual([
    [0, null],
    [0, null],
  ])
  const { tally, damaged } = readDay(counts, DAY)
  expect(damaged).toBe(0)
  expect(tally.domains().map(({ policies }) => policies[0]!.successful)).toEqual([500, 500])
})
