import { describe, expect, test } from 'vitest'
import type { RecipientDsn } from '../../../src/smtp/delivery-request.ts'
import { MemoryStore } from './memory-store.ts'
import {
  DAY,
  delivered,
  HOUR,
  later,
  MESSAGE,
  MINUTE,
  rejected,
  settled,
  Simulation,
  START,
  unreachable,
} from './simulation.ts'

const FROM = 'a@sender.test'
const asking = (notify: RecipientDsn['notify']) => ({ recipients: new Map([['b@example.test', { notify }]]) })
const minutes = (simulation: Simulation) => simulation.deliveries.map(({ at }) => Math.round(at / MINUTE))

test('what is submitted is delivered at once, and gone', async () => {
  const sim = new Simulation()
  sim.start()
  const id = await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
  expect(id).toMatch(/^[0-9a-v]{25}$/)
  await sim.clock.pass(0)
  expect(sim.deliveries).toEqual([
    { at: 0, from: FROM, to: ['b@example.test'], message: MESSAGE.replaceAll('\n', '\r\n') },
  ])
  expect(sim.events.map(({ kind }) => kind)).toEqual(['queued', 'tried', 'removed'])
  expect(await sim.store.list('waiting')).toEqual([])
  await sim.stop()
})

test('recipients of one domain share a delivery, others do not', async () => {
  const sim = new Simulation()
  await sim.queue.submit({ from: FROM, to: ['b@example.test', 'c@other.test', 'd@EXAMPLE.test'], content: MESSAGE })
  await sim.queue.flush()
  expect(sim.deliveries.map(({ to }) => to)).toEqual([['b@example.test', 'd@EXAMPLE.test'], ['c@other.test']])
})

test('a message that must have DANE says so to whoever delivers, and another takes nothing from what a program always wants', async () => {
  const seen: object[] = []
  const sim = new Simulation({
    deliver: async (_message, options) => {
      seen.push({ requireDane: 'never set', ...options })
      return [delivered()]
    },
  })
  await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
  await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE, requireDane: true })
  await sim.queue.flush()
  expect(seen.map((options) => 'requireDane' in options && options.requireDane).sort()).toEqual(['never set', true])
})

describe('pauses', () => {
  test('grow from five minutes to 67 over five days, and then the sender is told', async () => {
    const sim = new Simulation()
    sim.answer = (address) => (address === FROM ? delivered() : later())
    sim.start()
    await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    await sim.clock.pass(6 * DAY)
    const tries = minutes(sim).filter((_, index) => sim.deliveries[index]!.from !== null)
    expect(tries.slice(0, 7)).toEqual([0, 5, 15, 35, 75, 142, 208])
    expect(tries.at(-1)).toBe(5 * 24 * 60)
    expect(tries).toHaveLength(112)
    const [warning, failure] = sim.reports
    expect(sim.reports).toHaveLength(2)
    expect(warning!.at).toBeGreaterThanOrEqual(4 * HOUR)
    expect(warning!.at).toBeLessThan(5.2 * HOUR)
    expect(warning!.message).toContain('\r\nAction: delayed\r\nStatus: 4.7.1\r\n')
    expect(warning!.message).toContain('\r\nWill-Retry-Until: Fri, 27 Nov 2026 13:00:00 +0000\r\n')
    expect(failure!.message).toContain('\r\nAction: failed\r\nStatus: 4.7.1\r\n')
    expect(failure!.message).toContain('given up for its age')
    expect(await sim.store.list('waiting')).toEqual([])
    await sim.stop()
  })

  test('are drawn, so that mail for one host spreads out', async () => {
    const sim = new Simulation({ random: () => 0.5, tuning: { retryJitter: 20 } })
    sim.answer = () => later()
    sim.start()
    await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    await sim.clock.pass(6 * MINUTE)
    expect(sim.deliveries.map(({ at }) => at)).toEqual([0, 270_000])
    await sim.stop()
  })

  test('are as long as an outcome says that no try makes sense', async () => {
    const sim = new Simulation()
    sim.answer = () => later({ retry: { after: START / 1000 + 3 * 3600, why: 'the policy is kept until then' } })
    sim.start()
    await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    await sim.clock.pass(4 * HOUR - MINUTE)
    expect(minutes(sim).slice(0, 2)).toEqual([0, 180])
    await sim.stop()
  })

  test('a hint beyond the end does not take the last try away', async () => {
    const sim = new Simulation({ tuning: { delayWarning: 0 } })
    sim.answer = (address) =>
      address === FROM ? delivered() : later({ retry: { after: START / 1000 + 30 * 86_400, why: 'far away' } })
    sim.start()
    await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    await sim.clock.pass(6 * DAY)
    expect(minutes(sim)).toEqual([0, 7200, 7200])
    expect(sim.reports).toHaveLength(1)
    await sim.stop()
  })
})

