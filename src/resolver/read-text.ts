import { isUtf8 } from 'node:buffer'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { DanelawError } from '../errors.ts'

/**
 * Reads a text file of at most `maximum` octets.
 * @throws {DanelawError} `file` where it is missing, no regular file, not readable, no UTF-8, or larger.
 */
export function readText(path: string | URL, maximum: number): string {
  const octets = readOctets(path, maximum)
  // A TextDecoder takes Node a while to make.
  if (!isUtf8(octets)) throw unreadable(path, 'is not UTF-8 text')
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('utf8')
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}

/**
 * Reads a file of at most `maximum` octets.
 * @throws {DanelawError} `file` where it is missing, no regular file, not readable, or larger.
 */
export function readOctets(path: string | URL, maximum: number): Uint8Array {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, 'r')
    if (fstatSync(descriptor).isDirectory()) throw unreadable(path, 'is a directory')
    // Read to the bound rather than to the size that is given: files of /proc and pipes give none.
    const octets = new Uint8Array(maximum + 1)
    let length = 0
    for (;;) {
      const count = readSync(descriptor, octets, length, octets.length - length, null)
      if (count === 0) break
      length += count
      if (length > maximum) throw unreadable(path, `has more than ${maximum} octets`)
    }
    return octets.subarray(0, length)
  } catch (error) {
    if (error instanceof DanelawError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw unreadable(path, FILE_ERRORS.get(code) ?? `cannot be read: ${code}`, error)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function unreadable(path: string | URL, why: string, cause?: unknown): DanelawError {
  return new DanelawError('file', why, { place: { file: String(path) }, cause })
}

const BYTE_ORDER_MARK = '\ufeff'

const FILE_ERRORS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist'],
  ['EISDIR', 'is a directory'],
  ['EACCES', 'cannot be read: permission denied'],
  ['EPERM', 'cannot be read: permission denied'],
])
