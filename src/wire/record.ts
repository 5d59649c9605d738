import type { Name } from './name.ts'

/** One resource record. */
export interface ResourceRecord {
  readonly name: Name
  /** RR type number (RFC 6895 section 3.1). */
  readonly type: number
  readonly class: number
  /** Seconds, 0 to 2^31 - 1 (RFC 2181 section 8). */
  readonly ttl: number
  /** RDATA octets as received, with compressed names written out and nothing else changed. Must not be written to. */
  readonly rdata: Uint8Array
}

/** What is asked: owner name, type and class. */
export interface Question {
  readonly name: Name
  readonly type: number
  readonly class: number
}
