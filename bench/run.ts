/** The benchmark's command line: `npm run bench -- --help`. */
import process from 'node:process'
import { machine } from './machine.ts'
import { type Options, readOptions } from './options.ts'
import type { Result } from './result.ts'
import { table } from './table.ts'

const chosen = readOptions()
if (chosen !== undefined) await bench(chosen)

async function bench({ cases, effort, write }: Options): Promise<void> {
  const about = machine(new Date())
  write(about)
  process.stderr.write(
    `${Object.entries(about)
      .map((entry) => entry.join(' '))
      .join(', ')}\n`,
  )
  for (const each of cases) {
    const start = performance.now()
    process.stderr.write(`\n${each.name}: ${each.about}\n`)
    const missing = 'missing' in each ? await each.missing() : []
    for (const line of missing) process.stderr.write(`  not there: ${line}\n`)
    let group: Result[] = []
    for await (const result of each.run(effort)) {
      write(rounded(result))
      if (group[0] !== undefined && group[0].variant !== result.variant) {
        show(group)
        group = []
      }
      group.push(result)
    }
    show(group)
    process.stderr.write(` (${((performance.now() - start) / 1000).toFixed(1)} s)\n`)
  }
}

function show(results: readonly Result[]): void {
  if (results.length === 0) return
  process.stderr.write(` ${results[0]?.variant}\n${table(results)}\n`)
}

/** Four digits are more than the machine is good for. */
function rounded(result: Result): Result {
  const round = (value: number): number => Number(value.toPrecision(4))
  return { ...result, min: round(result.min), median: round(result.median) }
}
