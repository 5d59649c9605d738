import { describe, expect, test } from 'vitest'
import type { Lookup } from '../../../src/dane/lookup.ts'
import { bogus, indeterminate, insecure, nxdomain, secure } from '../../dane/scripted.ts'
import { createAuthority, credentials } from '../../lab/certificates.ts'
import { PolicyServer, serves } from '../../lab/policy-server.ts'
import { DOMAIN, ENFORCE, HOST, policyText, scene } from './setup.ts'

const FETCH_ERROR = 'sts-policy-fetch-error'
const INVALID = 'sts-policy-invalid'
const WEBPKI = 'sts-webpki-invalid'

test('a policy is fetched from the one place where it can be', async () => {
  const { server, make, clock } = await scene()
  expect(await make().policyFor(DOMAIN)).toEqual({
    policy: {
      id: '1',
      mode: 'enforce',
      mx: ['mx.example.com'],
      maxAge: 604_800,
      fetched: clock.now,
      lines: ENFORCE.trimEnd().split('\n'),
    },
    failure: null,
  })
  expect(server.requests).toEqual([`GET https://${HOST}/.well-known/mta-sts.txt`])
})

test('a certificate for all names of one label will do', async () => {
  const { make } = await scene(['*.example.com'])
  expect((await make().policyFor(DOMAIN)).policy?.mode).toBe('enforce')
})

test.each(['text/plain; charset=utf-8', 'Text/Plain;charset=us-ascii', 'text/plain ; x=y'])(
  '%s is text',
  async (type) => {
    const { server, make } = await scene()
    server.respond = serves(ENFORCE, { 'content-type': type })
    expect((await make().policyFor(DOMAIN)).failure).toBeNull()
  },
)

test('pieces without a length are put together', async () => {
  const { server, make } = await scene()
  server.respond = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    for (const character of ENFORCE) response.write(character)
    response.end()
  }
  expect((await make().policyFor(DOMAIN)).policy?.mx).toEqual(['mx.example.com'])
})

describe('who owns the network but no authority', () => {
  test.each([
    ['a certificate for another name', ['mta-sts.example.net'], {}],
    ['a certificate for the domain alone', ['example.com'], {}],
    ['a certificate for names two labels below', ['*.com'], {}],
    ['a name that is not in the subjectAltName', [], { commonName: HOST }],
    ['a certificate that has expired', [HOST], { notBefore: 1_600_000_000, notAfter: 1_700_000_000 }],
  ] as const)('%s', async (_, names, leaf) => {
    const { server, make, warnings } = await scene(names, leaf)
    const result = await make().policyFor(DOMAIN)
    expect(result.policy).toBeNull()
    expect(result.failure?.kind).toBe(WEBPKI)
    expect(server.requests).toEqual([])
    expect(warnings).toEqual([result.failure?.text])
  })

  test('a certificate of an authority that nobody knows, whatever the environment says', async () => {
    const { server, make } = await scene()
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      const { cert: ca } = await credentials(await createAuthority({ commonName: 'Other Authority' }))
      expect(await make({ ca }).policyFor(DOMAIN)).toMatchObject({ policy: null, failure: { kind: WEBPKI } })
      expect(await make({ ca: [ca, server.ca] }).policyFor(DOMAIN)).toMatchObject({ policy: { id: '1' } })
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })
})

