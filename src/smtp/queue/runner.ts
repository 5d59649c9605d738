import { setMaxListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { DanelawError } from '../../errors.ts'
import { Destinations } from './destinations.ts'
import { DueHeap } from './due-heap.ts'
import { nextDue, type PassResult, pass } from './pass.ts'
import type { CheckedQueue } from './settings.ts'
import { Slots } from './slots.ts'
import type { Claim } from './store.ts'

/** Works on a queue: as long as it is told to, or through what there is, once. */
export class Runner {
  readonly #queue: CheckedQueue
  readonly #allSince: number | null
  readonly #destinations: Destinations
  readonly #slots: Slots
  #schedule = new DueHeap()
  /** What is scheduled, parked or worked on. */
  readonly #known = new Set<string>()
  readonly #active = new Map<string, Promise<void>>()
  /** What came to be due while it was worked on: it would not be looked at again where it was dropped. */
  readonly #again = new Set<string>()
  /** No new delivery begins. */
  readonly #stopping = new AbortController()
  /** Deliveries under way end. */
  readonly #ending = new AbortController()
  #wake = new AbortController()
  /** What may be new; null for anything. */
  #news: Set<string> | null = null

  /** @param once whether everything is tried, due or not, and only once */
  constructor(queue: CheckedQueue, once: boolean) {
    this.#queue = queue
    this.#allSince = once ? queue.clock.now() : null
    this.#destinations = new Destinations(queue, (id) => {
      this.#plan(id, 0)
      this.#wake.abort()
    })
    this.#slots = new Slots(queue.tuning.concurrency)
    // Each delivery listens, and that is no leak.
    for (const { signal } of [this.#stopping, this.#ending]) setMaxListeners(0, signal)
  }

  /** Runs until `signal` is raised, and then lets deliveries come to their end for a while. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, clock, tuning } = this.#queue
    await store.recover()
    const leave = await store.lead()
    const unwatch = store.watch((id) => this.#heardOf(id))
    const stop = this.#stopOn(signal)
    try {
      let looked = Number.NEGATIVE_INFINITY
      while (!signal.aborted) {
        this.#wake = new AbortController()
        const isBack = clock.now() < looked - tuning.rescan
        if (isBack) this.#unschedule()
        if (isBack || clock.now() >= looked + tuning.rescan) {
          if (looked > 0) await this.#recover()
          looked = clock.now()
          this.#news = null
        }
        await this.#lookAtNews()
        this.#startDue()
        const next = Math.min(this.#nextStart(), looked + tuning.rescan)
        if (!signal.aborted) await clock.wait(Math.max(0, next - clock.now()), this.#wake.signal)
      }
    } finally {
      unwatch()
      stop()
      await this.#finish()
      leave()
    }
  }

  /** Tries these, and the notifications that come of it, once. */
  async flush(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const stop = this.#stopOn(signal)
    for (const id of ids) this.#plan(id, 0)
    try {
      while (!signal.aborted && (this.#schedule.size > 0 || this.#active.size > 0)) {
        this.#wake = new AbortController()
        this.#startDue()
        await raised(this.#wake.signal)
      }
    } finally {
      stop()
      await this.#finish()
    }
  }

  #stopOn(signal: AbortSignal): () => void {
    const stop = (): void => {
      this.#stopping.abort()
      this.#wake.abort()
    }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    return () => signal.removeEventListener('abort', stop)
  }

  #heardOf(id: string | null): void {
    // Our own doing, mostly.
    if (id !== null && this.#known.has(id)) return
    if (id === null) this.#news = null
    else this.#news?.add(id)
    this.#wake.abort()
  }

  #plan(id: string, due: number): void {
    this.#known.add(id)
    this.#schedule.push({ id, due })
  }

  /** The clock was set back: what was planned by it is planned anew, from what is written down. */
  #unschedule(): void {
    this.#schedule = new DueHeap()
    for (const id of this.#known) if (!this.#active.has(id)) this.#known.delete(id)
  }

  /** When there is something to start and room for it. */
  #nextStart(): number {
    if (this.#active.size >= this.#queue.tuning.concurrency) return Number.POSITIVE_INFINITY
    return this.#schedule.first?.due ?? Number.POSITIVE_INFINITY
  }

  #startDue(): void {
    while (this.#nextStart() <= this.#queue.clock.now() && !this.#stopping.signal.aborted) {
      const { id } = this.#schedule.pop()!
      if (this.#active.has(id)) {
        this.#again.add(id)
        continue
      }
      const work = this.#work(id).finally(() => {
        this.#active.delete(id)
        if (this.#again.delete(id)) this.#plan(id, 0)
        this.#wake.abort()
      })
      this.#active.set(id, work)
    }
  }

  async #work(id: string): Promise<void> {
    const { store, clock, tuning, tell } = this.#queue
    try {
      const claim = await store.claim(id)
      // Undefined where it is held, removed, or taken by another process.
      const result = claim && (await this.#pass(claim))
      this.#known.delete(id)
      if (result === undefined) return
      for (const report of result.reports) this.#plan(report, 0)
      if (result.entry === null) return
      if (result.blocked !== null) {
        this.#known.add(id)
        this.#destinations.park(result.blocked, id)
      } else if (this.#allSince === null) this.#plan(id, nextDue(result.entry, this.#destinations, clock.now()))
    } catch (error) {
      this.#known.delete(id)
      if (error instanceof DanelawError && error.code === 'bad-entry') tell({ kind: 'damaged', id, error })
      else {
        tell({ kind: 'trouble', id, error })
        if (this.#allSince === null) this.#plan(id, clock.now() + tuning.retryLeast)
      }
    }
  }

  async #pass(claim: Claim): Promise<PassResult> {
    try {
      return await pass(claim, {
        queue: this.#queue,
        destinations: this.#destinations,
        slots: this.#slots,
        allSince: this.#allSince,
        stopping: this.#stopping.signal,
        signal: this.#ending.signal,
      })
    } catch (error) {
      await claim.giveBack()
      throw error
    }
  }

  /** What a process that has died meanwhile had claimed. */
  async #recover(): Promise<void> {
    try {
      await this.#queue.store.recover()
    } catch (error) {
      this.#queue.tell({ kind: 'trouble', id: null, error })
    }
  }

  async #lookAtNews(): Promise<void> {
    const { store, tell } = this.#queue
    let news = this.#news === null ? null : [...this.#news]
    this.#news = new Set()
    try {
      if (news === null) {
        news = [...(await store.list('waiting'))]
        const present = new Set(news)
        for (const id of this.#known) if (!present.has(id) && !this.#active.has(id)) this.#known.delete(id)
      }
      for (const [index, id] of news.entries()) {
        // A long queue does not keep deliveries from going on.
        if (index % READS === READS - 1) await turn()
        if (!this.#known.has(id) && !this.#active.has(id)) await this.#lookAt(id)
      }
    } catch (error) {
      tell({ kind: 'trouble', id: null, error })
    }
  }

  async #lookAt(id: string): Promise<void> {
    const found = await this.#queue.store.read(id)
    if (found?.state !== 'waiting') return
    const now = this.#queue.clock.now()
    // What is damaged is set aside by who claims it.
    this.#plan(id, 'damage' in found ? 0 : nextDue(found.entry, this.#destinations, now))
  }

  async #finish(): Promise<void> {
    if (this.#active.size > 0) {
      const over = Promise.allSettled(this.#active.values())
      const patience = new AbortController()
      await Promise.race([over, this.#queue.clock.wait(this.#queue.tuning.shutdown, patience.signal)])
      patience.abort()
      this.#ending.abort()
      await over
    }
  }
}

async function raised(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Entries looked at before others have a turn. */
const READS = 64
