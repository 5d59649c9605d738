/** What is asked for on the benchmark's command line. */
import { appendFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { CASES, PEER_CASES } from './cases/index.ts'
import type { Effort } from './harness.ts'
import type { PeerCase } from './peers/peer-case.ts'
import { reportPage } from './report/page.ts'
import { readRuns } from './report/read.ts'
import type { Case } from './result.ts'

/** What was chosen on the command line. */
export interface Options {
  readonly cases: readonly (Case | PeerCase)[]
  readonly effort: Effort
  readonly write: (line: unknown) => void
}

/** Undefined where there is nothing to measure: help, a report, or a mistake. */
export function readOptions(args = process.argv.slice(2)): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true },
        peers: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        lookups: { type: 'string' },
        out: { type: 'string' },
        report: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      process.stdout.write(HELP)
      return undefined
    }
    if (values.report !== undefined) {
      writeReport(values.report, positionals)
      return undefined
    }
    if (positionals.length > 0) throw new RangeError(`'${positionals[0]}': files of results go with --report`)
    const effort = { ...(values.quick ? QUICK : FULL), ...(values.lookups && { lookups: count(values.lookups) }) }
    return { cases: select(values.peers, values.only), effort, write: sink(values.out) }
  } catch (error) {
    // What is wrong on the command line or with the file is told in a line, without a stack.
    process.stderr.write(`${(error as Error).message}\ntry: npm run bench -- --help\n`)
    process.exitCode = 2
  }
  return undefined
}

function writeReport(file: string, results: readonly string[]): void {
  if (results.length === 0) throw new RangeError('--report: of which files of results?')
  writeFileSync(file, reportPage(readRuns(results)))
}

function count(text: string): number {
  if (!/^[1-9][0-9]{2,8}$/.test(text)) throw new RangeError(`--lookups: '${text}' is not a number of 100 or more`)
  return Number(text)
}

function select(peers: boolean, names?: readonly string[]): (Case | PeerCase)[] {
  const all = peers ? [...CASES, ...PEER_CASES] : CASES
  if (names === undefined) return [...all]
  const unknown = names.find((name) => !all.some((known) => known.name === name))
  if (unknown === undefined) return all.filter(({ name }) => names.includes(name))
  const hint = PEER_CASES.some(({ name }) => name === unknown) ? ' without --peers' : ''
  throw new RangeError(`--only: there is no case '${unknown}'${hint}`)
}

function listed(cases: readonly Case[]): string {
  return cases.map(({ name, about }) => `  ${name.padEnd(14)}  ${about}`).join('\n')
}

function sink(file: string | undefined): Options['write'] {
  if (file === undefined) return (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
  writeFileSync(file, '')
  return (line) => appendFileSync(file, `${JSON.stringify(line)}\n`)
}

const FULL: Effort = { rounds: 100, milliseconds: 3, warmUp: 1500, thorough: true, lookups: 100_000 }
const QUICK: Effort = { rounds: 15, milliseconds: 2, warmUp: 150, lookups: 1000 }

const HELP = `Usage: npm run bench -- [options]
       npm run bench -- --report FILE.html RESULTS.jsonl...

Measures what validation costs. Results go to standard output as JSON lines, a table to standard error.

  --only NAME   only this case; may be given more than once
  --peers       other validators on the same data in the same run as well
  --quick       fewer and shorter samples, fewer sizes, for a first look
  --lookups N   names that the case memory looks up in a process of its own; else 100000, with --quick 1000
  --out FILE    the JSON lines go to FILE
  --profile     leaves a CPU profile in the working directory
  --report FILE measures nothing, and makes a page of files of results
  --help        this text

Cases:
${listed(CASES)}

With --peers also:
${listed(PEER_CASES)}
`
