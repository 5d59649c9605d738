import type { Message } from '../message.ts'
import type { QueueEntry } from './entry.ts'

/** What a message is given as: octets, or octets as they come in. */
export type MessageSource = Uint8Array | AsyncIterable<Uint8Array>

/**
 * Where queued messages are kept. The queue needs no more than this; another store (a database, say) has to hold to
 * what is said at each method, and two queues may then work on it at the same time.
 *
 * An entry is in one of three states: it waits, it is held back, or somebody has claimed it.
 */
export interface QueueStore {
  /**
   * Keeps a message. Once the promise is fulfilled it outlives any crash; where it is rejected nothing is kept.
   * @param entry all but the size, which the store counts
   * @param message what its iterator throws is what the promise is rejected with
   * @throws {DanelawError} `file`
   */
  add(entry: Omit<QueueEntry, 'size'>, message: MessageSource): Promise<QueueEntry>
  /** The names of the entries in a state, oldest first. */
  list(state: EntryState): Promise<readonly string[]>
  /** An entry whatever its state; undefined where there is none. What is damaged is said, and left where it is. */
  read(id: string): Promise<StoredEntry | undefined>
  /** The message of an entry, piece by piece. @throws {DanelawError} `no-entry` */
  message(id: string): AsyncIterable<Uint8Array>
  /**
   * Takes an entry that waits, so that nobody else has it until it is given back, or this process dies. Undefined where
   * it does not wait (any more).
   * @throws {DanelawError} `bad-entry` where it is damaged; then it was set aside, and is no longer listed
   */
  claim(id: string): Promise<Claim | undefined>
  /** Moves an entry between waiting and held; removes one that nobody has claimed. */
  hold(id: string): Promise<Change>
  release(id: string): Promise<Change>
  remove(id: string): Promise<Change>
  /**
   * Gives back what processes had claimed that are dead now. Called before a pass.
   * @throws {DanelawError} `in-use` where some other machine has claimed something: whether it lives cannot be known
   */
  recover(): Promise<void>
  /**
   * Says that this one runs the queue from now on. The result ends that.
   * @throws {DanelawError} `in-use` where another does
   */
  lead(): Promise<() => void>
  /** Who runs the queue now, in a few words; null where nobody does. */
  leader(): Promise<string | null>
  /**
   * Calls back when there may be something new that waits, with its name where that is known; now and then also for
   * nothing. The result ends that.
   */
  watch(changed: (id: string | null) => void): () => void
}

export type EntryState = 'waiting' | 'held' | 'claimed'

export type StoredEntry =
  | { readonly id: string; readonly state: EntryState; readonly entry: QueueEntry }
  | { readonly id: string; readonly state: EntryState; readonly damage: string }

/** `claimed`: it cannot be done, somebody is at work on it. */
export type Change = 'done' | 'claimed' | 'absent'

/** An entry that is ours alone. */
export interface Claim {
  readonly entry: QueueEntry
  /** @throws {DanelawError} `bad-entry` where the message is not what was taken */
  message(): Promise<Message>
  /** The first octets of the message. @throws {DanelawError} `bad-entry` */
  head(octets: number): Promise<Uint8Array>
  /** Keeps a new state; fulfilled once it outlives any crash. */
  record(entry: QueueEntry): Promise<void>
  /**
   * Keeps a new state, makes `reports` waiting entries, and gives the entry back or, unless `keep`, removes it: all of
   * it or, after a crash, nothing of it.
   */
  settle(entry: QueueEntry, reports: readonly NewReport[], keep: boolean): Promise<void>
  /** Gives the entry back as it was last recorded. */
  giveBack(): Promise<void>
  /** Sets the entry aside, no longer listed, for somebody to look at. */
  setAside(): Promise<void>
}

export interface NewReport {
  readonly entry: Omit<QueueEntry, 'size'>
  readonly message: Uint8Array
}
