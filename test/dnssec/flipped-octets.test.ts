/**
 * Healthy answers with one octet changed: whatever comes of it, it is never data other than what was signed, never
 * `insecure` where the zone is signed, and never an exception.
 */
import { describe, expect, it } from 'vitest'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import type { ValidatedAnswer } from '../../src/dnssec/status.ts'
import { questionKey } from '../../src/dnssec/walk.ts'
import { encodeMessage, parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import { formatRecord } from '../../src/wire/presentation/record.ts'
import { generated } from './scenario/generated.ts'
import type { Upstream } from './scenario/replies.ts'
import { PlainMemory, type Prepared, run } from './scenario/run.ts'

const engine = nativeEngine()
/** Changed octets tried for each message; positions and changes follow from the seed. */
const SAMPLE = 120

const ZONE = 'zone example.\nwww A 192.0.2.1\nwww A 192.0.2.2\nalias CNAME www\n* TXT "w"\nd DNAME t\nx.t A 192.0.2.3\n'
const NSEC3 = 'zone example. denial=nsec3 iterations=2 salt=aa\nwww A 192.0.2.1\n*.w TXT "w"\na.b A 192.0.2.1\n'

describe('one octet changed', () => {
  it.each([
    ['an address', 'www.example. A', ZONE],
    ['an alias', 'alias.example. A', ZONE],
    ['a wildcard answer', 'nope.example. TXT', ZONE],
    ['a DNAME', 'x.d.example. A', ZONE],
    ['NODATA', 'www.example. TXT', ZONE],
    ['wildcard NODATA', 'nope.example. A', ZONE],
    ['NXDOMAIN', 'nope.www.example. A', ZONE],
    ['NODATA with NSEC3', 'www.example. TXT', NSEC3],
    ['NXDOMAIN with NSEC3', 'nope.example. A', NSEC3],
    ['a wildcard answer with NSEC3', 'x.y.w.example. TXT', NSEC3],
    ['an empty non-terminal with NSEC3', 'b.example. A', NSEC3],
  ])('in the answer: %s', (_, question, zones) => {
    const prepared = generated(question, zones)
    const memory = new PlainMemory()
    const healthy = run(prepared, { engine, memory }).answer
    expect(healthy.status).toBe('secure')
    tryAll(prepared, prepared.scenario.question, healthy, memory)
  })

  it.each([
    ['the DS', 'example. DS'],
    ['the DNSKEY RRset', 'example. DNSKEY'],
    ['the DNSKEY RRset of the root', '. DNSKEY'],
  ])('on the way: %s', (_, text) => {
    const prepared = generated('www.example. A', ZONE)
    const healthy = run(prepared, { engine }).answer
    const changed = generated(text, ZONE).scenario.question
    tryAll(prepared, changed, healthy, undefined)
  })

  it('in the denial of a DS: an unsigned zone may be called unsigned or bogus, and never signed', () => {
    const prepared = generated('www.example. A', 'zone . denial=nsec3\nzone example. keys=none\nwww A 192.0.2.1\n')
    const changed = generated('example. DS', ZONE).scenario.question
    for (const upstream of flipped(prepared, changed)) {
      expect(run(prepared, { engine, upstream }).answer.status).not.toBe('secure')
    }
  })
})

function tryAll(
  prepared: Prepared,
  changed: Prepared['scenario']['question'],
  healthy: ValidatedAnswer,
  memory: PlainMemory | undefined,
): void {
  let bogus = 0
  for (const upstream of flipped(prepared, changed)) {
    const { answer } = run(prepared, { engine, upstream, ...(memory !== undefined && { memory }) })
    expect(answer.status).not.toBe('insecure')
    if (answer.status !== 'secure') bogus++
    else expect(said(answer)).toEqual(said(healthy))
    if (answer.status === 'secure' && healthy.status === 'secure') expect(answer.ttl).toBeLessThanOrEqual(healthy.ttl)
  }
  // Much of a message is signed: were it not looked at, all of the above would hold too.
  expect(bogus).toBeGreaterThan(SAMPLE / 4)
}

/** Upstreams that change one octet of the answer to one question. What cannot be read any more fails, as a driver has it. */
function* flipped(prepared: Prepared, changed: Prepared['scenario']['question']): Generator<Upstream> {
  const honest = prepared.upstream(changed)
  if (honest.kind !== 'message') throw new Error('the scenario has no answer')
  const octets = encodeMessage(honest.message)
  const random = randomNumbers(octets.length)
  for (let tried = 0; tried < SAMPLE; tried++) {
    const mutant = octets.slice()
    const at = random() % octets.length
    mutant[at]! ^= (random() % 255) + 1
    yield (question) => {
      if (questionKey(question) !== questionKey(changed)) return prepared.upstream(question)
      try {
        return { kind: 'message', message: parseMessage(mutant), upstream: 'mutant' }
      } catch {
        return { kind: 'failure', cause: 'malformed', detail: 'it cannot be read', upstream: 'mutant' }
      }
    }
  }
}

/** What an answer states, apart from how long. */
function said(answer: ValidatedAnswer): unknown {
  if (!('records' in answer)) return undefined
  const records = answer.records.map((record) =>
    formatRecord({ ...record, name: Name.fromWire(record.name.canonicalWire), ttl: 0 }).toLowerCase(),
  )
  return { rcode: answer.rcode, records: records.sort(), canonicalName: answer.canonicalName.key }
}

/** xorshift32, so that a failure can be had again. */
function randomNumbers(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
