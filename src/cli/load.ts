/**
 * Loads a bundle of the program with its code cache. This file and those that import it are all that runs before the
 * cache helps, so they import nothing else of the program.
 *
 * What is in a cache was compiled from its bundle when the package was built. V8 takes one only from the same version
 * with the same flags, for a source of the same length; the names see to the rest: a bundle's holds the hash of its
 * content, which its caches share, and a cache's the version of V8 with Node's patches, the system and the processor.
 * Caches are read from the package alone, so they are to be trusted as its code is, and nothing is ever written.
 */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import type * as program from './program.ts'

export type BundleName = 'query' | 'commands' | 'demo'

/** What the bundle of `danelaw query` offers besides. */
interface Sharing {
  /** A module of it, for the bundle of what is seldom needed. */
  readonly shared?: (path: string) => object
}

/**
 * Without a cache, or with one that V8 refuses, a bundle is compiled, which takes longer and changes nothing else.
 *
 * @param onScript for the build, which makes the caches
 */
export function load(name: BundleName, onScript?: OnScript): typeof program {
  let seldom: object | undefined
  const bundle: typeof program & Sharing = evaluate(BUNDLES[name], onScript, (id) => {
    if (id !== 'danelaw:seldom') return require(id)
    seldom ??= evaluate<object>(BUNDLES.seldom, onScript, (inner) =>
      inner.startsWith('danelaw:') ? bundle.shared!(inner.slice('danelaw:'.length)) : require(inner),
    )
    return seldom
  })
  return bundle
}

type OnScript = (script: Script, cacheFile: string) => void

function evaluate<Exports extends object>(
  name: string,
  onScript: OnScript | undefined,
  require: (id: string) => unknown,
): Exports {
  const base = `${import.meta.dirname}/${name}`
  const filename = `${base}.js`
  const cacheFile = `${base}.${process.versions.v8}-${process.platform}-${process.arch}.cache`
  const cachedData = readCache(cacheFile)
  // The build writes nothing but ASCII, which is read fastest so.
  const source = readFileSync(filename, 'latin1')
  const script = new Script(source, { filename, ...(cachedData !== undefined && { cachedData }) })
  const module = {
    exports: {} as Exports,
    /** What stands for `import.meta.url` in a bundle. */
    get url() {
      return pathToFileURL(filename).href
    },
    /** What stands for the global in a bundle: Node's would load much else. */
    performance: { now: monotonic },
  }
  script.runInThisContext()(module.exports, require, module, filename, import.meta.dirname)
  onScript?.(script, cacheFile)
  return module.exports
}

function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

function readCache(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/** The names of the bundles' files, without their ends; the build puts it in. */
declare const BUNDLES: Readonly<Record<BundleName | 'seldom', string>>
