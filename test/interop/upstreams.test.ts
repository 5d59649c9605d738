/**
 * The same questions to five resolvers and a load balancer of other people's, in every way they can be asked, over one
 * signed internet: the verdicts are the same, whoever is between.
 */
import { afterAll, beforeAll, describe, expect, onTestFailed, onTestFinished, test } from 'vitest'
import { Resolver } from '../../src/resolver/resolver.ts'
import { rcodeName } from '../../src/wire/codes/rcode.ts'
import { rrTypeFromName } from '../../src/wire/codes/rrtype.ts'
import { startDnsdist } from './peers/dnsdist.ts'
import { startKresd } from './peers/kresd.ts'
import { startNamedForwarder } from './peers/named-forwarder.ts'
import { freePort } from './peers/ports.ts'
import { startRecursor } from './peers/recursor.ts'
import { startUnbound } from './peers/unbound.ts'
import { BOGUS_QUESTIONS, QUESTIONS } from './upstreams/internet.ts'
import { createWorld, type World } from './upstreams/world.ts'

let world: World
let failed = false
const ports = {
  ...{ unbound: 0, unboundTls: 0, unboundHttps: 0, kresd: 0, kresdTls: 0, kresdHttps: 0 },
  ...{ named: 0, namedTls: 0, namedHttps: 0, recursor: 0, dnsdist: 0, dnsdistTls: 0, dnsdistHttps: 0 },
}

beforeAll(async () => {
  world = await createWorld('upstreams')
  const { folder, anchor, authority, zones, certificate } = world
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await freePort()
  const listening = (name: 'kresd' | 'named' | 'dnsdist') => ({
    ...{ port: ports[name], tlsPort: ports[`${name}Tls`], httpsPort: ports[`${name}Https`], certificate },
  })
  world.keep(
    await startUnbound(folder, {
      ...{ label: 'all-ways', port: ports.unbound, authority, zones, anchor },
      settings: [
        ...[ports.unboundTls, ports.unboundHttps].map((port) => `interface: 127.0.0.1@${port}`),
        ...[`tls-port: ${ports.unboundTls}`, `https-port: ${ports.unboundHttps}`],
        ...[`tls-service-key: "${certificate.keyFile}"`, `tls-service-pem: "${certificate.file}"`],
      ],
    }),
  )
  world.keep(await startKresd(folder, { ...listening('kresd'), to: world.unbound, anchor }))
  world.keep(await startNamedForwarder(folder, { ...listening('named'), to: world.unbound, anchor }))
  world.keep(await startRecursor(folder, { port: ports.recursor, authority, zones, anchor }))
  world.keep(await startDnsdist(folder, { ...listening('dnsdist'), to: ports.recursor }))
})

afterAll(() => world?.end(failed))

const plain = (name: keyof typeof ports) => () => `127.0.0.1:${ports[name]}`
const tls = (name: keyof typeof ports) => () => `tls://127.0.0.1:${ports[name]}#dns.test`
const https = (name: keyof typeof ports) => () => `https://dns.test:${ports[name]}/dns-query#127.0.0.1`

describe.each<[string, () => string]>([
  ['Unbound, plain', plain('unbound')],
  ['Unbound, TLS', tls('unboundTls')],
  ['Unbound, HTTPS', https('unboundHttps')],
  ['BIND, plain', plain('named')],
  ['BIND, TLS', tls('namedTls')],
  ['BIND, HTTPS', https('namedHttps')],
  ['Knot Resolver, plain', plain('kresd')],
  ['Knot Resolver, TLS', tls('kresdTls')],
  ['Knot Resolver, HTTPS', https('kresdHttps')],
  ['PowerDNS Recursor, plain', plain('recursor')],
  ['dnsdist, plain', plain('dnsdist')],
  ['dnsdist, TLS', tls('dnsdistTls')],
  ['dnsdist, HTTPS', https('dnsdistHttps')],
])('%s', (_, upstream) => {
  test.each(QUESTIONS)('%s %s: %s %s', async (name, type, status, rcode, records) => {
    const answer = await create(upstream()).query(name, type)
    expect(answer, answer.reason?.text).toMatchObject({ status })
    expect(rcodeName(answer.rcode)).toBe(rcode)
    const wanted = rrTypeFromName(type)
    expect('records' in answer && answer.records.filter((record) => record.type === wanted)).toHaveLength(records)
  })

  test.each(BOGUS_QUESTIONS)('%s %s: bogus', async (name, type) => {
    const answer = await create(upstream()).query(name, type)
    expect(answer, answer.reason?.text).toMatchObject({ status: 'bogus' })
  })

  test('all of them at the same time, and once more from memory', async () => {
    const resolver = create(upstream())
    const all = async () => {
      const answers = await Promise.all(QUESTIONS.map(([name, type]) => resolver.query(name, type)))
      return answers.map(({ status }) => status)
    }
    const expected = QUESTIONS.map(([, , status]) => status)
    expect(await all()).toEqual(expected)
    const { questions } = resolver.stats
    expect(await all()).toEqual(expected)
    expect(resolver.stats.questions).toBe(questions)
  })
})

function create(upstream: string): Resolver {
  onTestFailed(() => {
    failed = true
  })
  const { anchor: trustAnchors, certificate } = world
  const resolver = new Resolver({ upstreams: [upstream], trustAnchors, upstreamAuthorities: certificate.pem })
  onTestFinished(() => resolver.close())
  return resolver
}
