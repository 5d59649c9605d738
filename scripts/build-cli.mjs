/**
 * Builds the command line: bundles in CommonJS, which start in half the time that ES modules take, each with a code
 * cache. There is one for `danelaw query`, which is to start fastest, one for the demo, which holds the lab, and one for
 * the other commands. None needs another. In front of them stand `main.js`, and `thread.js` for the threads of a scan.
 */
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from 'esbuild'
import { makeCaches } from './code-cache.mjs'

const root = join(import.meta.dirname, '..')

/** Which commands a bundle holds, and whether the thread of a scan; it is not started for the others. */
const BUNDLES = {
  query: (part) => part === 'query',
  commands: (part) => part !== 'demo',
  demo: (part) => part === 'demo',
}

const HOLDING_PARTS = ['src/cli/commands.ts', 'src/cli/program.ts']

/** In a piece of its own, which is loaded when it is asked for: it is a quarter of what `danelaw query` is made of. */
const NOBLE = 'src/dnssec/crypto/noble.ts'

const LATE = /^node:/

const OPTIONS = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  outdir: 'dist/cli',
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  supported: { 'dynamic-import': false },
  // Read fastest.
  charset: 'ascii',
  legalComments: 'none',
  // Names stay, and lines: a stack trace is to say where.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 160,
  metafile: true,
  logLevel: 'warning',
}

/**
 * @param dist where the folder `cli` is to be
 * @param nodes programs of Node to make code caches for
 * @returns the folders of the packages whose code has gone in, relative to the root
 */
export async function buildCommandLine(dist, nodes) {
  const folder = join(dist, 'cli')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
  const inputs = new Set()
  const bundle = async (entry, options = {}) => {
    const { outputFiles, metafile } = await build({ ...OPTIONS, entryPoints: [entry], ...options })
    for (const output of Object.values(metafile.outputs)) {
      for (const path of Object.keys(output.inputs)) inputs.add(path)
    }
    return outputFiles[0].text
  }
  const write = (name, text) => writeFileSync(join(folder, name), text, 'latin1')

  const noble = await bundle(NOBLE)
  const nobleFile = `${named('noble', noble)}.js`
  write(nobleFile, noble)

  const names = {}
  for (const [name, holds] of Object.entries(BUNDLES)) {
    const text = await bundle('src/cli/program.ts', {
      plugins: [leaveOut(holds, nobleFile), loadLate],
      define: { 'import.meta.url': 'module.url', performance: 'module.performance' },
    })
    const whole = `(function (exports, require, module, __filename, __dirname) {${text}})\n`
    names[name] = named(name, whole)
    write(`${names[name]}.js`, whole)
  }

  const define = { BUNDLES: JSON.stringify(names), 'import.meta.dirname': '__dirname' }
  for (const name of ['main', 'thread']) write(`${name}.js`, await bundle(`src/cli/${name}.ts`, { define }))
  chmodSync(join(folder, 'main.js'), 0o755)
  await makeCaches(folder, names, nodes)

  const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/
  return [...new Set([...inputs].flatMap((path) => packageFolder.exec(path)?.[0] ?? []))].sort()
}

/** A file of other content has another name, so that nothing made for the one is taken for the other. */
function named(name, text) {
  return `${name}-${createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 12)}`
}

function leaveOut(holds, nobleFile) {
  return {
    name: 'leave out',
    setup(bundler) {
      bundler.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir, importer, kind }) => {
        const from = relative(root, importer)
        if (relative(root, join(resolveDir, path)) === NOBLE) return { path: `./${nobleFile}`, external: true }
        if (kind !== 'dynamic-import' || !HOLDING_PARTS.includes(from)) return undefined
        return holds(/([a-z]+)\.ts$/.exec(path)[1]) ? undefined : { path, external: true }
      })
    },
  }
}

/** Node's modules are loaded with their first use: most runs need few of them. */
const loadLate = {
  name: 'load late',
  setup(bundler) {
    bundler.onResolve({ filter: LATE }, ({ path, namespace }) =>
      namespace === 'late' ? { path, external: true } : { path, namespace: 'late' },
    )
    // What the bundler reads from a CommonJS module, it reads through the prototype of its exports at each use.
    bundler.onLoad({ filter: LATE, namespace: 'late' }, ({ path }) => ({
      contents: `
        let loaded
        module.exports = Object.create(new Proxy({}, { get: (_, name) => (loaded ??= require('${path}'))[name] }))`,
    }))
  },
}