describe('a clock that was a year ahead', () => {
  test('does not keep mail waiting while the queue is run', async () => {
    const sim = new Simulation()
    sim.answer = () => unreachable()
    sim.start()
    // The third makes the destination rest.
    for (let n = 0; n < 3; n++) await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    await sim.clock.pass(MINUTE / 2)
    expect(sim.deliveries).toHaveLength(3)
    sim.clock.setBack(365 * DAY)
    await sim.clock.pass(MINUTE)
    expect(sim.deliveries).toHaveLength(6)
    await sim.clock.pass(20 * MINUTE)
    expect(sim.deliveries.length).toBeLessThan(15)
    await sim.stop()
  })

  test('nor where it is run anew', async () => {
    const sim = new Simulation()
    sim.answer = () => later()
    await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    await sim.queue.flush()
    sim.clock.setBack(365 * DAY)
    sim.start()
    await sim.clock.pass(0)
    expect(sim.deliveries).toHaveLength(2)
    await sim.clock.pass(4 * MINUTE)
    expect(sim.deliveries).toHaveLength(2)
    await sim.clock.pass(MINUTE)
    await sim.clock.pass(10 * MINUTE)
    expect(sim.deliveries).toHaveLength(3)
    await sim.stop()
  })
})

describe('notifications', () => {
  test.each([
    ['a code that is none', { enhanced: '5.1234.1' }, undefined],
    ['a header that is none', {}, 'X: \0'],
  ])('%s does not keep a message, and the room it takes, for good', async (_what, more, head) => {
    const store = new MemoryStore()
    const claim = store.claim.bind(store)
    store.claim = async (id) => {
      const claimed = await claim(id)
      return claimed && { ...claimed, ...(head !== undefined && { head: async () => Buffer.from(head) }) }
    }
    const sim = new Simulation({ store })
    sim.answer = (address) => (address === FROM ? delivered() : rejected(more))
    const id = await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    await sim.queue.flush()
    expect(sim.reports).toHaveLength(head === undefined ? 1 : 0)
    expect(store.damaged).toEqual(head === undefined ? [] : [id])
    expect(sim.of('damaged').map(({ error }) => error.message)).toEqual(
      head === undefined ? [] : [expect.stringMatching(/^its sender cannot be told: .*a NUL/)],
    )
  })

  test('a refusal is told at once, once, and to the sender', async () => {
    const sim = new Simulation()
    sim.answer = (address) => (address === 'b@example.test' ? rejected() : delivered())
    await sim.queue.submit({ from: FROM, to: ['b@example.test', 'c@example.test'], content: MESSAGE })
    await sim.queue.flush()
    const [report] = sim.reports
    expect(sim.reports).toHaveLength(1)
    expect(report).toMatchObject({ from: null, to: [FROM] })
    expect(report!.message).toContain('\r\nFinal-Recipient: rfc822; b@example.test\r\nAction: failed\r\n')
    expect(report!.message).not.toContain('c@example.test')
    expect(report!.message).toContain('\r\nIn-Reply-To: <1@sender.test>\r\n')
    await sim.queue.flush()
    expect(sim.deliveries).toHaveLength(2)
  })

  test('nothing is ever told about a notification, whose loss is written down', async () => {
    const sim = new Simulation()
    sim.answer = () => rejected()
    await sim.queue.submit({ from: null, to: 'b@example.test', content: MESSAGE })
    await sim.queue.flush()
    expect(sim.deliveries).toHaveLength(1)
    expect(sim.of('dropped')).toMatchObject([{ recipient: { address: 'b@example.test' } }])
    expect(await sim.store.list('waiting')).toEqual([])
  })

  test('a notification that fails is dropped, not answered', async () => {
    const sim = new Simulation()
    sim.answer = () => rejected()
    await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    await sim.queue.flush()
    expect(sim.deliveries.map(({ from }) => from)).toEqual([FROM, null])
    expect(sim.of('reported')).toHaveLength(1)
    expect(sim.of('dropped')).toMatchObject([{ recipient: { address: FROM } }])
  })

  test('the null sender is not warned of delays', async () => {
    const sim = new Simulation()
    sim.answer = () => later()
    sim.start()
    await sim.queue.submit({ from: '<>', to: 'b@example.test', content: MESSAGE })
    await sim.clock.pass(6 * DAY)
    expect(sim.of('reported')).toEqual([])
    expect(sim.of('dropped')).toHaveLength(1)
    await sim.stop()
  })

  test.each([
    ['NEVER', []],
    [['FAILURE'], ['failed']],
    [['SUCCESS', 'DELAY'], []],
  ] as const)('NOTIFY %j of a failure', async (notify, actions) => {
    const sim = new Simulation()
    sim.answer = (address) => (address === FROM ? delivered() : rejected())
    await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE, dsn: asking(notify) })
    await sim.queue.flush()
    expect(sim.reports.map(({ message }) => /\r\nAction: (\w+)/.exec(message)?.[1])).toEqual(actions)
  })

  test.each([
    ['SUCCESS', 'relayed', ['relayed']],
    ['SUCCESS', 'passed', []],
    ['FAILURE', 'relayed', []],
  ] as const)('NOTIFY %s of what was %s', async (word, dsn, actions) => {
    const sim = new Simulation()
    sim.answer = () => delivered({ dsn })
    await sim.queue.submit({
      from: FROM,
      to: 'b@example.test',
      dsn: asking([word]),
      content: MESSAGE,
    })
    await sim.queue.flush()
    expect(sim.reports.map(({ message }) => /\r\nAction: (\w+)/.exec(message)?.[1])).toEqual(actions)
  })

  test('a header cut between CR and LF comes back as well', async () => {
    const sim = new Simulation()
    sim.answer = (address) => (address === FROM ? delivered() : rejected())
    const line = (length: number): string => `X: ${'x'.repeat(length - 5)}\r\n`
    // 65536 octets and an LF.
    const content = `${line(800).repeat(81)}${line(737)}${line(800)}\r\nbody\r\n`
    expect(content.slice(65_535, 65_537)).toBe('\r\n')
    await sim.queue.submit({ from: FROM, to: 'b@example.test', content })
    await sim.queue.flush()
    expect(sim.reports).toHaveLength(1)
    expect(sim.of('trouble')).toEqual([])
  })

  test('RET=FULL gives the message back, unless REQUIRETLS was asked', async () => {
    const sim = new Simulation()
    sim.answer = (address) => (address === FROM ? delivered() : rejected())
    const message = { from: FROM, to: 'b@example.test', content: MESSAGE, dsn: { envid: 'a+b', ret: 'FULL' } } as const
    await sim.queue.submit(message)
    await sim.queue.flush()
    await sim.queue.submit({ ...message, requireTls: true })
    await sim.queue.flush()
    const bodies = sim.reports.map((report) => report.message.includes('body'))
    expect(bodies).toEqual([true, false])
    expect(sim.reports[0]!.message).toContain('\r\nOriginal-Envelope-Id: a+b\r\n')
  })
})

