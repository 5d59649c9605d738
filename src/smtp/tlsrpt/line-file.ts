import * as fs from 'node:fs'
import { DanelawError } from '../../errors.ts'
import { TLSRPT_LIMITS } from '../../limits.ts'

/** Appends one line to a file that others append to as well. @throws {DanelawError} `file` */
export function append(path: string, text: string): void {
  // The line end in front keeps the line apart from one that was cut short when a process or the system died.
  const line = Buffer.from(`\n${text}\n`)
  if (line.length > TLSRPT_LIMITS.lineOctets.value) throw unwritable(path, 'the line is too long')
  let file: number | undefined
  try {
    file = fs.openSync(path, 'a', 0o640)
    if (fs.fstatSync(file).size + line.length > TLSRPT_LIMITS.dayOctets.value) {
      throw new DanelawError('file', `has more than ${TLSRPT_LIMITS.dayOctets.value} octets`, { place: { file: path } })
    }
    // One write, so that lines of several processes do not mix.
    fs.writeSync(file, line)
  } catch (error) {
    throw error instanceof DanelawError ? error : unwritable(path, error)
  } finally {
    if (file !== undefined) fs.closeSync(file)
  }
}

/** The lines of a file that are not empty, undefined for one that is too long; none where there is no file. */
export function* lines(path: string): Generator<string | undefined> {
  let file: number
  try {
    file = fs.openSync(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw unreadable(path, error)
  }
  try {
    const piece = Buffer.alloc(65_536)
    let rest: Buffer = Buffer.alloc(0)
    let tooLong = false
    for (;;) {
      const length = read(file, piece, path)
      const octets = Buffer.concat([rest, piece.subarray(0, length)])
      let start = 0
      for (let end = octets.indexOf(LF); end >= 0; end = octets.indexOf(LF, start)) {
        if (tooLong) yield undefined
        else if (end > start) yield octets.toString('utf8', start, end)
        tooLong = false
        start = end + 1
      }
      rest = octets.subarray(start)
      if (rest.length > TLSRPT_LIMITS.lineOctets.value) {
        tooLong = true
        rest = Buffer.alloc(0)
      }
      if (length > 0) continue
      if (tooLong) yield undefined
      else if (rest.length > 0) yield rest.toString('utf8')
      return
    }
  } finally {
    fs.closeSync(file)
  }
}

/** @throws {DanelawError} `file` */
export function makeDirectory(path: string): void {
  try {
    // Who mailed whom is nobody else's business.
    fs.mkdirSync(path, { recursive: true, mode: 0o750 })
  } catch (error) {
    throw new DanelawError('file', `cannot be made: ${codeOf(error)}`, { place: { file: path }, cause: error })
  }
}

function read(file: number, piece: Buffer, path: string): number {
  try {
    return fs.readSync(file, piece, 0, piece.length, null)
  } catch (error) {
    throw unreadable(path, error)
  }
}

export function unreadable(path: string, error: unknown): DanelawError {
  const code = codeOf(error)
  const why = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${code}`
  return new DanelawError('file', why, { place: { file: path }, cause: error })
}

export function unwritable(path: string, error: unknown): DanelawError {
  return new DanelawError('file', `cannot be written: ${codeOf(error)}`, { place: { file: path }, cause: error })
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}

const LF = 0x0a
