/** `danelawLookup` where undici looks names up, for fetch and requests. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Agent, fetch, request } from 'undici'
import { ZoneSet } from '../../../src/resolver/fixture/zone-set.ts'
import { danelawLookup } from '../../../src/resolver/node-dns/lookup.ts'
import { Resolver } from '../../../src/resolver/resolver.ts'
import { NSEC, signAll } from '../fixture/signed-zones.ts'

const internet = signAll([
  { apex: '.', text: 'example NS ns', denial: NSEC },
  {
    apex: 'example',
    text: 'both A 127.0.0.1\nboth AAAA ::1\nfour A 127.0.0.1\nsix AAAA ::1\ntext TXT "x"',
    denial: NSEC,
  },
])
const zones = new ZoneSet(internet.zones)
const server = createServer((incoming, response) =>
  response.end(`${incoming.headers.host} ${incoming.socket.localFamily}`),
)
let port: number

beforeAll(async () => {
  server.listen(0, '::')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

function agent(options: { family?: number; autoSelectFamily?: boolean } = {}): Agent {
  const fixture = {
    description: 'zones',
    answer: (question: Parameters<ZoneSet['answer']>[0]) =>
      question.name.key.includes('broken')
        ? ({ kind: 'failure', cause: 'timeout', detail: 'nobody answers', upstream: undefined } as const)
        : ({ kind: 'message', message: zones.answer(question), upstream: 'zones' } as const),
  }
  const resolver = new Resolver({ fixture, trustAnchors: internet.anchors, now: 1_800_000_000 })
  const lookup = danelawLookup(resolver)
  const made = new Agent({ connect: { lookup, ...options } })
  onTestFinished(async () => {
    await made.destroy()
    await resolver.close()
  })
  return made
}

test.each([
  ['both.example', {}],
  ['both.example', { autoSelectFamily: true }],
  ['both.example', { autoSelectFamily: false }],
  ['four.example', {}],
  ['four.example', { family: 4 }],
  ['six.example', {}],
  ['six.example', { family: 6 }],
])('%s %j: request and fetch arrive', async (host, options) => {
  const dispatcher = agent(options)
  const url = `http://${host}:${port}/`
  const { body } = await request(url, { dispatcher })
  expect(await body.text()).toContain(`${host}:${port}`)
  expect(await (await fetch(url, { dispatcher })).text()).toContain(`${host}:${port}`)
})

test.each([
  ['none.example', 'ENOTFOUND'],
  ['text.example', 'ENOTFOUND'],
  ['broken.example', 'EAI_AGAIN'],
])('%s: %s', async (host, code) => {
  await expect(request(`http://${host}:${port}/`, { dispatcher: agent() })).rejects.toMatchObject({ code })
  await expect(fetch(`http://${host}:${port}/`, { dispatcher: agent() })).rejects.toMatchObject({ cause: { code } })
})
