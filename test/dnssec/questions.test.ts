/** What is asked, when, and how often: a cold chain costs the round trips of one lookup, not of ten. */
import { describe, expect, it } from 'vitest'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { validate } from '../../src/dnssec/validate.ts'
import { questionKey } from '../../src/dnssec/walk.ts'
import { Budget } from '../../src/limits.ts'
import { rrTypeName } from '../../src/wire/codes/rrtype.ts'
import { Name } from '../../src/wire/name.ts'
import type { Question } from '../../src/wire/record.ts'
import { generated } from './scenario/generated.ts'
import { PlainMemory, type Prepared } from './scenario/run.ts'

const engine = nativeEngine()
const memories = new WeakMap<Prepared, PlainMemory>()

describe('questions', () => {
  it('go out together where they can be foreseen', () => {
    const prepared = generated('www.b.a. A', 'zone a.\nzone b.a.\nwww A 192.0.2.1\n')
    expect(rounds(prepared)).toEqual([
      ['www.b.a. A', '. DNSKEY', 'a. DS', 'a. DNSKEY', 'b.a. DS', 'b.a. DNSKEY', 'www.b.a. DS', 'www.b.a. DNSKEY'],
    ])
  })

  it('of the second lookup in a known zone are one', () => {
    const prepared = generated('www.b.a. A', 'zone a.\nzone b.a.\nwww A 192.0.2.1\n')
    rounds(prepared)
    expect(rounds(prepared)).toEqual([['www.b.a. A']])
  })

  it('are foreseen as deep as the zones were that the last lookup below a top-level domain found', () => {
    const zones = 'zone a.\nzone b.a.\nwww A 192.0.2.1\nzone c.a.\nwww A 192.0.2.1\nzone e.d.a.\nwww A 192.0.2.1\n'
    const prepared = generated('www.b.a. A', zones)
    rounds(prepared)
    expect(rounds(prepared, 'www.c.a.')).toEqual([['www.c.a. A', 'c.a. DS', 'c.a. DNSKEY']])
    // Deeper than that costs one more round trip, after which more is foreseen.
    expect(rounds(prepared, 'www.e.d.a.')).toEqual([
      ['www.e.d.a. A', 'd.a. DS', 'd.a. DNSKEY'],
      ['e.d.a. DS', 'e.d.a. DNSKEY'],
    ])
    expect(rounds(prepared, 'www.f.g.a.')[0]).toEqual([
      'www.f.g.a. A',
      'g.a. DS',
      'g.a. DNSKEY',
      'f.g.a. DS',
      'f.g.a. DNSKEY',
    ])
  })

  it('for names that begin with an underscore are not foreseen', () => {
    const prepared = generated('_25._tcp.mx.a. TLSA', 'zone a.\n_25._tcp.mx TLSA 3 1 1 00\n')
    expect(rounds(prepared).flat()).not.toContain('_tcp.mx.a. DS')
  })

  it('for all aliases of an answer go out together', () => {
    const zones = ['a', 'b', 'c', 'd'].map((name) => `zone ${name}.\n`)
    zones[0] += 'www CNAME www.b.\n'
    zones[1] += 'www CNAME www.c.\n'
    zones[2] += 'www CNAME www.d.\n'
    zones[3] += 'www A 192.0.2.1\n'
    expect(rounds(generated('www.a. A', zones.join('')))).toHaveLength(2)
  })

  it('are never asked twice', () => {
    const deep = 'zone a.\nzone d.c.b.a. denial=nsec3\n* CNAME x.a.\nzone x.a. keys=none\n@ A 192.0.2.1\n'
    const asked = rounds(generated('y.d.c.b.a. A', deep)).flat()
    expect(new Set(asked).size).toBe(asked.length)
  })
})

/** The questions that start, round by round; waiting for what was asked before is no round. */
function rounds(prepared: Prepared, name?: string): string[][] {
  const memory = memories.get(prepared) ?? new PlainMemory()
  memories.set(prepared, memory)
  const asked = new Map<string, Question>()
  const { question } = prepared.scenario
  const walk = validate(name === undefined ? question : { ...question, name: Name.parse(name) }, {
    now: prepared.scenario.clock,
    anchors: prepared.anchors,
    engine,
    budget: new Budget(),
    memory,
    acceptSha1: true,
    peek: (question) => (asked.has(questionKey(question)) ? prepared.upstream(question) : undefined),
  })
  const result: string[][] = []
  let step = walk.next()
  while (!step.done) {
    const { start, wait } = step.value
    if (start.length > 0) result.push(start.map((question) => `${question.name} ${rrTypeName(question.type)}`))
    for (const question of start) asked.set(questionKey(question), question)
    expect(asked.has(questionKey(wait))).toBe(true)
    step = walk.next(prepared.upstream(wait))
  }
  expect(step.value.status).not.toBe('bogus')
  return result
}
