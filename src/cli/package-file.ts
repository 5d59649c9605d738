import { fileURLToPath } from 'node:url'

/** The path of a file that comes with the package; its root is two levels up in the sources and in the build alike. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url))
}
