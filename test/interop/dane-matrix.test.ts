/**
 * Thousands of certificate chains, TLSA sets, names and times, each decided by `verifyDane`, by OpenSSL and in part by
 * GnuTLS. Whatever they disagree on is explained in `dane/explanations.ts`, or it is a fault.
 *
 * `DANE_MATRIX_SEED=7` draws other sets, `DANE_MATRIX_SETS=100` more of them for each chain.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DaneVerdict, verifyDane } from '../../src/dane/verify.ts'
import { type Case, cases, seeded } from './dane/cases.ts'
import { type Explanation, explain, GNUTLS, OPENSSL } from './dane/explanations.ts'
import { gnutls, type Judgement, openssl } from './dane/judges.ts'
import { AT, HOST } from './dane/builders.ts'
import { shapes } from './dane/shapes.ts'

const SEED = Number(process.env['DANE_MATRIX_SEED'] ?? 1)
const SETS = Number(process.env['DANE_MATRIX_SETS'] ?? 4)
const folder = mkdtempSync(join(tmpdir(), 'danelaw-dane-'))
let asked: readonly Case[]
let verdicts: readonly DaneVerdict[]

beforeAll(() => {
  const random = seeded(SEED)
  asked = shapes().flatMap((shape) => [...cases(shape, random, SETS)])
  verdicts = asked.map(decide)
})

afterAll(() => rmSync(folder, { recursive: true }))

test('the matrix is as large as it should be, and has enough of both verdicts', () => {
  expect(asked.length).toBeGreaterThan(10_000)
  for (const usage of [0, 1, 2, 3]) {
    const alone = asked.flatMap(({ records }, i) =>
      records.every((each) => each.usage === usage) ? [verdicts[i]!] : [],
    )
    expect(alone.filter(({ authenticated }) => authenticated).length, `usage ${usage}`).toBeGreaterThan(200)
    expect(alone.filter(({ authenticated }) => !authenticated).length, `usage ${usage}`).toBeGreaterThan(200)
  }
})

test('OpenSSL: the same verdict, record and depth, or an explanation', () => {
  compare(openssl(folder)(asked), asked, verdicts, OPENSSL)
})

test('GnuTLS: the same verdict on single records, or an explanation', () => {
  const chosen = asked.map((each, i) => [each, verdicts[i]!] as const).filter(([each]) => forGnutls(each))
  expect(chosen.length).toBeGreaterThan(2_000)
  const some = chosen.map(([each]) => each)
  compare(
    gnutls(folder)(some),
    some,
    chosen.map(([, verdict]) => verdict),
    GNUTLS,
  )
})

function decide({ shape, records, names, at, pkix }: Case): DaneVerdict {
  const authorities = shape.authorities.map(({ der }) => der)
  const chain = shape.sent.map(({ der }) => der)
  return verifyDane(chain, records, names, { at, ...(pkix && { pkix: { authorities } }) })
}

/** GnuTLS knows no digest agility, and no times and names. */
function forGnutls({ shape, records, names, at }: Case): boolean {
  const [first, ...others] = records
  if (others.length > 0 || first === undefined) return false
  return (
    first.usage === 3 ||
    (first.usage === 2 && names[0] === HOST && at === AT && /^(two|three|four) levels/.test(shape.what))
  )
}

function compare(
  judgements: readonly Judgement[],
  asked: readonly Case[],
  verdicts: readonly DaneVerdict[],
  known: readonly Explanation[],
): void {
  expect(judgements).toHaveLength(asked.length)
  const unexplained: string[] = []
  const used = new Set<Explanation>()
  for (const [i, theirs] of judgements.entries()) {
    const [each, ours] = [asked[i]!, verdicts[i]!]
    if (agree(each, ours, theirs)) continue
    const explanation = explain(known, { asked: each, ours, theirs })
    if (explanation === undefined) unexplained.push(describe(each, ours, theirs))
    else used.add(explanation)
  }
  expect(unexplained).toEqual([])
  // What explains nothing any more would hide the next fault.
  expect(
    known.filter((explanation) => explanation.seldom !== true && !used.has(explanation)).map(({ what }) => what),
  ).toEqual([])
}

/** Of several records that match, each side may name another. */
function agree({ records }: Case, ours: DaneVerdict, theirs: Judgement): boolean {
  if (!ours.authenticated) return theirs.authenticated !== true
  if (theirs.authenticated !== true) return false
  if (theirs.usage === undefined || records.length > 1) return true
  return ours.matched.usage === theirs.usage && ours.matched.depth === theirs.depth
}

function describe({ shape, records, targets, names, at, pkix }: Case, ours: DaneVerdict, theirs: Judgement): string {
  const text = records.map(({ usage, selector, matchingType }, i) => {
    const target = targets[i]
    const where = target === null || target === undefined ? 'nobody' : shape.sent.indexOf(target)
    return `${usage} ${selector} ${matchingType} of ${where}`
  })
  const said = ours.authenticated ? `ok ${ours.matched.usage} ${ours.matched.depth}` : ours.reason.text
  const how = `${text.join(' + ')}; ${names.join(', ')}; ${at}${pkix ? '; pkix' : ''}`
  return `${shape.what}: ${how}: danelaw: ${said}; judge: ${theirs.said}`
}
