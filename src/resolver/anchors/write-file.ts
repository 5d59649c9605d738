import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { DanelawError } from '../../errors.ts'

/** What is asked of the file system, step by step. */
export type FileSteps = Pick<
  typeof fs,
  'openSync' | 'writeSync' | 'fsyncSync' | 'closeSync' | 'renameSync' | 'unlinkSync' | 'realpathSync' | 'statSync'
>

/**
 * Replaces a file as a whole: whatever happens on the way, the power going out included, `path` holds what it held
 * before or what is written now.
 * @param mode permissions of a file that is new
 * @throws {DanelawError} `file`; then `path` is as it was
 */
export function writeFile(path: string, text: string, steps: FileSteps = fs, mode = 0o644): void {
  let temporary: string | undefined
  try {
    // What a link points at is replaced, not the link.
    const target = existing(path, steps) ?? path
    const kept = existing(path, steps) === undefined ? mode : steps.statSync(target).mode & 0o777
    const name = `${target}.${randomBytes(6).toString('hex')}.tmp`
    const file = steps.openSync(name, 'wx', kept)
    temporary = name
    try {
      const octets = Buffer.from(text)
      for (let at = 0; at < octets.length; ) at += steps.writeSync(file, octets, at)
      // Before the name points at it the content has to be on the disk: else a crash may leave an empty file.
      steps.fsyncSync(file)
    } finally {
      steps.closeSync(file)
    }
    steps.renameSync(name, target)
    temporary = undefined
    syncFolder(dirname(target), steps)
  } catch (error) {
    if (temporary !== undefined) removeQuietly(temporary, steps)
    const { code, message } = error as NodeJS.ErrnoException
    throw new DanelawError('file', `cannot be written: ${code ?? message}`, { place: { file: path }, cause: error })
  }
}

function existing(path: string, steps: FileSteps): string | undefined {
  try {
    return steps.realpathSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The name too has to be on the disk. Not every system can do that to a folder; there it has to do without. */
function syncFolder(folder: string, steps: FileSteps): void {
  let descriptor: number | undefined
  try {
    descriptor = steps.openSync(folder, 'r')
    steps.fsyncSync(descriptor)
  } catch {
  } finally {
    if (descriptor !== undefined) steps.closeSync(descriptor)
  }
}

function removeQuietly(path: string, steps: FileSteps): void {
  try {
    steps.unlinkSync(path)
  } catch {}
}
