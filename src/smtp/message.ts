import type { FileHandle } from 'node:fs/promises'
import { MessageFile } from './message-file.ts'
import { type MessageFacts, MessageScan, withCrlf } from './message-scan.ts'

/**
 * A message as it goes over the wire: lines that end in CRLF, none longer than 998 octets, no other CR or LF, no NUL.
 * There is no other way to make one, so that two servers on the way cannot disagree about where it ends.
 */
export class Message {
  /** The whole message, the last line end included; null for one that stays in its file. Must not be written to. */
  readonly octets: Uint8Array | null
  /** The header with its line ends, without the empty line behind it. Must not be written to. */
  readonly header: Uint8Array
  /** Length as SIZE counts it (RFC 1870 section 3): with CRLF, without what dot-stuffing adds. */
  readonly size: number
  /** Whether any octet has its high bit set: BODY=8BITMIME (RFC 6152). */
  readonly eightBit: boolean
  /** Whether the header has UTF-8 in it: SMTPUTF8 (RFC 6532). */
  readonly needsUtf8: boolean
  readonly #file: MessageFile | null

  private constructor(facts: MessageFacts, octets: Uint8Array | null, file: MessageFile | null) {
    this.octets = octets
    this.#file = file
    this.header = facts.header
    this.size = facts.size
    this.eightBit = facts.eightBit
    this.needsUtf8 = facts.needsUtf8
  }

  /**
   * Takes a message whose lines *all* end in CRLF, or *all* in a bare LF as in files on Unix, which become CRLF. A
   * mixture is refused and so is every CR that no LF follows: a server that takes such an octet for a line end sees
   * another message behind it (CVE-2023-51764). A last line without an end gets one.
   * @param message octets, or text that is sent as UTF-8
   * @throws {DanelawError} `bad-message` with the line: those line ends, NUL, a line above 998 octets (RFC 5321
   *   section 4.5.3.1.6), a header that is none (RFC 5322 section 2.2), a header neither US-ASCII nor UTF-8, one above
   *   the limit `headerOctets`.
   */
  static parse(message: Uint8Array | string, options: { readonly file?: string } = {}): Message {
    const given = typeof message === 'string' ? new TextEncoder().encode(message) : message
    const scan = new MessageScan(options.file === undefined ? {} : { file: options.file })
    scan.push(given)
    const facts = scan.end()
    const octets = new Uint8Array(facts.size)
    octets.set(facts.lineEnd === 'lf' ? withCrlf(given) : given)
    if (!facts.ended) octets.set(CRLF, facts.size - CRLF.length)
    return new Message(facts, octets, null)
  }

  /**
   * Takes a message that stays in its file: it is read once now, as `parse` reads it, and once for each delivery, in
   * pieces. A file that has changed in between ends the delivery before the message is complete.
   * @param file its path; or an open file, which stays the caller's and must be open for as long as the message is used
   * @throws {DanelawError} `bad-message` as `parse`; `file` where it cannot be read or is no regular file.
   */
  static async fromFile(file: string | FileHandle): Promise<Message> {
    const read = await MessageFile.read(file)
    return new Message(read.facts, null, read)
  }

  /**
   * The octets of the message in order, in pieces of some 64 KiB: at once from memory, as they are read from a file.
   * The last piece of a file comes only once all of it has proved to be what was read at first.
   * @throws {DanelawError} from the iterator: `file` where the file has changed or cannot be read any more.
   */
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
    return this.#file === null ? cut(this.octets!) : this.#file.pieces()
  }
}

function* cut(octets: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let from = 0; from < octets.length; from += PIECE) yield octets.subarray(from, from + PIECE)
}

const CRLF = Uint8Array.of(0x0d, 0x0a)
const PIECE = 65_536
