import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DnsServer } from '../lab/dns-server.ts'
import { createInternet, type Internet } from '../lab/internet.ts'
import { temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { fixtureArguments } from './lab-files.ts'

const folder = temporaryFolder()
let internet: Internet
let server: DnsServer
let online: string[]

beforeAll(async () => {
  internet = await createInternet({ now: 1_800_000_000 })
  server = await DnsServer.start({ answer: (question) => internet.answer(question) })
  online = [`@${server.address}:${server.port}`, ...fixtureArguments(folder, internet).slice(2)]
})
afterAll(() => server.close())

test('a second run asks nothing and says the same', async () => {
  const cache = join(folder, 'one.cache')
  const argv = ['query', 'www.p256.test', 'A', ...online, '--cache', cache]
  const first = await invoke(argv)
  expect(first).toMatchObject({ stderr: '' })
  const asked = server.seen.length
  const second = await invoke(argv)
  expect(second.stdout.split('\n')[0]).toBe(first.stdout.split('\n')[0])
  expect(second.status).toBe(first.status)
  expect(server.seen).toHaveLength(asked)
})

test('a file that is none is one line, and no other exit status', async () => {
  const cache = join(folder, 'two.cache')
  writeFileSync(cache, 'hello\n')
  const { status, stderr } = await invoke(['query', 'mx.signed.example', 'A', ...online, '--cache', cache])
  expect(status).toBe(0)
  expect(stderr).toBe(`danelaw: the cache is not used: ${cache}: is not a cache of danelaw\n`)
  expect(readFileSync(cache, 'utf8')).toMatch(/^\{"format":"danelaw cache"/)
})

test.each([['--fixture'], ['--record']])('not together with %s', async (other) => {
  const { status, stderr } = await invoke(['query', 'a', '--cache', join(folder, 'x'), other, join(folder, 'y')])
  expect(status).toBe(64)
  expect(stderr.split('\n')[0]).toBe(`danelaw: --cache and ${other} exclude each other`)
})
