import { randomBytes, randomInt } from 'node:crypto'
import { DanelawError } from '../errors.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import { type EdnsOption, EdnsOptionCode } from '../wire/edns.ts'
import { encodeMessage, type Message, parseMessage } from '../wire/message.ts'
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
  const inCase = randomCase ? inRandomCase(name) : Name.fromWire(name.canonicalWire)
  const asked = compareOctets(inCase.wire, name.wire) === 0 ? question : { ...question, name: inCase }
  const options = form.options ?? []
  const plain = encodeQuery(id, asked, form.checkingDisabled, options)
  const octets = form.padded
    ? encodeQuery(id, asked, form.checkingDisabled, [...options, padding(plain.length)])
    : plain
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
    const name = reader.name(true)
    const { question } = query
    const sameName = name.equals(question.name)
    if (!sameName || reader.u16() !== question.type || reader.u16() !== question.class) {
      return ignored('another question')
    }
    if (compareOctets(name.wire, question.name.wire) !== 0) return ignored(OTHER_CASE)
    if ((flags & TC) !== 0) return { kind: 'truncated' }
    const message = parseMessage(octets)
    return { kind: 'message', message: query.written === undefined ? message : named(message, query.written), octets }
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    return { kind: 'ignored', why: `malformed: ${error.message}`, malformed: true }
  }
}

function encodeQuery(
  id: number,
  question: Question,
  checkingDisabled: boolean,
  options: readonly EdnsOption[],
): Uint8Array {
  return encodeMessage({
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
    edns: { udpSize: RESOLVER_LIMITS.ednsSize.value, extendedRcode: 0, version: 0, dnssecOk: true, options },
  })
}

/** Makes a query of `length` octets as long as the next multiple of 128 (RFC 8467 section 4.1). */
function padding(length: number): EdnsOption {
  const block = RESOLVER_LIMITS.paddingBlock.value
  return { code: EdnsOptionCode.Padding, data: new Uint8Array((block - ((length + OPTION_HEADER) % block)) % block) }
}

function inRandomCase(name: Name): Name {
  const bits = randomBytes(Math.ceil(name.wire.length / 8))
  let at = 0
  return Name.fromLabels(
    name.labels.map((label) =>
      label.map((octet) => {
        const bit = (bits[at >>> 3]! >>> (at & 7)) & 1
        at++
        const letter = octet | CASE_BIT
        return letter >= 0x61 && letter <= 0x7a ? (bit === 1 ? letter : letter & ~CASE_BIT) : octet
      }),
    ),
  )
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
const CASE_BIT = 0x20
/** Code and length of an EDNS option. */
const OPTION_HEADER = 4
