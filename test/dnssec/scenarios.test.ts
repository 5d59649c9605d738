import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { REASONS } from '../../src/dnssec/reason.ts'
import type { ValidatedAnswer } from '../../src/dnssec/status.ts'
import { questionKey } from '../../src/dnssec/walk.ts'
import { rcodeName } from '../../src/wire/codes/rcode.ts'
import { formatRecord } from '../../src/wire/presentation/record.ts'
import { parseRecord } from '../../src/wire/master-file/parse.ts'
import { Name } from '../../src/wire/name.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'
import { type Scenario, at, parseScenario } from './scenario/parse.ts'
import { type Outcome, PlainMemory, prepare, run, runAside } from './scenario/run.ts'
import type { Upstream } from './scenario/replies.ts'

const FOLDER = join(import.meta.dirname, '../vectors/scenarios')
const engine = nativeEngine()

const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.scenario'))
  .sort()

describe('scenarios', () => {
  it.each(files)('%s', async (file) => {
    const scenario = parseScenario(`test/vectors/scenarios/${file}`, readFileSync(join(FOLDER, file), 'utf8'))
    const prepared = prepare(scenario)
    const memory = new PlainMemory()
    const outcome = run(prepared, { engine, memory })
    check(scenario, outcome)
    checkSanity(scenario, outcome.answer)
    // Who checks the signatures, and when, changes nothing.
    const memoryAside = new PlainMemory()
    expect(await runAside(prepared, { engine, memory: memoryAside })).toEqual(outcome.answer)
    expect(memoryAside.known).toEqual(memory.known)
    // What was learnt on the way does not change what is true; it does spare work.
    const again = run(prepared, { engine, memory }).answer
    if (scenario.expect.limit === undefined) expect(verdict(again)).toEqual(verdict(outcome.answer))
    // Neither does the order of records in a message, but where a limit cuts off what comes last.
    const reversed = run(prepared, { engine, upstream: inReverse(prepared.upstream) }).answer
    expect(reversed.status).toBe(scenario.expect.inReverse)
  })
})

it.each([
  ['a header that is not known', 'colour: blue', 'f:5: colour is not a header'],
  ['a header twice', 'expect: bogus', 'f:5: expect is given twice'],
  ['an option of a zone', 'zone a. colour=blue', "f:5: 'colour' is no option of a zone"],
  ['a record', 'zone a.\nwww A 192.0.2.256', 'f:6:7: '],
  ['an option of a directive', 'zone a.\n$SIGN www A colour=blue', "f:6: 'colour' is no option of $SIGN"],
  ['a change of a reply', 'zone a.\nreply a. A\npaint blue', "f:7: 'paint' is no change of a reply"],
  ['records that are not there', 'zone a.\nreply a. A\nremove answer b. A', 'f:7: Error: there are no such records'],
])('an error names file and line: %s', (_, text, message) => {
  const head = 'about: x\nrule: 1\nquestion: a. A\nexpect: secure\n'
  expect(() => run(prepare(parseScenario('f', head + text)), { engine })).toThrow(message)
})

it('RULES.md lists every scenario under each of its rules', () => {
  const listed = readFileSync(join(FOLDER, 'RULES.md'), 'utf8')
  const sections = new Map(listed.split(/^## /m).map((text) => [text.slice(0, text.indexOf('\n')), text]))
  for (const file of files) {
    const scenario = parseScenario(file, readFileSync(join(FOLDER, file), 'utf8'))
    for (const rule of scenario.rules) {
      const [, walk, number, limit] = /^(?:walk-([1-7])|([0-9]+)|limit (\w+))/.exec(rule) ?? []
      if (walk === undefined && number === undefined && limit === undefined) continue
      const title = walk ? `The walk, ${walk}` : number ? `Rule ${number}` : `Limit \`${limit}\``
      expect(sections.get(title), `${file}: ${rule}`).toContain(`- ${file.replace('.scenario', '')} (`)
    }
  }
})

function check({ expect: expected, clock }: Scenario, { answer, asked }: Outcome): void {
  const reason = answer.reason
  expect({ status: answer.status, reason: reason?.code, text: reason?.text }).toEqual({
    status: expected.status,
    reason: expected.reason,
    text: reason?.text,
  })
  if (expected.limit !== undefined) expect(reason?.text).toContain(`limit ${expected.limit} of`)
  if (expected.ede !== undefined) expect(reason?.ede).toBe(expected.ede)
  if (expected.rcode !== undefined) expect(rcodeName(answer.rcode)).toBe(rcodeName(expected.rcode))
  for (const question of expected.neverAsks) expect(asked.map(questionKey)).not.toContain(questionKey(question))
  if (answer.status !== 'secure' && answer.status !== 'insecure') return
  if (expected.answer !== 'any') {
    const records = expected.answer.map((line) =>
      at(line, () => parseRecord(line.text, { origin: Name.root, defaultTtl: 0 })),
    )
    expect(answer.records.map(content).sort()).toEqual(records.map(content).sort())
  }
  if (expected.ttl !== undefined) expect(answer.ttl).toBe(expected.ttl)
  if (expected.canonicalName !== undefined) expect(`${answer.canonicalName}`).toBe(`${expected.canonicalName}`)
  if (answer.status !== 'secure') return
  if (expected.validFrom !== undefined) expect(answer.validFrom - clock).toBe(expected.validFrom - clock)
  if (expected.validUntil !== undefined) expect(answer.validUntil - clock).toBe(expected.validUntil - clock)
}

/** What holds of every answer. */
function checkSanity({ clock }: Scenario, answer: ValidatedAnswer): void {
  if (answer.reason !== null) expect(answer.reason.ede).toBe(REASONS[answer.reason.code])
  if (answer.status !== 'secure' && answer.status !== 'insecure') return
  expect(answer.ttl).toBeGreaterThanOrEqual(0)
  for (const record of answer.records) expect(record.ttl).toBeGreaterThanOrEqual(answer.ttl)
  if (answer.status !== 'secure') return
  expect(answer.validFrom).toBeLessThanOrEqual(clock)
  expect(answer.validUntil).toBeGreaterThanOrEqual(clock)
  expect(answer.ttl).toBeLessThanOrEqual(answer.validUntil - clock)
  expect(answer.chain.length).toBeGreaterThan(0)
  for (const link of answer.chain) expect(link.status).toBe('secure')
}

/** A record without its TTL. */
function content(record: ResourceRecord): string {
  return formatRecord({ ...record, name: Name.fromWire(record.name.canonicalWire), ttl: 0 })
}

function verdict(answer: ValidatedAnswer): unknown {
  const records = 'records' in answer ? answer.records.map(content) : []
  return { status: answer.status, rcode: answer.rcode, records, reason: answer.reason?.code }
}

function inReverse(upstream: Upstream): Upstream {
  return (question) => {
    const reply = upstream(question)
    if (reply.kind !== 'message') return reply
    const { message } = reply
    const reversed = { answer: message.answer.toReversed(), authority: message.authority.toReversed() }
    return { ...reply, message: { ...message, ...reversed } }
  }
}
