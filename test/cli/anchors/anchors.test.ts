import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, globalAgent, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeKey } from '../../lab/signer/key.ts'
import { DAY, TrustPointLab } from '../../resolver/anchors/trust-point-lab.ts'
import { createLeaf, credentials } from '../../lab/certificates.ts'
import { DnsServer } from '../../lab/dns-server.ts'
import { masterFile, temporaryFolder } from '../files.ts'
import { invoke } from '../invoke.ts'

const folder = temporaryFolder()
const VECTORS = join(import.meta.dirname, '../../vectors/root-anchors')
const PACKAGED = join(import.meta.dirname, '../../../trust-anchors/root-anchors.xml')
const path = (name: string): string => join(folder, name)
const vector = (name: string): string => join(VECTORS, name)
const AT = ['--at', '2026-11-22T00:00:00Z']
const CA = ['--ca', vector('authority.pem')]
const anchors = (...argv: string[]) => invoke(['anchors', ...argv])
const json = async (...argv: string[]) => JSON.parse((await anchors(...argv, '--json')).stdout)

describe('show', () => {
  test('the built-in ones', async () => {
    const { status, stdout, stderr } = await anchors()
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(
      /^\. {2}built in\n {2}DS {6}20326 RSASHA256 SHA-256 e06d44b8[0-9a-f]{56}, from 2017-02-02T00:00:00Z\n/,
    )
    expect(await json('show')).toMatchObject({
      source: null,
      anchors: [{ zone: '.', ds: [{ keyTag: 20326 }, { keyTag: 38696 }], dnskeys: [] }],
      negative: [],
      trustPoints: [],
    })
  })

  test('those of a file for single zones', async () => {
    const digest = 'ab'.repeat(32)
    const text = `anchor example. DS 1 13 2 ${digest}\nnegative broken.test until 2026-12-01T00:00:00Z\n`
    writeFileSync(path('anchors.conf'), text)
    const { stdout } = await anchors('show', '--anchors-config', path('anchors.conf'), ...AT)
    expect(stdout).toContain(`example.  ${path('anchors.conf')}\n  DS      1 ECDSAP256SHA256 SHA-256 ${digest}\n`)
    expect(stdout).toContain('broken.test.  not validated until 2026-12-01T00:00:00Z\n')
  })

  test('says in one line what is wrong', async () => {
    const { status, stderr } = await invoke(['anchors', 'show', '--anchor', PACKAGED], { now: 60 })
    expect(status).toBe(0)
    expect(stderr).toBe(
      'danelaw: the clock says 1970-01-01T00:01:00Z, which is before this program was made: no signature will be valid; no trust anchor of . is valid before 2010-07-15T00:00:00Z, and it is 1970-01-01T00:01:00Z\n',
    )
  })

  test('asks nobody', async () => {
    const { status, stderr } = await anchors('show', '@192.0.2.1')
    expect(status).toBe(64)
    expect(stderr).toContain('danelaw anchors show asks nobody, and @192.0.2.1 is an upstream')
  })
})

describe('check', () => {
  test('a document and its signature', async () => {
    const { status, stdout, stderr } = await anchors('check', vector('good.xml'), ...CA, ...AT)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('\nthe same as built in\nsignature verified, until 2036-01-01T00:00:01Z\n  certificate ')
    expect(await json('check', vector('good.xml'), ...CA, ...AT)).toMatchObject({
      verified: true,
      reason: null,
      signature: vector('good.p7s'),
      validUntil: '2036-01-01T00:00:01Z',
      builtIn: true,
    })
  })

  test.each([
    ['tampered', [vector('tampered.xml'), '--signature', vector('good.p7s'), ...CA, ...AT], 'its digest does not fit'],
    ['of another authority', [vector('good.xml'), ...AT], 'leads to none of the authorities'],
    ['expired', [vector('good.xml'), ...CA, '--at', '2037-01-01T00:00:00Z'], 'expired at 2036-01-01T00:00:00Z'],
    ['of another signer', [vector('good.xml'), ...CA, ...AT, '--signer', 'a@b.c'], 'is not a certificate of a@b.c'],
    ['without a signature', [PACKAGED, ...CA, ...AT], `there is no ${PACKAGED.replace('.xml', '.p7s')}`],
  ])('%s: status 1, and why', async (_, argv, why) => {
    const { status, stdout, stderr } = await anchors('check', ...argv)
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout).toContain('signature not verified: ')
    expect(stdout).toContain(why)
    expect(await json('check', ...argv)).toMatchObject({
      verified: false,
      reason: expect.stringContaining(why),
      path: [],
    })
  })

  test('the packaged document is the default, and its like', async () => {
    const { stdout } = await anchors('check')
    expect(stdout).toContain('  DS      38696 ')
    expect(stdout).toContain('\nthe same as built in\n')
  })

  test.each([
    ['no document', ['nowhere.xml'], 'does not exist'],
    ['records instead of a document', [path('records'), ...CA], 'is no document of trust anchors in XML'],
    ['no authorities', [vector('good.xml'), '--ca', path('records')], 'holds no certificate'],
    [
      'a signature that is named and not there',
      [vector('good.xml'), '--signature', path('nowhere.p7s')],
      'does not exist',
    ],
  ])('%s: status 64', async (_, argv, why) => {
    writeFileSync(path('records'), `. IN DS 1 13 2 ${'ab'.repeat(32)}\n`)
    const { status, stderr } = await anchors('check', ...argv)
    expect(status).toBe(64)
    expect(stderr).toContain(why)
  })
})

