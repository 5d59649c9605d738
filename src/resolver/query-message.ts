import { randomInt } from 'node:crypto'
import { DanelawError } from '../errors.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import { encodeMessage, type Message, parseMessage } from '../wire/message.ts'
import { compareOctets } from '../wire/name.ts'
import { Reader } from '../wire/reader.ts'
import type { Question } from '../wire/record.ts'

/** One question as it goes out, once: every repetition is another query with another ID. */
export interface Query {
  readonly id: number
  readonly question: Question
  readonly octets: Uint8Array
}

/** What a received message is to the query it was waited for. */
export type Response =
  | { readonly kind: 'message'; readonly message: Message; readonly octets: Uint8Array }
  /** TC is set: ask again over TCP (RFC 2181 section 9). */
  | { readonly kind: 'truncated' }
  /** Not the answer to this query, or not readable: the wait goes on, since anyone may send such a thing. */
  | { readonly kind: 'ignored'; readonly why: string; readonly malformed: boolean }

/**
 * A query with RD, DO and a random ID. CD is set so that upstream hands over what it takes for bogus
 * (RFC 6840 section 5.9); without CD it is asked only after a SERVFAIL.
 */
export function writeQuery(question: Question, checkingDisabled: boolean): Query {
  const id = randomInt(0x10000)
  const octets = encodeMessage({
    id,
    response: false,
    opcode: OPCODE_QUERY,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    checkingDisabled,
    rcode: 0,
    questions: [question],
    answer: [],
    authority: [],
    additional: [],
    edns: { udpSize: RESOLVER_LIMITS.ednsSize.value, extendedRcode: 0, version: 0, dnssecOk: true, options: [] },
  })
  return { id, question, octets }
}

/**
 * Reads what came back for `query`. ID, QR, opcode and the question must be those of the query, the name octet for
 * octet (RFC 5452 section 9.1); only then is the rest looked at.
 */
export function readResponse(octets: Uint8Array, query: Query): Response {
  try {
    const reader = new Reader(octets)
    const id = reader.u16()
    const flags = reader.u16()
    const questions = reader.u16()
    reader.offset += 6
    if (id !== query.id) return ignored('another ID')
    if ((flags & 0x8000) === 0) return ignored('no response')
    if (((flags >>> 11) & 0xf) !== OPCODE_QUERY) return ignored('another opcode')
    if (questions !== 1) return ignored(`${questions} questions`)
    const name = reader.name(true)
    const { question } = query
    const same = compareOctets(name.wire, question.name.wire) === 0
    if (!same || reader.u16() !== question.type || reader.u16() !== question.class) return ignored('another question')
    if ((flags & TC) !== 0) return { kind: 'truncated' }
    return { kind: 'message', message: parseMessage(octets), octets }
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    return { kind: 'ignored', why: `malformed: ${error.message}`, malformed: true }
  }
}

function ignored(why: string): Response {
  return { kind: 'ignored', why, malformed: false }
}

const OPCODE_QUERY = 0
const TC = 0x0200
