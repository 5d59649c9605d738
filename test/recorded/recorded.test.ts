import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadEngine } from '../../src/dnssec/crypto/load.ts'
import { readFixtureHeader } from '../../src/resolver/fixture/header.ts'
import { loadFixture } from '../../src/resolver/fixture/load.ts'
import { RecordBag } from '../../src/resolver/fixture/record-bag.ts'
import { parseAuthenticationChain } from '../../src/resolver/fixture/rfc9102.ts'
import { Ede } from '../../src/wire/codes/ede.ts'
import { RRType, rrTypeName } from '../../src/wire/codes/rrtype.ts'
import { parseMasterFile } from '../../src/wire/master-file/parse.ts'
import { formatRecord } from '../../src/wire/presentation/record.ts'
import { readRrsig, writeRrsig } from '../../src/wire/rdata/dnssec.ts'
import type { Question, ResourceRecord } from '../../src/wire/record.ts'
import { filesIn, readRecorded, recordedFolder } from './folder.ts'
import { context, questionFor, validateIn } from './validation.ts'

const folder = recordedFolder()
const bags = filesIn(folder, /\.zone$/)
const chains = filesIn(folder, /\.hex$/)
const YEAR = 366 * 86_400

it('there is something to test', () => {
  expect(bags.length + chains.length).toBeGreaterThan(0)
})

describe.each(['native', 'noble'] as const)('with the engine %s', async (name) => {
  const engine = await loadEngine(name)

  describe.each(bags)('%s', (file) => {
    const text = readRecorded(folder, file)
    const header = readFixtureHeader(text)
    const records = parseMasterFile(text, { file })
    const at = header.validateAt!
    const expected = /-wrongspan/.test(file) ? 'bogus' : 'secure'
    const leaves = leafQuestions(records)
    const status = (bag: readonly ResourceRecord[], question: Question, now = at) =>
      validateIn(new RecordBag(bag), question, context(engine, now, header.trustAnchors))

    it(`is ${expected} when it was recorded`, () => {
      expect(leaves).not.toHaveLength(0)
      const fixture = loadFixture(join(folder, file))
      for (const question of leaves) {
        const answer = validateIn(fixture, question, context(engine, at, header.trustAnchors))
        expect(answer, show(question)).toMatchObject({ status: expected })
      }
    })

    it('is expired a year later, and bogus', () => {
      for (const question of leaves) {
        const answer = status(records, question, header.signaturesValid!.until + YEAR)
        expect(answer, show(question)).toMatchObject({ status: 'bogus', reason: { ede: Ede.SignatureExpired } })
      }
    })

    it('is not yet valid a year earlier, and bogus', () => {
      for (const question of leaves) {
        const answer = status(records, question, header.signaturesValid!.from - YEAR)
        expect(answer, show(question)).toMatchObject({ status: 'bogus', reason: { ede: Ede.SignatureNotYetValid } })
      }
    })

    it('is not secure with one octet of a signature changed', () => {
      for (const [index, record] of records.entries()) {
        if (record.type !== RRType.RRSIG || hasTwin(records, record)) continue
        const covered = readRrsig(record.rdata).typeCovered
        const changed = records.with(index, withChangedSignature(record, index))
        const own = status(changed, { name: record.name, type: covered, class: 1 })
        expect(own.status, formatRecord(record)).not.toBe('secure')
        const stillSecure = leaves.filter((question) => status(changed, question).status === 'secure')
        expect(stillSecure.length, formatRecord(record)).toBeLessThan(leaves.length)
      }
    })

    it('is not secure without any one of its signatures', () => {
      for (const [index, record] of records.entries()) {
        if (record.type !== RRType.RRSIG || hasTwin(records, record)) continue
        const stillSecure = leaves.filter(
          (question) => status(records.toSpliced(index, 1), question).status === 'secure',
        )
        expect(stillSecure.length, formatRecord(record)).toBeLessThan(leaves.length)
      }
    })
  })

  describe.each(chains)('%s', (file) => {
    const zone = bags.find((bag) => file.startsWith(bag.replace(/\.zone$/, '.')))!
    const text = readRecorded(folder, zone)
    const header = readFixtureHeader(text)

    it('holds the records of the master file', () => {
      const octets = Uint8Array.from(Buffer.from(readRecorded(folder, file).trim(), 'hex'))
      const fromChain = parseAuthenticationChain(octets).records.map(formatRecord).sort()
      const fromText = parseMasterFile(text).map(formatRecord).sort()
      expect(fromChain).toEqual(fromText)
    })

    it('is secure when it was recorded, expired a year later', () => {
      const fixture = loadFixture(join(folder, file))
      for (const question of leafQuestions(parseMasterFile(text))) {
        const now = validateIn(fixture, question, context(engine, header.validateAt!, header.trustAnchors))
        expect(now, show(question)).toMatchObject({ status: 'secure' })
        const later = header.signaturesValid!.until + YEAR
        const then = validateIn(fixture, question, context(engine, later, header.trustAnchors))
        expect(then, show(question)).toMatchObject({ status: 'bogus', reason: { ede: Ede.SignatureExpired } })
      }
    })
  })

  it.each(MORE.filter(({ file }) => bags.includes(file)))(
    '$file: $question is $status',
    ({ file, question, status }) => {
      const header = readFixtureHeader(readRecorded(folder, file))
      const given = context(engine, header.validateAt!, header.trustAnchors)
      expect(validateIn(loadFixture(join(folder, file)), questionFor(question), given).status).toBe(status)
    },
  )
})

