import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Lab, startLab } from '../lab/index.ts'
import { temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { networkArguments } from './lab-files.ts'

const folder = temporaryFolder()
let lab: Lab
let network: string[]
let file: string

beforeAll(async () => {
  lab = await startLab()
  network = networkArguments(folder, lab)
  file = join(folder, 'policy')
  writeFileSync(file, '# ours\nmismatch.test audit\nno-tlsa.test dane-only\n')
})
afterAll(() => lab.close())

const check = (...argv: string[]) => invoke(['check', ...argv, '--policy', file, ...network])

test('check says which line applied, and what it does', async () => {
  const audited = await check('mismatch.test', '--json')
  expect(audited.status).toBe(2)
  expect(JSON.parse(audited.stdout)).toMatchObject({
    verdict: 'encrypted',
    policy: { level: 'audit', from: `${file}:2`, notes: [] },
    hosts: [{ connections: [{ notice: expect.stringContaining('DANE would have refused') }] }],
  })
  const mandatory = await check('no-tlsa.test')
  expect(mandatory.status).toBe(3)
  expect(mandatory.stdout).toContain(`Policy  dane-only, by ${file}:3`)
  const other = await check('p256.test')
  expect(other.status).toBe(0)
  expect(other.stdout).not.toContain('Policy')
})

test('a file with a fault is refused before anything is asked', async () => {
  const bad = join(folder, 'bad-policy')
  writeFileSync(bad, 'example.com dane\nexample.net dane speed=fast\n')
  const asked = lab.dns.seen.length
  const { status, stderr } = await invoke(['check', 'p256.test', '--policy', bad, ...network])
  expect(status).toBe(64)
  expect(stderr).toContain(`${bad}:2: 'speed=fast' is no setting`)
  expect(lab.dns.seen.length).toBe(asked)
  const gone = await invoke(['check', 'p256.test', '--policy', join(folder, 'gone'), ...network])
  expect(gone.status).toBe(64)
})
