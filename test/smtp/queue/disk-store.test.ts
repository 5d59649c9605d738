import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { DiskStore } from '../../../src/smtp/queue/disk-store.ts'
import { ownerName, thisProcess } from '../../../src/smtp/queue/owner.ts'
import type { SpoolSteps } from '../../../src/smtp/queue/spool.ts'
import { delivered, later, MESSAGE, MINUTE, rejected, settled, Simulation } from './simulation.ts'

const root = fs.mkdtempSync(join(tmpdir(), 'danelaw-spool-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))
const real = { ...fs }
let serial = 0
const FROM = 'a@sender.test'
const GOOD = { from: FROM, to: 'b@example.test', content: MESSAGE }

function spool(steps?: Partial<SpoolSteps>) {
  const folder = join(root, `spool-${serial++}`)
  const store = new DiskStore(folder, steps === undefined ? {} : { steps: { ...fs, ...steps } })
  return { folder, store, sim: new Simulation({ store }) }
}

const names = (...path: string[]): string[] => fs.readdirSync(join(...path))

describe('what lies on the disk', () => {
  test('is for its owner alone', async () => {
    const { folder, sim } = spool()
    const id = await sim.queue.submit(GOOD)
    const mode = (...path: string[]): number => fs.statSync(join(folder, ...path)).mode & 0o777
    for (const name of ['', 'queue', 'active', 'hold', 'corrupt', 'tmp', `queue/${id}`])
      expect(mode(name), name).toBe(0o700)
    for (const name of ['message', 'state.json']) expect(mode('queue', id, name), name).toBe(0o600)
  })

  test('is the message as it was given, and its state', async () => {
    const { folder, sim } = spool()
    const id = await sim.queue.submit({
      ...GOOD,
      dsn: { envid: 'x', ret: 'HDRS', recipients: new Map([['b@example.test', { notify: ['FAILURE'] }]]) },
    })
    expect(fs.readFileSync(join(folder, 'queue', id, 'message'), 'utf8')).toBe(MESSAGE)
    const pieces: Uint8Array[] = []
    for await (const piece of sim.queue.content(id)) pieces.push(piece)
    expect(Buffer.concat(pieces).toString()).toBe(MESSAGE)
    expect(JSON.parse(fs.readFileSync(join(folder, 'queue', id, 'state.json'), 'utf8'))).toMatchObject({
      version: 1,
      id,
      from: FROM,
      size: MESSAGE.length,
      dsn: { envid: 'x', ret: 'HDRS' },
      recipients: [{ address: 'b@example.test', dsn: { notify: ['FAILURE'] }, state: 'pending' }],
    })
  })

  test('is there before the message is said to be taken, files before names', async () => {
    const calls: string[] = []
    const watched = Object.fromEntries(
      (['writeSync', 'fsyncSync', 'renameSync'] as const).map((name) => [
        name,
        (...args: unknown[]) => {
          calls.push(name)
          return (real[name] as (...all: unknown[]) => unknown)(...args)
        },
      ]),
    )
    const { sim } = spool(watched)
    // The folder that is new, and those in it.
    expect(calls.splice(0)).toEqual(['fsyncSync', 'fsyncSync'])
    await sim.queue.submit(GOOD)
    expect(calls).toEqual([
      // The message; the state, and its name; the names of both; the entry, and its name.
      ...['writeSync', 'fsyncSync'],
      ...['writeSync', 'fsyncSync', 'renameSync', 'fsyncSync'],
      'fsyncSync',
      ...['renameSync', 'fsyncSync'],
    ])
  })

  test.runIf(process.getuid?.() === 0)('root leaves nothing in that of a user who could not read it', () => {
    const { folder } = spool()
    fs.chownSync(folder, 12_345, 12_345)
    expect(() => new DiskStore(folder)).toThrow(
      expect.objectContaining({ code: 'file', hint: expect.stringContaining('#12345') }),
    )
    expect(() => new DiskStore(folder, { create: false })).not.toThrow()
  })

  test('a folder that others may write to is refused', () => {
    const folder = join(root, 'open')
    fs.mkdirSync(folder)
    fs.chmodSync(folder, 0o777)
    expect(() => new DiskStore(folder)).toThrow(/others may write to this folder/)
  })

  test.each([
    ['a file', () => fs.writeFileSync(join(root, 'file'), ''), 'file'],
    ['in a folder that is not there', () => undefined, 'absent/spool'],
  ])('%s is refused', (_what, prepare, name) => {
    prepare()
    expect(() => new DiskStore(join(root, name))).toThrow(expect.objectContaining({ code: 'file' }))
  })
})

test.each(['', '..', '../corrupt', 'x/../../y', 'A'.repeat(25), `${'0'.repeat(24)}/`])(
  '%j names no message',
  async (id) => {
    const { sim } = spool()
    for (const act of ['read', 'remove', 'hold', 'release'] as const) {
      await expect(sim.queue[act](id)).rejects.toMatchObject({ code: 'no-entry' })
    }
    await expect(sim.queue.content(id)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'no-entry' })
  },
)

describe('no space', () => {
  /** Fails the n-th time, and ever after until it is said that there is space again. */
  function full(at: number) {
    let count = 0
    const state = { full: true, met: false }
    const failing = (name: 'writeSync' | 'openSync' | 'mkdirSync') =>
      ((...args: unknown[]) => {
        const creates = name !== 'openSync' || args[1] === 'wx'
        if (creates && state.full && count++ >= at) {
          state.met = true
          throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
        }
        return (real[name] as (...all: unknown[]) => unknown)(...args)
      }) as never
    const steps = { writeSync: failing('writeSync'), openSync: failing('openSync'), mkdirSync: failing('mkdirSync') }
    return { state, steps }
  }

  test('nothing is taken, and that is said', async () => {
    for (let at = 6, met = true; met; at++) {
      const { state, steps } = full(at)
      const { folder, sim } = spool(steps)
      const taken = sim.queue.submit(GOOD)
      await taken.catch(() => undefined)
      met = state.met
      if (!met) break
      await expect(taken).rejects.toMatchObject({ code: 'file', message: expect.stringContaining('no space is left') })
      expect([names(folder, 'queue'), names(folder, 'tmp')]).toEqual([[], []])
    }
  })

  test('a disk that does not say that it has written keeps nothing', async () => {
    const seen: number[] = []
    for (let at = 0, failed = true; failed; at++) {
      let count = Number.NEGATIVE_INFINITY
      failed = false
      const fsyncSync = (file: number): void => {
        failed ||= count === at
        if (count++ === at) throw Object.assign(new Error('EIO'), { code: 'EIO' })
        fs.fsyncSync(file)
      }
      const { folder, sim } = spool({ fsyncSync })
      // From where a message is taken on.
      count = 0
      const taken = await sim.queue.submit(GOOD).then(
        () => 1,
        () => 0,
      )
      expect(names(folder, 'queue'), `fsync ${at}`).toHaveLength(taken)
      expect(names(folder, 'tmp')).toEqual([])
      seen.push(taken)
    }
    // All but the third, of the name of a file whose folder is synced as a whole right after.
    expect(seen).toEqual([0, 0, 1, 0, 0, 1])
  })

  test('nor files: what was put off goes on, where the names of its reports may not be on the disk', async () => {
    let short = false
    const openSync = ((path: string, flags: string, mode?: number) => {
      if (short && flags === 'r' && path.endsWith('/queue'))
        throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' })
      return fs.openSync(path, flags, mode)
    }) as never
    const { folder, sim } = spool({ openSync })
    const id = await sim.queue.submit({ ...GOOD, to: ['b@example.test', 'c@other.test'] })
    sim.answer = (address) => (address.startsWith('b') ? rejected() : later())
    short = true
    await sim.queue.flush({ ids: [id] })
    expect(sim.of('reported')).toHaveLength(1)
    expect(names(folder, 'queue')).toContain(id)
  })

  test('what was delivered is not delivered again, and the sender is told once there is space', async () => {
    for (let at = 0, met = true; met; at++) {
      const { state, steps } = full(at)
      state.full = false
      const { folder, sim } = spool(steps)
      sim.answer = (address) => (address.startsWith('bad') ? rejected() : delivered())
      sim.start()
      await settled()
      await sim.queue.submit({ ...GOOD, to: ['b@example.test', 'bad@other.test'] })
      state.full = true
      await sim.clock.pass(6 * MINUTE)
      met = state.met
      state.full = false
      await sim.clock.pass(30 * MINUTE)
      expect(sim.deliveries.map(({ to }) => to[0]).toSorted(), `from write ${at} on`).toEqual([
        'a@sender.test',
        'b@example.test',
        'bad@other.test',
      ])
      expect([names(folder, 'queue'), names(folder, 'tmp')]).toEqual([[], []])
      await sim.stop()
    }
  })
})

describe('what is damaged', () => {
  const DAMAGES: readonly [string, (entry: string) => void][] = [
    ['no state', (entry) => fs.unlinkSync(join(entry, 'state.json'))],
    ['a state of nothing', (entry) => fs.writeFileSync(join(entry, 'state.json'), '')],
    ['half a state', (entry) => fs.truncateSync(join(entry, 'state.json'), 100)],
    ['no message', (entry) => fs.unlinkSync(join(entry, 'message'))],
    ['half a message', (entry) => fs.truncateSync(join(entry, 'message'), 10)],
    ['a message with other octets', (entry) => fs.writeFileSync(join(entry, 'message'), '\0'.repeat(MESSAGE.length))],
    ['an address that ends a line', (entry) => edit(entry, (state) => ({ ...state, from: 'a@b.test>\r\nRCPT' }))],
    [
      'a recipient without a state',
      (entry) => edit(entry, (state) => ({ ...state, recipients: [{ address: 'b@x.test' }] })),
    ],
    ['nobody to deliver to', (entry) => edit(entry, (state) => ({ ...state, recipients: [] }))],
    ['another version', (entry) => edit(entry, (state) => ({ ...state, version: 2 }))],
    ["another's state", (entry) => edit(entry, (state) => ({ ...state, id: '0'.repeat(25) }))],
    ['NOTIFY with a line end', (entry) => edit(entry, (state) => ({ ...state, dsn: { envid: 'a\r\nb' } }))],
    ['a time that is none', (entry) => edit(entry, (state) => ({ ...state, expires: 'soon' }))],
  ]

  function edit(entry: string, change: (state: object) => object): void {
    const path = join(entry, 'state.json')
    fs.writeFileSync(path, JSON.stringify(change(JSON.parse(fs.readFileSync(path, 'utf8')))))
  }

  test.each(DAMAGES)('%s: set aside, told, and in nobody else’s way', async (_what, damage) => {
    const { folder, sim } = spool()
    const id = await sim.queue.submit(GOOD)
    await sim.queue.submit({ ...GOOD, to: 'c@example.test' })
    damage(join(folder, 'queue', id))
    await sim.queue.flush()
    expect(sim.deliveries.map(({ to }) => to)).toEqual([['c@example.test']])
    expect(sim.of('damaged')).toMatchObject([{ id, error: { code: 'bad-entry' } }])
    expect([names(folder, 'corrupt'), names(folder, 'queue')]).toEqual([[id], []])
  })

  test('is listed as such', async () => {
    const { folder, sim } = spool()
    const id = await sim.queue.submit(GOOD)
    fs.writeFileSync(join(folder, 'queue', id, 'state.json'), '{}')
    fs.writeFileSync(join(folder, 'queue', 'README'), 'what does not belong there')
    const listed = []
    for await (const entry of sim.queue.list()) listed.push(entry)
    expect(listed).toEqual([{ id, state: 'waiting', damage: expect.stringContaining('damaged: version is missing') }])
  })

  test('a shortage of this system is no damage', async () => {
    let short = false
    const statSync = ((...args: Parameters<typeof fs.statSync>) => {
      if (short) throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' })
      return fs.statSync(...args)
    }) as typeof fs.statSync
    const { folder, sim } = spool({ statSync })
    const id = await sim.queue.submit(GOOD)
    short = true
    await sim.queue.flush()
    expect(sim.of('trouble')).toMatchObject([{ id }])
    expect(names(folder, 'queue')).toEqual([id])
    short = false
    await sim.queue.flush()
    expect(sim.deliveries).toHaveLength(1)
  })
})

describe('after a process has died', () => {
  const dead = { ...thisProcess(), pid: 4_194_305, started: '1' }
  const claimed = (folder: string, owner: string, id: string): void => {
    fs.mkdirSync(join(folder, 'active', owner))
    fs.renameSync(join(folder, 'queue', id), join(folder, 'active', owner, id))
  }

  test('what it had claimed waits again, without its unfinished states', async () => {
    const { folder, sim } = spool()
    const id = await sim.queue.submit(GOOD)
    claimed(folder, ownerName(dead), id)
    fs.writeFileSync(join(folder, 'active', ownerName(dead), id, 'state.json.012345678901.tmp'), '{"versi')
    await sim.queue.flush()
    expect(sim.deliveries).toHaveLength(1)
    expect(
      [names(folder, 'active'), names(folder, 'tmp'), names(folder, 'queue')].map((all) =>
        all.filter((name) => !name.includes(`~${process.pid}~`)),
      ),
    ).toEqual([[], [], []])
  })

  test('what it had not finished is gone, and what a living one writes is not', async () => {
    const { folder, sim } = spool()
    fs.mkdirSync(join(folder, 'tmp', `${ownerName(dead)}+0`))
    fs.writeFileSync(join(folder, 'tmp', `${ownerName(dead)}+0`, 'message'), 'half')
    const living = `${ownerName(thisProcess())}+7`
    fs.mkdirSync(join(folder, 'tmp', living))
    fs.mkdirSync(join(folder, 'tmp', 'stray'))
    await sim.queue.flush()
    expect(names(folder, 'tmp')).toEqual(['stray', living].toSorted())
    fs.utimesSync(join(folder, 'tmp', 'stray'), 0, 0)
    await sim.queue.flush()
    expect(names(folder, 'tmp')).toEqual([living])
  })

  test('nothing is taken from one that lives', async () => {
    const { folder, sim } = spool()
    const id = await sim.queue.submit(GOOD)
    claimed(folder, ownerName(thisProcess()), id)
    await sim.queue.flush()
    expect(sim.deliveries).toEqual([])
    expect(await sim.queue.read(id)).toMatchObject({ state: 'claimed' })
    await expect(sim.queue.remove(id)).rejects.toMatchObject({ code: 'in-use' })
  })

  test('a number that was given to another process is not the dead one', async () => {
    const { folder, sim } = spool()
    const id = await sim.queue.submit(GOOD)
    claimed(folder, ownerName({ ...thisProcess(), started: '1' }), id)
    await sim.queue.flush()
    // Where the system does not say when a process began, its number is all there is.
    expect(sim.deliveries).toHaveLength(process.platform === 'linux' ? 1 : 0)
  })

  test('a claim of another machine is left alone, and that is said', async () => {
    const { folder, sim } = spool()
    const id = await sim.queue.submit(GOOD)
    claimed(folder, ownerName({ ...dead, host: 'other.example' }), id)
    await expect(sim.queue.flush()).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining('process 4194305 of other.example, another machine'),
    })
    expect(sim.deliveries).toEqual([])
    fs.writeFileSync(join(folder, 'runner.lock'), ownerName({ ...dead, host: 'other.example' }))
    fs.renameSync(join(folder, 'active', ownerName({ ...dead, host: 'other.example' }), id), join(folder, 'queue', id))
    await expect(sim.queue.run({ signal: new AbortController().signal })).rejects.toMatchObject({ code: 'in-use' })
  })

  test('a report nobody wrote down is made anew, also where the recovery dies in its midst', async () => {
    for (let at = 0, died = true; died; at++) {
      const { folder, sim } = spool()
      sim.answer = (address) => (address === FROM ? delivered() : rejected())
      const about = await sim.queue.submit(GOOD)
      await sim.clock.pass(1)
      const report = await sim.queue.submit({ ...GOOD, from: null, to: FROM })
      const state = join(folder, 'queue', report, 'state.json')
      fs.writeFileSync(state, JSON.stringify({ ...JSON.parse(fs.readFileSync(state, 'utf8')), reportOf: about }))
      const owner = ownerName(dead)
      claimed(folder, owner, about)
      fs.renameSync(join(folder, 'queue', report), join(folder, 'active', owner, report))
      let count = 0
      died = false
      const renameSync = ((from: string, to: string) => {
        died ||= count++ === at
        if (died) throw Object.assign(new Error('dead'), { code: 'EIO' })
        fs.renameSync(from, to)
      }) as typeof fs.renameSync
      await new DiskStore(folder, { steps: { ...fs, renameSync } }).recover().catch(() => undefined)
      await sim.queue.flush()
      expect(sim.reports, `at step ${at}`).toHaveLength(1)
      expect(names(folder, 'queue')).toEqual([])
    }
  })

  test('a lock it left behind is taken over', async () => {
    const { folder, store } = spool()
    fs.writeFileSync(join(folder, 'runner.lock'), ownerName(dead))
    expect(await store.leader()).toBeNull()
    const leave = await store.lead()
    expect(await store.leader()).toMatch(new RegExp(`^process ${process.pid} of `))
    leave()
    expect(names(folder)).not.toContain('runner.lock')
  })
})

