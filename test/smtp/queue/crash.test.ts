import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DiskStore } from '../../../src/smtp/queue/disk-store.ts'
import { Queue } from '../../../src/smtp/queue/queue.ts'
import { MESSAGE } from './simulation.ts'

/** Real processes, killed with SIGKILL: what they leave behind is what a crash leaves. */
const folder = mkdtempSync(join(tmpdir(), 'danelaw-queue-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const program = join(folder, 'child.mjs')
let serial = 0

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    minify: true,
    logLevel: 'silent',
  })
}, 60_000)

function start(mode: string, spool: string, log: string, at: string): ChildProcess {
  return spawn(process.execPath, [program, mode, spool, log, at], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function work(at: string): Promise<{ spool: string; log: string }> {
  const spool = join(folder, `spool-${serial}`)
  const log = join(folder, `log-${serial++}`)
  writeFileSync(log, '')
  await once(start('work', spool, log, at), 'close')
  return { spool, log }
}

const lines = (log: string): string[] => readFileSync(log, 'utf8').split('\n').slice(0, -1)
const count = (all: readonly string[], line: string): number => all.filter((each) => each === line).length

/** Delivers what is left, as the next process does. */
async function carryOn(spool: string): Promise<string[]> {
  const seen: string[] = []
  const queue = new Queue({
    store: new DiskStore(spool),
    hostname: 'mail.sender.test',
    deliver: async ({ to, from }) =>
      to.map((address) => {
        seen.push(`delivery ${address} from ${from ?? '<>'}`)
        const outcome = address.startsWith('bad') ? 'rejected' : 'delivered'
        const base = { host: 'mx.', level: 'may', verdict: 'encrypted', enhanced: null, text: 'x' } as const
        return { ...base, outcome, code: outcome === 'delivered' ? 250 : 550 }
      }),
  })
  await queue.flush()
  return seen
}

const DELIVERIES = ['good@one.test from a@sender.test', 'bad@two.test from a@sender.test', 'a@sender.test from <>']

test('killed at any step: nothing is lost, and nothing comes twice but for the moment of RFC 1047', async () => {
  const whole = lines((await work('never')).log).filter((line) => line.startsWith('step '))
  expect(whole.length).toBeGreaterThan(30)
  const twice: string[] = []
  for (let first = 0; first < whole.length; first += SIDE_BY_SIDE) {
    const some = [...whole.keys()].slice(first, first + SIDE_BY_SIDE)
    await Promise.all(
      some.map(async (at) => {
        const { spool, log } = await work(String(at))
        const before = lines(log)
        const all = [...before, ...(await carryOn(spool))]
        const where = `killed before step ${at}, ${whole[at]}`
        const wasTaken = before.includes('accepted') || all.length > 0
        for (const delivery of DELIVERIES) {
          const times = count(all, `delivery ${delivery}`)
          if (wasTaken) expect(times, `${delivery}: ${where}`).toBeGreaterThanOrEqual(1)
          if (times > 1) {
            expect(isOpen(whole, at, delivery.split(' ')[0]!), `${delivery} twice: ${where}`).toBe(true)
            expect(times).toBe(2)
            twice.push(delivery)
          }
        }
        const left = ['queue', 'active', 'tmp', 'corrupt', 'hold'].flatMap((name) => readdirSync(join(spool, name)))
        // Whoever carries on may have a folder of his own there still.
        expect(
          left.filter((name) => !name.includes(`~${process.pid}~`)),
          where,
        ).toEqual([])
      }),
    )
  }
  // The moment is there, and was met.
  expect(twice).not.toEqual([])
}, 120_000)

/** Whether a host has the message, and that is not yet written down when step `at` would come. */
function isOpen(steps: readonly string[], at: number, address: string): boolean {
  const delivered = steps.indexOf(`step deliver ${address}`)
  const recorded = steps.findIndex((line, index) => index > delivered && /^step renameSync .*state\.json$/.test(line))
  return delivered < at && at <= recorded
}

describe('two processes', () => {
  const leads = async (child: ChildProcess): Promise<string> => {
    const [said] = await once(child.stdout!, 'data')
    return String(said).trim()
  }

  test('do not run one queue; the second takes over when the first was killed', async () => {
    const spool = join(folder, 'shared')
    const log = join(folder, 'shared-log')
    const store = new DiskStore(spool)
    const children = [start('run', spool, log, 'no'), start('run', spool, log, 'no')]
    const said = await Promise.all(children.map(leads))
    expect(said.toSorted()).toEqual(['leads', expect.stringMatching(/^refused: .* is being run by process [0-9]+$/)])
    const first = children[said.indexOf('leads')]!
    expect(await store.leader()).toMatch(new RegExp(`^process ${first.pid} of `))

    first.kill('SIGKILL')
    await once(first, 'close')
    expect(await store.leader()).toBeNull()
    const next = start('run', spool, log, 'no')
    expect(await leads(next)).toBe('leads')

    // It hears of new mail by itself.
    const submitter = new Queue({ store, deliver: async () => [] })
    await submitter.submit({ from: 'a@sender.test', to: 'good@one.test', content: MESSAGE })
    while ((await store.list('waiting')).length + (await store.list('claimed')).length > 0) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(lines(log)).toEqual(['delivery good@one.test from a@sender.test'])
    next.kill('SIGTERM')
    const [code] = await once(next, 'close')
    expect(code).toBe(0)
    expect(await store.leader()).toBeNull()
  })
})

const SIDE_BY_SIDE = 4
