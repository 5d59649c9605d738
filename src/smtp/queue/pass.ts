import { DanelawError } from '../../errors.ts'
import type { Message } from '../message.ts'
import { type Destinations, destinationOf } from './destinations.ts'
import { milliseconds, type QueueEntry, type QueueRecipient } from './entry.ts'
import { type Notices, notices } from './notices.ts'
import { afterTry, dueTime } from './retry.ts'
import type { CheckedQueue, QueueOutcome } from './settings.ts'
import type { Slots } from './slots.ts'
import type { Claim } from './store.ts'

/** What a pass needs to know of the run it belongs to. */
export interface PassOptions {
  readonly queue: CheckedQueue
  readonly destinations: Destinations
  readonly slots: Slots
  /** All who were not tried since that time are tried, due or not; null for those who are due. */
  readonly allSince: number | null
  /** No new delivery begins. */
  readonly stopping: AbortSignal
  /** Deliveries under way end. */
  readonly signal: AbortSignal
}

/** What became of an entry. */
export interface PassResult {
  /** As it waits now; null where it is gone. */
  readonly entry: QueueEntry | null
  /** Notifications that were queued. */
  readonly reports: readonly string[]
  /** A destination that had no room for a delivery that is due; null where there was room. */
  readonly blocked: string | null
}

/**
 * One pass over an entry: a delivery to each destination whose recipients are due, side by side; what became of them
 * is kept as soon as it is known; then the sender is told what there is to tell.
 */
export async function pass(claim: Claim, options: PassOptions): Promise<PassResult> {
  const { queue, destinations, slots, stopping } = options
  const state = new PassState(claim, queue)
  const groups = dueGroups(claim.entry, options)
  const message = groups.size === 0 ? undefined : await readMessage(claim, queue)
  if (message === null) return GONE
  let blocked: string | null = null
  await Promise.all(
    [...groups].map(async ([destination, indexes]) => {
      await slots.take()
      try {
        if (stopping.aborted) return
        if (!destinations.hasRoom(destination)) blocked = destination
        else await tryOne(destination, indexes, message!, state, options)
      } finally {
        slots.give()
      }
    }),
  )
  const result = await settle(state, queue, stopping)
  return { ...result, blocked: result.entry === null ? null : blocked }
}

/** When an entry is to be looked at next, in milliseconds since 1970. */
export function nextDue(entry: QueueEntry, destinations: Destinations, now: number): number {
  const { recipients, expires } = entry
  const open = recipients.filter(({ state }) => state === 'pending')
  const untold = recipients.some(({ state, reported }) => state !== 'pending' && !reported)
  if (open.length === 0 || untold) return 0
  return Math.min(
    ...open.map((recipient) => {
      const rests = destinations.restsUntil(destinationOf(recipient.address, entry.via))
      // Where it would be given up meanwhile it is tried once more.
      return Math.max(dueTime(recipient, entry, now), Math.min(rests, milliseconds(expires)))
    }),
  )
}

/** Indexes of the recipients who are due, by destination. */
function dueGroups(entry: QueueEntry, { queue, destinations, allSince }: PassOptions): Map<string, number[]> {
  const now = queue.clock.now()
  const groups = new Map<string, number[]>()
  for (const [index, recipient] of entry.recipients.entries()) {
    const { state, address, last } = recipient
    if (state !== 'pending') continue
    const destination = destinationOf(address, entry.via)
    const rests = destinations.restsUntil(destination) > now && now < milliseconds(entry.expires)
    const isDue = dueTime(recipient, entry, now) <= now && !rests
    if (!(allSince === null ? isDue : last === null || milliseconds(last.time) < allSince)) continue
    const group = groups.get(destination)
    if (group === undefined) groups.set(destination, [index])
    else group.push(index)
  }
  return groups
}

/** Null where it is damaged, and was set aside. */
async function readMessage(claim: Claim, { tell }: CheckedQueue): Promise<Message | null> {
  try {
    return await claim.message()
  } catch (error) {
    if (!(error instanceof DanelawError) || error.code !== 'bad-entry') throw error
    await claim.setAside()
    tell({ kind: 'damaged', id: claim.entry.id, error })
    return null
  }
}

