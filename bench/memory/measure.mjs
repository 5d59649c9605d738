/**
 * How much memory a process takes that looks many names up: a resolver in one process, an upstream in another.
 * As a program, `node bench/memory/measure.mjs [NAMES [small|default [FLAGS]]]` writes one line of JSON; sizes are mebibytes of resident memory.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export async function measureMemory(names, heap, flags = []) {
  const folder = mkdtempSync(join(tmpdir(), 'danelaw-memory-'))
  const here = (file) => fileURLToPath(new URL(file, import.meta.url))
  let upstream
  try {
    await build({
      entryPoints: [here('upstream.ts'), here('resolver.ts')],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      logLevel: 'warning',
    })
    upstream = spawn(process.execPath, [join(folder, 'upstream.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] })
    const { upstream: address, anchor } = await firstLine(upstream)
    const args = [...flags, join(folder, 'resolver.mjs'), address, anchor, String(names), AT_ONCE, heap]
    return await firstLine(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
  } finally {
    upstream?.stdin.end()
    rmSync(folder, { recursive: true })
  }
}

/** The first line a process writes, which is JSON. */
function firstLine(child) {
  return new Promise((resolve, reject) => {
    let text = ''
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`ended with status ${code}`)))
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(JSON.parse(text))
    })
  })
}

/** Lookups at the same time. */
const AT_ONCE = '64'

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [names = '200000', heap = 'small', ...flags] = process.argv.slice(2)
  process.stdout.write(`${JSON.stringify(await measureMemory(Number(names), heap, flags))}\n`)
}