describe('destinations', () => {
  test('one that does not answer rests, and mail for it is not tried one by one', async () => {
    const sim = new Simulation({ tuning: { failuresToRest: 3, destinationConcurrency: 1 } })
    sim.answer = (address) => (address.endsWith('@dead.test') ? unreachable() : delivered())
    for (let each = 0; each < 10; each++) {
      await sim.queue.submit({ from: FROM, to: `u${each}@dead.test`, content: MESSAGE })
      await sim.queue.submit({ from: FROM, to: `u${each}@example.test`, content: MESSAGE })
    }
    sim.start()
    await sim.clock.pass(4 * MINUTE)
    expect(sim.deliveries.filter(({ to }) => to[0]!.endsWith('@dead.test'))).toHaveLength(3)
    expect(sim.deliveries.filter(({ to }) => to[0]!.endsWith('@example.test'))).toHaveLength(10)
    sim.answer = () => delivered()
    await sim.clock.pass(2 * MINUTE)
    expect(await sim.store.list('waiting')).toEqual([])
    await sim.stop()
  })

  test('one that says "later" does not rest', async () => {
    const sim = new Simulation()
    sim.answer = () => later()
    for (let each = 0; each < 10; each++)
      await sim.queue.submit({ from: FROM, to: `u${each}@grey.test`, content: MESSAGE })
    sim.start()
    await sim.clock.pass(0)
    expect(sim.deliveries).toHaveLength(10)
    await sim.stop()
  })

  test('a slow one has a few deliveries at a time, and others go on', async () => {
    const sim = new Simulation({ tuning: { destinationConcurrency: 2, concurrency: 4 } })
    const open: (() => void)[] = []
    let most = 0
    sim.answer = async (address) => {
      if (!address.endsWith('@slow.test')) return delivered()
      await new Promise<void>((resolve) => {
        open.push(resolve)
        most = Math.max(most, open.length)
      })
      return delivered()
    }
    for (let each = 0; each < 20; each++)
      await sim.queue.submit({ from: FROM, to: `u${each}@slow.test`, content: MESSAGE })
    for (let each = 0; each < 20; each++)
      await sim.queue.submit({ from: FROM, to: `u${each}@d${each}.test`, content: MESSAGE })
    sim.start()
    await sim.clock.pass(0)
    await settled()
    expect(sim.of('removed')).toHaveLength(20)
    expect(open).toHaveLength(2)
    for (let each = 0; each < 20; each++) {
      open.shift()!()
      await settled()
    }
    expect(most).toBe(2)
    expect(sim.of('removed')).toHaveLength(40)
    await sim.stop()
  })

  test('a message for many is one delivery each, no more at a time than allowed', async () => {
    const sim = new Simulation({ tuning: { concurrency: 3 } })
    let [now, most] = [0, 0]
    sim.answer = async () => {
      most = Math.max(most, ++now)
      await settled()
      now--
      return delivered()
    }
    const to = Array.from({ length: 30 }, (_, each) => `u@d${each}.test`)
    await sim.queue.submit({ from: FROM, to, content: MESSAGE })
    await sim.queue.flush()
    expect(sim.deliveries).toHaveLength(30)
    expect(most).toBe(3)
  })
})

