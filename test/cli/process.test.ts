import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  constants,
  copyFileSync,
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Script } from 'node:vm'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildCommandLine } from '../../scripts/build-cli.mjs'
import { DnsServer } from '../lab/dns-server.ts'
import { createInternet, type Internet } from '../lab/internet.ts'
import { temporaryFolder } from './files.ts'
import { fixtureArguments } from './lab-files.ts'

/** The program as a process of its own, built as for the package: what only the true streams and signals can show. */
const folder = temporaryFolder()
const program = join(folder, 'dist', 'cli', 'main.js')
let fixture: string[]
let internet: Internet

beforeAll(async () => {
  const root = join(import.meta.dirname, '..', '..')
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
  await buildCommandLine(join(folder, 'dist'), [process.execPath])
  internet = await createInternet({ now: 1_800_000_000 })
  fixture = fixtureArguments(folder, internet)
}, 60_000)

function start(...argv: string[]): ChildProcess {
  return spawn(process.execPath, [program, ...argv], { stdio: ['pipe', 'pipe', 'pipe'] })
}

async function finish(child: ChildProcess) {
  const [stdout, stderr] = [text(child.stdout!), text(child.stderr!)]
  const [code, signal] = await once(child, 'close')
  return { code, signal, stdout: stdout(), stderr: stderr() }
}

function text(stream: Readable): () => string {
  const parts: string[] = []
  stream.setEncoding('utf8').on('data', (part: string) => parts.push(part))
  return () => parts.join('')
}

function flipped(octets: Buffer, at: number): Uint8Array {
  const copy = Uint8Array.from(octets)
  copy[at]! ^= 0xff
  return copy
}

test('the exit status and the streams are those of the command', async () => {
  const [secure, bogus, wrong, version] = await Promise.all([
    finish(start('query', 'www.p256.test', '--json', ...fixture)),
    finish(start('query', 'expired.test', 'SOA', ...fixture)),
    finish(start('query', '--json', 'a..b')),
    finish(start('--version')),
  ])
  expect(secure).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(secure.stdout).status).toBe('secure')
  expect(bogus).toMatchObject({ code: 3, stderr: '' })
  expect(wrong).toMatchObject({ code: 64, stderr: expect.stringMatching(/^danelaw: [^\n]+\n$/) })
  expect(JSON.parse(wrong.stdout).error.code).toBe('bad-name')
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^danelaw [0-9.]+\n$/) })
})

describe('the last output', () => {
  test('goes behind what is in a file already, and in front of what follows', async () => {
    const path = join(folder, 'output')
    const query = [process.execPath, program, 'query', 'www.p256.test', '--json', ...fixture]
    const child = spawn('sh', ['-c', `(echo before; "$@"; echo behind) > '${path}'`, 'sh', ...query])
    expect(await finish(child)).toMatchObject({ code: 0, stderr: '' })
    const { stdout } = await finish(start(...query.slice(2)))
    expect(readFileSync(path, 'utf8')).toBe(`before\n${stdout}behind\n`)
  })

  test('waits for the reader of a pipe that is full and does not block', async () => {
    // Of an answer that cannot be had, standard error tells when standard output has been tried.
    const query = ['query', '@127.0.0.1:1', 'a.test']
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    const filled = fill(pipe)
    const child = spawn(process.execPath, [program, ...query], { stdio: ['ignore', pipe, 'pipe'] })
    // A child's streams block at first; whoever shares one can change that.
    const sharing = new Socket({ fd: pipe, readable: false })
    const end = once(child, 'close')
    await once(child.stderr!, 'data')
    const reader = finish(spawn('cat', [path]))
    expect(await end).toEqual([4, null])
    sharing.destroy()
    expect((await reader).stdout).toBe('x'.repeat(filled) + (await finish(start(...query))).stdout)
  })
})

/** Writes to a pipe what it holds, and tells how much that is. */
function fill(pipe: number): number {
  for (let octets = 0; ; octets++) {
    try {
      writeSync(pipe, 'x')
    } catch (error) {
      expect(error).toMatchObject({ code: 'EAGAIN' })
      return octets
    }
  }
}

