/**
 * Builds the command line: bundles in CommonJS, which start in half the time that ES modules take, each with a code
 * cache. There is one for `danelaw query`, which is to start fastest, one for the demo, which holds the lab, and one for
 * the other commands. None needs another, but what `danelaw query` seldom needs lies beside it in a bundle of its own.
 * In front of them stand `main.js`, and `thread.js` for the threads of a scan.
 */
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { loadBeside, loadLate, place, splitSeldom } from './bundle-parts.mjs'
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

/** What `danelaw query` does without unless an option, an upstream or an answer wants it. */
const SELDOM = [
  /^src\/cli\/(help|suggest)\.ts$/,
  /^src\/dnssec\/(anchor-xml|trust-point|crypto\/both)\.ts$/,
  /^src\/resolver\/(fixture|anchors\/(?!keeper|warnings)|cache\/cache-file|node-dns\/(?!methods))/,
  /^src\/resolver\/transport\/(tcp|tls|https)\.ts$/,
  /^src\/smtp\//,
]

const PLAINLY = ['src/cli/query.ts', 'src/dnssec/crypto/native.ts', 'src/dnssec/crypto/both.ts']

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
  const bundle = async (options) => {
    const result = await build({ ...OPTIONS, ...options })
    for (const output of Object.values(result.metafile.outputs)) {
      for (const path of Object.keys(output.inputs)) inputs.add(path)
    }
    return { text: result.outputFiles[0].text, inputs: Object.keys(result.metafile.inputs) }
  }
  const write = (name, text) => writeFileSync(join(folder, name), text, 'latin1')

  const noble = await bundle({ entryPoints: [NOBLE] })
  const nobleFile = `${named('noble', noble.text)}.js`
  write(nobleFile, noble.text)

  const names = {}
  const writeBundle = (name, text) => {
    const whole = `(function (exports, require, module, __filename, __dirname) {${text}})\n`
    names[name] = named(name, whole)
    write(`${names[name]}.js`, whole)
  }
  const entry = 'src/cli/program.ts'
  const define = { 'import.meta.url': 'module.url', performance: 'module.performance' }
  for (const [name, holds] of Object.entries(BUNDLES)) {
    const plugins = [loadBeside(root, NOBLE, `./${nobleFile}`), leaveOut(holds), loadLate]
    const bundleProgram = (options) => bundle({ define, plugins, ...options })
    if (name !== 'query') {
      writeBundle(name, (await bundleProgram({ entryPoints: [entry] })).text)
      continue
    }
    const isSeldom = (path) => SELDOM.some((pattern) => pattern.test(path))
    const parts = await splitSeldom({ root, entry, isSeldom, plainly: PLAINLY, plugins, bundle: bundleProgram })
    writeBundle(name, parts[0])
    writeBundle('seldom', parts[1])
  }

  const inFront = { BUNDLES: JSON.stringify(names), 'import.meta.dirname': '__dirname' }
  for (const name of ['main', 'thread']) {
    write(`${name}.js`, (await bundle({ entryPoints: [`src/cli/${name}.ts`], define: inFront })).text)
  }
  chmodSync(join(folder, 'main.js'), 0o755)
  await makeCaches(folder, names, nodes)

  const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/
  return [...new Set([...inputs].flatMap((path) => packageFolder.exec(path)?.[0] ?? []))].sort()
}

/** A file of other content has another name, so that nothing made for the one is taken for the other. */
function named(name, text) {
  return `${name}-${createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 12)}`
}

function leaveOut(holds) {
  return place(root, ({ path, importer, kind }) => {
    if (kind !== 'dynamic-import' || !HOLDING_PARTS.includes(importer)) return undefined
    return holds(/([a-z]+)\.ts$/.exec(path)[1]) ? undefined : { path, external: true }
  })
}
