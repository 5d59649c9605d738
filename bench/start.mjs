/** Bundles the benchmark, which Node 20 cannot run as it stands, and runs it with the arguments given. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = mkdtempSync(join(tmpdir(), 'danelaw-bench-'))
const here = (file) => fileURLToPath(new URL(file, import.meta.url))
try {
  await build({
    entryPoints: [here('run.ts'), here('peers/upstream.ts'), here('peers/danelaw-process.ts')],
    entryNames: '[name]',
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    define: { BENCH_FOLDER: JSON.stringify(here('.')) },
    logLevel: 'warning',
  })
  const args = process.argv.slice(2).filter((arg) => arg !== '--profile')
  const flags = process.argv.includes('--profile') ? ['--cpu-prof', '--cpu-prof-interval', '100'] : []
  const { status } = spawnSync(process.execPath, [...flags, join(folder, 'run.mjs'), ...args], { stdio: 'inherit' })
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true })
}
