import { once } from 'node:events'
import { connect, createServer, type Server, Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type RaceOptions, type RaceResult, race } from '../../src/smtp/race.ts'
import { deadPort } from './hosts.ts'

const servers: Server[] = []
const results: RaceResult[] = []
afterEach(() => {
  for (const result of results.splice(0)) result.socket?.destroy()
  for (const server of servers.splice(0)) server.close()
  vi.useRealTimers()
})

describe('the addresses of a host', () => {
  test('the first is taken where it answers, and nobody else is called', async () => {
    const [first, called] = await listen('127.0.0.1')
    const [, calledSecond] = await listen('127.0.0.2', first)
    const result = await run({ addresses: ['127.0.0.1', '127.0.0.2'], port: first })
    expect(result).toMatchObject({ address: '127.0.0.1', unreached: [] })
    expect(result.socket?.remoteAddress).toBe('127.0.0.1')
    await called()
    expect(calledSecond.count()).toBe(0)
  })

  test('one that refuses costs no delay, and is told of', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const [port] = await listen('127.0.0.3')
    const result = await run({ addresses: ['127.0.0.1', '127.0.0.2', '127.0.0.3'], port })
    expect(result.address).toBe('127.0.0.3')
    expect(result.unreached.map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.2'])
    expect(result.unreached[0]?.text).toContain(`127.0.0.1:${port}`)
  })

  test('one that stays silent costs the Connection Attempt Delay, and is not called unreached', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const [port] = await listen('127.0.0.1')
    const racing = run({ addresses: [SILENT, '127.0.0.1'], port })
    expect(vi.getTimerCount()).toBe(2)
    vi.advanceTimersByTime(249)
    expect(vi.getTimerCount()).toBe(2)
    vi.advanceTimersByTime(1)
    expect(await racing).toMatchObject({ address: '127.0.0.1', unreached: [] })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('each address has its own time, and all failed is told address by address', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const racing = run({ addresses: [SILENT, '127.0.0.1'], port: await deadPort(), connectTimeout: 1000 })
    vi.advanceTimersByTime(250)
    vi.advanceTimersByTime(750)
    const { socket, address, unreached } = await racing
    expect({ socket, address }).toEqual({ socket: null, address: null })
    expect(unreached.map((one) => one.address).sort()).toEqual(['127.0.0.1', SILENT].sort())
    expect(unreached.find((one) => one.address === SILENT)?.text).toContain('in time')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('families take turns (RFC 8305 section 4)', async () => {
    const addresses = ['::ffff:127.0.0.9', '::ffff:127.0.0.8', '127.0.0.7', '127.0.0.6', '127.0.0.5']
    const { unreached } = await run({ addresses, port: await deadPort() })
    expect(unreached.map(({ address }) => address)).toEqual([
      '::ffff:127.0.0.9',
      '127.0.0.7',
      '::ffff:127.0.0.8',
      '127.0.0.6',
      '127.0.0.5',
    ])
  })

  test('the signal ends it before, and in the middle', async () => {
    const before = AbortSignal.abort()
    expect(await run({ addresses: ['127.0.0.1'], port: 1, signal: before })).toMatchObject({ socket: null })
    const middle = new AbortController()
    const racing = run({ addresses: [SILENT], port: 25, signal: middle.signal })
    middle.abort()
    expect(await racing).toMatchObject({ socket: null, unreached: [] })
  })
})

async function run(options: Partial<RaceOptions> & Pick<RaceOptions, 'addresses' | 'port'>): Promise<RaceResult> {
  const result = await race({ connectTimeout: 30_000, ...options }, (to) =>
    to.host === SILENT ? new Socket() : connect(to),
  )
  results.push(result)
  return result
}

type Calls = (() => Promise<void>) & { readonly count: () => number }

/** A server on an address; it tells when it was called. */
async function listen(address: string, port = 0): Promise<[port: number, calls: Calls]> {
  let count = 0
  let wake = (): void => undefined
  const server = createServer((socket) => {
    count++
    wake()
    socket.on('error', () => socket.destroy())
    socket.resume()
  })
  server.listen(port, address)
  await once(server, 'listening')
  servers.push(server)
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  const called = async (): Promise<void> => {
    if (count === 0) await new Promise<void>((resolve) => (wake = resolve))
  }
  return [bound.port, Object.assign(called, { count: () => count })]
}

/** Connections to it never come about. */
const SILENT = '192.0.2.1'
