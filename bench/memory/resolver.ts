/** A process with a resolver and nothing else: looks names up, and says what that took. */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { keepHeapSmall } from '../../src/cli/heap.ts'
import { Resolver } from '../../src/resolver/resolver.ts'

const MEBIBYTE = 1 << 20
const SOCKETS = /^(UDP|TCP|TLS)/
const TIMERS = /^Timeout/
const [upstream, anchor, names, atOnce, heap] = process.argv.slice(2) as [string, string, string, string, string]
if (heap === 'small') keepHeapSmall()
const start = performance.now()
const before = peak()
const statuses: Record<string, number> = {}
let next = 0
let mostSockets = 0
let mostTimers = 0
const resolver = new Resolver({ upstreams: [upstream], trustAnchors: anchor })
await Promise.all(Array.from({ length: Number(atOnce) }, lookUp))

const { questions, exchanges } = resolver.stats
const seconds = Math.round(performance.now() - start) / 1000
const end = Math.round(process.memoryUsage.rss() / MEBIBYTE)
await resolver.close()
// A socket whose question was called off is closed some turns later.
for (let turn = 0; turn < 100 && open(SOCKETS) > 0; turn++) await new Promise((resolve) => setImmediate(resolve))
const left = { sockets: open(SOCKETS), timers: open(TIMERS) }
const counts = { names: next, statuses, questions, exchanges, mostSockets, mostTimers, left }
process.stdout.write(`${JSON.stringify({ before, peak: peak(), end, seconds, ...counts })}\n`)

async function lookUp(): Promise<void> {
  while (next < Number(names)) {
    const index = next++
    const { status } = await resolver.query(`n${index}.example.test`, 'A')
    statuses[status] = (statuses[status] ?? 0) + 1
    if (index % 1000 !== 0) continue
    mostSockets = Math.max(mostSockets, open(SOCKETS))
    mostTimers = Math.max(mostTimers, open(TIMERS))
  }
}

function open(kinds: RegExp): number {
  return process.getActiveResourcesInfo().filter((kind) => kinds.test(kind)).length
}

/** Mebibytes. `maxRSS` would count what the parent had when it made this process. */
function peak(): number {
  if (process.platform !== 'linux') return Math.round(process.resourceUsage().maxRSS / 1024)
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024)
}
