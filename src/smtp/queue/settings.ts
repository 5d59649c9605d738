import { hostname } from 'node:os'
import { QUEUE_LIMITS, within } from '../../limits.ts'
import { checkEhloName, isHostName } from '../ehlo-name.ts'
import type { OutgoingMessage } from '../delivery.ts'
import type { Message } from '../message.ts'
import type { DeliveryOutcome } from '../outcome.ts'
import { type QueueClock, SYSTEM_CLOCK } from './clock.ts'
import type { QueueEvent } from './events.ts'
import type { QueueVia } from './via.ts'
import type { QueueStore } from './store.ts'

/** What the queue may be told, by the names of `QUEUE_LIMITS`; times in milliseconds. */
type Tunable =
  | 'retryLeast'
  | 'retryMost'
  | 'retryJitter'
  | 'expiry'
  | 'reportExpiry'
  | 'delayWarning'
  | 'concurrency'
  | 'destinationConcurrency'
  | 'failuresToRest'
  | 'rescan'
  | 'shutdown'

export type QueueTuning = Readonly<Record<Tunable, number>>

/** What the queue reads of an outcome. */
export type QueueOutcome = Pick<
  DeliveryOutcome,
  'outcome' | 'host' | 'level' | 'verdict' | 'code' | 'enhanced' | 'text'
> & {
  readonly failure?: DeliveryOutcome['failure']
  readonly retry?: DeliveryOutcome['retry']
  readonly dsn?: 'passed' | 'relayed'
}

/**
 * Delivers one message to recipients of one domain, or where `via` says, and gives an outcome for each, in their order:
 * `deliver` with the caller's resolver and settings.
 */
export type DeliverFunction = (message: QueuedMail, options: QueueDeliverOptions) => Promise<readonly QueueOutcome[]>

/** A message with its envelope, as `deliver` takes it. */
export interface QueuedMail extends OutgoingMessage {
  readonly to: readonly string[]
  readonly content: Message
}

export interface QueueDeliverOptions {
  /** Absent where the message does not ask for it, so that it takes nothing from a program that always wants it. */
  readonly requireDane?: true
  /** As it was submitted; `deliver` knows nothing of it. */
  readonly via: QueueVia | null
  /** Raised when the queue has to stop: what is not delivered by then is deferred. */
  readonly signal: AbortSignal
  /** To be told of a recipient's last word, by his place, as soon as there is one: it is written down there and then. */
  readonly onOutcome: (place: number, outcome: QueueOutcome) => void
}

export interface QueueOptions {
  readonly store: QueueStore
  readonly deliver: DeliverFunction
  /** The name notifications are from; default: this system's, where it has a dot. */
  readonly hostname?: string
  readonly tuning?: Partial<QueueTuning>
  /** Told of everything that happens. */
  readonly onEvent?: (event: QueueEvent) => void
  readonly clock?: QueueClock
  /** From 0 up to 1, for the pauses between tries. */
  readonly random?: () => number
}

export interface CheckedQueue {
  readonly store: QueueStore
  readonly deliver: DeliverFunction
  readonly hostname: string
  readonly tuning: QueueTuning
  readonly tell: (event: QueueEvent) => void
  readonly clock: QueueClock
  readonly random: () => number
}

/** @throws {TypeError | RangeError} that names the option. */
export function checkQueue(options: QueueOptions): CheckedQueue {
  const { store, deliver, onEvent, clock, random } = options
  if (typeof store !== 'object' || store === null) throw new TypeError('store: no store')
  if (typeof deliver !== 'function') throw new TypeError('deliver: no function')
  if (options.hostname !== undefined) checkEhloName('hostname', options.hostname)
  const tuning = tuned(options.tuning ?? {})
  if (tuning.retryMost < tuning.retryLeast) throw new RangeError('tuning.retryMost: less than retryLeast')
  return {
    store,
    deliver,
    hostname: options.hostname ?? ownName(),
    tuning,
    tell: (event) => onEvent?.(event),
    clock: clock ?? SYSTEM_CLOCK,
    random: random ?? Math.random,
  }
}

function tuned(given: Partial<QueueTuning>): QueueTuning {
  const unknown = Object.keys(given).find((name) => !TUNABLE.includes(name as Tunable))
  if (unknown !== undefined) throw new RangeError(`tuning.${unknown}: there is no such setting`)
  const complete = {} as Record<Tunable, number>
  for (const name of TUNABLE) complete[name] = within(`tuning.${name}`, QUEUE_LIMITS[name], given[name])
  return complete
}

function ownName(): string {
  const name = hostname()
  return isHostName(name) ? name.toLowerCase() : 'localhost'
}

const TUNABLE = [
  'retryLeast',
  'retryMost',
  'retryJitter',
  'expiry',
  'reportExpiry',
  'delayWarning',
  'concurrency',
  'destinationConcurrency',
  'failuresToRest',
  'rescan',
  'shutdown',
] as const satisfies Tunable[]
