/** Plugins for the bundler, by which a bundle holds what its commands need and loads the rest where it is used. */
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const OWN = /^\.{1,2}\/.*\.ts$/
const NODE = /^node:/

/** Node's modules are loaded with their first use: most runs need few of them. */
export const loadLate = {
  name: 'load late',
  setup(bundler) {
    bundler.onResolve({ filter: NODE }, ({ path, namespace }) =>
      namespace === 'late' ? { path, external: true } : { path, namespace: 'late' },
    )
    bundler.onLoad({ filter: NODE, namespace: 'late' }, ({ path }) => ({ contents: whenUsed(`require('${path}')`) }))
  },
}

/** A file beside the bundle is loaded with its first use as well. */
export function loadBeside(root, module, file) {
  return {
    name: 'load beside',
    setup(bundler) {
      bundler.onResolve({ filter: OWN }, ({ path, resolveDir, kind }) => {
        if (relative(root, join(resolveDir, path)) !== module) return undefined
        return kind === 'dynamic-import' ? { path: file, external: true } : { path: file, namespace: 'beside' }
      })
      bundler.onLoad({ filter: /./, namespace: 'beside' }, ({ path }) => ({ contents: whenUsed(`require('${path}')`) }))
      bundler.onResolve({ filter: /./, namespace: 'beside' }, ({ path }) => ({ path, external: true }))
    },
  }
}

/**
 * @param resolve is given how a module of the program is imported, with paths from the root; answers what the bundler is
 *   to make of that, or nothing where it is to follow
 */
export function place(root, resolve) {
  return {
    name: 'place',
    setup(bundler) {
      bundler.onResolve({ filter: OWN }, ({ path, resolveDir, importer, kind }) =>
        resolve({ path: relative(root, join(resolveDir, path)), importer: relative(root, importer), kind }),
      )
    },
  }
}

/**
 * Two bundles of what is reached from an entry. The first loads the second as `danelaw:seldom`, once something in it is
 * used; the second takes what the first has from there, as `danelaw:` and the module's path, so that there is one of
 * each.
 *
 * @param isSeldom whether a module goes into the second, by its path
 * @param plainly modules whose `import()` becomes a plain import: with one, the bundler would evaluate each module that
 *   it leads to by itself, which costs more than what is evaluated in vain
 * @param bundle runs the bundler with options; resolves to its text and its inputs
 */
export async function splitSeldom({ root, entry, isSeldom, plainly, plugins, bundle }) {
  const asked = new Set()
  const stubs = {
    name: 'seldom',
    setup(bundler) {
      bundler.onResolve({ filter: OWN }, ({ path, resolveDir }) => {
        const module = relative(root, join(resolveDir, path))
        if (!isSeldom(module)) return undefined
        asked.add(module)
        return { path: module, namespace: 'seldom' }
      })
      bundler.onLoad({ filter: /./, namespace: 'seldom' }, ({ path }) => ({
        contents: whenUsed(`require('danelaw:seldom').modules['${path}']`),
      }))
      bundler.onResolve({ filter: /^danelaw:/ }, ({ path }) => ({ path, external: true }))
    },
  }
  const first = (contents) =>
    bundle({
      stdin: { contents, resolveDir: root, loader: 'ts' },
      plugins: [stubs, importPlainly(root, plainly), ...plugins],
    })
  const inFirst = new Set((await first(`export * from './${entry}'`)).inputs)

  const modules = [...asked].sort()
  const contents = [
    ...modules.map((module, index) => `import * as m${index} from './${module}'`),
    `export const modules = { ${modules.map((module, index) => `'${module}': m${index}`).join(', ')} }`,
  ].join('\n')
  const fromFirst = place(root, ({ path }) =>
    inFirst.has(path) ? { path: `danelaw:${path}`, external: true } : undefined,
  )
  const second = (options) =>
    bundle({ stdin: { contents, resolveDir: root, loader: 'ts' }, plugins: [fromFirst, ...plugins], ...options })

  const readable = await second({ format: 'esm', minifySyntax: false, minifyWhitespace: false })
  const texts = [await first(`export * from './${entry}'\n${sharing(readable.text)}`), await second({})]
  return texts.map(({ text }) => text)
}

/** What a bundle of ES modules takes from elsewhere stands in it by name: the other is to hand that out. */
function sharing(text) {
  const shared = new Map()
  for (const [, list, path] of text.matchAll(/^import \{([^}]*)\} from "danelaw:([^"]+)";$/gm)) {
    const names = shared.get(path) ?? new Set()
    for (const each of list.split(',')) names.add(each.trim().split(' as ')[0])
    shared.set(path, names)
  }
  const lines = []
  const cases = []
  for (const [at, [path, names]] of [...shared].entries()) {
    lines.push(`import { ${[...names].map((name) => `${name} as ${name}_${at}`).join(', ')} } from './${path}'`)
    cases.push(`'${path}': { ${[...names].map((name) => `get ${name}() { return ${name}_${at} }`).join(', ')} }`)
  }
  return [...lines, `export const shared = (path: string): object => ({ ${cases.join(',\n')} })[path]!`].join('\n')
}

function importPlainly(root, paths) {
  return {
    name: 'import plainly',
    setup(bundler) {
      bundler.onLoad({ filter: /\/src\/.*\.ts$/, namespace: 'file' }, ({ path: importer }) => {
        const imports = []
        const text = readFileSync(importer, 'utf8').replace(/\bawait import\('([^']+)'\)/g, (whole, path) => {
          if (!paths.includes(relative(root, join(importer, '..', path)))) return whole
          imports.push(`import * as plainly_${imports.length} from '${path}';`)
          return `plainly_${imports.length - 1}`
        })
        // On the first line, so that all others keep their number.
        return imports.length === 0 ? undefined : { contents: imports.join(' ') + text, loader: 'ts' }
      })
    },
  }
}

/** What the bundler reads from a CommonJS module, it reads through the prototype of its exports at each use. */
const whenUsed = (loading) => `
  let loaded
  module.exports = Object.create(new Proxy({}, { get: (_, name) => (loaded ??= ${loading})[name] }))`
