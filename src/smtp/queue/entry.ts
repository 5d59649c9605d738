import { randomBytes } from 'node:crypto'
import type { EnvelopeDsn, RecipientDsn } from '../delivery-request.ts'
import type { DeliveryOutcome } from '../outcome.ts'
import type { QueueVia } from './via.ts'

/** A message in the queue: its envelope and what has become of each recipient. Ready for JSON; times are RFC 3339. */
export interface QueueEntry {
  /** 25 letters and digits; in their order entries were taken. */
  readonly id: string
  readonly arrival: string
  /** From then on no try that fails is followed by another. */
  readonly expires: string
  /** The reverse-path; null for a notification. */
  readonly from: string | null
  /** Octets of the message as it was given. */
  readonly size: number
  readonly dsn: EnvelopeDsn
  /** REQUIRETLS (RFC 8689); `where-offered` for notifications about such mail. */
  readonly requireTls: boolean | 'where-offered'
  /** Mandatory DANE. */
  readonly requireDane: boolean
  /** Where it is handed over; null for the recipients' domains. */
  readonly via: QueueVia | null
  readonly recipients: readonly QueueRecipient[]
  /** The message this one is a notification about. */
  readonly reportOf: string | null
  /** Notifications that were made together with this state. */
  readonly reports: readonly string[]
}

export interface QueueRecipient {
  readonly address: string
  readonly dsn: RecipientDsn
  readonly state: 'pending' | 'delivered' | 'failed'
  readonly attempts: number
  /** When it is to be tried. */
  readonly due: string
  /** The sender was told of the delay. */
  readonly delayReported: boolean
  /** There is nothing more to tell the sender. */
  readonly reported: boolean
  /** Given up for its age. */
  readonly expired: boolean
  readonly last: LastTry | null
}

/** What the last try came to. */
export interface LastTry extends Pick<DeliveryOutcome, 'host' | 'level' | 'verdict' | 'code' | 'enhanced' | 'text'> {
  readonly time: string
  /** Whether the host has taken over telling the sender (RFC 3461 section 5.2.2); null where that is not known. */
  readonly dsn: 'passed' | 'relayed' | null
}

/** A name for a new entry: the time, so that names sort by age, and 80 bits that nobody can guess. */
export function newId(now: number): string {
  const time = now.toString(32).padStart(TIME_DIGITS, '0').slice(-TIME_DIGITS)
  return time + [...randomBytes(16)].map((octet) => (octet & 31).toString(32)).join('')
}

/** Whether a text is such a name. Nothing else is ever made part of a path. */
export function isId(text: string): boolean {
  return /^[0-9a-v]{25}$/.test(text)
}

/** Milliseconds of a time in an entry. */
export function milliseconds(time: string): number {
  return Date.parse(time)
}

/** A time as entries have it. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString()
}

const TIME_DIGITS = 9
