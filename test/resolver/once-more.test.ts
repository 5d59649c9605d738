/** What does not verify is asked for once more, elsewhere: who answered may be at fault, or the way there. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import type { ResolverOptions } from '../../src/resolver/settings.ts'
import type { Message } from '../../src/wire/message.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { FakeServer, reply } from './fake-server.ts'
import { NSEC, signAll } from './fixture/signed-zones.ts'

const internet = signAll([
  { apex: '.', text: 'example NS ns', denial: NSEC },
  { apex: 'example', text: 'www A 192.0.2.1\na CNAME b\nb CNAME www', denial: NSEC },
])
const zones = new ZoneSet(internet.zones)

function answer(query: Message, changes: Partial<Message> = {}): Uint8Array {
  const { rcode, answer, authority } = zones.answer(query.questions[0]!)
  return reply(query, { rcode, answer, authority, ...changes })
}

/** Somebody on the way changes addresses. */
function forged(query: Message): Uint8Array {
  const { answer: records } = zones.answer(query.questions[0]!)
  const changed = records.map((record) =>
    record.type === RRType.A ? { ...record, rdata: Uint8Array.of(192, 0, 2, 66) } : record,
  )
  return answer(query, { answer: changed })
}

type Way = 'right' | 'forged'

async function server(udp: Way, tcp: Way): Promise<FakeServer> {
  const by = (way: Way) => (way === 'right' ? answer : forged)
  const made = await FakeServer.start({
    probes: true,
    udp: ({ query, send }) => send(by(udp)(query)),
    tcp: ({ query, send }) => send(by(tcp)(query)),
  })
  onTestFinished(() => made[Symbol.asyncDispose]())
  return made
}

function create(servers: readonly FakeServer[], options: ResolverOptions = {}): Resolver {
  const resolver = new Resolver({
    ...{ upstreams: servers.map(({ spec }) => spec.text), trustAnchors: internet.anchors, now: 1_800_000_000 },
    ...options,
  })
  onTestFinished(() => resolver.close())
  return resolver
}

test('of the same upstream over TCP', async () => {
  const resolver = create([await server('forged', 'right')])
  expect(await resolver.query('www.example')).toMatchObject({ status: 'secure' })
})

test('of another upstream first', async () => {
  const [spoilt, good] = [await server('forged', 'forged'), await server('right', 'right')]
  expect(await create([spoilt, good]).query('www.example')).toMatchObject({ status: 'secure' })
  expect(spoilt.queries.filter(({ tcp }) => tcp)).toEqual([])
})

test('and what is bogus then as well is bogus, on one budget for both', async () => {
  const spoilt = await server('forged', 'forged')
  const resolver = create([spoilt])
  const first = await resolver.query('www.example')
  expect(first).toMatchObject({ status: 'bogus', reason: { code: 'signature-failed' } })
  const asked = (tcp: boolean) => spoilt.queries.filter((query) => query.tcp === tcp && isAddress(query.message))
  expect([asked(false).length, asked(true).length]).toEqual([1, 1])
  // The keys that hold are not asked for again, and their signatures not checked.
  const keys = spoilt.queries.filter(({ tcp, message }) => tcp && message.questions[0]!.name.isRoot)
  expect(keys).toEqual([])
  const wrong = await create([await server('forged', 'forged')], { cache: false }).query('www.example')
  expect(wrong).toMatchObject({ status: 'bogus', reason: { code: 'signature-failed' } })
})

test('not where it was too much work', async () => {
  const spoilt = await server('right', 'right')
  const resolver = create([spoilt], { limits: { aliasSteps: 1 } })
  const answer = await resolver.query('a.example')
  expect(answer).toMatchObject({ status: 'bogus', reason: { code: 'limit-reached' } })
  expect(spoilt.queries.filter(({ tcp }) => tcp)).toEqual([])
})

test('not where a recording is made, which holds one answer to each question', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'danelaw-once-more-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const record = join(folder, 'recording')
  const resolver = create([await server('forged', 'right')], { record })
  expect(await resolver.query('www.example')).toMatchObject({ status: 'bogus' })
  await resolver.close()
  const questions = readFileSync(record, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.stringify(JSON.parse(line).question))
  expect(new Set(questions).size).toBe(questions.length)
})

test('within the time of the lookup', async () => {
  const slow = await FakeServer.start({
    probes: true,
    udp: ({ query, send }) => send(forged(query)),
    tcp: () => undefined,
  })
  onTestFinished(() => slow[Symbol.asyncDispose]())
  const resolver = create([slow], { timeout: 200, attemptTimeout: 60_000 })
  expect(await resolver.query('www.example')).toMatchObject({ status: 'bogus' })
})

function isAddress(message: Message): boolean {
  return message.questions[0]?.type === RRType.A
}
