/**
 * What BIND and Knot answer from the zones of four signers, to thousands of names, judged by this validator, by Unbound
 * and by delv; and what becomes of the verdict when one octet of an answer is changed.
 *
 * `DIFFERENTIAL_SCALE=20` asks twenty times as much, `DIFFERENTIAL_SEED=7` asks otherwise.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import { loadEngine } from '../../src/dnssec/crypto/load.ts'
import { ZoneCache } from '../../src/resolver/zone-cache.ts'
import type { Question } from '../../src/wire/record.ts'
import { Expectation } from '../dnssec/foreign/expected.ts'
import { questions, seeded } from '../dnssec/foreign/questions.ts'
import { FOREIGN, FOREIGN_CLOCK, loadAll } from '../dnssec/foreign/zones.ts'
import { Authority } from './differential/authority.ts'
import { ofContent, ofValidator, Tally } from './differential/compare.ts'
import { askDelv, askResolver } from './differential/judges.ts'
import { mutate } from './differential/mutants.ts'
import { DnsClient } from './peers/dns-client.ts'
import { startKnot } from './peers/knot.ts'
import { startNamed } from './peers/named.ts'
import { freePort } from './peers/ports.ts'
import type { Server } from './peers/program.ts'
import { startUnbound } from './peers/unbound.ts'

const SCALE = Number(process.env['DIFFERENTIAL_SCALE'] ?? 1)
const SEED = Number(process.env['DIFFERENTIAL_SEED'] ?? 1)
const NAMES = Math.ceil(10_000 * SCALE)
const FOR_DELV = Math.ceil(300 * SCALE)
const MUTATED = Math.ceil(1_000 * SCALE)
const MUTANTS_EACH = 20

/** An authoritative server, and an Unbound that asks it. */
interface Side {
  readonly client: DnsClient
  readonly authority: Authority
  readonly unbound: DnsClient
  readonly unboundPort: number
}

const set = loadAll()
const zones = set.zones.map(({ records }) => records)
const expectation = new Expectation(zones)
const drawn = questions(zones, seeded(SEED))
const servers: Server[] = []
const sides: Side[] = []
let folder: string
let delvAnchors: string
let failed = false

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'danelaw-differential-'))
  const anchor = readFileSync(join(FOREIGN, 'all', 'anchor.ds'), 'utf8')
  const [tag, algorithm, digestType, digest] = anchor.trim().split(/\s+/).slice(-4)
  delvAnchors = join(folder, 'anchor.bind')
  writeFileSync(delvAnchors, `trust-anchors { . static-ds ${tag} ${algorithm} ${digestType} "${digest}"; };\n`)
  const engine = await loadEngine('native')
  sides.push(await startSide('named', startNamed, anchor, engine), await startSide('knot', startKnot, anchor, engine))
})

afterAll(async () => {
  for (const { client, unbound } of sides) {
    client.close()
    unbound.close()
  }
  for (const server of servers.reverse()) await server.stop()
  if (failed) console.error(`logs are kept in ${folder}`)
  else if (folder !== undefined) rmSync(folder, { recursive: true })
})

describe('every answer of named and knotd', () => {
  const content = new Tally('content')
  const unbound = new Tally('unbound')
  const kinds = new Set<string>()

  beforeAll(async () => {
    const memories = sides.map(() => new ZoneCache(10_000_000))
    await sideBySide(take(NAMES), 16, async (question) => {
      const expected = expectation.of(question)
      kinds.add(`${expected.status} ${expected.kind}`)
      for (const [i, side] of sides.entries()) {
        const answer = await side.authority.validated(question, memories[i])
        const ours = ofValidator(answer)
        const found = { authority: side.authority.name, question, ours, expected }
        content.compare({ ...found, theirs: ofContent(expected) })
        const theirs = await askResolver(side.unbound, question)
        unbound.compare({ ...found, theirs })
      }
    })
    console.info(`${content}\n${unbound}`)
  }, 3_600_000)

  test('there are all kinds of them', () => {
    const statuses = ['secure', 'insecure'].flatMap((status) =>
      ['data', 'wildcard', 'nodata', 'nxdomain'].map((kind) => `${status} ${kind}`),
    )
    expect([...kinds]).toEqual(expect.arrayContaining(statuses))
  })

  test('is judged by what the zones hold', () => {
    keepLogsOnFailure()
    expect(content.unexplained).toEqual([])
  })

  test('is judged as Unbound judges it', () => {
    keepLogsOnFailure()
    expect(unbound.unexplained).toEqual([])
  })
})

