import { readdirSync, readFileSync } from 'node:fs'

/** The vectors of a folder under test/vectors/dane, each with its file name and what it is about. */
export function vectors<T>(folder: string): [string, T][] {
  const path = new URL(`../vectors/dane/${folder}/`, import.meta.url)
  const names = readdirSync(path).sort()
  return names.map((name) => {
    const vector = JSON.parse(readFileSync(new URL(name, path), 'utf8')) as T & { readonly what: string }
    return [`${name}: ${vector.what}`, vector]
  })
}
