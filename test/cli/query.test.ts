import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DnsServer } from '../lab/dns-server.ts'
import { createInternet, type Internet } from '../lab/internet.ts'
import { LAB_QUESTIONS } from '../lab/zones/index.ts'
import { temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { fixtureArguments } from './lab-files.ts'

const folder = temporaryFolder()
const NOW = 1_800_000_000
let internet: Internet
let server: DnsServer
let upstream: string
let fixture: string[]

beforeAll(async () => {
  internet = await createInternet({ now: NOW })
  server = await DnsServer.start({ answer: (question) => internet.answer(question) })
  upstream = `@${server.address}:${server.port}`
  fixture = fixtureArguments(folder, internet)
})
afterAll(() => server.close())

const query = (...argv: string[]) => invoke(['query', ...argv, ...fixture])
const json = async (...argv: string[]) => JSON.parse((await query(...argv, '--json')).stdout)

describe('exit status and status', () => {
  const statuses = { secure: 0, insecure: 2, bogus: 3, indeterminate: 4 }

  test.each(LAB_QUESTIONS.map((each) => [each.name, each.type, each.status] as const))(
    '%s %s is %s',
    async (name, type, status) => {
      const argv = ['query', name, type, upstream, ...fixture.slice(2)]
      const { status: exit, stdout } = await invoke([...argv, '--json'])
      const document = JSON.parse(stdout)
      expect({ exit, status: document.status }).toEqual({ exit: statuses[status], status })
      const failed = status === 'bogus' || status === 'indeterminate'
      if (failed) expect(document.answer).toEqual([])
      expect(document.reason === null).toBe(status === 'secure')
      expect((await invoke(argv)).stdout.startsWith(`${status}  `)).toBe(true)
    },
  )
})

test.each([
  ['münchen.p256.test', 'xn--mnchen-3ya.p256.test.'],
  ['_25._tcp.MÜNCHEN.p256.test.', '_25._tcp.xn--mnchen-3ya.p256.test.'],
])('%s is asked for in A-labels', async (text, name) => {
  expect((await json(text)).query.name).toBe(name)
})

describe('JSON', () => {
  test('has the keys of the contract first, and the same order always', async () => {
    for (const type of ['A', 'MX']) {
      const document = await json('www.p256.test', type)
      expect(Object.keys(document).slice(0, 6)).toEqual(['query', 'status', 'rcode', 'reason', 'answer', 'chain'])
      expect(Object.keys(document).slice(6)).toEqual([
        'canonicalName',
        'aliases',
        'proofs',
        'ttl',
        'validFrom',
        'validUntil',
        'spent',
        'questions',
        'synthesized',
        'stale',
      ])
    }
  })

  test('of a secure answer', async () => {
    const document = await json('WWW.P256.test', 'a')
    expect(document).toMatchObject({
      query: { name: 'www.p256.test.', type: 'A' },
      status: 'secure',
      rcode: 'NOERROR',
      reason: null,
      answer: [{ name: 'www.p256.test.', type: 'A', ttl: 3600, data: '127.0.0.1' }],
      canonicalName: 'www.p256.test.',
      aliases: [],
      ttl: 3600,
    })
    expect(document.chain.map(({ zone, via }: { zone: string; via: string }) => [zone, via])).toEqual([
      ['.', 'trust-anchor'],
      ['test.', 'ds'],
      ['p256.test.', 'ds'],
    ])
    expect(document.chain[2].ds[0]).toMatchObject({
      algorithm: 13,
      algorithmName: 'ECDSAP256SHA256',
      digestType: 2,
      digestTypeName: 'SHA-256',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      matched: true,
    })
    expect(document.chain[2].signatures[0]).toEqual({
      owner: 'p256.test.',
      typeCovered: 'DS',
      signer: 'test.',
      keyTag: expect.any(Number),
      algorithm: 13,
      algorithmName: 'ECDSAP256SHA256',
      inception: expect.stringMatching(/^2027-01-.*Z$/),
      expiration: expect.stringMatching(/^2027-01-.*Z$/),
    })
    expect(Date.parse(document.validFrom) / 1000).toBeLessThanOrEqual(NOW)
    expect(Date.parse(document.validUntil) / 1000).toBeGreaterThan(NOW)
  })

  test('of a denial has its proof', async () => {
    const document = await json('absent.p256.test')
    expect(document).toMatchObject({ status: 'secure', rcode: 'NXDOMAIN', answer: [] })
    const { proof } = document.proofs[0]
    expect(proof.records.map(({ type }: { type: string }) => type)).toContain('NSEC')
  })

  test('of a bogus answer says where and what', async () => {
    expect((await json('expired.test', 'SOA')).reason).toMatchObject({
      code: 7,
      name: 'Signature Expired',
      at: 'expired.test. DNSKEY',
      kind: 'signature-expired',
    })
  })

  test('is the same twice, and from both engines', async () => {
    const [once, again, noble, both] = await Promise.all([
      query('p256.test', 'MX', '--json'),
      query('p256.test', 'MX', '--json'),
      query('p256.test', 'MX', '--json', '--crypto', 'noble'),
      query('p256.test', 'MX', '--json', '--crypto', 'both'),
    ])
    expect(again).toEqual(once)
    expect(noble).toEqual(once)
    expect(both).toEqual(once)
  })
})

describe('text', () => {
  /** Keys and digests differ from lab to lab. */
  const stable = (text: string): string =>
    text.replace(/\b[0-9a-f]{64}\b/gi, 'DIGEST').replace(/(key|DS {6}|key {4})( ?)[0-9]{1,5} (?=[A-Z])/g, '$1$2TAG ')

  test('of a secure answer', async () => {
    const { stdout, stderr } = await query('www.p256.test')
    expect(stderr).toBe('')
    await expect(stable(stdout)).toMatchFileSnapshot('golden/query-secure.txt')
  })

  test('of an insecure answer', async () => {
    await expect(stable((await query('www.unsigned.test')).stdout)).toMatchFileSnapshot('golden/query-insecure.txt')
  })

  test('of a bogus answer', async () => {
    const { stdout } = await query('expired.test', 'SOA')
    await expect(stable(stdout).replace(/by key [0-9]+/g, 'by key TAG')).toMatchFileSnapshot('golden/query-bogus.txt')
  })

  test('of a denial', async () => {
    await expect(stable((await query('absent.p256.test')).stdout)).toMatchFileSnapshot('golden/query-denial.txt')
  })

  test('has colours on a terminal alone, and not against NO_COLOR', async () => {
    const colours = /\p{Cc}\[/u
    const argv = ['query', 'www.p256.test', ...fixture]
    expect((await invoke(argv, { terminal: true })).stdout).toMatch(colours)
    expect((await invoke(argv, { terminal: true, env: { NO_COLOR: '1' } })).stdout).not.toMatch(colours)
    expect((await invoke(argv, { terminal: true, env: { TERM: 'dumb' } })).stdout).not.toMatch(colours)
    expect((await invoke(argv)).stdout).not.toMatch(colours)
  })
})

describe('options', () => {
  test('--at decides', async () => {
    const later = fixture.with(fixture.indexOf('--at') + 1, '2028-01-15T00:00:00Z')
    const { status, stdout } = await invoke(['query', 'www.p256.test', ...later])
    expect(status).toBe(3)
    expect(stdout).toContain('Signature Expired (EDE 7)')
  })

  test('--negative-anchor makes a zone insecure, until its time', async () => {
    expect((await json('expired.test', 'SOA', '--negative-anchor', `expired.test=${NOW + 1}`)).status).toBe('insecure')
    expect((await json('expired.test', 'SOA', '--negative-anchor', `expired.test=${NOW}`)).status).toBe('bogus')
  })

  test('--no-sha1 takes trust from zones that have no other', async () => {
    expect((await json('rsasha1.test', 'SOA')).status).toBe('secure')
    expect((await json('rsasha1.test', 'SOA', '--no-sha1')).status).toBe('insecure')
  })

  test('without --anchor the built-in ones count, which know nothing of the lab', async () => {
    const without = fixture.filter((_, index) => !(index >= 2 && index <= 3))
    expect(without.slice(0, 3)).toEqual(['--fixture', fixture[1], '--at'])
    expect((await invoke(['query', 'www.p256.test', ...without])).status).toBe(3)
  })

  test('a type may be a number, and is A where none is given', async () => {
    expect((await json('www.p256.test', 'TYPE28')).query.type).toBe('AAAA')
    expect((await json('www.p256.test')).query.type).toBe('A')
  })
})

describe('over the network', () => {
  test('as from the fixture, with the upstream anywhere, and again from a recording', async () => {
    const common = fixture.slice(2)
    const record = join(folder, 'recording.jsonl')
    const expected = await json('p256.test', 'MX')
    const live = await invoke(['query', 'p256.test', upstream, 'MX', '--json', '--record', record, ...common])
    expect({ ...JSON.parse(live.stdout), spent: null }).toEqual({ ...expected, spent: null })
    expect(live.stderr).toBe('')
    const lines = readFileSync(record, 'utf8').trimEnd().split('\n')
    expect(JSON.parse(lines[0]!)).toMatchObject({ upstream: upstream.slice(1) })

    const played = await invoke(['query', 'p256.test', 'MX', '--json', '--fixture', record, ...common])
    expect({ ...JSON.parse(played.stdout), spent: null }).toEqual({ ...expected, spent: null })
  })

  test('--timeout is for the whole lookup', async () => {
    server.latency = 10_000
    const { status, stderr } = await invoke(['query', upstream, 'a.test', '--timeout', '50', ...fixture.slice(2)])
    expect(status).toBe(4)
    expect(stderr).toContain('50 ms')
  })
})
