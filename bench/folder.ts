import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The path of a file beside the sources of the benchmark, from wherever its bundle runs. */
export function fileOf(path: string): string {
  const folder = typeof BENCH_FOLDER === 'string' ? BENCH_FOLDER : dirname(fileURLToPath(import.meta.url))
  return join(folder, path)
}

/** Set by `start.mjs` when it bundles. */
declare const BENCH_FOLDER: string | undefined
