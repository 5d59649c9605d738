/** What is about to be sent for one DNS query, and the actions that change it. */
import type { Message } from '../../../src/wire/message.ts'
import type { Question } from '../../../src/wire/record.ts'

export type DnsTransport = 'udp' | 'tcp' | 'memory'

export interface DnsQuery {
  readonly id: number
  readonly question: Question
  readonly transport: DnsTransport
}

/** One reply besides the true one; over TCP the source is always the server. */
export interface ExtraReply {
  readonly octets: Uint8Array
  /** `stranger`: from another port. */
  readonly from: 'server' | 'stranger'
}

export interface Plan {
  /** The answer, as the honest server or an earlier action left it; null: none is sent. */
  readonly message: Message | null
  /** Sent in place of the encoded message. */
  readonly octets: Uint8Array | null
  readonly before: readonly ExtraReply[]
  readonly after: readonly ExtraReply[]
  /** Milliseconds in front of everything. */
  readonly delay: number
  /** Closes the connection instead of answering; over UDP the same as no answer. */
  readonly hangUp: boolean
}

/** One thing an attacker, or a broken server, does to an answer. */
export type DnsAction = (plan: Plan, query: DnsQuery) => Plan

export function honestPlan(message: Message): Plan {
  return { message, octets: null, before: [], after: [], delay: 0, hangUp: false }
}