describe('a host that gives no policy', () => {
  test.each([
    [301, FETCH_ERROR],
    [302, FETCH_ERROR],
    [307, FETCH_ERROR],
    [308, FETCH_ERROR],
    [304, FETCH_ERROR],
    [203, FETCH_ERROR],
    [206, FETCH_ERROR],
    [404, FETCH_ERROR],
    [500, FETCH_ERROR],
  ])('status %i', async (status, kind) => {
    const { server, make } = await scene()
    server.respond = (_, response) => {
      const location = `https://${HOST}:${server.port}/elsewhere`
      response.writeHead(status, { location, 'content-type': 'text/plain' })
      response.end(status === 304 ? undefined : ENFORCE)
    }
    const { policy, failure } = await make().policyFor(DOMAIN)
    expect({ policy, kind: failure?.kind }).toEqual({ policy: null, kind })
    expect(failure?.text).toContain(`status ${status}`)
    expect(server.requests).toHaveLength(1)
  })

  test.each(['text/html', 'application/octet-stream', 'text/plainer', 'text', 'image/png'])('as %s', async (type) => {
    const { server, make } = await scene()
    server.respond = serves(ENFORCE, { 'content-type': type })
    expect(await make().policyFor(DOMAIN)).toMatchObject({ policy: null, failure: { kind: INVALID } })
  })

  test('of no type at all', async () => {
    const { server, make } = await scene()
    server.respond = (_, response) => response.end(ENFORCE)
    expect(await make().policyFor(DOMAIN)).toMatchObject({ policy: null, failure: { kind: INVALID } })
  })

  test('in a coding', async () => {
    const { server, make } = await scene()
    server.respond = serves(ENFORCE, { 'content-encoding': 'gzip' })
    expect(await make().policyFor(DOMAIN)).toMatchObject({ policy: null, failure: { kind: INVALID } })
  })

  test('that is none', async () => {
    const { server, make } = await scene()
    server.respond = serves(policyText('enforced', 'mx.example.com'))
    const result = await make().policyFor(DOMAIN)
    expect(result).toMatchObject({ policy: null, failure: { kind: INVALID } })
    expect(result.failure?.text).toBe('mta-sts.example.com gives no policy: the mode of the policy is none')
  })

  test('that does not end', async () => {
    const { server, make } = await scene()
    let sent = 0
    server.respond = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const piece = 'x: y\n'.repeat(1000)
      const more = (): void => {
        while (!response.destroyed && response.write(piece)) sent += piece.length
      }
      response.on('drain', more)
      more()
    }
    const { failure } = await make().policyFor(DOMAIN)
    expect(failure).toMatchObject({ kind: INVALID, text: expect.stringContaining('larger than 64 KiB') })
    // What lies in buffers on the way, and no more.
    expect(sent).toBeLessThan(16_777_216)
  })

  test('that breaks off', async () => {
    const { server, make } = await scene()
    server.respond = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 1000 })
      response.write(ENFORCE, () => response.destroy())
    }
    expect(await make().policyFor(DOMAIN)).toMatchObject({ policy: null, failure: { kind: FETCH_ERROR } })
  })

  test('whose end is the end of the connection, which anybody can make', async () => {
    const { server, make } = await scene()
    server.respond = (request) => {
      request.socket.end(`HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n${ENFORCE}`)
    }
    const { policy, failure } = await make().policyFor(DOMAIN)
    expect(policy).toBeNull()
    expect(failure).toMatchObject({ kind: FETCH_ERROR, text: expect.stringContaining('does not say where') })
  })

  test('in time', async () => {
    const { server, make } = await scene()
    server.respond = () => undefined
    const { failure } = await make({ fetchTimeout: 100 }).policyFor(DOMAIN)
    expect(failure).toMatchObject({ kind: FETCH_ERROR, text: expect.stringContaining('takes too long') })
  })

  test('as nobody is there', async () => {
    const { make } = await scene()
    const gone = await PolicyServer.start([HOST])
    await gone.close()
    expect(await make({ fetchPort: gone.port }).policyFor(DOMAIN)).toMatchObject({
      policy: null,
      failure: { kind: FETCH_ERROR, text: expect.stringContaining('connection refused') },
    })
  })
})

describe('the DNS', () => {
  test('answers that are over are none, and lookups are called off with the caller', async () => {
    const { lookup, make } = await scene()
    const seen: (Parameters<Lookup['query']>[2] | undefined)[] = []
    const query: Lookup['query'] = (name, type, options) => {
      seen.push(options)
      return lookup.query(name, type)
    }
    const { signal } = new AbortController()
    await make({ resolver: { query } }).policyFor(DOMAIN, signal)
    expect(seen).toHaveLength(3)
    expect(seen.every((options) => options?.allowStale === false)).toBe(true)
    expect(seen[0]?.signal).toBe(signal)
    await expect(make({ resolver: { query } }).policyFor(DOMAIN, AbortSignal.abort(new Error('no')))).rejects.toThrow(
      'no',
    )
    expect(seen).toHaveLength(3)
  })

  test.each([
    ['has no TXT record', insecure(), null],
    ['has no such name', nxdomain('secure'), null],
    ['has a TXT record of another kind', secure('v=spf1 -all'), null],
    ['has two records', insecure('v=STSv1; id=1', 'v=STSv1; id=2'), INVALID],
    ['has a record that is none', insecure('v=STSv1; id'), INVALID],
    ['is lied about', bogus, FETCH_ERROR],
    ['is silent', indeterminate, FETCH_ERROR],
  ])('%s', async (_, answer, kind) => {
    const { server, lookup, make } = await scene()
    lookup.set('_mta-sts.example.com TXT', answer)
    const { policy, failure } = await make().policyFor(DOMAIN)
    expect({ policy, kind: failure?.kind ?? null }).toEqual({ policy: null, kind })
    expect(server.requests).toEqual([])
  })

  test.each([
    ['is lied about where the policy is', bogus, 'the lookup of its addresses failed'],
    ['is silent about where the policy is', indeterminate, 'the lookup of its addresses failed'],
    ['knows no place where the policy is', nxdomain('secure'), 'it has no address'],
  ])('%s', async (_, answer, text) => {
    const { server, lookup, make } = await scene()
    lookup.set(`${HOST} A`, answer)
    const { policy, failure } = await make().policyFor(DOMAIN)
    expect(policy).toBeNull()
    expect(failure).toMatchObject({ kind: FETCH_ERROR, text: expect.stringContaining(text) })
    expect(server.requests).toEqual([])
  })
})
