import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Lab, startLab } from '../lab/index.ts'
import { LAB_DOMAINS } from '../lab/zones/index.ts'
import { temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { networkArguments } from './lab-files.ts'

const folder = temporaryFolder()
let lab: Lab
let network: string[]

beforeAll(async () => {
  lab = await startLab()
  network = networkArguments(folder, lab)
})
afterAll(() => lab.close())

const check = (...argv: string[]) => invoke(['check', ...argv, ...network])
const STATUSES = { verified: 0, encrypted: 2, cleartext: 2, refused: 3, unreachable: 4 }

describe('the domains of the lab', () => {
  test.each(LAB_DOMAINS.map((each) => [each.domain, each.shows, each] as const))(
    '%s: %s',
    async (domain, _shows, expected) => {
      const { status, stdout, stderr } = await check(domain, '--json')
      const document = JSON.parse(stdout)
      expect(stderr).toBe('')
      expect(document).toMatchObject({ domain: `${domain}.`, mx: expected.mx, verdict: expected.verdict })
      expect(
        document.hosts
          .map(({ host, level, verdict }: Record<string, unknown>) => ({ host, level, verdict }))
          .filter(() => expected.hosts.length > 0),
      ).toEqual(expected.hosts.map((host) => ({ ...host, host: `${host.host}.` })))
      expect(status).toBe(STATUSES[expected.verdict])
    },
  )
})

test('JSON of a verified domain is that of the contract', async () => {
  const document = JSON.parse((await check('p256.test', '--json')).stdout)
  expect(Object.keys(document)).toEqual(['domain', 'mx', 'policy', 'hosts', 'verdict', 'reason', 'questions'])
  expect(document.questions).toBeGreaterThan(5)
  expect(document.hosts[0]).toEqual({
    host: 'mx.p256.test.',
    preference: 10,
    addressStatus: 'secure',
    addresses: [lab.mail.get('mx.p256.test')!.address],
    mxSecure: true,
    tlsaBase: 'mx.p256.test.',
    level: 'dane',
    tlsa: {
      status: 'secure',
      records: [
        {
          usage: 3,
          selector: 1,
          matchingType: 1,
          data: expect.stringMatching(/^[0-9a-f]{64}$/),
          usable: true,
          why: null,
        },
      ],
    },
    connections: [
      {
        address: lab.mail.get('mx.p256.test')!.address,
        port: lab.smtpPort,
        answered: true,
        starttls: true,
        protocol: 'TLSv1.3',
        cipher: expect.stringMatching(/^TLS_/),
        authenticated: true,
        by: 'dane',
        matched: { usage: 3, selector: 1, matchingType: 1, depth: 0 },
        error: null,
        failure: null,
        notice: null,
      },
    ],
    verdict: 'verified',
    reason: null,
  })
})

test('no mail is sent', () => {
  const verbs = [...lab.mail.values()].flatMap(({ sessions }) => sessions.flatMap(({ commands }) => commands))
  expect(verbs.length).toBeGreaterThan(0)
  expect(verbs.filter(({ verb }) => verb === 'MAIL' || verb === 'RCPT' || verb === 'DATA')).toEqual([])
})

describe('--only-dns', () => {
  test.each([
    ['p256.test', 0, null],
    ['mismatch.test', 0, null],
    ['outsourced.test', 2, null],
    ['no-tlsa.test', 2, null],
    ['servfail.test', 3, 'refused'],
    ['expired.test', 3, 'refused'],
    ['absent.test', 4, 'unreachable'],
    ['null-mx.test', 4, 'unreachable'],
  ])('%s: exit status %i', async (domain, exit, verdict) => {
    const before = [...lab.mail.values()].map(({ sessions }) => sessions.length)
    const { status, stdout } = await check(domain, '--only-dns', '--json')
    expect(status).toBe(exit)
    expect(JSON.parse(stdout).verdict).toBe(verdict)
    expect([...lab.mail.values()].map(({ sessions }) => sessions.length)).toEqual(before)
  })
})

describe('text', () => {
  const stable = (text: string): string =>
    text
      .replace(/127\.0\.0\.[0-9]+/g, 'ADDRESS')
      .replaceAll(`:${lab.smtpPort}`, ':PORT')
      .replace(/\b(?!0{64})[0-9a-f]{64}\b/g, 'DIGEST')
      .replace(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/g, 'TIME')
      .replace(/key [0-9]+/g, 'key TAG')

  test.each(['p256.test', 'two-hosts.test', 'unusable.test', 'expired.test', 'no-starttls.test', 'outsourced.test'])(
    'of %s',
    async (domain) => {
      const { stdout } = await check(domain)
      await expect(stable(stdout)).toMatchFileSnapshot(`golden/check-${domain}.txt`)
    },
  )
})

test('a host in brackets is not asked for MX', async () => {
  const { status, stdout } = await check('[mx.p256.test]', '--json')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    mx: { via: 'relay' },
    hosts: [{ host: 'mx.p256.test.', preference: null }],
  })
})

test('--port is that of the TLSA records', async () => {
  const document = JSON.parse((await check('p256.test', '--port', '26', '--only-dns', '--json')).stdout)
  expect(document.hosts[0]).toMatchObject({ level: 'may', tlsa: { status: 'secure', records: [] } })
})
