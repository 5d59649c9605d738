import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { DanelawError } from '../../errors.ts'
import { CLI_LIMITS } from '../../limits.ts'
import type { Io } from '../io.ts'

/** One line that is neither empty nor a comment. */
export interface Line {
  /** From 1. */
  readonly number: number
  /** Without what surrounds it; cut off where it is too long to be anything. */
  readonly text: string
}

/** Where lines come from. */
export interface Source {
  readonly octets: AsyncIterable<Uint8Array>
  /** How many octets there are; null where nobody knows. */
  readonly size: number | null
}

/** A file, or standard input for `-`. @throws {DanelawError} `file` */
export async function openSource(path: string, io: Io): Promise<Source> {
  if (path === '-') return { octets: io.stdin, size: null }
  try {
    const found = await stat(path)
    if (found.isDirectory()) throw new Error('is a folder')
    return { octets: createReadStream(path), size: found.isFile() ? found.size : null }
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}`
    throw new DanelawError('file', message, { place: { file: path }, cause: error })
  }
}

/**
 * Takes lines out of octets as they come, one domain a line; `#` begins a comment. Never more than one piece and one
 * line are held.
 * @param onOctets told how many octets were taken
 */
export async function* readLines(octets: AsyncIterable<Uint8Array>, onOctets: (count: number) => void) {
  const decoder = new TextDecoder()
  let number = 0
  let rest = ''
  const take = (line: string): Line | undefined => {
    number++
    const text = (line.startsWith('\ufeff') && number === 1 ? line.slice(1) : line).replace(/#.*$/s, '').trim()
    return text === '' ? undefined : { number, text: text.slice(0, LONGEST) }
  }
  for await (const piece of octets) {
    onOctets(piece.length)
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      const found = take(line)
      if (found !== undefined) yield found
    }
    // A line without end takes no more room than one that is too long.
    rest = rest.slice(0, LONGEST)
  }
  const last = take(rest + decoder.decode())
  if (last !== undefined) yield last
}

const LONGEST = CLI_LIMITS.scanLineOctets.value