describe('flush', () => {
  test('tries what is not due, also at a destination that rests, and each once', async () => {
    const sim = new Simulation({ tuning: { failuresToRest: 1, destinationConcurrency: 1 } })
    sim.answer = () => unreachable()
    for (let each = 0; each < 5; each++)
      await sim.queue.submit({ from: FROM, to: `u${each}@dead.test`, content: MESSAGE })
    await sim.queue.flush()
    expect(sim.deliveries).toHaveLength(5)
    await sim.clock.pass(1)
    await sim.queue.flush()
    expect(sim.deliveries).toHaveLength(10)
  })

  test('of one message leaves the others alone', async () => {
    const sim = new Simulation()
    await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    const id = await sim.queue.submit({ from: FROM, to: 'c@example.test', content: MESSAGE })
    await sim.queue.flush({ ids: [id] })
    expect(sim.deliveries.map(({ to }) => to)).toEqual([['c@example.test']])
  })
})

describe('stopping', () => {
  test('lets a delivery come to its end', async () => {
    const sim = new Simulation()
    let finish = (): void => undefined
    sim.answer = async () => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      return delivered()
    }
    sim.start()
    await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    await sim.clock.pass(0)
    const stopped = sim.stop()
    await settled()
    finish()
    await stopped
    expect(await sim.store.list('waiting')).toEqual([])
    expect(sim.of('removed')).toHaveLength(1)
  })

  test('ends a delivery that takes too long; that counts as no try', async () => {
    const sim = new Simulation()
    sim.answer = async (_address, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return unreachable({ text: 'cancelled by the caller' })
    }
    sim.start()
    const id = await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    await sim.clock.pass(0)
    const stopped = sim.stop()
    await sim.clock.pass(11_000)
    await stopped
    expect(await sim.queue.read(id)).toMatchObject({
      state: 'waiting',
      entry: { recipients: [{ attempts: 0, last: null }] },
    })
  })
})

describe('held and removed', () => {
  test('what is held is not tried until it is released', async () => {
    const sim = new Simulation()
    const id = await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    await sim.queue.hold(id)
    sim.start()
    await sim.clock.pass(HOUR)
    expect(sim.deliveries).toEqual([])
    await sim.queue.release(id)
    await sim.clock.pass(0)
    expect(sim.deliveries).toHaveLength(1)
    await sim.stop()
  })

  test('what is being delivered is neither', async () => {
    const sim = new Simulation()
    let finish = (): void => undefined
    sim.answer = async () => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      return delivered()
    }
    const id = await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
    sim.start()
    await sim.clock.pass(0)
    await expect(sim.queue.remove(id)).rejects.toMatchObject({ code: 'in-use' })
    await expect(sim.queue.hold(id)).rejects.toMatchObject({ code: 'in-use' })
    finish()
    await settled()
    await expect(sim.queue.remove(id)).rejects.toMatchObject({ code: 'no-entry' })
    await sim.stop()
  })
})

