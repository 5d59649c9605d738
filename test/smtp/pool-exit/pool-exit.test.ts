import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailServer } from '../hosts.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'danelaw-pool-'))
  await build({
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    outfile: join(folder, 'child.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
})
afterAll(() => rm(folder, { recursive: true }))

test('a connection that waits keeps no process alive', async () => {
  const server = await mailServer()
  const child = [join(folder, 'child.mjs'), String(server.port), server.address]
  // It waits four minutes, and the process is not to.
  const { stdout } = await promisify(execFile)(process.execPath, child, { timeout: 15_000 })
  expect(stdout).toBe('delivered false 1\ndelivered true 1\n')
  expect(server.messages).toHaveLength(2)
  expect(server.sessions).toHaveLength(1)
})
