import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex } from '../../src/wire/index.ts'

/** One vector file: `key: value` lines, an empty line, the body without its last line's end. */
export interface Vector {
  readonly file: string
  readonly head: ReadonlyMap<string, string>
  readonly body: string
}

/** All vectors of one folder under test/vectors/wire. */
export function vectors(folder: string): Vector[] {
  const path = join(import.meta.dirname, '../vectors/wire', folder)
  return readdirSync(path)
    .sort()
    .map((name) => {
      const text = readFileSync(join(path, name), 'utf8')
      const blank = text.indexOf('\n\n')
      const lines = text.slice(0, blank).split('\n')
      const head = new Map(lines.map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]))
      return { file: name, head, body: text.slice(blank + 2, -1) }
    })
}

/** Octets of a hexadecimal body; blanks, and comments from `#` on, are left out. */
export function hexBody(body: string): Uint8Array {
  const octets = fromHex(body.replace(/#.*/g, '').replace(/\s+/g, ''))
  if (octets === undefined) throw new Error(`not hexadecimal: ${body}`)
  return octets
}

/** The DanelawError or other value that `run` throws; a plain Error where it throws nothing. */
export function thrown(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  return new Error('nothing was thrown')
}
