import type { DanelawError } from '../../errors.ts'
import type { LastTry, QueueEntry, QueueRecipient } from './entry.ts'

/** Something that happened in the queue, for logs and statistics. */
export type QueueEvent =
  /** Taken into the queue. */
  | { readonly kind: 'queued'; readonly id: string; readonly entry: QueueEntry }
  /** One recipient was tried. `state` is what holds from now on; `pending` says deferred. */
  | {
      readonly kind: 'tried'
      readonly id: string
      readonly recipient: QueueRecipient
      readonly last: LastTry
      /** Null where it is not tried again. */
      readonly due: string | null
    }
  /** A notification to the sender was made, and is in the queue. */
  | { readonly kind: 'reported'; readonly id: string; readonly report: string; readonly to: string }
  /** A message to nobody's address failed: there is nobody to tell (RFC 5321 section 6.1). */
  | { readonly kind: 'dropped'; readonly id: string; readonly recipient: QueueRecipient }
  /** There is nothing more to do for it. */
  | { readonly kind: 'removed'; readonly id: string }
  /** It is damaged, and was set aside. */
  | { readonly kind: 'damaged'; readonly id: string; readonly error: DanelawError }
  /** Something went wrong that is no fault of a message or a host. It is tried again. */
  | { readonly kind: 'trouble'; readonly id: string | null; readonly error: unknown }