describe('update from a file', () => {
  const output = path('output.xml')
  const from = (name: string, ...more: string[]) =>
    anchors('update', '--from', vector(name), '--output', output, ...CA, ...AT, ...more)
  beforeEach(() => writeFileSync(output, readFileSync(vector('older.xml'))))

  test('puts it there and says what has changed', async () => {
    const { status, stdout, stderr } = await from('good.xml')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const [ended, added, written] = stdout.split('\n')
    expect(ended).toMatch(
      /^changed {2}\. 19036 .*, from 2010-07-15T00:00:00Z until 2019-01-11T00:00:00Z, before: from /,
    )
    expect(added).toMatch(/^added {4}\. 38696 RSASHA256 SHA-256 683d2d0a[0-9a-f]{56}, from 2024-07-18T00:00:00Z$/)
    expect(written).toBe(`${output} is written, from ${vector('good.xml')}`)
    expect(readFileSync(output)).toEqual(readFileSync(vector('good.xml')))
    expect((await from('good.xml')).stdout).toBe(`${output} is up to date\n`)
  })

  test('to a file that is not there yet', async () => {
    const fresh = path('fresh.xml')
    const argv = ['update', '--from', vector('good.xml'), '--output', fresh, ...CA, ...AT]
    expect(await json(...argv)).toMatchObject({
      updated: true,
      reason: null,
      changes: [{ change: 'added', zone: '.', keyTag: 19036 }, { keyTag: 20326 }, { keyTag: 38696 }],
    })
    expect(readFileSync(fresh)).toEqual(readFileSync(vector('good.xml')))
  })

  test.each([
    ['tampered', ['tampered.xml', '--signature', vector('good.p7s')], 'its digest does not fit'],
    ['an older edition, properly signed', ['oldest.xml'], 'knows nothing of key 20326'],
    ['without CA', ['good.xml', '--signer', 'x@y.z'], 'is not a certificate of x@y.z'],
  ] as const)('%s is refused, and the file stays', async (_, [name, ...more], why) => {
    const { status, stdout, stderr } = await from(name, ...more)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^danelaw: refused: /)
    expect(stderr).toContain(why)
    expect(readFileSync(output)).toEqual(readFileSync(vector('older.xml')))
    expect(readdirSync(folder).filter((each) => each.endsWith('.tmp'))).toEqual([])
  })

  test('an older edition is taken by force', async () => {
    expect((await from('oldest.xml', '--force')).status).toBe(0)
    expect(readFileSync(output)).toEqual(readFileSync(vector('oldest.xml')))
  })

  test('with nothing in force', async () => {
    const { status, stderr } = await from('over.xml')
    expect(status).toBe(64)
    expect(stderr).toContain('none of its trust anchors is in force at 2026-11-22T00:00:00Z')
    expect(readFileSync(output)).toEqual(readFileSync(vector('older.xml')))
  })

  test('never replaces what is no document of trust anchors', async () => {
    writeFileSync(output, 'a letter\n')
    expect((await from('good.xml')).status).toBe(64)
    expect(readFileSync(output, 'utf8')).toBe('a letter\n')
  })
})

