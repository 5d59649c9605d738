import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { ZoneSet } from '../../../src/resolver/fixture/zone-set.ts'
import { Resolver } from '../../../src/resolver/resolver.ts'
import type { ResolverOptions } from '../../../src/resolver/settings.ts'
import { encodeMessage, type Message, parseMessage } from '../../../src/wire/message.ts'
import { Name } from '../../../src/wire/name.ts'
import { DnsServer } from '../../lab/dns-server.ts'
import { forge, rcode } from '../../lab/attacker.ts'
import { NSEC, signAll } from '../fixture/signed-zones.ts'

const START = 1_800_000_000
const internet = signAll([
  { apex: '.', text: 'example NS ns\nplain NS ns', denial: NSEC },
  { apex: 'example', text: 'www A 192.0.2.1\n@ MX 10 www', denial: NSEC },
  { apex: 'plain', text: 'www A 192.0.2.5' },
])
const zones = new ZoneSet(internet.zones)
let folder = ''
let path = ''
let now = START
let server: DnsServer
let warnings: string[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danelaw-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(async () => {
  now = START
  warnings = []
  path = join(folder, `${Math.random().toString(36).slice(2)}.cache`)
  server = await DnsServer.start({ answer: (question) => zones.answer(question) })
})
afterEach(async () => await server.close())

const logger = { debug() {}, info() {}, warn: (_: object, message: string) => void warnings.push(message) }

/** One run of a program that asks, and ends. Gives what came of it, and the questions that left. */
async function run(questions: readonly string[], options: ResolverOptions = {}) {
  const before = server.seen.length
  const resolver = new Resolver({
    upstreams: [`127.0.0.1:${server.port}`],
    trustAnchors: internet.anchors,
    now: () => now,
    cacheFile: path,
    logger,
    ...options,
  })
  const answers = []
  for (const text of questions) {
    const [name, type] = text.split(' ')
    answers.push(await resolver.query(name!, type!))
  }
  await resolver.close()
  const asked = server.seen.slice(before).map(({ question }) => `${question.name} ${question.type}`)
  return { answers, status: answers.map(({ status, rcode: code }) => `${status} ${code}`), asked }
}

const name = (text: string): Name => Name.parse(text)

interface Line {
  time: number
  key: string
  message: string
}

/** Changes the lines of the file. */
function edit(change: (line: Line, message: Message) => Line | undefined): void {
  const [header, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n')
  const changed = lines.flatMap((text) => {
    const line = JSON.parse(text) as Line
    const edited = change(line, parseMessage(Buffer.from(line.message, 'base64')))
    return edited === undefined ? [] : [JSON.stringify(edited)]
  })
  writeFileSync(path, `${[header, ...changed].join('\n')}\n`)
}

const withMessage = (line: Line, message: Message): Line => ({
  ...line,
  message: Buffer.from(encodeMessage(message)).toString('base64'),
})

describe('a second run', () => {
  test('asks nothing that the first one has signed answers to, and validates it', async () => {
    const first = await run(['www.example A', 'absent.example A', 'example MX'])
    expect(first.status).toEqual(['secure 0', 'secure 3', 'secure 0'])
    now += 10
    const second = await run(['www.example A', 'absent.example A', 'example MX'])
    expect(second.status).toEqual(first.status)
    expect(second.asked).toEqual([])
    expect(second.answers[0]!.spent.signatureChecks).toBeGreaterThan(0)
    expect(second.answers.map((answer) => answer.status === 'secure' && answer.ttl)).toEqual([290, 50, 290])
    expect(warnings).toEqual([])
  })

  test('keeps it for the third', async () => {
    await run(['www.example A'])
    await run([])
    expect((await run(['www.example A'])).asked).toEqual([])
  })

  test('asks when it is over, and where the clock has gone back', async () => {
    await run(['www.example A'])
    now += 299
    expect((await run(['www.example A'])).asked).toEqual([])
    now += 1
    expect((await run(['www.example A'])).asked).toContain('www.example. 1')
    now -= 1000
    expect((await run(['www.example A'])).asked).toContain('www.example. 1')
  })

  test('asks for what nobody signed, and knows that nobody did', async () => {
    await run(['www.plain A'])
    const { status, asked } = await run(['www.plain A'])
    expect(status).toEqual(['insecure 0'])
    expect(asked).toContain('www.plain. 1')
    expect(asked).not.toContain('plain. 43')
  })

  test('asks for what failed', async () => {
    server.attacks.add({ name: 'www.example', type: 'A' }, forge('www.example. A 203.0.113.66'))
    expect(await run(['www.example A'])).toMatchObject({ status: ['bogus 0'] })
    server.attacks.clear()
    const second = await run(['www.example A'])
    expect(second.status).toEqual(['secure 0'])
    server.attacks.add('all', rcode('SERVFAIL'))
    expect(await run(['www.example A'])).toMatchObject({ status: ['secure 0'], asked: [] })
  })

  test('forgets what was forgotten', async () => {
    await run(['www.example A'])
    const resolver = new Resolver({ upstreams: ['127.0.0.1:1'], now: () => now, cacheFile: path, logger })
    resolver.clearCache()
    await resolver.close()
    expect((await run(['www.example A'])).asked).toContain('www.example. 1')
  })
})

describe('a file that somebody has changed costs time and never truth', () => {
  const FORGED = Uint8Array.of(203, 0, 113, 66)
  test.each<[string, (message: Message) => Message]>([
    [
      'other data under the signature',
      (message) => ({
        ...message,
        answer: message.answer.map((record) => (record.type === 1 ? { ...record, rdata: FORGED } : record)),
      }),
    ],
    ['no data', (message) => ({ ...message, answer: message.answer.filter(({ type }) => type === 46) })],
    ['a name that does not exist', (message) => ({ ...message, rcode: 3, answer: [] })],
    [
      'the denial of another name',
      (message) => ({
        ...message,
        answer: [],
        authority: zones.answer({ ...message.questions[0]!, type: 16 }).authority,
      }),
    ],
    ['keys that are none', (message) => ({ ...message, answer: message.answer.filter(({ type }) => type !== 48) })],
  ])('%s', async (_, change) => {
    await run(['www.example A'])
    edit((line, message) => withMessage(line, change(message)))
    const { answers, status, asked } = await run(['www.example A'])
    expect(status).toEqual(['secure 0'])
    expect(answers[0]).toMatchObject({ records: [{ rdata: Uint8Array.of(192, 0, 2, 1) }] })
    expect(new Set(asked).size).toBeGreaterThan(0)
    expect((await run(['www.example A'])).asked).toEqual([])
  })

  test('unsigned data with a signature beside it does not come from a file', async () => {
    await run(['www.plain A', 'www.example A'])
    const signed = zones.answer({ name: name('www.example'), type: 1, class: 1 })
    const forged = { ...zones.answer({ name: name('www.plain'), type: 1, class: 1 }) }
    const answer = [
      ...forged.answer.map((record) => ({ ...record, rdata: FORGED })),
      ...signed.answer.filter(({ type }) => type === 46),
    ]
    const key = Buffer.from(`1/1/${String.fromCharCode(...name('www.plain').canonicalWire)}`, 'latin1').toString(
      'base64',
    )
    const line = withMessage({ time: now, key, message: '' }, { ...forged, answer })
    writeFileSync(path, `${readFileSync(path, 'utf8')}${JSON.stringify(line)}\n`)
    const second = await run(['www.plain A'])
    expect(second.status).toEqual(['insecure 0'])
    expect(second.answers[0]).toMatchObject({ records: [{ rdata: Uint8Array.of(192, 0, 2, 5) }] })
    expect(second.asked).toContain('www.plain. 1')
  })

  test('a message under another question is none', async () => {
    await run(['www.example A', 'example MX'])
    edit((line) => ({ ...line, key: Buffer.from('1/1/\x03abc\x07example\x00', 'latin1').toString('base64') }))
    expect(await run(['abc.example A'])).toMatchObject({ status: ['secure 3'] })
  })

  test('a time in the future is none', async () => {
    await run(['www.example A'])
    edit((line) => ({ ...line, time: now + 1000 }))
    expect((await run(['www.example A'])).asked).toContain('www.example. 1')
  })
})

describe('a file that is none', () => {
  test.each<[string, string]>([
    ['empty', ''],
    ['something else', 'hello\n'],
    ['another version', '{"format":"danelaw cache","version":2}\n'],
    ['a line that is not JSON', '{"format":"danelaw cache","version":1}\n{\n'],
    ['a line without its fields', '{"format":"danelaw cache","version":1}\n{"time":1}\n'],
    ['a time that is none', '{"format":"danelaw cache","version":1}\n{"time":"x","key":"","message":""}\n'],
    ['a key that is not base64', '{"format":"danelaw cache","version":1}\n{"time":1,"key":"*","message":""}\n'],
    ['an end in the middle', '{"format":"danelaw cache","version":1}\n{"time":1,"key":"","message":""}'],
  ])('%s is told of in one line, and not used', async (_, text) => {
    writeFileSync(path, text)
    expect(await run(['www.example A'])).toMatchObject({ status: ['secure 0'] })
    expect(warnings).toEqual([expect.stringMatching(/^the cache is not used: [^\n]+$/)])
    expect(warnings[0]).toContain(path)
    warnings = []
    expect((await run(['www.example A'])).asked).toEqual([])
    expect(warnings).toEqual([])
  })

  test('a message that is none is not used, without a word', async () => {
    await run(['www.example A'])
    edit((line) => ({ ...line, message: 'AAAA' }))
    expect(await run(['www.example A'])).toMatchObject({ status: ['secure 0'] })
    expect(warnings).toEqual([])
  })

  test('a file that is too large', async () => {
    writeFileSync(path, 'x'.repeat(17_000_000))
    await run([])
    expect(warnings[0]).toMatch(/the cache is not used: .*octets/)
  })

  test('a folder is not used and not written; nothing is left beside it', async () => {
    mkdirSync(path)
    expect(await run(['www.example A'])).toMatchObject({ status: ['secure 0'] })
    expect(warnings.map((warning) => warning.split(':')[0])).toEqual(['the cache is not used', 'the cache is not kept'])
    expect(readdirSync(folder).filter((name_) => name_.includes('.tmp'))).toEqual([])
  })

  test('without a logger it is a warning of the process', async () => {
    writeFileSync(path, 'x')
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const resolver = new Resolver({ upstreams: ['127.0.0.1:1'], now: () => now, cacheFile: path })
    await resolver.close()
    expect(emitted).toHaveBeenCalledTimes(1)
    emitted.mockRestore()
  })
})

test.each([
  [{ fixture: { description: '', answer: () => ({}) as never } }],
  [{ record: '/nowhere/x' }],
  [{ cacheFile: 5 as unknown as string }],
])('not together with %j', (options) => {
  expect(() => new Resolver({ cacheFile: path, ...options })).toThrow(TypeError)
})