test('two queues side by side on one spool deliver each message once', async () => {
  const { folder, store } = spool()
  const sims = [new Simulation({ store }), new Simulation({ store: new DiskStore(folder) })]
  for (const sim of sims) {
    sim.answer = async () => {
      await settled()
      return delivered()
    }
  }
  for (let each = 0; each < 40; each++) await sims[0]!.queue.submit({ ...GOOD, to: `u${each}@d${each % 7}.test` })
  await Promise.all(sims.map((sim) => sim.queue.flush()))
  const to = sims.flatMap((sim) => sim.deliveries.map((delivery) => delivery.to[0]))
  expect(new Set(to).size).toBe(40)
  expect(to).toHaveLength(40)
  expect(sims.every((sim) => sim.deliveries.length > 0)).toBe(true)
})

test('hold and release move an entry, and a runner hears of it', async () => {
  const { folder, sim } = spool()
  const id = await sim.queue.submit(GOOD)
  await sim.queue.hold(id)
  expect(names(folder, 'hold')).toEqual([id])
  await expect(sim.queue.hold(id)).rejects.toMatchObject({ code: 'no-entry' })
  await sim.queue.flush()
  expect(sim.deliveries).toEqual([])
  await sim.queue.release(id)
  sim.answer = () => later()
  await sim.queue.flush()
  expect(sim.deliveries).toHaveLength(1)
  await sim.queue.remove(id)
  expect([names(folder, 'queue'), names(folder, 'tmp')]).toEqual([[], []])
})

test('ten thousand messages are listed one by one, and each is looked at once', async () => {
  const { folder, sim } = spool()
  const id = await sim.queue.submit(GOOD)
  const state = fs.readFileSync(join(folder, 'queue', id, 'state.json'), 'utf8')
  const ids = Array.from({ length: 10_000 }, (_, each) => `1k80ngpav${each.toString(32).padStart(16, '0')}`)
  let reads = 0
  // On a disk that answers at once, which true ones of that size do not.
  const many = new DiskStore(folder, {
    steps: {
      ...fs,
      readdirSync: ((path: string) => (path.endsWith('queue') ? ids : [])) as typeof fs.readdirSync,
      lstatSync: (() => fs.lstatSync(folder)) as unknown as typeof fs.lstatSync,
      statSync: (() => fs.statSync(folder)) as unknown as typeof fs.statSync,
      readFileSync: ((path: string) => {
        reads++
        return state.replace(id, path.split('/').at(-2)!)
      }) as typeof fs.readFileSync,
    },
  })
  const listed: string[] = []
  for await (const entry of new Simulation({ store: many }).queue.list()) if ('entry' in entry) listed.push(entry.id)
  expect(listed).toEqual(ids)
  expect(reads).toBe(10_000)
})
