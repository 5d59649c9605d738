/** Zones signed by BIND, ldns, Knot and PowerDNS: each answer is what their content says it must be. */
import { describe, expect, it } from 'vitest'
import { loadEngine } from '../../src/dnssec/crypto/load.ts'
import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import type { ValidatedAnswer } from '../../src/dnssec/status.ts'
import { validate } from '../../src/dnssec/validate.ts'
import { runSynchronously, type UpstreamAnswer } from '../../src/dnssec/walk.ts'
import { Budget } from '../../src/limits.ts'
import { ZoneCache } from '../../src/resolver/zone-cache.ts'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import { RRType, rrTypeName } from '../../src/wire/codes/rrtype.ts'
import type { Message } from '../../src/wire/message.ts'
import type { Question } from '../../src/wire/record.ts'
import { Expectation, shown } from './foreign/expected.ts'
import { existing, questions, seeded } from './foreign/questions.ts'
import { FOREIGN_CLOCK, foreignSetNames, loadForeignSet } from './foreign/zones.ts'

const YXDOMAIN = 6

/** Besides all that is there; half of them are for what is not. */
const DRAWN = 60

/** The zones below a delegation without DS. */
const INSECURE = /^(island\.)?unsigned\.|^below\.|^deep\./

const native = await loadEngine('native')

describe.each(foreignSetNames())('%s', (folder) => {
  const set = loadForeignSet(folder)
  const zones = set.zones.map(({ records }) => records)
  const upstream = new ZoneSet(zones)
  const expectation = new Expectation(zones)

  /** Each zone's keys are verified once for each engine. */
  function judgeWith(engine: CryptoEngine): (question: Question) => void {
    const memory = new ZoneCache(1_000_000)
    const context = {
      now: FOREIGN_CLOCK,
      anchors: set.anchors,
      engine,
      memory,
      acceptSha1: true,
      peek: () => undefined,
    }
    return (question) => {
      const expected = expectation.of(question)
      const walk = validate(question, { ...context, budget: new Budget() })
      const answer = runSynchronously(walk, (asked) => asUpstream(upstream.answer(asked)))
      const text = `${question.name} ${rrTypeName(question.type)}: ${answer.reason?.text}`
      const { status, rcode, records } = expected
      const found = { status: answer.status, rcode: answer.rcode, records: finalRecords(answer) }
      expect(found, text).toEqual({ status, rcode, records })
    }
  }

  it('every RRset', () => {
    zones.flatMap(existing).forEach(judgeWith(native))
  })

  it('what is there, what is not, and what is next to it', () => {
    const drawn = questions(zones, seeded(1))
    const judge = judgeWith(native)
    for (let i = 0; i < DRAWN; i++) judge(drawn.next().value)
  })
})

it.each(['bind-alg', 'ldns-nsec', 'knot-nsec3', 'pdns-opt-out'])('%s by the other engine', async (folder) => {
  const engine = await loadEngine('noble')
  const { zones, anchors } = loadForeignSet(folder)
  const upstream = new ZoneSet(zones.map(({ records }) => records))
  // A zone's SOA takes one verification of each kind: DS, DNSKEY and data.
  for (const { apex } of zones) {
    const question = { name: apex, type: RRType.SOA, class: 1 }
    const context = { now: FOREIGN_CLOCK, anchors, engine, budget: new Budget(), memory: undefined, acceptSha1: true }
    const walk = validate(question, { ...context, peek: () => undefined })
    const { status } = runSynchronously(walk, (asked) => asUpstream(upstream.answer(asked)))
    expect(status, apex.toString()).toBe(INSECURE.test(apex.toString()) ? 'insecure' : 'secure')
  }
})

function asUpstream(message: Message): UpstreamAnswer {
  return { kind: 'message', message, upstream: 'test' }
}

/** Those at the last name; the aliases before it show in their target. */
function finalRecords(answer: ValidatedAnswer): string[] | undefined {
  if (answer.status !== 'secure' && answer.status !== 'insecure') return undefined
  const { canonicalName, records, question, rcode } = answer
  // An answer for ANY has no chain, and a DNAME that leads too far (YXDOMAIN) is all there is of its own.
  if (question.type === RRType.ANY || rcode === YXDOMAIN) return shown(records)
  const last = question.type === RRType.CNAME ? question.name : canonicalName
  return shown(records.filter(({ name, type }) => name.equals(last) && type === question.type))
}
