/**
 * Code caches: what V8 made of a bundle, kept beside it. Made after the program has done what it is for, so that they
 * hold the functions that a run needs, and no others, which would only have to be read.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const run = promisify(execFile)

/**
 * @param folder of the bundles
 * @param names of the bundles' files, without their ends
 * @param nodes programs of Node, each of which makes those that fit it
 */
export async function makeCaches(folder, names, nodes) {
  if (nodes.length === 0) return
  const temporary = mkdtempSync(join(tmpdir(), 'danelaw-build-'))
  try {
    const outfile = join(temporary, 'warm-up.mjs')
    await build({
      absWorkingDir: root,
      entryPoints: ['scripts/warm-up.mjs'],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'warning',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    })
    const { startWarmUp } = await import(pathToFileURL(outfile).href)
    const { runs, close } = await startWarmUp(temporary)
    try {
      const maker = join(import.meta.dirname, 'make-cache.cjs')
      for (const node of nodes) {
        for (const [name, list] of Object.entries(runs)) {
          await run(node, [maker, join(folder, names[name]), JSON.stringify(list)], { env: {} })
        }
      }
    } finally {
      await close()
    }
  } finally {
    rmSync(temporary, { recursive: true })
  }
}