test('a reader that has seen enough is no failure', async () => {
  const child = start('query', 'www.p256.test', ...fixture)
  child.stdout!.destroy()
  const { code, stderr } = await finish(child)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('the usual needs nothing of what is seldom needed', async () => {
  const server = await DnsServer.start({ answer: (question) => internet.answer(question) })
  const copy = join(folder, 'usual', 'dist')
  cpSync(join(folder, 'dist'), copy, { recursive: true })
  for (const file of readdirSync(join(copy, 'cli'))) {
    if (file.startsWith('seldom')) rmSync(join(copy, 'cli', file))
  }
  const withoutSeldom = (...argv: string[]) =>
    finish(spawn(process.execPath, [join(copy, 'cli', 'main.js'), 'query', ...argv, ...fixture.slice(2)]))
  try {
    const upstream = `@${server.address}:${server.port}`
    for (const run of [['www.p256.test'], ['nothing.nsec3.test', 'MX', '--json'], ['nothing.p256.test', 'TLSA']]) {
      expect(await withoutSeldom(upstream, ...run)).toMatchObject({ code: 0, stderr: '' })
    }
    // And that is seen.
    expect(await withoutSeldom('--help')).toMatchObject({ code: 70 })
  } finally {
    await server.close()
  }
})

describe('without the right code cache', () => {
  const caches = (): string[] =>
    readdirSync(join(folder, 'dist', 'cli'))
      .filter((name) => name.endsWith('.cache'))
      .map((name) => join(folder, 'dist', 'cli', name))

  const runs = () => Promise.all([finish(start('query', '--help')), finish(start('tlsa', '--help'))])
  let usual: Awaited<ReturnType<typeof runs>> | undefined

  /** Changes what one cache holds while the program runs. */
  async function runWith(change: (cache: Buffer) => Uint8Array | undefined) {
    const kept = caches().map((path) => ({ path, octets: readFileSync(path) }))
    for (const { path, octets } of kept) {
      const changed = change(octets)
      if (changed === undefined) rmSync(path)
      else writeFileSync(path, changed)
    }
    try {
      return await runs()
    } finally {
      for (const { path, octets } of kept) writeFileSync(path, octets)
    }
  }

  test('there is one for each bundle that is to start fast, and V8 takes it', () => {
    expect(caches().map((path) => /([a-z]+)-[0-9a-f]{12}\.[^/]*\.cache$/.exec(path)?.[1])).toEqual([
      'commands',
      'query',
      'seldom',
    ])
    for (const cache of caches()) {
      const filename = `${/^.*-[0-9a-f]{12}(?=\.)/.exec(cache)![0]}.js`
      const source = readFileSync(filename, 'latin1')
      expect(new Script(source, { filename, cachedData: readFileSync(cache) }).cachedDataRejected).toBe(false)
    }
  })

  test.each<[string, (cache: Buffer) => Uint8Array | undefined]>([
    ['none', () => undefined],
    ['an empty one', () => new Uint8Array(0)],
    ['a truncated one', (cache) => cache.subarray(0, cache.length / 2)],
    ['a short header', (cache) => cache.subarray(0, 10)],
    ['a longer one', (cache) => Buffer.concat([cache, cache])],
    ['that of another version', (cache) => flipped(cache, 4)],
    ['that of another source', (cache) => flipped(cache, 8)],
    ['that of other flags', (cache) => flipped(cache, 12)],
    ['something else', () => new TextEncoder().encode('something else'.repeat(1000))],
    ['that of another program', () => new Script('(function () {})').createCachedData()],
  ])('%s changes nothing', async (_, change) => {
    usual ??= await runs()
    expect(usual.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(2).fill({ code: 0, stderr: '' }))
    expect(await runWith(change)).toEqual(usual)
  })
})

describe('threads', () => {
  const names = ['p256.test', 'no-tlsa.test', 'expired.test', 'a..b', 'null-mx.test', 'ed25519.test', 'nsec3.test']

  test.each(['1', '3'])('%s: the same documents, one for each domain', async (threads) => {
    const child = start('scan', '--only-dns', '--ordered', '--threads', threads, ...fixture)
    child.stdin!.end(names.join('\n'))
    const { code, stdout, stderr } = await finish(child)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('7 lines: error 1') })
    const documents = stdout.split('\n').slice(0, -1)
    expect(documents.map((line) => JSON.parse(line).domain)).toEqual(
      names.map((name) => (name === 'a..b' ? undefined : `${name}.`)),
    )
    expect(documents.map((line) => JSON.parse(line).hosts?.[0]?.level)).toEqual([
      ...['dane', 'may', undefined, undefined, undefined, 'dane', 'dane'],
    ])
  })

  test('that cannot begin say why', async () => {
    const child = start('scan', '--threads', '2', '--fixture', join(folder, 'nothing'))
    child.stdin!.end('a.test\n')
    const { code, stdout, stderr } = await finish(child)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expect(stderr).toMatch(/^danelaw: .*nothing.*\n/)
  })

  test.each(['1', '2'])('%s: an interruption leaves what was done', async (threads) => {
    const child = start('scan', '--only-dns', '--threads', threads, ...fixture)
    const end = finish(child)
    child.stdin!.write('p256.test\n')
    await once(child.stdout!, 'data')
    child.kill('SIGINT')
    const { code, stdout, stderr } = await end
    expect(code).toBe(130)
    expect(JSON.parse(stdout).domain).toBe('p256.test.')
    expect(stderr).toMatch(/^danelaw: interrupted: 1 line: looked up 1\n$/)
  })
})

describe('an interruption', () => {
  test('ends a lookup with one line', async () => {
    const server = await DnsServer.start({ answer: (question) => internet.answer(question) })
    const asked = new Promise<void>((resolve) => {
      server.attacks.add('all', (plan) => {
        resolve()
        return { ...plan, message: null }
      })
    })
    try {
      const child = start('query', `@${server.address}:${server.port}`, 'a.test')
      const end = finish(child)
      await asked
      child.kill('SIGINT')
      expect(await end).toEqual({ code: 130, signal: null, stdout: '', stderr: 'danelaw: interrupted\n' })
    } finally {
      await server.close()
    }
  })

  test('ends the wait for a message', async () => {
    const child = start('send', '--from', 'a@b.test', '--to', 'c@d.test', ...fixture)
    const end = finish(child)
    // More than a pipe holds: once it is gone, somebody is reading.
    await new Promise((resolve) => child.stdin!.write('Subject: never finished\n'.repeat(50_000), resolve))
    child.kill('SIGINT')
    expect(await end).toMatchObject({ code: 75, stdout: '', stderr: 'danelaw: interrupted\n' })
  })
})
