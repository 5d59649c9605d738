import { DanelawError } from '../../errors.ts'
import { QUEUE_LIMITS } from '../../limits.ts'
import { parseMailbox, parseReversePath } from '../address.ts'
import type { OutgoingMessage } from '../delivery.ts'
import { checkEnvelope, type EnvelopeRecipient } from '../envelope.ts'
import { Message } from '../message.ts'
import { MessageScan } from '../message-scan.ts'
import { newId, timeText } from './entry.ts'
import { noEntry } from './no-entry.ts'
import { newRecipient } from './notices.ts'
import { Runner } from './runner.ts'
import { type CheckedQueue, checkQueue, type QueueOptions } from './settings.ts'
import { type QueueVia, readVia } from './via.ts'
import type { Change, MessageSource, StoredEntry } from './store.ts'

/** A message for the queue, with its envelope. */
export interface QueueMessage extends Omit<OutgoingMessage, 'content'> {
  /** See `Message.parse` for what is taken; octets that come in piece by piece are not held in memory. */
  readonly content: MessageSource | Message | string
  /** What errors call the content. */
  readonly file?: string
  /** Mandatory DANE for every try. */
  readonly requireDane?: boolean
  /**
   * Where it is handed over, in place of its recipients' domains: for the function that delivers, which is told of it
   * with each try. Default null.
   */
  readonly via?: QueueVia | null
}

/**
 * Mail that waits to be delivered, and what delivers it: each recipient is tried again after longer and longer pauses,
 * until he has it, a host refuses it for good, or its time is over (RFC 5321 section 4.5.4.1); the sender is told.
 *
 * What `submit` has taken is not lost whatever dies, and what was delivered is not delivered again, but for the moment
 * between a host's last reply and its being written down (RFC 1047).
 */
export class Queue {
  readonly #queue: CheckedQueue

  /** @throws {TypeError | RangeError} that names the option */
  constructor(options: QueueOptions) {
    this.#queue = checkQueue(options)
  }

  /**
   * Takes a message. Once the promise is fulfilled, with its name, the message is on the disk.
   * @throws {TypeError | RangeError} that names what is not as it should be
   * @throws {DanelawError} `bad-mailbox`, `bad-message`, `file`; nothing is taken then
   */
  async submit(message: QueueMessage): Promise<string> {
    const { store, clock, tuning, tell } = this.#queue
    const now = clock.now()
    const from = message.from === null ? null : parseReversePath(message.from)
    const to = recipients(message)
    const { requireTls = false, requireDane = false } = message
    if (![true, false, 'where-offered'].includes(requireTls)) {
      throw new TypeError("requireTls: neither true, false nor 'where-offered'")
    }
    const { recipients: _, ...dsn } = message.dsn ?? {}
    checkEnvelope({ from, to, dsn })
    const via = readVia(message.via ?? null)
    const draft = {
      id: newId(now),
      arrival: timeText(now),
      expires: timeText(now + tuning.expiry),
      from: from?.text ?? null,
      dsn,
      requireTls,
      requireDane,
      via,
      recipients: to.map(({ text, dsn: own }) => newRecipient(text, now, own ?? {})),
      reportOf: null,
      reports: [],
    }
    const entry = await store.add(draft, checked(message))
    tell({ kind: 'queued', id: entry.id, entry })
    return entry.id
  }

  /**
   * Delivers what is due until `signal` is raised, new mail as it comes. Deliveries under way may then end within the
   * time `shutdown`. One process at a time does this for a queue.
   * @throws {DanelawError} `in-use`, `file`
   */
  async run(options: { readonly signal: AbortSignal }): Promise<void> {
    await new Runner(this.#queue, false).run(options.signal)
  }

  /**
   * Tries everything that waits, or the messages `ids`, once and now, and the notifications that come of it.
   * @throws {DanelawError} `in-use`, `file`
   */
  async flush(options: { readonly ids?: readonly string[]; readonly signal?: AbortSignal } = {}): Promise<void> {
    const { store } = this.#queue
    await store.recover()
    const ids = options.ids ?? (await store.list('waiting'))
    await new Runner(this.#queue, true).flush(ids, options.signal ?? new AbortController().signal)
  }

  /** Everything in the queue, oldest first. */
  async *list(): AsyncGenerator<StoredEntry, void, undefined> {
    const { store } = this.#queue
    const states = await Promise.all((['waiting', 'claimed', 'held'] as const).map((state) => store.list(state)))
    for (const id of [...new Set(states.flat())].toSorted()) {
      const found = await store.read(id)
      // It may be gone by now.
      if (found !== undefined) yield found
    }
  }

  /** @throws {DanelawError} `no-entry` */
  async read(id: string): Promise<StoredEntry> {
    const found = await this.#queue.store.read(id)
    if (found === undefined) throw noEntry(id)
    return found
  }

  /** The message as it was given. @throws {DanelawError} `no-entry` */
  content(id: string): AsyncIterable<Uint8Array> {
    return this.#queue.store.message(id)
  }

  /** Removes a message; nobody is told. @throws {DanelawError} `no-entry`; `in-use` while it is being delivered */
  async remove(id: string): Promise<void> {
    changed(id, await this.#queue.store.remove(id))
    this.#queue.tell({ kind: 'removed', id })
  }

  /** Keeps a message back until it is released. @throws {DanelawError} `no-entry`; `in-use` */
  async hold(id: string): Promise<void> {
    changed(id, await this.#queue.store.hold(id))
  }

  /** @throws {DanelawError} `no-entry` where it is not held */
  async release(id: string): Promise<void> {
    changed(id, await this.#queue.store.release(id))
  }

  /** Who runs the queue now, in a few words; null where nobody does. */
  async runner(): Promise<string | null> {
    return await this.#queue.store.leader()
  }
}

function changed(id: string, change: Change): void {
  if (change === 'absent') throw noEntry(id)
  if (change === 'claimed') {
    throw new DanelawError('in-use', `the message ${id} is being delivered`, { hint: 'try again when it is done' })
  }
}

function recipients({ to, dsn }: QueueMessage): EnvelopeRecipient[] {
  const list: readonly unknown[] = typeof to === 'string' ? [to] : Array.isArray(to) ? to : []
  const most = QUEUE_LIMITS.recipients.value
  if (list.length === 0) throw new TypeError('to: no recipient')
  if (list.length > most) throw new RangeError(`to: ${list.length} recipients, where ${most} is the limit`)
  return list.map((address, index) => {
    if (typeof address !== 'string') throw new TypeError(`to[${index}]: not a mail address`)
    return { ...parseMailbox(address), dsn: dsn?.recipients?.get(address) }
  })
}

/** The message as it comes in. What is none is refused while there is somebody to hear it. */
async function* checked({ content, file }: QueueMessage): AsyncGenerator<Uint8Array, void, undefined> {
  const scan = new MessageScan(file === undefined ? {} : { file })
  for await (const piece of pieces(content)) {
    scan.push(piece)
    yield piece
  }
  scan.end()
}

function pieces(content: QueueMessage['content']): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof content === 'string') return [new TextEncoder().encode(content)]
  if (content instanceof Uint8Array) return [content]
  return content instanceof Message ? content.pieces() : content
}
