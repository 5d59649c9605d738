/** From a query's octets to what is sent back, as a recursive server does it (RFC 1035, 6891, 4035 section 3.2). */
import { Rcode } from '../../src/wire/codes/rcode.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import type { Edns } from '../../src/wire/edns.ts'
import { type Message, encodeMessage, parseMessage } from '../../src/wire/message.ts'
import type { Question, ResourceRecord } from '../../src/wire/record.ts'

/** A query that can be answered. */
export interface ParsedQuery {
  readonly message: Message
  readonly question: Question
}

/** The query, the octets of the error that answers it, or null where nothing does. */
export function readQuery(octets: Uint8Array): ParsedQuery | Uint8Array | null {
  let message: Message
  try {
    message = parseMessage(octets)
  } catch {
    return octets.length < 12 ? null : headerOnly(octets, Rcode.FORMERR)
  }
  if (message.response) return null
  const question = message.questions[0]
  if (message.opcode !== 0) return headerOnly(octets, Rcode.NOTIMP)
  if (question === undefined || message.questions.length !== 1) return headerOnly(octets, Rcode.FORMERR)
  return { message, question }
}

/** The answer of the lab made into the reply to one query: ID, flags, DO and CD echoed, DNSSEC only where asked for. */
export function replyTo(query: ParsedQuery, answer: Message, ednsSize: number): Message {
  const { message, question } = query
  const dnssecOk = message.edns?.dnssecOk ?? false
  const wanted = ({ type }: ResourceRecord): boolean => dnssecOk || type === question.type || !DNSSEC.has(type)
  const edns: Edns | undefined = message.edns && {
    udpSize: ednsSize,
    extendedRcode: answer.rcode >>> 4,
    version: 0,
    dnssecOk,
    options: answer.edns?.options ?? [],
  }
  return {
    ...answer,
    id: message.id,
    response: true,
    recursionDesired: message.recursionDesired,
    recursionAvailable: true,
    checkingDisabled: message.checkingDisabled,
    questions: [question],
    answer: answer.answer.filter(wanted),
    authority: answer.authority.filter(wanted),
    edns,
  }
}

/** Encoded for UDP: too large, it becomes an empty message with TC (RFC 2181 section 9). */
export function encodeForUdp(reply: Message, size: number): Uint8Array {
  const octets = encodeMessage(reply)
  if (octets.length <= size) return octets
  return encodeMessage({ ...reply, truncated: true, answer: [], authority: [], additional: [] })
}

function headerOnly(query: Uint8Array, rcode: number): Uint8Array {
  const opcode = query[2]! & 0x78
  return Uint8Array.of(query[0]!, query[1]!, 0x80 | opcode, 0x80 | rcode, 0, 0, 0, 0, 0, 0, 0, 0)
}

/** What a server leaves out unless DO is set or it was asked for (RFC 4035 section 3.2.1). */
const DNSSEC: ReadonlySet<number> = new Set([RRType.RRSIG, RRType.NSEC, RRType.NSEC3])