describe('update over https', () => {
  let server: Server
  let base = ''
  let serve: (path: string) => { status?: number; body: Uint8Array; hang?: boolean } = () => ({ body: Buffer.of() })

  beforeAll(async () => {
    const tls = await credentials(await createLeaf({ names: ['localhost'] }))
    server = createServer({ key: tls.key, cert: tls.cert }, (request, response) => {
      const { status = 200, body } = serve(request.url!)
      response.writeHead(status, { location: 'http://localhost/' }).end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    base = `https://localhost:${(server.address() as AddressInfo).port}/`
    globalAgent.options.ca = tls.cert
  })
  afterAll(() => {
    globalAgent.options.ca = undefined
    server.closeAllConnections()
    server.close()
  })

  const from = (url: string) => anchors('update', '--from', url, '--output', path('fetched.xml'), ...CA, ...AT)

  test('fetches the document and the signature beside it', async () => {
    serve = (name) => ({ body: readFileSync(vector(name.slice(1))) })
    const { status, stderr } = await from(`${base}good.xml`)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(readFileSync(path('fetched.xml'))).toEqual(readFileSync(vector('good.xml')))
  })

  test.each([
    ['a redirection', { status: 301, body: Buffer.of() }, 'cannot be fetched: the server answered 301'],
    ['an error', { status: 500, body: Buffer.of() }, 'cannot be fetched: the server answered 500'],
    ['too much', { body: Buffer.alloc(1_048_577) }, 'has more than 1048576 octets'],
  ])('%s is not taken', async (_, answer, why) => {
    serve = () => answer
    const { status, stderr } = await from(`${base}good.xml`)
    expect(status).toBe(64)
    expect(stderr).toContain(why)
  })

  test('a forged document is not taken', async () => {
    serve = (name) => ({ body: readFileSync(vector(name === '/good.xml' ? 'tampered.xml' : 'good.p7s')) })
    expect(await from(`${base}good.xml`)).toMatchObject({ status: 1, stdout: '' })
  })

  test('nothing but https, and only to who can prove his name', async () => {
    expect((await from('http://localhost/root-anchors.xml')).stderr).toContain('is no https URL')
    expect((await from(`https://127.0.0.1:${(server.address() as AddressInfo).port}/good.xml`)).stderr).toContain(
      'cannot be fetched',
    )
  })
})

describe('update of a state', () => {
  const key = makeKey({ role: 'ksk' })

  test('follows the keys of the zone', async () => {
    using lab = new TrustPointLab()
    const next = makeKey({ role: 'ksk' })
    lab.published = [
      { key, as: 'signing' },
      { key: next, as: 'standby' },
    ]
    const server = await DnsServer.start({ answer: (question) => lab.message(question) })
    try {
      const state = path('state.json')
      writeFileSync(path('root.ds'), masterFile(lab.anchorRecords(key)))
      const run = (...more: string[]) =>
        anchors(
          'update',
          '--anchor-state',
          state,
          '--anchor',
          path('root.ds'),
          '--at',
          String(lab.now),
          `@${server.address}:${server.port}`,
          ...more,
        )
      const first = await run()
      expect({ ...first, stdout: '' }).toEqual({ status: 0, stdout: '', stderr: '' })
      expect(first.stdout).toBe(`.  validated, again at 2023-11-15T22:13:20Z\n  key ${next.keyTag}: Start → AddPend\n`)
      expect((await run()).stdout).toBe('.  not due, again at 2023-11-15T22:13:20Z\n')
      lab.now += 30 * DAY
      const second = JSON.parse((await run('--json')).stdout)
      expect(second.zones).toMatchObject([
        {
          zone: '.',
          outcome: 'validated',
          reason: null,
          changes: [{ keyTag: next.keyTag, from: 'AddPend', to: 'Valid' }],
        },
      ])
      const shown = await json('show', '--anchor-state', state, '--anchor', path('root.ds'), '--at', String(lab.now))
      expect(shown.trustPoints[0].keys.map(({ state: each }: { state: string }) => each)).toEqual(['Valid', 'Valid'])

      lab.onPath = () => [{ key: makeKey({ role: 'ksk' }), as: 'signing' }]
      const forged = await run('--force')
      expect(forged.status).toBe(1)
      expect(forged.stdout).toMatch(/^\. {2}failed: /)
      // Old news are told by whoever resolves.
      lab.now += 31 * DAY
      const { stderr } = await invoke([
        'query',
        '.',
        'SOA',
        '--anchor-state',
        state,
        '--anchor',
        path('root.ds'),
        '--at',
        String(lab.now),
        '--timeout',
        '200',
        '@127.0.0.1:9',
      ])
      expect(stderr).toMatch(
        /^danelaw: the keys of \. were last looked at 2023-12-14T22:13:20Z, and may have been replaced since\n/,
      )
    } finally {
      await server.close()
    }
  })

  test('that is damaged stops every command', async () => {
    writeFileSync(path('damaged.json'), '{')
    const { status, stderr } = await invoke(['query', 'a', '--anchor-state', path('damaged.json'), '@192.0.2.1'])
    expect(status).toBe(64)
    expect(stderr).toMatch(/^danelaw: .*damaged\.json: this state of trust anchors is damaged: it is not JSON/)
  })

  test.each([
    [['--from', 'x'], 'needs --from and --output'],
    [['--output', 'x'], 'needs --from and --output'],
    [['--from', 'x', '--output', 'y', '--anchor-state', 'z'], 'exclude each other'],
    [['--from', 'x', '--output', 'y', '@192.0.2.1'], 'is an upstream'],
    [['--from', 'x', '--output', 'y', '--signer', 'nobody'], "'nobody' is not an address"],
  ])('%j is a mistake', async (argv, why) => {
    const { status, stderr } = await anchors('update', ...argv)
    expect(status).toBe(64)
    expect(stderr).toContain(why)
    expect(existsSync('y')).toBe(false)
  })
})
