import { availableParallelism } from 'node:os'
import { DanelawError } from '../errors.ts'
import { CLI_LIMITS } from '../limits.ts'
import { defineCommand, EXIT } from './command.ts'
import { readPolicies } from './mail-options.ts'
import { progress } from './output.ts'
import { withChecker } from './scan/checker.ts'
import { openSource } from './scan/input.ts'
import { SCAN_OPTIONS } from './scan/options.ts'
import { runScan } from './scan/run-scan.ts'
import { ThreadPool, withThreads } from './scan/threads.ts'

export const scan = defineCommand({
  name: 'scan',
  description:
    'Does what danelaw check does for many mail domains, one a line, and writes one JSON document a line as they are done: that of danelaw check --json, or { line, input, error } for what is no domain. A domain that occurs again is looked at once. How many came out how is told on standard error.',
  args: [
    { name: 'FILE', required: false, help: 'domains, one a line; # begins a comment; default: - (standard input)' },
  ],
  servers: true,
  options: SCAN_OPTIONS,
  statuses: [
    [0, 'every line was a domain, and was looked at, whatever came out'],
    [1, 'some lines are no domains; the others were looked at'],
    [130, 'interrupted: what was done is written'],
  ],
  examples: [
    'danelaw scan domains.txt > results.jsonl',
    "danelaw scan --only-dns --ordered < domains.txt | jq -r '[.domain, .hosts[0].level] | @tsv'",
  ],
  async run(input, io) {
    io.keepHeapSmall?.()
    const { options, args } = input
    const { jobs = CLI_LIMITS.scanJobs.value, ordered } = options
    const alone = (['record', 'cache'] as const).find((name) => options[name] !== undefined)
    if (alone !== undefined && (options.threads ?? 1) > 1) {
      throw new DanelawError('usage', `--${alone} goes with one thread: its file has one writer`)
    }
    // Each thread reads the file for itself; what is wrong with it is told once, and before anything is asked.
    readPolicies(options, options.at)
    const path = args[0] ?? '-'
    if (path === '-' && io.stdin.isTTY === true)
      progress(io, 'reading domains from standard input, up to its end (Ctrl-D)')
    const source = await openSource(path, io)
    const { threads } = options
    const end =
      threads !== undefined && threads > 1
        ? await withThreads(threads, input, io, (checker) =>
            runScan(source, checker, { jobs, ordered, more: undefined }, io),
          )
        : await withChecker(input, io, async (checker) => {
            const count = threads ?? (alone === undefined ? availableParallelism() : 1)
            let pool: ThreadPool | undefined
            const more = (): ThreadPool => {
              pool = new ThreadPool(count, input, io)
              return pool
            }
            try {
              return await runScan(source, checker, { jobs, ordered, more: count > 1 ? more : undefined }, io)
            } finally {
              await pool?.close()
            }
          })
    if (io.signal.aborted) return EXIT.interrupted
    return end.errors > 0 ? 1 : 0
  },
})
