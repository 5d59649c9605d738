import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { converse } from '../../src/smtp/connection.ts'
import type { ConnectionOptions, ConnectionReport } from '../../src/smtp/connection-types.ts'
import { ConnectionPool, type IdleConnection, type PoolOptions } from '../../src/smtp/pool.ts'
import type { SessionOptions } from '../../src/smtp/session.ts'
import type { MailBehaviour } from '../lab/mail/behaviour.ts'
import type { MailServer } from '../lab/mail-server.ts'
import { mailServer, said } from './hosts.ts'
import { AUTHENTICATED, MAIL, NOT_AUTHENTICATED } from './memory-server.ts'
import { TIMEOUTS } from './timeouts.ts'

describe('the pool', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  test('gives a connection out for its very key, once, the last one first', () => {
    const pool = new ConnectionPool()
    const [first, second, other] = [idle(), idle(), idle()]
    expect([pool.put('a', first), pool.put('a', second), pool.put('b', other)]).toEqual([true, true, true])
    for (const key of ['', 'A', 'a ', 'c']) expect(pool.take(key)).toBeUndefined()
    expect([pool.take('a'), pool.take('a'), pool.take('a')]).toEqual([second, first, undefined])
    expect(pool.size).toBe(1)
    pool.remove(other)
    expect(pool.take('b')).toBeUndefined()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('takes leave of one that waits too long', () => {
    const pool = new ConnectionPool({ idleTime: 1000 })
    const one = idle()
    pool.put('a', one)
    vi.advanceTimersByTime(999)
    expect(one.closed).toBe(0)
    vi.advanceTimersByTime(1)
    expect(one.closed).toBe(1)
    expect(pool.take('a')).toBeUndefined()
  })

  test('of one that is too old, however busy it is', () => {
    const pool = new ConnectionPool({ idleTime: 2000, age: 3000 })
    const one = idle()
    for (let round = 0; round < 2; round++) {
      expect(pool.put('a', one)).toBe(true)
      vi.advanceTimersByTime(1500)
      if (round === 0) expect(pool.take('a')).toBe(one)
    }
    expect(one.closed).toBe(1)
    expect(pool.put('a', one)).toBe(false)
  })

  test('of one that has carried enough, and of the oldest where there are too many', () => {
    const pool = new ConnectionPool({ mailsPerConnection: 2, connections: 2 })
    expect(pool.put('a', idle(2))).toBe(false)
    const three = [idle(1), idle(1), idle(1)]
    for (const one of three) pool.put('a', one)
    expect(three.map(({ closed }) => closed)).toEqual([1, 0, 0])
    expect(pool.size).toBe(2)
  })

  test('of all when it is closed, and takes nothing in any more', () => {
    const one = idle()
    const pool = new ConnectionPool()
    pool.put('a', one)
    pool.close()
    expect(one.closed).toBe(1)
    expect(pool.put('a', idle())).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('its options are checked', () => {
    const wrong = [{ idleTime: 0 }, { age: 0 }, { mailsPerConnection: 0 }, { connections: 1.5 }]
    for (const options of wrong) expect(() => new ConnectionPool(options)).toThrow(RangeError)
  })
})

describe('another mail over a connection of the pool', () => {
  const pools: ConnectionPool[] = []
  afterEach(() => {
    for (const pool of pools.splice(0)) pool.close()
  })
  const newPool = (options?: PoolOptions): ConnectionPool => {
    const pool = new ConnectionPool(options)
    pools.push(pool)
    return pool
  }

  test('the same TLS, the same judgement, RSET, and no second handshake', async () => {
    const server = await mailServer()
    const pool = newPool()
    const approve = vi.fn(() => AUTHENTICATED)
    const first = await talk(server, pool, {}, { approve })
    expect(pool.size).toBe(1)
    const second = await talk(server, pool, {}, { approve })
    expect([first.reused, second.reused]).toEqual([false, true])
    expect(second).toMatchObject({ address: server.address, tls: first.tls, approval: first.approval })
    expect(second.session).toMatchObject({ security: 'authenticated', failure: null })
    expect(approve).toHaveBeenCalledTimes(1)
    expect(server.sessions).toHaveLength(1)
    expect(server.messages).toHaveLength(2)
    expect(said(server.sessions[0]).tls.match(/EHLO|RSET|MAIL|QUIT/g)).toEqual(['EHLO', 'MAIL', 'RSET', 'MAIL'])
    pool.close()
    while (!server.sessions[0]!.closed) await new Promise((resolve) => setImmediate(resolve))
    expect(said(server.sessions[0]).tls.endsWith('QUIT\r\n')).toBe(true)
  })

  test('another key, another connection', async () => {
    const server = await mailServer()
    const pool = newPool()
    await talk(server, pool)
    await talk(server, pool, {}, { reuse: { pool, key: 'other' } })
    expect(server.sessions).toHaveLength(2)
  })

  test.each([
    ['level', { level: 'may' } as const, {}],
    ['server name', {}, { serverName: 'other.example' }],
    ['least version', {}, { tlsMinimum: 'TLSv1.3' } as const],
  ])('another %s under the same key does not count', async (_, talkChanges, changes) => {
    const server = await mailServer()
    const pool = newPool()
    await talk(server, pool)
    const report = await talk(server, pool, talkChanges, changes)
    expect(report.reused).toBe(false)
    expect(server.sessions).toHaveLength(2)
  })

  test('one the server has hung up on costs a new one, and no mail', async () => {
    const server = await mailServer()
    const pool = newPool()
    await talk(server, pool)
    server.sessions[0]!.destroy()
    const report = await talk(server, pool)
    expect(report).toMatchObject({ reused: false, session: { recipients: [{ outcome: 'delivered' }] } })
    expect(server.messages).toHaveLength(2)
  })

  test.each([
    ['421 for RSET', { reply: '421 4.4.2 idle too long' }],
    ['500 for RSET', '500 5.5.1 what?'],
    ['hanging up at RSET', { close: true }],
  ])('%s: the mail goes over a new connection, once', async (_, answer) => {
    const server = await mailServer({ script: ({ verb }) => (verb === 'RSET' ? answer : undefined) })
    const pool = newPool()
    await talk(server, pool)
    const report = await talk(server, pool)
    expect(report).toMatchObject({ reused: false, session: { recipients: [{ outcome: 'delivered' }] } })
    expect(server.messages).toHaveLength(2)
  })

  test('hanging up once MAIL was answered is not tried anew: it is told', async () => {
    const server = await mailServer({
      script: ({ verb, count }) => (verb === 'BDAT' && count === 2 ? { close: true } : undefined),
    })
    const pool = newPool()
    await talk(server, pool)
    const report = await talk(server, pool)
    expect(report).toMatchObject({ reused: true, session: { recipients: [{ outcome: 'deferred', final: true }] } })
    expect(server.sessions).toHaveLength(1)
    expect(server.messages).toHaveLength(1)
  })

  const unasked: Partial<MailBehaviour> = {
    extensions: [],
    script: ({ verb }) => (verb === '.' ? '250 2.0.0 taken\n250 2.0.0 again' : undefined),
  }
  const oddities: [string, Partial<MailBehaviour>, Partial<ConnectionOptions>][] = [
    // Two lines with a space behind the code are two replies.
    ['a reply nobody asked for', unasked, {}],
    ['no match', {}, { approve: () => NOT_AUTHENTICATED }],
    ['a server that takes no more mails', { extensions: ['LIMITS MAILMAX=1'] }, {}],
  ]

  test.each(oddities)('%s: nothing is kept', async (_, behaviour, changes) => {
    const server = await mailServer(behaviour)
    const pool = newPool()
    await talk(server, pool, {}, changes)
    while (pool.size > 0) await new Promise((resolve) => setImmediate(resolve))
    await talk(server, pool, {}, changes)
    expect(server.sessions).toHaveLength(2)
  })

  test('a refused mail leaves a connection that can be used', async () => {
    const server = await mailServer({
      script: ({ verb, count }) => (verb === 'RCPT' && count === 1 ? '550 5.1.1 no' : undefined),
    })
    const pool = newPool()
    expect((await talk(server, pool)).session.recipients).toMatchObject([{ outcome: 'rejected' }])
    expect((await talk(server, pool)).session.recipients).toMatchObject([{ outcome: 'delivered' }])
    expect(server.sessions).toHaveLength(1)
  })

  test('without mail nothing is taken out', async () => {
    const server = await mailServer()
    const pool = newPool()
    await talk(server, pool)
    await talk(server, pool, { mail: undefined })
    expect(server.sessions).toHaveLength(2)
    expect(pool.size).toBe(1)
  })

  test('a signal counts for its own mail', async () => {
    const server = await mailServer()
    const pool = newPool()
    const controller = new AbortController()
    await talk(server, pool, {}, { signal: controller.signal })
    controller.abort()
    expect(pool.size).toBe(1)
    const cancelled = await talk(server, pool, {}, { signal: controller.signal })
    expect(cancelled.session.failure?.kind).toBe('aborted')
    expect(server.messages).toHaveLength(1)
  })
})

interface Fake extends IdleConnection {
  closed: number
}

function idle(mails = 1): Fake {
  const fake: Fake = { madeAt: performance.now(), mails, closed: 0, close: () => void fake.closed++ }
  return fake
}

function talk(
  server: MailServer,
  pool: ConnectionPool,
  options: Partial<SessionOptions> = {},
  changes: Partial<ConnectionOptions> = {},
): Promise<ConnectionReport> {
  return converse(
    { level: 'authenticate', ehloName: 'client.example', mail: MAIL, ...options },
    {
      addresses: [server.address],
      port: server.port,
      serverName: 'mx.example.com',
      approve: () => AUTHENTICATED,
      timeouts: TIMEOUTS,
      reuse: { pool, key: 'mx.example.com' },
      ...changes,
    },
  )
}
