import * as fs from 'node:fs'
import { DiskStore } from '../../../src/smtp/queue/disk-store.ts'
import { Queue } from '../../../src/smtp/queue/queue.ts'
import { MESSAGE } from './simulation.ts'

/**
 * A process that works on a spool, and may be told to kill itself before the n-th thing it does to the outside world.
 * Arguments: the mode, the spool, a file for its log, n or `never`.
 */
const [mode, folder, log, at] = process.argv.slice(2) as [string, string, string, string]
const last = at === 'never' ? Number.POSITIVE_INFINITY : Number(at)
let count = 0

function step(name: string): void {
  if (count++ === last) process.kill(process.pid, 'SIGKILL')
  if (at === 'never') fs.appendFileSync(log, `step ${name}\n`)
}

/** What leaves a trace: a process that dies loses nothing that it wrote, so that fsync makes no difference here. */
/** What leaves a trace: a process that dies loses nothing that it wrote, so that fsync makes no difference here. */
const CHANGING = ['openSync', 'writeSync', 'renameSync', 'unlinkSync', 'mkdirSync', 'rmdirSync', 'linkSync']
const steps = { ...fs } as unknown as Record<string, (...args: unknown[]) => unknown>
for (const name of CHANGING) {
  const real = steps[name]!
  steps[name] = (...args) => {
    if (name !== 'openSync' || args[1] === 'wx') step(`${name} ${String(args.at(name === 'renameSync' ? 1 : 0))}`)
    return real(...args)
  }
}

const queue = new Queue({
  store: new DiskStore(folder, { steps: steps as unknown as typeof fs }),
  hostname: 'mail.sender.test',
  tuning: { concurrency: 1 },
  deliver: async ({ to, from }) =>
    to.map((address) => {
      step(`deliver ${address}`)
      // What a host does that says 250: from here on it has the message.
      fs.appendFileSync(log, `delivery ${address} from ${from ?? '<>'}\n`)
      const outcome = address.startsWith('bad') ? 'rejected' : 'delivered'
      const base = { host: 'mx.', level: 'may', verdict: 'encrypted', enhanced: null, text: 'x' } as const
      return { ...base, outcome, code: outcome === 'delivered' ? 250 : 550 }
    }),
})

if (mode === 'work') {
  await queue.submit({ from: 'a@sender.test', to: ['good@one.test', 'bad@two.test', 'bad@one.test'], content: MESSAGE })
  fs.appendFileSync(log, 'accepted\n')
  await queue.flush()
} else {
  const stop = new AbortController()
  process.once('SIGTERM', () => stop.abort())
  const running = queue.run({ signal: stop.signal })
  running.then(
    () => console.log('stopped'),
    (error: Error) => console.log(`refused: ${error.message}`),
  )
  setTimeout(() => console.log('leads'), 100).unref()
  await running.catch(() => undefined)
}
