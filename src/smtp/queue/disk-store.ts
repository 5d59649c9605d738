import { join } from 'node:path'
import * as fs from 'node:fs'
import { DanelawError } from '../../errors.ts'
import { DiskClaim } from './disk-claim.ts'
import { isId, type QueueEntry } from './entry.ts'
import { formatEntry, parseEntry } from './entry-text.ts'
import { ownerName, thisProcess } from './owner.ts'
import { noEntry } from './no-entry.ts'
import { recover } from './recovery.ts'
import { leaderOf, takeLead } from './runner-lock.ts'
import { FOLDERS, isAbsence, Spool, type SpoolSteps } from './spool.ts'
import type { Change, Claim, EntryState, MessageSource, QueueStore, StoredEntry } from './store.ts'

/**
 * A queue in a folder of a local disk. A message is kept once its folder was renamed into `queue/`, with everything in
 * it on the disk; whoever renames it from there to a folder of his own has claimed it. Several processes of one machine
 * may use it at a time. Folders are 0700, files 0600.
 */
export class DiskStore implements QueueStore {
  readonly #spool: Spool
  readonly #own = ownerName(thisProcess())
  #count = 0

  /**
   * Opens the folder, and makes it where there is none (unless `create` is false); the one above it must be there.
   * @throws {DanelawError} `file`
   */
  constructor(folder: string, options: { readonly create?: boolean; readonly steps?: SpoolSteps } = {}) {
    this.#spool = new Spool(folder, options.steps ?? fs, options.create ?? true)
  }

  async add(entry: Omit<QueueEntry, 'size'>, message: MessageSource): Promise<QueueEntry> {
    const spool = this.#spool
    const draft = this.#unfinished()
    const place = spool.path(FOLDERS.waiting, named(entry.id))
    let published = false
    try {
      const whole = await this.#draft(draft, entry, message)
      published = spool.move(draft, place)
      if (!published)
        throw new DanelawError('file', 'the message was removed while it was written', { place: { file: draft } })
      spool.sync(spool.path(FOLDERS.waiting))
      return whole
    } catch (error) {
      // Whoever is told that it was not taken will send it again.
      if (published) spool.move(place, draft)
      spool.discard(draft)
      throw error
    }
  }

  async list(state: EntryState): Promise<readonly string[]> {
    const spool = this.#spool
    if (state !== 'claimed') return spool.names(FOLDERS[state]).filter(isId)
    return spool
      .names(FOLDERS.claimed)
      .flatMap((owner) => spool.names(FOLDERS.claimed, owner))
      .filter(isId)
      .toSorted()
  }

  async read(id: string): Promise<StoredEntry | undefined> {
    const found = this.#find(id, (path) => this.#spool.text(join(path, STATE)))
    if (found === undefined) return undefined
    const { state, value, path } = found
    try {
      return { id, state, entry: parseEntry(value, join(path, STATE)) }
    } catch (error) {
      return { id, state, damage: (error as Error).message }
    }
  }

  async *message(id: string): AsyncIterable<Uint8Array> {
    const { steps } = this.#spool
    const found = this.#find(id, (path) => {
      try {
        return steps.openSync(join(path, MESSAGE), 'r')
      } catch (error) {
        if (isAbsence(error)) return undefined
        throw error
      }
    })
    if (found === undefined) throw noEntry(id)
    try {
      const piece = Buffer.alloc(65_536)
      for (let read = 1; read > 0; ) {
        read = steps.readSync(found.value, piece)
        if (read > 0) yield Uint8Array.from(piece.subarray(0, read))
      }
    } finally {
      steps.closeSync(found.value)
    }
  }

  async claim(id: string): Promise<Claim | undefined> {
    const spool = this.#spool
    const mine = spool.path(FOLDERS.claimed, this.#own)
    if (!spool.names(FOLDERS.claimed).includes(this.#own)) spool.makeFolder(mine)
    const path = join(mine, named(id))
    if (!spool.move(spool.path(FOLDERS.waiting, id), path)) return undefined
    const claim = { spool, folder: mine, draft: () => this.#unfinished(), write: this.#draft.bind(this) }
    return DiskClaim.open(claim, id)
  }

  async hold(id: string): Promise<Change> {
    return this.#change(id, [FOLDERS.waiting], FOLDERS.held)
  }

  async release(id: string): Promise<Change> {
    return this.#change(id, [FOLDERS.held], FOLDERS.waiting)
  }

  async remove(id: string): Promise<Change> {
    const draft = this.#unfinished()
    const change = this.#change(id, [FOLDERS.waiting, FOLDERS.held], draft)
    if (change === 'done') this.#spool.discard(draft)
    return change
  }

  async recover(): Promise<void> {
    recover(this.#spool)
  }

  async lead(): Promise<() => void> {
    return takeLead(this.#spool, this.#own, this.#unfinished())
  }

  async leader(): Promise<string | null> {
    return leaderOf(this.#spool)
  }

  watch(changed: (id: string | null) => void): () => void {
    try {
      const watcher = fs.watch(this.#spool.path(FOLDERS.waiting), { persistent: false }, (_event, name) =>
        changed(name),
      )
      // Where there is no watching, the queue is looked through now and then.
      watcher.on('error', () => watcher.close())
      return () => watcher.close()
    } catch {
      return () => undefined
    }
  }

  /** A folder with message and state, both on the disk. */
  async #draft(draft: string, entry: Omit<QueueEntry, 'size'>, message: MessageSource): Promise<QueueEntry> {
    const spool = this.#spool
    spool.makeFolder(draft)
    const file = join(draft, MESSAGE)
    const size = await spool.writeNew(file, message)
    const whole = { ...entry, size }
    spool.replaceText(join(draft, STATE), formatEntry(whole))
    spool.sync(draft)
    return whole
  }

  #unfinished(): string {
    return this.#spool.path(FOLDERS.unfinished, `${this.#own}+${this.#count++}`)
  }

  #change(id: string, from: readonly string[], to: string): Change {
    const spool = this.#spool
    const target = to.startsWith(spool.folder) ? to : spool.path(to, named(id))
    for (const folder of from) {
      if (!spool.move(spool.path(folder, named(id)), target)) continue
      spool.sync(spool.path(folder))
      return 'done'
    }
    return this.#find(id, () => true)?.state === 'claimed' ? 'claimed' : 'absent'
  }

  /** Looks where an entry is. It may move meanwhile, so that one round may miss it. */
  #find<T>(
    id: string,
    take: (path: string) => T | undefined,
  ): { state: EntryState; path: string; value: T } | undefined {
    const spool = this.#spool
    named(id)
    for (let round = 0; round < 3; round++) {
      const owners = spool
        .names(FOLDERS.claimed)
        .map((owner) => ['claimed', spool.path(FOLDERS.claimed, owner, id)] as const)
      const places = [
        ['waiting', spool.path(FOLDERS.waiting, id)],
        ['held', spool.path(FOLDERS.held, id)],
        ...owners,
        ['waiting', spool.path(FOLDERS.waiting, id)],
      ] as const
      for (const [state, path] of places) {
        if (!isThere(spool, path)) continue
        const value = take(path)
        if (value !== undefined) return { state, path, value }
      }
    }
    return undefined
  }
}

/** The name itself, if it is one: nothing else may become part of a path. */
function named(id: string): string {
  if (!isId(id)) throw noEntry(id)
  return id
}

function isThere(spool: Spool, path: string): boolean {
  try {
    return spool.steps.lstatSync(path).isDirectory()
  } catch {
    return false
  }
}

const MESSAGE = 'message'
const STATE = 'state.json'
