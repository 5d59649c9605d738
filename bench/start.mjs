/** Bundles the benchmark, which Node 20 cannot run as it stands, and runs it with the arguments given. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = mkdtempSync(join(tmpdir(), 'danelaw-bench-'))
const outfile = join(folder, 'bench.mjs')
try {
  await build({
    entryPoints: [fileURLToPath(new URL('run.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    define: { BENCH_FOLDER: JSON.stringify(fileURLToPath(new URL('.', import.meta.url))) },
    outfile,
    logLevel: 'warning',
  })
  const args = process.argv.slice(2).filter((arg) => arg !== '--profile')
  const flags = process.argv.includes('--profile') ? ['--cpu-prof', '--cpu-prof-interval', '100'] : []
  const { status } = spawnSync(process.execPath, [...flags, outfile, ...args], { stdio: 'inherit' })
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true })
}