test('what is known of one recipient is kept while another is still being tried', async () => {
  const sim = new Simulation()
  sim.early = true
  let finish = (): void => undefined
  sim.answer = async (address) => {
    if (address === 'b@example.test') return delivered()
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    return later()
  }
  sim.start()
  const id = await sim.queue.submit({ from: FROM, to: ['b@example.test', 'c@example.test'], content: MESSAGE })
  await sim.clock.pass(0)
  expect(await sim.queue.read(id)).toMatchObject({
    state: 'claimed',
    entry: {
      recipients: [
        { state: 'delivered', attempts: 1 },
        { state: 'pending', attempts: 0 },
      ],
    },
  })
  finish()
  await settled()
  expect(await sim.queue.read(id)).toMatchObject({
    state: 'waiting',
    entry: {
      recipients: [
        { state: 'delivered', attempts: 1 },
        { state: 'pending', attempts: 1 },
      ],
    },
  })
  expect(sim.of('tried')).toHaveLength(2)
  await sim.stop()
})

test('what a host may have taken when it was cut short counts as a try, and waits', async () => {
  const sim = new Simulation()
  sim.answer = async (_address, signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return unreachable({ failure: 'closed', enhanced: '4.4.2', text: 'it may have been delivered' })
  }
  sim.start()
  const id = await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
  await sim.clock.pass(0)
  const stopped = sim.stop()
  await sim.clock.pass(11_000)
  await stopped
  expect(await sim.queue.read(id)).toMatchObject({
    entry: { recipients: [{ attempts: 1, last: { enhanced: '4.4.2' } }] },
  })
})

test('a delivery that throws is tried again, and told', async () => {
  const sim = new Simulation()
  sim.answer = () => {
    throw new Error('no upstream to ask')
  }
  sim.start()
  const id = await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
  await sim.clock.pass(0)
  expect(sim.of('trouble')).toHaveLength(1)
  expect(await sim.queue.read(id)).toMatchObject({
    entry: { recipients: [{ attempts: 1, last: { text: 'no upstream to ask' }, due: '2026-11-22T13:05:00.000Z' }] },
  })
  await sim.stop()
})

test('a store that cannot write keeps what is known in memory until it can', async () => {
  const store = new MemoryStore()
  const claim = store.claim.bind(store)
  let full = true
  store.claim = async (id) => {
    const claimed = await claim(id)
    return (
      claimed && {
        ...claimed,
        record: async (entry) => {
          if (full) throw new Error('no space')
          await claimed.record(entry)
        },
        settle: async (...args) => {
          if (full) throw new Error('no space')
          await claimed.settle(...args)
        },
      }
    )
  }
  const sim = new Simulation({ store })
  sim.start()
  await sim.queue.submit({ from: FROM, to: 'b@example.test', content: MESSAGE })
  await sim.clock.pass(HOUR)
  expect(sim.of('trouble').length).toBeGreaterThan(2)
  full = false
  await sim.clock.pass(HOUR)
  expect(sim.deliveries).toHaveLength(1)
  expect(await store.list('waiting')).toEqual([])
  await sim.stop()
})

test('a second runner is refused', async () => {
  const sim = new Simulation()
  sim.start()
  await settled()
  await expect(sim.queue.run({ signal: new AbortController().signal })).rejects.toMatchObject({ code: 'in-use' })
  await sim.stop()
})

describe('what is refused', () => {
  const sim = new Simulation()
  const good = { from: FROM, to: 'b@example.test', content: MESSAGE }
  test.each([
    ['no recipient', { to: [] }, /^to: /],
    ['too many', { to: Array.from({ length: 1001 }, () => 'b@example.test') }, /^to: 1001 recipients/],
    ['an address that is none', { to: 'b' }, /'b' is not a mail address/],
    ['a sender that is none', { from: 'a@' }, /not a mail address/],
    ['a smuggled line', { content: 'Subject: x\r\n\r\na\n.\r\n' }, /bare LF/],
    ['an empty message', { content: '' }, /empty/],
    ['NEVER with others', { dsn: asking(['NEVER'] as never) }, /^dsn\.notify: /],
    ['an envelope ID with a line end', { dsn: { envid: 'a\nb' } }, /^dsn\.envid: /],
    ['RET of another kind', { dsn: { ret: 'ALL' as never } }, /^dsn\.ret: /],
    ['REQUIRETLS of another kind', { requireTls: 'perhaps' as never }, /^requireTls: /],
  ])('%s', async (_what, wrong, message) => {
    await expect(sim.queue.submit({ ...good, ...wrong })).rejects.toThrow(message)
    expect(await sim.store.list('waiting')).toEqual([])
  })

  test.each([
    [{ tuning: { expiry: -1 } }, /^tuning\.expiry: /],
    [{ tuning: { retryLeast: 10_000, retryMost: 5000 } }, /^tuning\.retryMost: /],
    [{ tuning: { nonsense: 1 } as object }, /^tuning\.nonsense: /],
    [{ hostname: 'a b' }, /^hostname: /],
  ])('%j', (options, message) => {
    expect(() => new Simulation(options)).toThrow(message)
  })
})
