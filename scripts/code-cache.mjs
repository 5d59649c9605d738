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
  const maker = join(folder, 'make-cache.cjs')
  const temporary = mkdtempSync(join(tmpdir(), 'danelaw-build-'))
  try {
    const bundle = (name, options) =>
      build({
        absWorkingDir: root,
        entryPoints: [`scripts/${name}`],
        bundle: true,
        platform: 'node',
        logLevel: 'warning',
        ...options,
      })
    const outfile = join(temporary, 'warm-up.mjs')
    await bundle('warm-up.mjs', {
      outfile,
      format: 'esm',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    })
    // Where the program is, as what it loads is beside it.
    const define = { BUNDLES: JSON.stringify(names), 'import.meta.dirname': '__dirname' }
    await bundle('make-cache.mjs', { outfile: maker, format: 'cjs', target: 'node20.19', define })
    const { startWarmUp } = await import(pathToFileURL(outfile).href)
    const { runs, close } = await startWarmUp(temporary)
    try {
      for (const node of nodes) {
        for (const [name, list] of Object.entries(runs)) {
          await run(node, [maker, name, JSON.stringify(list)], { env: {} })
        }
      }
    } finally {
      await close()
    }
  } finally {
    rmSync(maker, { force: true })
    rmSync(temporary, { recursive: true })
  }
}
