import { readFileSync } from 'node:fs'
import type { Result } from '../result.ts'

/** What was measured on one machine with one version of everything. */
export interface Run {
  /** What stands in the first line of the results. */
  readonly machine: Readonly<Record<string, string | number>>
  readonly results: readonly Result[]
}

/**
 * Reads files of results. What the same machine measured on the same day is one run, in which a later figure takes the
 * place of an earlier one.
 * @throws {Error} that names file and line
 */
export function readRuns(files: readonly string[]): Run[] {
  const runs = new Map<string, { machine: Run['machine']; results: Map<string, Result> }>()
  for (const file of files) {
    let current: Map<string, Result> | undefined
    for (const [index, text] of readFileSync(file, 'utf8').split('\n').entries()) {
      if (text.trim() === '') continue
      const where = `${file}:${index + 1}`
      const line = readLine(text, where)
      if (isMachine(line)) {
        const key = JSON.stringify(line)
        const run = runs.get(key) ?? { machine: line, results: new Map<string, Result>() }
        runs.set(key, run)
        current = run.results
      } else if (current === undefined) throw new Error(`${where}: the machine's description must come first`)
      else if (isResult(line)) current.set(keyOf(line), line)
      else throw new Error(`${where}: neither a result nor the description of a machine`)
    }
  }
  return [...runs.values()].map(({ machine, results }) => ({ machine, results: [...results.values()] }))
}

function readLine(text: string, where: string): object {
  try {
    const line: unknown = JSON.parse(text)
    if (typeof line === 'object' && line !== null) return line
  } catch {}
  throw new Error(`${where}: not a line of results`)
}

function isMachine(line: object): line is Run['machine'] {
  return 'danelaw' in line && 'node' in line
}

function isResult(line: object): line is Result {
  const { min, median, ...result } = line as Partial<Result>
  const texts = [result.case, result.variant, result.measure]
  if (!texts.every((text) => typeof text === 'string') || !UNITS.has(result.unit)) return false
  return Number.isFinite(min) && Number.isFinite(median)
}

function keyOf({ case: name, variant, measure, unit, at }: Result): string {
  return JSON.stringify([name, variant, measure, unit, at])
}

const UNITS: ReadonlySet<unknown> = new Set(['us', 'ratio', 'exponent', 'count', 'octets'] satisfies Result['unit'][])
