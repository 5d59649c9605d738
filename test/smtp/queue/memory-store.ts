import { DanelawError } from '../../../src/errors.ts'
import { Message } from '../../../src/smtp/message.ts'
import type { QueueEntry } from '../../../src/smtp/queue/entry.ts'
import type {
  Change,
  Claim,
  EntryState,
  MessageSource,
  NewReport,
  QueueStore,
  StoredEntry,
} from '../../../src/smtp/queue/store.ts'

/** A queue in memory: what the interface asks of a store, and no more. */
export class MemoryStore implements QueueStore {
  readonly kept = new Map<string, { state: EntryState; entry: QueueEntry; octets: Uint8Array }>()
  readonly damaged: string[] = []
  readonly #watchers = new Set<(id: string | null) => void>()
  #leader: string | null = null

  async add(entry: Omit<QueueEntry, 'size'>, message: MessageSource): Promise<QueueEntry> {
    const pieces: Uint8Array[] = []
    for await (const piece of message instanceof Uint8Array ? [message] : message) pieces.push(piece)
    const octets = Buffer.concat(pieces)
    const whole = { ...entry, size: octets.length }
    this.kept.set(entry.id, { state: 'waiting', entry: whole, octets })
    for (const changed of this.#watchers) changed(entry.id)
    return whole
  }

  async list(state: EntryState): Promise<readonly string[]> {
    return [...this.kept].flatMap(([id, kept]) => (kept.state === state ? [id] : [])).toSorted()
  }

  async read(id: string): Promise<StoredEntry | undefined> {
    const kept = this.kept.get(id)
    return kept && { id, state: kept.state, entry: kept.entry }
  }

  async *message(id: string): AsyncIterable<Uint8Array> {
    const kept = this.kept.get(id)
    if (kept === undefined) throw new DanelawError('no-entry', 'none')
    yield kept.octets
  }

  async claim(id: string): Promise<Claim | undefined> {
    const kept = this.kept.get(id)
    if (kept?.state !== 'waiting') return undefined
    kept.state = 'claimed'
    return {
      entry: kept.entry,
      message: async () => Message.parse(kept.octets),
      head: async (octets) => kept.octets.subarray(0, octets),
      record: async (entry) => {
        kept.entry = entry
      },
      settle: async (entry, reports: readonly NewReport[], keep) => {
        kept.entry = entry
        for (const report of reports) await this.add(report.entry, report.message)
        if (keep) kept.state = 'waiting'
        else this.kept.delete(id)
      },
      giveBack: async () => {
        kept.state = 'waiting'
      },
      setAside: async () => {
        this.kept.delete(id)
        this.damaged.push(id)
      },
    }
  }

  async hold(id: string): Promise<Change> {
    return this.#change(id, 'waiting', 'held')
  }

  async release(id: string): Promise<Change> {
    const change = this.#change(id, 'held', 'waiting')
    if (change === 'done') for (const changed of this.#watchers) changed(id)
    return change
  }

  async remove(id: string): Promise<Change> {
    const state = this.kept.get(id)?.state
    if (state === undefined) return 'absent'
    if (state === 'claimed') return 'claimed'
    this.kept.delete(id)
    return 'done'
  }

  async recover(): Promise<void> {}

  async lead(): Promise<() => void> {
    if (this.#leader !== null) throw new DanelawError('in-use', 'the queue is being run')
    this.#leader = 'this process'
    return () => {
      this.#leader = null
    }
  }

  async leader(): Promise<string | null> {
    return this.#leader
  }

  watch(changed: (id: string | null) => void): () => void {
    this.#watchers.add(changed)
    return () => void this.#watchers.delete(changed)
  }

  #change(id: string, from: EntryState, to: EntryState): Change {
    const kept = this.kept.get(id)
    if (kept?.state === 'claimed') return 'claimed'
    if (kept?.state !== from) return 'absent'
    kept.state = to
    return 'done'
  }
}