test('delv says the same', { timeout: 3_600_000 }, async () => {
  keepLogsOnFailure()
  const tally = new Tally('delv')
  // It knows no other time than the present, at which the signatures of PowerDNS have ended.
  const lasting = take(FOR_DELV, ({ name }) => !/pdns-/i.test(name.toString()))
  await sideBySide(lasting, 2, async (question) => {
    const { authority, unboundPort } = sides[question.name.labelCount % 2]!
    const ours = ofValidator(await authority.validated(question))
    const theirs = await askDelv({ port: unboundPort, anchors: delvAnchors }, question)
    tally.compare({ authority: authority.name, question, ours, theirs, expected: expectation.of(question) })
  })
  console.info(String(tally))
  expect(tally.unexplained).toEqual([])
})

describe('with one octet of an answer changed', () => {
  test('nothing is secure but what was signed, and nothing signed is insecure', { timeout: 3_600_000 }, async () => {
    const random = seeded(SEED + 1)
    const statuses: Record<string, number> = {}
    const faults: string[] = []
    for (const [i, question] of take(MUTATED).entries()) {
      const report = await mutate(sides[i % sides.length]!.authority, question, MUTANTS_EACH, random)
      faults.push(...report.faults)
      for (const [status, count] of Object.entries(report.statuses)) statuses[status] = (statuses[status] ?? 0) + count
    }
    console.info(`mutants: ${JSON.stringify(statuses)}`)
    expect(faults).toEqual([])
    // Changes that do not matter leave it secure, or the rest would show nothing.
    expect(statuses).toMatchObject({ secure: expect.any(Number), bogus: expect.any(Number) })
  })

  test('a validator that believes every signature is caught', async () => {
    const native = await loadEngine('native')
    const credulous: CryptoEngine = { ...native, importKey: () => ({ verify: () => true }) }
    const { client } = sides[0]!
    const authority = new Authority('named', client, { now: FOREIGN_CLOCK, anchors: set.anchors, engine: credulous })
    const faults: string[] = []
    const random = seeded(SEED)
    for (const question of take(200)) faults.push(...(await mutate(authority, question, MUTANTS_EACH, random)).faults)
    expect(faults.length).toBeGreaterThan(0)
  })
})

function take(count: number, wanted: (question: Question) => boolean = () => true): Question[] {
  const taken: Question[] = []
  while (taken.length < count) {
    const question = drawn.next().value
    if (wanted(question)) taken.push(question)
  }
  return taken
}

/** So many at a time. */
async function sideBySide(all: readonly Question[], width: number, work: (question: Question) => Promise<void>) {
  const open = all.values()
  const worker = async (): Promise<void> => {
    for (const question of open) await work(question)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

async function startSide(name: string, start: typeof startNamed, anchor: string, engine: CryptoEngine): Promise<Side> {
  const served = set.zones.map(({ apex, file }) => ({ apex: apex.toString(), file }))
  const port = await freePort()
  servers.push(await start(folder, port, served))
  const unboundPort = await freePort()
  const now = new Date(FOREIGN_CLOCK * 1000).toISOString().replaceAll(/[-:T]|\..*/g, '')
  servers.push(
    await startUnbound(folder, {
      port: unboundPort,
      authority: port,
      zones: served.map(({ apex }) => apex),
      anchor,
      label: `unbound-${name}`,
      settings: [
        `val-override-date: "${now}"`,
        // Each question is to be judged by its own answer, as the server gave it.
        'aggressive-nsec: no',
        'qname-minimisation: no',
        'minimal-responses: no',
        'max-udp-size: 4096',
        'edns-buffer-size: 4096',
      ],
    }),
  )
  const client = new DnsClient(port)
  const authority = new Authority(name, client, { now: FOREIGN_CLOCK, anchors: set.anchors, engine })
  return { client, authority, unbound: new DnsClient(unboundPort), unboundPort }
}

function keepLogsOnFailure(): void {
  onTestFailed(() => {
    failed = true
  })
}
