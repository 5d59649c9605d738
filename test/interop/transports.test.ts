/** Every way to ask, against other people's servers: Unbound and BIND over UDP, TCP, TLS and HTTPS. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, onTestFinished, test } from 'vitest'
import { Resolver } from '../../src/resolver/resolver.ts'
import type { ResolverOptions } from '../../src/resolver/settings.ts'
import { type MadeCertificate, makeCertificate } from './peers/certificate.ts'
import { startNamedForwarder } from './peers/named-forwarder.ts'
import { startNsd } from './peers/nsd.ts'
import { freePort } from './peers/ports.ts'
import type { Server } from './peers/program.ts'
import { startUnbound } from './peers/unbound.ts'
import { type WrittenZone, writeZone } from './peers/zones.ts'

let folder: string
let anchor: string
let certificate: MadeCertificate
let unbound: Server
let startAgain: () => Promise<Server>
const ports = { unbound: 0, unboundTls: 0, unboundHttps: 0, small: 0, named: 0, namedTls: 0, namedHttps: 0 }
const servers: Server[] = []
let failed = false

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'danelaw-transports-'))
  certificate = makeCertificate(folder, 'dns.test')
  const zones = writeZones()
  anchor = zones.at(-1)!.ds
  const authority = await freePort()
  servers.push(await startNsd(folder, authority, zones))
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await freePort()
  const common = { authority, zones: zones.map(({ apex }) => apex), anchor }
  startAgain = () =>
    startUnbound(folder, {
      ...common,
      port: ports.unbound,
      settings: [
        ...[ports.unboundTls, ports.unboundHttps].map((port) => `interface: 127.0.0.1@${port}`),
        `tls-port: ${ports.unboundTls}`,
        `https-port: ${ports.unboundHttps}`,
        `tls-service-key: "${certificate.keyFile}"`,
        `tls-service-pem: "${certificate.file}"`,
      ],
    })
  unbound = await startAgain()
  const small = { label: 'small', port: ports.small, settings: ['max-udp-size: 512'] }
  servers.push(await startUnbound(folder, { ...common, ...small }))
  servers.push(
    await startNamedForwarder(folder, {
      ...{ port: ports.named, tlsPort: ports.namedTls, httpsPort: ports.namedHttps, to: ports.small },
      certificate,
    }),
  )
})

afterAll(async () => {
  await unbound?.stop()
  for (const server of servers.reverse()) await server.stop()
  if (failed) console.error(`logs are kept in ${folder}`)
  else if (folder !== undefined) rmSync(folder, { recursive: true })
})

function create(upstreams: readonly string[], options: ResolverOptions = {}): Resolver {
  onTestFailed(() => {
    failed = true
  })
  const resolver = new Resolver({
    ...{ upstreams, trustAnchors: anchor, upstreamAuthorities: certificate.pem, attemptTimeout: 5_000 },
    ...{ timeout: 30_000 },
    ...options,
  })
  onTestFinished(() => resolver.close())
  return resolver
}

const WAYS: Record<string, [() => string, 'udp' | 'connection']> = {
  'Unbound over UDP': [() => `127.0.0.1:${ports.unbound}`, 'udp'],
  'Unbound over TLS, whoever it is': [() => `tls://127.0.0.1:${ports.unboundTls}`, 'connection'],
  'Unbound over TLS, by its name': [() => `tls://127.0.0.1:${ports.unboundTls}#dns.test`, 'connection'],
  'Unbound over TLS, by its key': [() => `tls://127.0.0.1:${ports.unboundTls}#?pin=${certificate.pin}`, 'connection'],
  'Unbound over HTTPS': [() => `https://dns.test:${ports.unboundHttps}/dns-query#127.0.0.1`, 'connection'],
  'BIND over UDP, which wants cookies': [() => `127.0.0.1:${ports.named}`, 'udp'],
  'BIND over TLS, by its name': [() => `tls://127.0.0.1:${ports.namedTls}#dns.test`, 'connection'],
  'BIND over HTTPS': [() => `https://dns.test:${ports.namedHttps}/dns-query#127.0.0.1`, 'connection'],
}
const NAMES = [
  ['www.secure.test', 'secure'],
  ['nothing.secure.test', 'secure'],
  ['www.unsigned.test', 'insecure'],
  ['www.expired.test', 'bogus'],
] as const

describe.each(Object.entries(WAYS))('%s', (_, [upstream, way]) => {
  test.each(NAMES)('%s is %s', async (name, status) => {
    expect(await create([upstream()]).query(name, 'A')).toMatchObject({ status })
  })

  test('many at the same time share a few connections, or have none', async () => {
    const resolver = create([upstream()])
    const names = Array.from({ length: 60 }, (_, i) => `n${i}.wild.secure.test`)
    const answers = await Promise.all(names.map((name) => resolver.query(name, 'TXT')))
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 'secure'))
    const [upstreamStats] = resolver.stats.upstreams
    expect(upstreamStats!.timeouts).toBe(0)
    // 64 questions each, where there are so many at the same time.
    if (way === 'udp') expect(upstreamStats!.connections).toBe(0)
    else expect(upstreamStats!.connections).toBeLessThanOrEqual(4)
  })
})

describe('truncated answers', () => {
  test('come over one TCP connection for all', async () => {
    const resolver = create([`127.0.0.1:${ports.small}`])
    const names = Array.from({ length: 30 }, (_, i) => `n${i}.wild.secure.test`)
    const answers = await Promise.all(names.map((name) => resolver.query(name, 'TXT')))
    expect(answers.every(({ status }) => status === 'secure')).toBe(true)
    expect(resolver.stats.upstreams).toMatchObject([{ connections: 1, timeouts: 0 }])
    expect(resolver.stats.exchanges).toBeGreaterThan(resolver.stats.questions)
  })
})

describe('a server that must be the right one', () => {
  test.each([
    ['another name', () => `tls://127.0.0.1:${ports.unboundTls}#other.test`],
    ['another key', () => `tls://127.0.0.1:${ports.unboundTls}#?pin=${'A'.repeat(43)}=`],
    ['another name over HTTPS', () => `https://other.test:${ports.unboundHttps}/dns-query#127.0.0.1`],
  ])('%s: nothing is asked', async (_, upstream) => {
    const resolver = create([upstream()])
    expect(await resolver.query('www.secure.test', 'A')).toMatchObject({
      ...{ status: 'indeterminate', reason: { code: 'upstream-failed' } },
    })
    expect(resolver.stats.exchanges).toBe(0)
  })

  test('another path over HTTPS is an error of HTTP', async () => {
    const resolver = create([`https://dns.test:${ports.unboundHttps}/other#127.0.0.1`])
    const answer = await resolver.query('www.secure.test', 'A')
    expect(answer.reason?.text).toMatch(/HTTP status 404/)
  })
})

test('a server that was ended and started again is found again, over kept connections too', async () => {
  const ways = [WAYS['Unbound over UDP']!, WAYS['Unbound over TLS, by its name']!, WAYS['Unbound over HTTPS']!]
  const resolvers = ways.map(([upstream]) => create([upstream()], { cache: false }))
  for (const resolver of resolvers) {
    expect(await resolver.query('www.secure.test', 'A')).toMatchObject({ status: 'secure' })
  }
  await unbound.stop()
  for (const resolver of resolvers) {
    expect(await resolver.query('www.secure.test', 'A')).toMatchObject({ status: 'indeterminate' })
  }
  unbound = await startAgain()
  for (const resolver of resolvers) {
    expect(await resolver.query('www.secure.test', 'A')).toMatchObject({ status: 'secure' })
  }
})

test('with one server gone the other answers', async () => {
  const resolver = create([`127.0.0.1:${await freePort()}`, `tls://127.0.0.1:${ports.namedTls}#dns.test`])
  expect(await resolver.query('www.secure.test', 'A')).toMatchObject({ status: 'secure' })
})

/** Child zones first, the root last, each with the DS records of those before it. */
function writeZones(): WrittenZone[] {
  const children = [
    writeZone(folder, {
      apex: 'secure.test.',
      records: `www A 192.0.2.1\n*.wild TXT "${'x'.repeat(200)}" "${'y'.repeat(200)}"`,
      denial: 'nsec',
    }),
    writeZone(folder, { apex: 'unsigned.test.', records: 'www A 192.0.2.3' }),
    writeZone(folder, { apex: 'expired.test.', records: 'www A 192.0.2.5', denial: 'nsec', expired: 'A' }),
  ]
  const records = [...children.map(({ apex }) => `${apex} NS ns.nic.`), ...children.map(({ ds }) => ds)].join('\n')
  const parent = writeZone(folder, { apex: 'test.', records, denial: 'nsec' })
  const nic = writeZone(folder, { apex: 'nic.', records: 'ns A 127.0.0.1', denial: 'nsec' })
  const delegations = `test. NS ns.nic.\nnic. NS ns.nic.\n${parent.ds}\n${nic.ds}`
  return [...children, parent, nic, writeZone(folder, { apex: '.', records: delegations, denial: 'nsec' })]
}
