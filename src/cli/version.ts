import { readFileSync } from 'node:fs'

/** Of the package this file belongs to; the folder is two levels down in the sources and in the build alike. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
