import type { Asking, Outcome } from './transport.ts'

/** What came of a question on a connection. */
export type Settled =
  | Exclude<Outcome, { kind: 'truncated' }>
  /**
   * The connection ended first, and it had served before, or others at the same time: that says nothing of the
   * question, which may be put again on another one (RFC 7766 section 6.2.4).
   */
  | { readonly kind: 'lost'; readonly detail: string }

/** One connection to an upstream, for many questions at the same time. */
export interface Connection {
  /** Questions on it that wait for their answers. */
  readonly load: number
  /** False once it takes no further questions. */
  readonly usable: boolean
  /** Puts a question and calls `settled` once, unless it is called off first. */
  ask(asking: Asking, settled: (outcome: Settled) => void): CallOff
  close(): void
}

/** `timeout` says that the answer did not come in time, which speaks against the connection. */
export type CallOff = (why: 'timeout' | 'aborted') => void

/** Told of what the pool has to know. */
export interface ConnectionEvents {
  /** A query is on its way. */
  sent(): void
  /** It is gone; `lost` says that questions were open which it should have served. */
  closed(lost: boolean): void
}
