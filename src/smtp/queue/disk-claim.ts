import { join } from 'node:path'
import { DanelawError } from '../../errors.ts'
import { Message } from '../message.ts'
import type { QueueEntry } from './entry.ts'
import { formatEntry, parseEntry } from './entry-text.ts'
import { FOLDERS, type Spool } from './spool.ts'
import type { Claim, MessageSource, NewReport } from './store.ts'

/** What a claim needs of its store. */
interface Surroundings {
  readonly spool: Spool
  /** The folder of what this process has claimed. */
  readonly folder: string
  /** A new name for what is not finished. */
  draft(): string
  write(draft: string, entry: Omit<QueueEntry, 'size'>, message: MessageSource): Promise<QueueEntry>
}

/** An entry whose folder is in a folder of this process. */
export class DiskClaim implements Claim {
  readonly entry: QueueEntry
  readonly #around: Surroundings
  readonly #path: string

  private constructor(around: Surroundings, path: string, entry: QueueEntry) {
    this.#around = around
    this.#path = path
    this.entry = entry
  }

  /** @throws {DanelawError} `bad-entry`; then it is among the damaged */
  static open(around: Surroundings, id: string): DiskClaim {
    const { spool, folder } = around
    const path = join(folder, id)
    try {
      const file = join(path, 'state.json')
      const text = spool.text(file)
      if (text === undefined) throw damaged('its state is missing', file)
      const entry = parseEntry(text, file)
      if (entry.id !== id) throw damaged(`its state is that of ${entry.id}`, file)
      const message = join(path, 'message')
      const size = spool.attempt(message, () => spool.steps.statSync(message).size)
      if (size !== entry.size) throw damaged(`it has ${size} octets, and ${entry.size} were taken`, message)
      return new DiskClaim(around, path, entry)
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
      if ((error as DanelawError).code !== 'bad-entry' && !DAMAGE.has(code ?? '')) {
        // No fault of the message: this system is short of something.
        spool.move(path, spool.path(FOLDERS.waiting, id))
        throw error
      }
      setAside(spool, path, id)
      throw error instanceof DanelawError && error.code === 'bad-entry'
        ? error
        : damaged((error as Error).message, path)
    }
  }

  async message(): Promise<Message> {
    const file = join(this.#path, 'message')
    try {
      return await Message.fromFile(file)
    } catch (error) {
      if ((error as DanelawError).code !== 'bad-message') throw error
      throw damaged((error as Error).message, file)
    }
  }

  async head(octets: number): Promise<Uint8Array> {
    const { spool } = this.#around
    const file = join(this.#path, 'message')
    return spool.attempt(file, () => {
      const opened = spool.steps.openSync(file, 'r')
      try {
        const head = Buffer.alloc(Math.min(octets, this.entry.size))
        let at = 0
        for (let read = 1; read > 0 && at < head.length; at += read) {
          read = spool.steps.readSync(opened, head, at, head.length - at, at)
        }
        return head.subarray(0, at)
      } finally {
        spool.steps.closeSync(opened)
      }
    })
  }

  async record(entry: QueueEntry): Promise<void> {
    this.#around.spool.replaceText(join(this.#path, 'state.json'), formatEntry(entry))
  }

  async settle(entry: QueueEntry, reports: readonly NewReport[], keep: boolean): Promise<void> {
    const { spool, folder, draft, write } = this.#around
    const drafts: string[] = []
    try {
      // Out of sight until it is written down that they belong to this state: see recovery.
      for (const { entry: report, message } of reports) {
        drafts.push(draft())
        await write(drafts.at(-1)!, report, message)
        spool.move(drafts.at(-1)!, join(folder, report.id))
        drafts.splice(-1, 1, join(folder, report.id))
      }
      if (reports.length > 0) spool.sync(folder)
      if (keep || reports.length > 0) await this.record({ ...entry, reports: reports.map(({ entry: { id } }) => id) })
    } catch (error) {
      for (const path of drafts) spool.discard(path)
      throw error
    }
    try {
      for (const { entry: report } of reports) {
        spool.move(join(folder, report.id), spool.path(FOLDERS.waiting, report.id))
      }
      if (reports.length > 0) spool.sync(spool.path(FOLDERS.waiting))
    } catch {
      // What is still wanted has to go on now: recovery takes nothing from a process that lives.
      if (!keep) return
    }
    try {
      if (keep) return await this.giveBack()
      const removed = draft()
      spool.move(this.#path, removed)
      spool.sync(folder)
      spool.discard(removed)
    } catch {
      // It is written down: what is not where it belongs is brought there by the next recovery.
    }
  }

  async giveBack(): Promise<void> {
    this.#around.spool.move(this.#path, this.#around.spool.path(FOLDERS.waiting, this.entry.id))
  }

  async setAside(): Promise<void> {
    setAside(this.#around.spool, this.#path, this.entry.id)
  }
}

function setAside(spool: Spool, path: string, id: string): void {
  spool.move(path, spool.path(FOLDERS.damaged, id))
}

function damaged(why: string, file: string): DanelawError {
  return new DanelawError('bad-entry', `the message is damaged: ${why}`, {
    place: { file },
    hint: `it was set aside under ${FOLDERS.damaged}/`,
  })
}

const DAMAGE = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP'])
