import { randomBytes, randomInt } from 'node:crypto'
import { DanelawError } from '../errors.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import { type EdnsOption, EdnsOptionCode } from '../wire/edns.ts'
import { type Message, parseMessage } from '../wire/message.ts'
import { compareOctets, Name } from '../wire/name.ts'
import { Reader } from '../wire/reader.ts'
import type { Question, ResourceRecord } from '../wire/record.ts'

/** One question as it goes out, once: every repetition is another query with another ID. */
export interface Query {
  readonly id: number
  /** As it stands in `octets`, the case of its letters included. */
  readonly question: Question
  /** The name as its caller wrote it, where the query has it in another case. */
  readonly written: Name | undefined
  /** Whether the case of its letters was drawn at random, so that an answer in another tells something. */
  readonly randomCase: boolean
  readonly octets: Uint8Array
}

/** How a query is written. */
export interface QueryForm {
  /** Default: a random one. */
  readonly id?: number
  /**
   * CD is set so that upstream hands over what it takes for bogus (RFC 6840 section 5.9); without CD it is asked
   * only after a SERVFAIL.
   */
  readonly checkingDisabled: boolean
  /** Each letter of the name in a random case, which the answer has to repeat: some more bits to guess. */
  readonly randomCase?: boolean
  readonly options?: readonly EdnsOption[]
  /** Whether its length is to say nothing (RFC 7830): for encrypted transports. */
  readonly padded?: boolean
}

/** What a received message is to the query it was waited for. */
export type Response =
  | { readonly kind: 'message'; readonly message: Message; readonly octets: Uint8Array }
  /** TC is set: ask again over TCP (RFC 2181 section 9). */
  | { readonly kind: 'truncated' }
  /** Not the answer to this query, or not readable: the wait goes on, since anyone may send such a thing. */
  | { readonly kind: 'ignored'; readonly why: string; readonly malformed: boolean }

/** Why a response is ignored that would be the answer, but for the case of the name. */
export const OTHER_CASE = 'the name in another case'

/** A query with RD and DO. */
export function writeQuery(question: Question, form: QueryForm): Query {
  const id = form.id ?? randomInt(0x10000)
  // In lower case where its case says nothing: some forwarders answer in it whatever they were asked.
  const { name } = question
  const randomCase = form.randomCase === true
  const wire = randomCase ? inRandomCase(name) : name.canonicalWire
  const asked = compareOctets(wire, name.wire) === 0 ? question : { ...question, name: Name.fromWire(wire) }
  let options = form.options ?? []
  if (form.padded === true) options = [...options, padding(queryLength(asked, options))]
  const octets = encodeQuery(id, asked, form.checkingDisabled, options)
  return { id, question: asked, written: asked === question ? undefined : name, randomCase, octets }
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
    if (!repeatsQuestion(octets, query)) {
      const { question } = query
      const name = reader.name(true)
      const sameName = name.equals(question.name)
      if (!sameName || reader.u16() !== question.type || reader.u16() !== question.class) {
        return ignored('another question')
      }
      if (compareOctets(name.wire, question.name.wire) !== 0) return ignored(OTHER_CASE)
    }
    if ((flags & TC) !== 0) return { kind: 'truncated' }
    const message = parseMessage(octets)
    return { kind: 'message', message: query.written === undefined ? message : named(message, query.written), octets }
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    return { kind: 'ignored', why: `malformed: ${error.message}`, malformed: true }
  }
}

/** Whether the question stands there octet for octet as in the query: so it does in nearly every answer. */
function repeatsQuestion(octets: Uint8Array, { question, octets: sent }: Query): boolean {
  const end = HEADER.length + question.name.wire.length + TYPE_AND_CLASS
  if (octets.length < end) return false
  for (let at = HEADER.length; at < end; at++) if (octets[at] !== sent[at]) return false
  return true
}

/** In one piece: `encodeMessage`, which compresses and grows, takes ten times as long (measured). */
function encodeQuery(
  id: number,
  question: Question,
  checkingDisabled: boolean,
  options: readonly EdnsOption[],
): Uint8Array {
  const { wire } = question.name
  const length = queryLength(question, options)
  // Of the pool: what is written to a socket must not be on V8's heap, and would have to be moved.
  const octets = Buffer.allocUnsafe(length)
  octets.set(HEADER)
  put16(octets, 0, id)
  put16(octets, 2, RD | (checkingDisabled ? CD : 0))
  octets.set(wire, HEADER.length)
  let at = put16(octets, HEADER.length + wire.length, question.type)
  at = put16(octets, at, question.class)
  octets.set(OPT, at)
  at = put16(octets, at + OPT.length, length - at - OPT.length - 2)
  for (const { code, data } of options) {
    at = put16(octets, at, code)
    at = put16(octets, at, data.length)
    octets.set(data, at)
    at += data.length
  }
  return octets
}

/** Gives back where to go on. */
function put16(octets: Uint8Array, at: number, value: number): number {
  octets[at] = value >>> 8
  octets[at + 1] = value
  return at + 2
}

function queryLength({ name }: Question, options: readonly EdnsOption[]): number {
  let length = HEADER.length + name.wire.length + TYPE_AND_CLASS + OPT.length + 2
  for (const { data } of options) length += OPTION_HEADER + data.length
  return length
}

/** Makes a query of `length` octets as long as the next multiple of 128 (RFC 8467 section 4.1). */
function padding(length: number): EdnsOption {
  const block = RESOLVER_LIMITS.paddingBlock.value
  return { code: EdnsOptionCode.Padding, data: new Uint8Array((block - ((length + OPTION_HEADER) % block)) % block) }
}

/** The wire form, each letter in a case of its own. */
function inRandomCase(name: Name): Uint8Array {
  const bits = randomBytes(Math.ceil(name.wire.length / 8))
  // The length of a label is at most 63, so none looks like a letter.
  return name.wire.map((octet, at) => {
    const bit = (bits[at >>> 3]! >>> (at & 7)) & 1
    const letter = octet | CASE_BIT
    return letter >= 0x61 && letter <= 0x7a ? (bit === 1 ? letter : letter & ~CASE_BIT) : octet
  })
}

/** The message with the name as its caller wrote it: the random case was between this resolver and its upstream. */
function named(message: Message, written: Name): Message {
  const rename = (records: readonly ResourceRecord[]) =>
    records.map((record) => (record.name.equals(written) ? { ...record, name: written } : record))
  return {
    ...message,
    questions: message.questions.map((question) => ({ ...question, name: written })),
    answer: rename(message.answer),
    authority: rename(message.authority),
    additional: rename(message.additional),
  }
}

function ignored(why: string): Response {
  return { kind: 'ignored', why, malformed: false }
}

const OPCODE_QUERY = 0
const TC = 0x0200
const RD = 0x0100
const CD = 0x0010
/** DO, where the flags of an OPT record stand. */
const DNSSEC_OK = 0x8000
/** With one question and an additional record. */
const HEADER = Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1)
/** An OPT record (RFC 6891 section 6.1.2): the root, type, size, extended RCODE and version, flags; then its length. */
const { value: SIZE } = RESOLVER_LIMITS.ednsSize
const OPT = Uint8Array.of(0, 0, RRType.OPT, SIZE >>> 8, SIZE & 0xff, 0, 0, DNSSEC_OK >>> 8, DNSSEC_OK & 0xff)
const TYPE_AND_CLASS = 4
const CASE_BIT = 0x20
/** Code and length of an EDNS option. */
const OPTION_HEADER = 4
