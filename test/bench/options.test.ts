import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CASES, PEER_CASES } from '../../bench/cases/index.ts'
import { readOptions } from '../../bench/options.ts'

const folder = mkdtempSync(join(tmpdir(), 'danelaw-options-'))
afterAll(() => rmSync(folder, { recursive: true }))

let said: string
beforeEach(() => {
  said = ''
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said += String(text)
      return true
    })
  }
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

describe('the command line of the benchmark', () => {
  test('measures everything of danelaw, and others where they are asked for', () => {
    expect(readOptions([])?.cases).toEqual(CASES)
    expect(readOptions(['--peers'])?.cases).toEqual([...CASES, ...PEER_CASES])
    expect(readOptions(['--only', 'zone', '--only', 'chain'])?.cases.map(({ name }) => name)).toEqual(['chain', 'zone'])
  })

  test('takes less trouble when it has to be quick', () => {
    expect(readOptions([])?.effort.thorough).toBe(true)
    expect(readOptions(['--quick'])?.effort.thorough).toBeUndefined()
    expect(readOptions(['--quick', '--lookups', '1000000'])?.effort.lookups).toBe(1_000_000)
  })

  test('results go to a file', () => {
    const file = join(folder, 'results.jsonl')
    readOptions(['--out', file])!.write({ case: 'chain' })
    expect(readFileSync(file, 'utf8')).toBe('{"case":"chain"}\n')
  })

  test('the help names every case', () => {
    expect(readOptions(['--help'])).toBeUndefined()
    for (const { name, about } of [...CASES, ...PEER_CASES]) expect(said).toContain(`${name.padEnd(14)}  ${about}`)
  })

  test.each([
    [['--only', 'nothing'], "there is no case 'nothing'"],
    [['--only', 'peers-js'], "there is no case 'peers-js' without --peers"],
    [['--lookups', '1e6'], '--lookups'],
    [['--report', 'page.html'], 'of which files'],
    [['results.jsonl'], 'go with --report'],
    [['--report', join(folder, 'page.html'), join(folder, 'missing.jsonl')], 'missing.jsonl'],
    [['--bogus'], '--bogus'],
  ])('%j is refused in a line', (args, message) => {
    expect(readOptions(args)).toBeUndefined()
    expect(said).toContain(message)
    expect(said).toContain('try: npm run bench -- --help')
    expect(process.exitCode).toBe(2)
  })

  test('a report is written, and nothing measured', () => {
    const [results, page] = [join(folder, 'in.jsonl'), join(folder, 'page.html')]
    writeFileSync(results, '{"danelaw":"0.1.0","node":"20.20.2"}\n')
    expect(readOptions(['--report', page, results])).toBeUndefined()
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/)
    expect(process.exitCode).toBeUndefined()
  })
})
