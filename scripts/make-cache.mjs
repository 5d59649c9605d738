/**
 * make-cache BUNDLE RUNS: runs a bundle with lists of arguments, and writes the code caches of this Node: that of the
 * bundle after the usual runs, that of what it loads after the seldom ones, so that each holds what it is for.
 */
import { writeFileSync } from 'node:fs'
import { load } from '../src/cli/load.ts'

const [name, runs] = process.argv.slice(2)
const scripts = []
const { main } = load(name, (script, cacheFile) => scripts.push({ script, cacheFile }))

async function make() {
  const { usual, seldom } = JSON.parse(runs)
  for (const list of [usual, seldom]) {
    for (const { status, args } of list) {
      process.argv = [process.execPath, 'danelaw', ...args]
      await main()
      if (process.exitCode !== status) throw new Error(`${args.join(' ')}: status ${process.exitCode}, not ${status}`)
    }
    for (const { script, cacheFile } of scripts.splice(0)) writeFileSync(cacheFile, script.createCachedData())
  }
  process.exitCode = 0
}
void make()
