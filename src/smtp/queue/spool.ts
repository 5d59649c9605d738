import type * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { DanelawError } from '../../errors.ts'
import { QUEUE_LIMITS } from '../../limits.ts'
import { type FileSteps, writeFile } from '../../resolver/anchors/write-file.ts'
import type { MessageSource } from './store.ts'

/** What is asked of the file system, step by step. */
export type SpoolSteps = FileSteps &
  Pick<typeof fs, 'mkdirSync' | 'readdirSync' | 'readFileSync' | 'readSync' | 'rmdirSync' | 'lstatSync' | 'linkSync'>

/**
 * The folders of a spool, and what is done to files there. An entry is a folder, and each change of its state is one
 * rename of it: whoever renames it has it, and after a crash it is in one place, whole.
 */
export class Spool {
  readonly folder: string
  readonly steps: SpoolSteps

  /**
   * Opens a spool.
   * @param create whether it is made where there is none
   * @throws {DanelawError} `file` where it is not there or cannot be made, is no folder, or others may write to it
   */
  constructor(folder: string, steps: SpoolSteps, create: boolean) {
    this.folder = folder
    this.steps = steps
    // What a message is kept in has to be on the disk as well.
    if (create && this.attempt(folder, () => make(folder, steps))) this.sync(dirname(folder))
    this.#check(create)
    if (!create && this.names().every((name) => name !== FOLDERS.waiting)) {
      throw new DanelawError('file', 'there is no queue in this folder', { place: { file: folder } })
    }
    const made = Object.values(FOLDERS).filter((name) =>
      this.attempt(join(folder, name), () => make(join(folder, name), steps)),
    )
    if (made.length > 0) this.sync(folder)
  }

  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  /** Names in a folder in their order; none where it is not there. */
  names(...folder: string[]): string[] {
    try {
      return this.steps.readdirSync(this.path(...folder)).toSorted()
    } catch (error) {
      if (isAbsence(error)) return []
      throw failure(error, this.path(...folder))
    }
  }

  /** False where `from` is not there. */
  move(from: string, to: string): boolean {
    try {
      this.steps.renameSync(from, to)
      return true
    } catch (error) {
      if (isAbsence(error)) return false
      throw failure(error, from)
    }
  }

  makeFolder(path: string): void {
    this.attempt(path, () => this.steps.mkdirSync(path, { mode: 0o700 }))
  }

  /** A small file; undefined where it is not there. */
  text(path: string): string | undefined {
    try {
      if (this.steps.statSync(path).size > QUEUE_LIMITS.stateOctets.value) {
        throw new DanelawError('bad-entry', 'the state of the message is too large', { place: { file: path } })
      }
      return this.steps.readFileSync(path, 'utf8')
    } catch (error) {
      if (isAbsence(error)) return undefined
      throw error instanceof DanelawError ? error : failure(error, path)
    }
  }

  replaceText(path: string, text: string): void {
    try {
      writeFile(path, text, this.steps, 0o600)
    } catch (error) {
      throw failure((error as Error).cause ?? error, path)
    }
  }

  /** Writes a new file as its octets come in, and sees that it is on the disk. */
  async writeNew(path: string, source: MessageSource): Promise<number> {
    const { steps } = this
    const file = this.attempt(path, () => steps.openSync(path, 'wx', 0o600))
    try {
      let size = 0
      for await (const piece of source instanceof Uint8Array ? [source] : source) {
        size += piece.length
        if (size > QUEUE_LIMITS.messageOctets.value) {
          throw new DanelawError('bad-message', `a message of more than ${QUEUE_LIMITS.messageOctets.value} octets`)
        }
        this.attempt(path, () => {
          for (let at = 0; at < piece.length; ) at += steps.writeSync(file, piece, at)
        })
      }
      this.attempt(path, () => steps.fsyncSync(file))
      return size
    } finally {
      this.attempt(path, () => steps.closeSync(file))
    }
  }

  /** Sees that the names in a folder are on the disk. Some systems cannot do that to a folder, and have to do without. */
  sync(path: string): void {
    let file: number | undefined
    try {
      file = this.steps.openSync(path, 'r')
      this.steps.fsyncSync(file)
    } catch (error) {
      if (!UNSUPPORTED.has((error as NodeJS.ErrnoException).code ?? '')) throw failure(error, path)
    } finally {
      if (file !== undefined) this.steps.closeSync(file)
    }
  }

  /** Removes a folder with its files; what is in the way stays for the next time. */
  discard(path: string): void {
    try {
      for (const name of this.steps.readdirSync(path)) this.steps.unlinkSync(join(path, name))
      this.steps.rmdirSync(path)
    } catch {}
  }

  attempt<T>(path: string, step: () => T): T {
    try {
      return step()
    } catch (error) {
      throw failure(error, path)
    }
  }

  #check(create: boolean): void {
    const { mode, uid } = this.attempt(this.folder, () => {
      const found = this.steps.statSync(this.folder)
      if (!found.isDirectory()) throw Object.assign(new Error('it is no folder'), { code: 'ENOTDIR' })
      return found
    })
    // Windows has no such bits.
    if (process.platform === 'win32') return
    const own = process.getuid?.() ?? uid
    if ((mode & 0o022) === 0 && (uid === own || own === 0)) {
      // Whoever this queue is run by could neither read nor give up what root leaves there.
      if (!create || uid === own) return
      throw new DanelawError('file', 'this queue is of another user, who could not read what is put there by root', {
        place: { file: this.folder },
        hint: `do it as that user: sudo -u '#${uid}' danelaw ...`,
      })
    }
    throw new DanelawError('file', 'others may write to this folder, and to the mail in it', {
      place: { file: this.folder },
      hint: `make it yours alone: chmod 700 ${this.folder}`,
    })
  }
}

/** Waiting, claimed (by folders of their owners), held, damaged, and what is not finished (by owner). */
export const FOLDERS = {
  waiting: 'queue',
  claimed: 'active',
  held: 'hold',
  damaged: 'corrupt',
  unfinished: 'tmp',
} as const

export function isAbsence(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** False where it was there. */
function make(folder: string, steps: SpoolSteps): boolean {
  try {
    steps.mkdirSync(folder, { mode: 0o700 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

function failure(error: unknown, file: string): DanelawError {
  if (error instanceof DanelawError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  return new DanelawError(
    'file',
    full ? `no space is left for the queue (${code})` : `cannot be used: ${code ?? message}`,
    {
      place: { file },
      cause: error,
    },
  )
}

const UNSUPPORTED = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM', 'EACCES'])
