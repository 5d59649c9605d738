import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { DanelawError } from '../../../src/errors.ts'
import { MtaSts } from '../../../src/smtp/mta-sts/mta-sts.ts'
import { Name } from '../../../src/wire/name.ts'
import { bogus, indeterminate, insecure, ScriptedLookup } from '../../dane/scripted.ts'
import { type PolicyResponder, serves } from '../../lab/policy-server.ts'
import { DOMAIN, HOST, policyText, scene } from './setup.ts'

const folder = mkdtempSync(join(tmpdir(), 'danelaw-mta-sts-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newFile = (): string => join(folder, `${++files}.jsonl`)

const WEEK = 604_800
const broken: PolicyResponder = (_, response) => response.writeHead(500).end()

describe('a policy that was fetched', () => {
  test('is not fetched again on the same day', async () => {
    const { server, make, clock } = await scene()
    const mtaSts = make()
    const { policy } = await mtaSts.policyFor(DOMAIN)
    clock.advance(86_399)
    expect(await mtaSts.policyFor(DOMAIN)).toEqual({ policy, failure: null })
    expect(server.requests).toHaveLength(1)
  })

  test('is fetched again on the next day, and holds on from then', async () => {
    const { server, make, clock } = await scene()
    const mtaSts = make()
    await mtaSts.policyFor(DOMAIN)
    clock.advance(86_400)
    expect((await mtaSts.policyFor(DOMAIN)).policy?.fetched).toBe(clock.now)
    expect(server.requests).toHaveLength(2)
  })

  test('is fetched again at once where the record has another id', async () => {
    const { server, make, publish } = await scene()
    const mtaSts = make()
    await mtaSts.policyFor(DOMAIN)
    server.respond = serves(policyText('testing', '*.example.com'))
    publish('2')
    expect((await mtaSts.policyFor(DOMAIN)).policy).toMatchObject({ id: '2', mode: 'testing', mx: ['*.example.com'] })
    expect(server.requests).toHaveLength(2)
  })

  test('ends when it says', async () => {
    const { make, publish, clock } = await scene()
    const mtaSts = make()
    await mtaSts.policyFor(DOMAIN)
    publish(null)
    clock.advance(WEEK - 1)
    expect((await mtaSts.policyFor(DOMAIN)).policy?.mode).toBe('enforce')
    clock.advance(1)
    expect(await mtaSts.policyFor(DOMAIN)).toEqual({ policy: null, failure: null })
  })

  test('of no age at all counts for the message it was fetched for', async () => {
    const { server, make } = await scene()
    server.respond = serves(policyText('enforce', 'mx.example.com', 0))
    const mtaSts = make()
    expect((await mtaSts.policyFor(DOMAIN)).policy?.mode).toBe('enforce')
    expect((await mtaSts.policyFor(DOMAIN)).policy?.mode).toBe('enforce')
    expect(server.requests).toHaveLength(2)
  })

  test('is taken back by a newer one in mode none alone (RFC 8461 section 8.3)', async () => {
    const { server, make, publish } = await scene()
    const mtaSts = make()
    await mtaSts.policyFor(DOMAIN)
    server.respond = serves('version: STSv1\nmode: none\nmax_age: 86400\n')
    publish('2')
    expect((await mtaSts.policyFor(DOMAIN)).policy).toMatchObject({ mode: 'none', mx: [] })
  })
})

describe('who owns the network cannot take a policy away that is in force', () => {
  test.each([
    ['by no record', insecure(), null],
    ['by no answer', indeterminate, 'sts-policy-fetch-error'],
    ['by a forged answer', bogus, 'sts-policy-fetch-error'],
    ['by a second record', insecure('v=STSv1; id=1', 'v=STSv1; id=2'), 'sts-policy-invalid'],
    ['by a record that is none', insecure('v=STSv1; id=-'), 'sts-policy-invalid'],
  ])('%s', async (_, answer, kind) => {
    const { lookup, make } = await scene()
    const mtaSts = make()
    const { policy } = await mtaSts.policyFor(DOMAIN)
    lookup.set('_mta-sts.example.com TXT', answer)
    const later = await mtaSts.policyFor(DOMAIN)
    expect({ policy: later.policy, kind: later.failure?.kind ?? null }).toEqual({ policy, kind })
  })

  test.each([
    ['by a failure', broken],
    ['by a redirection', (_, response) => response.writeHead(302, { location: 'https://example.net/' }).end()],
    ['by a page', serves('<html>', { 'content-type': 'text/html' })],
    ['by what is no policy', serves('version: STSv1\nmode: none\n')],
    ['by an empty answer', serves('')],
  ] satisfies [string, PolicyResponder][])('%s and another id', async (_, respond) => {
    const { server, make, publish } = await scene()
    const mtaSts = make()
    const { policy } = await mtaSts.policyFor(DOMAIN)
    server.respond = respond
    publish('2')
    const later = await mtaSts.policyFor(DOMAIN)
    expect(later.policy).toEqual(policy)
    expect(later.failure?.kind).toMatch(/^sts-policy-/)
  })

  test('by a clock that goes back; it is fetched again then', async () => {
    const { server, make, clock } = await scene()
    const mtaSts = make()
    await mtaSts.policyFor(DOMAIN)
    clock.advance(-10 * WEEK)
    expect((await mtaSts.policyFor(DOMAIN)).policy?.mode).toBe('enforce')
    expect(server.requests).toHaveLength(2)
  })
})

describe('a fetch that failed', () => {
  test('is not tried again for five minutes, but for another id', async () => {
    const { server, make, clock, publish, warnings } = await scene()
    server.respond = broken
    const mtaSts = make()
    const first = await mtaSts.policyFor(DOMAIN)
    clock.advance(299)
    expect(await mtaSts.policyFor(DOMAIN)).toEqual(first)
    expect(server.requests).toHaveLength(1)
    publish('2')
    await mtaSts.policyFor(DOMAIN)
    expect(server.requests).toHaveLength(2)
    clock.advance(300)
    server.respond = serves(policyText('enforce', 'mx.example.com'))
    expect((await mtaSts.policyFor(DOMAIN)).policy?.id).toBe('2')
    expect(warnings).toHaveLength(2)
  })

  test('is tried again where the clock goes back', async () => {
    const { server, make, clock } = await scene()
    server.respond = broken
    const mtaSts = make()
    await mtaSts.policyFor(DOMAIN)
    clock.advance(-1)
    await mtaSts.policyFor(DOMAIN)
    expect(server.requests).toHaveLength(2)
  })

  test('on the next day is not tried again for an hour: mail would wait for it', async () => {
    const { server, make, clock } = await scene()
    const mtaSts = make()
    await mtaSts.policyFor(DOMAIN)
    server.respond = broken
    clock.advance(86_400)
    for (const [seconds, requests] of [
      [0, 2],
      [3599, 2],
      [1, 3],
    ] as const) {
      clock.advance(seconds)
      expect(await mtaSts.policyFor(DOMAIN)).toMatchObject({ policy: { id: '1' }, failure: {} })
      expect(server.requests).toHaveLength(requests)
    }
  })

  test('is nothing to warn of where the domain has taken its policy back (RFC 8461 section 3.3)', async () => {
    const { server, make, clock, warnings } = await scene()
    server.respond = serves(policyText('none', 'mx.example.com'))
    const mtaSts = make()
    await mtaSts.policyFor(DOMAIN)
    server.respond = broken
    clock.advance(86_400)
    expect((await mtaSts.policyFor(DOMAIN)).failure).not.toBeNull()
    expect(warnings).toEqual([])
  })
})

describe('side by side', () => {
  test('one fetch is for all who wait for it', async () => {
    const { server, make } = await scene()
    const mtaSts = make()
    const results = await Promise.all([1, 2, 3].map(() => mtaSts.policyFor(DOMAIN)))
    expect(new Set(results.map(({ policy }) => policy)).size).toBe(1)
    expect(server.requests).toHaveLength(1)
  })

  test('a fetch for another id is another fetch', async () => {
    const { server, make, publish } = await scene()
    const mtaSts = make()
    const asked = new Promise<() => void>((resolve) => {
      server.respond = (request, response) =>
        resolve(() => serves(policyText('testing', 'old.example'))(request, response))
    })
    const old = mtaSts.policyFor(DOMAIN)
    const answer = await asked
    publish('2')
    server.respond = serves(policyText('enforce', 'new.example'))
    expect((await mtaSts.policyFor(DOMAIN)).policy).toMatchObject({ id: '2', mx: ['new.example'] })
    answer()
    expect((await old).policy).toMatchObject({ id: '1', mx: ['old.example'] })
  })

  test('who no longer waits does not take it from the others', async () => {
    const { server, make } = await scene()
    const asked = new Promise<() => void>((resolve) => {
      server.respond = (request, response) =>
        resolve(() => serves(policyText('enforce', 'a.example'))(request, response))
    })
    const mtaSts = make()
    const impatient = new AbortController()
    const first = mtaSts.policyFor(DOMAIN, impatient.signal)
    const second = mtaSts.policyFor(DOMAIN)
    const answer = await asked
    impatient.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    answer()
    expect((await second).policy?.mx).toEqual(['a.example'])
  })

  test('what is under way is called off at the end', async () => {
    const { server, make } = await scene()
    const asked = new Promise<void>((resolve) => {
      server.respond = () => resolve()
    })
    const mtaSts = make()
    const waiting = mtaSts.policyFor(DOMAIN)
    await asked
    await Promise.all([mtaSts.close(), expect(waiting).rejects.toThrow('MTA-STS is closed')])
    await expect(mtaSts.policyFor(DOMAIN)).rejects.toThrow('MTA-STS is closed')
  })
})

describe('the file', () => {
  test('keeps policies between runs, so that no record is needed to know them', async () => {
    const { server, make, publish, clock } = await scene()
    const file = newFile()
    const first = make({ file })
    const { policy } = await first.policyFor(DOMAIN)
    await first.close()
    publish(null)
    clock.advance(WEEK - 1)
    const second = make({ file })
    expect((await second.policyFor(DOMAIN)).policy).toEqual(policy)
    expect(server.requests).toHaveLength(1)
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp') || name.endsWith('.lock'))).toEqual([])
  })

  test('holds what several processes have found', async () => {
    const { server, lookup, make, clock } = await scene([HOST, 'mta-sts.example.net'])
    lookup.set('_mta-sts.example.net TXT', insecure('v=STSv1; id=net'))
    lookup.set('mta-sts.example.net A', insecure('127.0.0.1'))
    lookup.set('mta-sts.example.net AAAA', insecure())
    const file = newFile()
    const [one, two, three] = [make({ file }), make({ file }), make({ file })]
    await one.policyFor(DOMAIN)
    await two.policyFor(Name.parse('example.net'))
    clock.advance(1)
    server.respond = serves(policyText('testing', 'newer.example'))
    await three.policyFor(DOMAIN)
    await three.close()
    await Promise.all([one.close(), two.close()])
    const last = make({ file })
    expect((await last.policyFor(DOMAIN)).policy?.mx).toEqual(['newer.example'])
    expect((await last.policyFor(Name.parse('example.net'))).policy?.id).toBe('net')
    expect(server.requests).toHaveLength(3)
  })

  test('is locked while it is written, and the lock of a process that is gone is no lock', async () => {
    const { make, warnings } = await scene()
    const file = newFile()
    // No process has a number above 4194304.
    writeFileSync(`${file}.lock`, '4194305 0123456789ab\n')
    const mtaSts = make({ file })
    await mtaSts.policyFor(DOMAIN)
    await mtaSts.close()
    expect(existsSync(`${file}.lock`)).toBe(false)
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3)
    expect(warnings).toEqual([])
  })

  test('leaves out what is over', async () => {
    const { server, make, clock, publish } = await scene()
    server.respond = serves(policyText('enforce', 'mx.example.com', 10))
    const file = newFile()
    const mtaSts = make({ file })
    await mtaSts.policyFor(DOMAIN)
    clock.advance(10)
    await mtaSts.close()
    publish(null)
    expect(readFileSync(file, 'utf8')).toBe('{"format":"danelaw mta-sts","version":1}\n')
    expect((await make({ file }).policyFor(DOMAIN)).policy).toBeNull()
  })

  const HEADER = '{"format":"danelaw mta-sts","version":1}'
  const entry = (changes: object = {}): string =>
    JSON.stringify({
      domain: 'example.com.',
      id: '1',
      fetched: 1_700_000_000,
      lines: ['version: STSv1', 'mode: enforce', 'mx: mx.example.com', 'max_age: 31557600'],
      ...changes,
    })

  test('is read as it was written', async () => {
    const { make, clock, publish, warnings } = await scene()
    const file = newFile()
    writeFileSync(file, `${HEADER}\n${entry({ fetched: clock.now - 5 })}\n`)
    publish(null)
    expect((await make({ file }).policyFor(DOMAIN)).policy?.fetched).toBe(clock.now - 5)
    expect(warnings).toEqual([])
  })

  test('has no policy that outlives its age for coming from the future', async () => {
    const { make, clock, publish } = await scene()
    const file = newFile()
    writeFileSync(file, `${HEADER}\n${entry({ fetched: Number.MAX_SAFE_INTEGER })}\n`)
    publish(null)
    expect((await make({ file }).policyFor(DOMAIN)).policy?.fetched).toBe(clock.now)
  })

  test.each([
    ['is empty', '', 1],
    ['is something else', 'hello\n', 1],
    ['has another version', `${HEADER.replace('1', '2')}\n`, 1],
    ['ends in the middle', `${HEADER}\n${entry()}`, 2],
    ['has a line that is no JSON', `${HEADER}\n${entry()}\n{\n`, 3],
    ['has an empty line', `${HEADER}\n\n`, 2],
    ['has a domain twice', `${HEADER}\n${entry()}\n${entry({ domain: 'EXAMPLE.com.' })}\n`, 3],
    ['has a domain without the final dot', `${HEADER}\n${entry({ domain: 'example.com' })}\n`, 2],
    ['has a domain that is none', `${HEADER}\n${entry({ domain: 'a..' })}\n`, 2],
    ['has an id that is none', `${HEADER}\n${entry({ id: '' })}\n`, 2],
    ['has a time that is none', `${HEADER}\n${entry({ fetched: '1' })}\n`, 2],
    ['has a negative time', `${HEADER}\n${entry({ fetched: -1 })}\n`, 2],
    ['has lines that are no policy', `${HEADER}\n${entry({ lines: ['version: STSv1'] })}\n`, 2],
    ['has lines that are none', `${HEADER}\n${entry({ lines: [1] })}\n`, 2],
    ['has a field too many', `${HEADER}\n${entry({ mode: 'none' })}\n`, 2],
    ['has null for a policy', `${HEADER}\nnull\n`, 2],
  ])('is refused as a whole where it %s, and that is said', async (_, text, line) => {
    const { make, publish, warnings } = await scene()
    publish(null)
    const file = newFile()
    writeFileSync(file, text)
    expect((await make({ file }).policyFor(DOMAIN)).policy).toBeNull()
    expect(warnings).toEqual([expect.stringContaining(`${file}:${line}: `)])
    expect(warnings[0]).toMatch(/^what MTA-STS policies promise is lost until they are fetched again: /)
  })

  test('that cannot be written is told of, and no reason to fail', async () => {
    const { make, warnings } = await scene()
    const mtaSts = make({ file: join(folder, 'no', 'such', 'folder') })
    await mtaSts.policyFor(DOMAIN)
    await mtaSts.close()
    expect(warnings).toEqual([expect.stringMatching(/^MTA-STS policies are not kept: /)])
  })
})

test('so many policies are kept, those used last', async () => {
  const { server, lookup, make, publish } = await scene([HOST, 'mta-sts.example.net'])
  lookup.set('_mta-sts.example.net TXT', insecure('v=STSv1; id=net'))
  lookup.set('mta-sts.example.net A', insecure('127.0.0.1'))
  lookup.set('mta-sts.example.net AAAA', insecure())
  const mtaSts = make({ maxEntries: 1 })
  await mtaSts.policyFor(DOMAIN)
  await mtaSts.policyFor(Name.parse('example.net'))
  publish(null)
  expect((await mtaSts.policyFor(DOMAIN)).policy).toBeNull()
  expect(server.requests).toHaveLength(2)
})

test.each(['.', 'a\\032b.example', `${'a.'.repeat(123)}a`, '192.0.2.1'])(
  '%s has no policy, and is not asked for one',
  async (text) => {
    const lookup = new ScriptedLookup({})
    const mtaSts = new MtaSts({ resolver: lookup })
    expect(await mtaSts.policyFor(Name.parse(text))).toEqual({ policy: null, failure: null })
    expect(lookup.asked).toEqual([])
  },
)

test('options that are none', () => {
  const resolver = new ScriptedLookup({})
  expect(() => new MtaSts({ resolver: undefined as never })).toThrow(new TypeError('resolver: not a resolver'))
  expect(() => new MtaSts({ resolver, fetchPort: 0 })).toThrow(RangeError)
  expect(() => new MtaSts({ resolver, fetchTimeout: 0 })).toThrow(RangeError)
  expect(() => new MtaSts({ resolver, maxEntries: 0 })).toThrow(RangeError)
  expect(() => new MtaSts({ resolver, ca: [] })).toThrow(new TypeError('ca: no certificates'))
  expect(() => new MtaSts({ resolver, ca: 'authorities.pem' })).toThrow(DanelawError)
})