async function tryOne(
  destination: string,
  indexes: readonly number[],
  message: Message,
  state: PassState,
  { queue, destinations, signal }: PassOptions,
): Promise<void> {
  const { from, requireDane, requireTls, dsn, via } = state.entry
  const kept = new Map<number, Promise<void>>()
  const take = (place: number, outcome: QueueOutcome): void => {
    const index = indexes[place]
    // Cut short by us: no try that counts.
    const isCut = signal.aborted && outcome.outcome === 'deferred' && (outcome.failure ?? 'aborted') === 'aborted'
    if (index === undefined || kept.has(place) || isCut) return
    state.set(index, afterTry(state.entry.recipients[index]!, outcome, state.entry, queue))
    kept.set(place, state.keep(index))
  }
  destinations.begin(destination)
  let outcomes: readonly QueueOutcome[] = []
  try {
    const some = indexes.map((index) => state.entry.recipients[index]!)
    const mail = {
      from,
      to: some.map(({ address }) => address),
      content: message,
      requireTls,
      dsn: { ...dsn, recipients: new Map(some.map((recipient) => [recipient.address, recipient.dsn])) },
    }
    outcomes = await queue.deliver(mail, { ...(requireDane && { requireDane }), via, signal, onOutcome: take })
  } catch (error) {
    if (!signal.aborted) queue.tell({ kind: 'trouble', id: state.entry.id, error })
    outcomes = indexes.map(() => ({ ...NOT_TRIED, text: (error as Error)?.message || NOT_TRIED.text }))
  } finally {
    destinations.end(destination, outcomes, signal.aborted)
  }
  for (const place of indexes.keys()) take(place, outcomes[place] ?? NOT_TRIED)
  await Promise.all(kept.values())
}

/** The entry while it is worked on: each change is kept in the order it came. */
class PassState {
  entry: QueueEntry
  /** As it is kept. */
  recorded: QueueEntry
  readonly claim: Claim
  readonly #queue: CheckedQueue
  #writing: Promise<void> = Promise.resolve()

  constructor(claim: Claim, queue: CheckedQueue) {
    this.claim = claim
    this.entry = claim.entry
    this.recorded = claim.entry
    this.#queue = queue
  }

  set(index: number, recipient: QueueRecipient): void {
    this.entry = { ...this.entry, recipients: this.entry.recipients.with(index, recipient) }
  }

  /** Fulfilled once the result for a recipient is kept, or it was told that it cannot be. */
  async keep(index: number): Promise<void> {
    const recipient = this.entry.recipients[index]!
    const { id } = this.entry
    this.#writing = this.#writing
      .then(async () => {
        const { entry } = this
        if (entry === this.recorded) return
        await this.claim.record(entry)
        this.recorded = entry
      })
      .catch((error: unknown) => this.#queue.tell({ kind: 'trouble', id, error }))
    await this.#writing
    const { last, state, due } = recipient
    if (last !== null) this.#queue.tell({ kind: 'tried', id, recipient, last, due: state === 'pending' ? due : null })
  }
}

async function settle(
  state: PassState,
  queue: CheckedQueue,
  stopping: AbortSignal,
): Promise<Omit<PassResult, 'blocked'>> {
  const { claim } = state
  const { id } = claim.entry
  for (;;) {
    try {
      const made = await noticesOf(state, queue)
      if (made === null) return { entry: null, reports: [] }
      const { entry, reports, dropped } = made
      const keep = entry.recipients.some((recipient) => recipient.state === 'pending')
      const isChanged = JSON.stringify(entry) !== JSON.stringify(state.recorded)
      if (keep && !isChanged) await claim.giveBack()
      else await claim.settle(entry, reports, keep)
      for (const recipient of dropped) queue.tell({ kind: 'dropped', id, recipient })
      for (const report of reports) queue.tell({ kind: 'reported', id, report: report.entry.id, to: entry.from! })
      if (!keep) queue.tell({ kind: 'removed', id })
      return { entry: keep ? entry : null, reports: reports.map((report) => report.entry.id) }
    } catch (error) {
      queue.tell({ kind: 'trouble', id, error })
      // Given back in an older state it would be delivered again: what is known is kept here until it can be written.
      if (!stopping.aborted) await queue.clock.wait(queue.tuning.retryLeast, stopping)
      if (!stopping.aborted) continue
      await claim.giveBack()
      return { entry: state.entry, reports: [] }
    }
  }
}

/**
 * Null where they cannot be made, now or ever: the message was set aside then. Kept here it would be in the way of
 * others for good.
 */
async function noticesOf({ claim, entry }: PassState, queue: CheckedQueue): Promise<Notices | null> {
  try {
    return await notices(claim, entry, queue)
  } catch (error) {
    const isOurs = error instanceof DanelawError ? error.code === 'internal' : error instanceof TypeError
    if (!isOurs) throw error
    await claim.setAside()
    const why = `its sender cannot be told: ${(error as Error).message}`
    queue.tell({ kind: 'damaged', id: entry.id, error: new DanelawError('internal', why, { cause: error }) })
    return null
  }
}

const GONE: PassResult = { entry: null, reports: [], blocked: null }

const NOT_TRIED: QueueOutcome = {
  outcome: 'deferred',
  host: null,
  level: null,
  verdict: 'unreachable',
  code: null,
  enhanced: '4.3.0',
  text: 'the delivery failed for a reason of this system',
}
