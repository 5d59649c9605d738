import { DanelawError } from '../errors.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import { RRType } from './codes/rrtype.ts'
import { type Edns, readOpt, writeOpt } from './edns.ts'
import type { Name } from './name.ts'
import { Reader } from './reader.ts'
import type { Question, ResourceRecord } from './record.ts'
import { expandRdata } from './rdata/expand.ts'
import { Writer } from './writer.ts'

/**
 * A DNS message (RFC 1035 section 4.1). The AD bit is not part of it: what a message claims of its own validity
 * has no place in this project.
 */
export interface Message {
  readonly id: number
  /** QR: a response. */
  readonly response: boolean
  readonly opcode: number
  /** AA. */
  readonly authoritative: boolean
  /** TC. */
  readonly truncated: boolean
  /** RD. */
  readonly recursionDesired: boolean
  /** RA. */
  readonly recursionAvailable: boolean
  /** CD (RFC 4035 section 3.2.2). */
  readonly checkingDisabled: boolean
  /** The extended RCODE of twelve bits where there is an OPT record, else the four bits of the header. */
  readonly rcode: number
  readonly questions: readonly Question[]
  readonly answer: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
  /** Without the OPT record, which is `edns`. */
  readonly additional: readonly ResourceRecord[]
  readonly edns: Edns | undefined
}

/**
 * Reads a whole message, strictly: every count must hold, nothing may follow, names in RDATA must end where the
 * RDATA does. The octets of other RDATA are kept as they are and read where they are needed.
 * @throws {DanelawError} `bad-wire` with the offset.
 */
export function parseMessage(octets: Uint8Array): Message {
  // A Buffer, as sockets give it, slices into views: one record kept would keep the whole message.
  const reader = new Reader(new Uint8Array(octets.buffer, octets.byteOffset, octets.length))
  const id = reader.u16()
  const flags = reader.u16()
  const counts = [reader.u16(), reader.u16(), reader.u16(), reader.u16()] as const
  const records = counts[1] + counts[2] + counts[3]
  if (records > RESOLVER_LIMITS.recordsPerMessage.value || counts[0] > MAX_QUESTIONS) {
    throw new DanelawError('bad-wire', `a message of ${counts[0]} questions and ${records} records`)
  }
  const questions: Question[] = []
  for (let i = 0; i < counts[0]; i++) {
    questions.push({ name: reader.name(true), type: reader.u16(), class: reader.u16() })
  }
  const answer = readSection(reader, counts[1])
  const authority = readSection(reader, counts[2])
  const additional = readSection(reader, counts[3])
  reader.finish('the message')

  const opts = additional.filter(isOpt)
  if (opts.length > 1 || answer.some(isOpt) || authority.some(isOpt))
    throw new DanelawError('bad-wire', 'an OPT record where none may be (RFC 6891 section 6.1.1)')
  const edns = opts[0] === undefined ? undefined : readOpt(opts[0])
  return {
    id,
    response: (flags & 0x8000) !== 0,
    opcode: (flags >>> 11) & 0xf,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
    rcode: ((edns?.extendedRcode ?? 0) << 4) | (flags & 0xf),
    questions,
    answer,
    authority,
    additional: edns === undefined ? additional : additional.filter((record) => !isOpt(record)),
    edns,
  }
}

/**
 * Writes a whole message; owner names and question names are compressed, RDATA is not.
 * @throws {RangeError} that names the field where a number does not fit, or the message exceeds 65535 octets.
 */
export function encodeMessage(message: Message): Uint8Array {
  if (message.opcode >>> 4 !== 0) throw new RangeError(`message.opcode: ${message.opcode} has more than four bits`)
  if (message.rcode >>> (message.edns === undefined ? 4 : 12) !== 0) {
    // RFC 6891 section 6.1.3: the upper bits have their place in the OPT record.
    throw new RangeError(`message.rcode: ${message.rcode} has more bits than there is room for`)
  }
  const writer = new Writer()
  const flags =
    (message.response ? 0x8000 : 0) |
    (message.opcode << 11) |
    (message.authoritative ? 0x0400 : 0) |
    (message.truncated ? 0x0200 : 0) |
    (message.recursionDesired ? 0x0100 : 0) |
    (message.recursionAvailable ? 0x0080 : 0) |
    (message.checkingDisabled ? 0x0010 : 0) |
    (message.rcode & 0xf)
  const additionalCount = message.additional.length + (message.edns === undefined ? 0 : 1)
  writer.u16(message.id).u16(flags).u16(message.questions.length)
  writer.u16(message.answer.length).u16(message.authority.length).u16(additionalCount)
  for (const question of message.questions) {
    writer.compressedName(question.name).u16(question.type).u16(question.class)
  }
  for (const section of [message.answer, message.authority, message.additional]) {
    for (const record of section) writeRecord(writer, record)
  }
  if (message.edns !== undefined) writeOpt(writer, { ...message.edns, extendedRcode: message.rcode >>> 4 })
  if (writer.length > RESOLVER_LIMITS.messageOctets.max) throw new RangeError(`message: ${writer.length} octets`)
  return writer.finish()
}

/** Appends one record, its owner compressed where that is possible. @throws {RangeError} for RDATA over 65535 octets. */
function writeRecord(writer: Writer, record: ResourceRecord): void {
  if (record.rdata.length > 0xffff) throw new RangeError(`record.rdata: ${record.rdata.length} octets`)
  writer.compressedName(record.name).u16(record.type).u16(record.class).u32(record.ttl)
  writer.u16(record.rdata.length).bytes(record.rdata)
}

/**
 * Reads one record in wire form at the reader's place; compression in names is followed.
 * @throws {DanelawError} `bad-wire` with the offset.
 */
export function readRecord(reader: Reader, owner?: Name): ResourceRecord {
  const name = owner ?? reader.name(true)
  const type = reader.u16()
  const rrclass = reader.u16()
  const ttl = reader.u32()
  const length = reader.u16()
  if (length > reader.remaining) throw reader.malformed(`RDATA of ${length} octets, ${reader.remaining} left`)
  const rdata = expandRdata(type, reader.octets, reader.offset, reader.offset + length)
  reader.offset += length
  // The upper half of the numbers is to be read as zero (RFC 2181 section 8); OPT uses the field for flags.
  return { name, type, class: rrclass, ttl: ttl > 0x7fffffff && type !== RRType.OPT ? 0 : ttl, rdata }
}

function isOpt(record: ResourceRecord): boolean {
  return record.type === RRType.OPT
}

function readSection(reader: Reader, count: number): ResourceRecord[] {
  const records: ResourceRecord[] = []
  for (let i = 0; i < count; i++) records.push(readRecord(reader))
  return records
}

/** More than one question has no defined meaning (RFC 9619); a few are read so that the caller can say so. */
const MAX_QUESTIONS = 16
