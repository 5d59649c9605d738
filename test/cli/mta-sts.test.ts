import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Io } from '../../src/cli/io.ts'
import { withMtaSts } from '../../src/cli/mta-sts.ts'
import { Name } from '../../src/wire/name.ts'
import { insecure, ScriptedLookup } from '../dane/scripted.ts'

const folder = mkdtempSync(join(tmpdir(), 'danelaw-cli-mta-sts-'))
afterAll(() => rmSync(folder, { recursive: true }))

const lookup = new ScriptedLookup({ '_mta-sts.example.com TXT': insecure() })

function io(): { io: Io; stderr: string[] } {
  const stderr: string[] = []
  const stream = { isTerminal: false, write: (text: string) => void stderr.push(text) }
  return { stderr, io: { stderr: stream } as unknown as Io }
}

test('without --mta-sts there is none', async () => {
  expect(await withMtaSts({ 'mta-sts': undefined }, lookup, io().io, async (mtaSts) => mtaSts)).toBeUndefined()
})

test('with it, there is one, and it is closed whatever happens', async () => {
  const file = join(folder, 'none')
  const { io: own, stderr } = io()
  let kept: { policyFor(domain: Name): Promise<unknown> } | undefined
  const work = withMtaSts({ 'mta-sts': file }, lookup, own, async (mtaSts) => {
    kept = mtaSts
    expect(await mtaSts!.policyFor(Name.parse('example.com'))).toEqual({ policy: null, failure: null })
    throw new Error('broken')
  })
  await expect(work).rejects.toThrow('broken')
  await expect(kept!.policyFor(Name.parse('example.com'))).rejects.toThrow('MTA-STS is closed')
  // Nothing was learnt.
  expect(existsSync(file)).toBe(false)
  expect(stderr).toEqual([])
})

test('a damaged file is told of on standard error, and left alone as long as nothing is learnt', async () => {
  const file = join(folder, 'damaged')
  writeFileSync(file, 'hello\u001b[2J\n')
  const { io: own, stderr } = io()
  await withMtaSts({ 'mta-sts': file }, lookup, own, async () => undefined)
  expect(stderr).toEqual([
    `danelaw: what MTA-STS policies promise is lost until they are fetched again: ${file}:1: is not a file of MTA-STS policies\n`,
  ])
  expect(readFileSync(file, 'utf8')).toBe('hello\u001b[2J\n')
})