/** What a recording is about: all that is in it but keys, delegations and proofs. An alias stands for its target's types too. */
function leafQuestions(records: readonly ResourceRecord[]): Question[] {
  const questions = new Map<string, Question>()
  const add = (question: Question) => questions.set(show(question), question)
  const data = records.filter(({ type }) => !INFRASTRUCTURE.has(type))
  for (const { name, type } of data) {
    add({ name, type, class: 1 })
    if (type !== RRType.CNAME) continue
    for (const other of data) if (other.type !== RRType.CNAME) add({ name, type: other.type, class: 1 })
  }
  return [...questions.values()]
}

/** Whether another signature covers the same RRset, so that one may go. */
function hasTwin(records: readonly ResourceRecord[], rrsig: ResourceRecord): boolean {
  const { typeCovered } = readRrsig(rrsig.rdata)
  return records.some(
    (other) =>
      other !== rrsig &&
      other.type === RRType.RRSIG &&
      other.name.equals(rrsig.name) &&
      readRrsig(other.rdata).typeCovered === typeCovered,
  )
}

function withChangedSignature(record: ResourceRecord, seed: number): ResourceRecord {
  const rrsig = readRrsig(record.rdata)
  const signature = Uint8Array.from(rrsig.signature)
  signature[(seed * 7) % signature.length]! ^= 1 << (seed % 8)
  return { ...record, rdata: writeRrsig({ ...rrsig, signature }) }
}

function show({ name, type }: Question): string {
  return `${name} ${rrTypeName(type)}`
}

const INFRASTRUCTURE: ReadonlySet<number> = new Set([
  RRType.DNSKEY,
  RRType.DS,
  RRType.RRSIG,
  RRType.NSEC,
  RRType.NSEC3,
  RRType.SOA,
  RRType.NS,
])

/** Names that were not recorded themselves, of which a recorded wildcard and its NSEC tell. */
const WILDCARD = 'wildcard_test.nsec_tests.dnssec_proof_tests.bitcoin.ninja.'
const MORE = [
  { file: 'prover-nsec-wildcard-txt.zone', question: `b.${WILDCARD} TXT`, status: 'secure' },
  { file: 'prover-nsec-wildcard-txt.zone', question: `*.${WILDCARD} TXT`, status: 'secure' },
  { file: 'prover-nsec-wildcard-txt.zone', question: `override.${WILDCARD} TXT`, status: 'bogus' },
  { file: 'prover-nsec-wildcard-txt.zone', question: `b.override.${WILDCARD} TXT`, status: 'bogus' },
  { file: 'prover-nsec-wildcard-txt.zone', question: 'www.example. A', status: 'indeterminate' },
] as const
