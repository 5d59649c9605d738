import { DanelawError, type Place } from '../errors.ts'

/**
 * A message as it goes over the wire: lines that end in CRLF, none longer than 998 octets, no other CR or LF, no NUL.
 * There is no other way to make one, so that two servers on the way cannot disagree about where it ends.
 */
export class Message {
  /** The whole message, the last line end included, before dot-stuffing. Must not be written to. */
  readonly octets: Uint8Array
  /** Whether any octet has its high bit set: BODY=8BITMIME (RFC 6152). */
  readonly eightBit: boolean
  /** Whether the header has UTF-8 in it: SMTPUTF8 (RFC 6532). */
  readonly needsUtf8: boolean

  private constructor(octets: Uint8Array, eightBit: boolean, needsUtf8: boolean) {
    this.octets = octets
    this.eightBit = eightBit
    this.needsUtf8 = needsUtf8
  }

  /**
   * Takes a message whose lines *all* end in CRLF, or *all* in a bare LF as in files on Unix, which become CRLF. A
   * mixture is refused and so is every CR that no LF follows: a server that takes such an octet for a line end sees
   * another message behind it (CVE-2023-51764). A last line without an end gets one.
   * @param message octets, or text that is sent as UTF-8
   * @throws {DanelawError} `bad-message` with the line: those line ends, NUL, a line above 998 octets (RFC 5321
   *   section 4.5.3.1.6), a header that is none (RFC 5322 section 2.2), a header neither US-ASCII nor UTF-8.
   */
  static parse(message: Uint8Array | string, options: { readonly file?: string } = {}): Message {
    const given = typeof message === 'string' ? new TextEncoder().encode(message) : message
    const file = options.file === undefined ? {} : { file: options.file }
    const { lineEnd, lines, headerEnd, eightBit } = scan(given, file)
    const header = given.subarray(0, headerEnd)
    const needsUtf8 = eightBit && header.some((octet) => octet > 0x7f)
    if (needsUtf8) checkUtf8(header, file)
    return new Message(withCrlf(given, lineEnd, lines), eightBit, needsUtf8)
  }

  /** Length as SIZE counts it (RFC 1870 section 3): without what dot-stuffing adds. */
  get size(): number {
    return this.octets.length
  }

  /** What follows the reply to DATA, piece by piece, dot-stuffed; the return value is the final dot (RFC 5321 section 4.5.2). */
  *content(): Generator<Uint8Array, Uint8Array, undefined> {
    for (let from = 0; from < this.octets.length; from += PIECE) {
      yield dotStuffed(this.octets, from, Math.min(from + PIECE, this.octets.length))
    }
    return Uint8Array.of(DOT, CR, LF)
  }
}

interface Scan {
  readonly lineEnd: 'crlf' | 'lf'
  /** Line ends in the whole. */
  readonly lines: number
  /** Where the empty line after the header starts, or the end of the message. */
  readonly headerEnd: number
  readonly eightBit: boolean
}

function scan(octets: Uint8Array, file: Place): Scan {
  let lineEnd: 'crlf' | 'lf' | undefined
  let lines = 0
  let start = 0
  let headerEnd = -1
  let eightBit = false
  const endLine = (end: number): void => {
    if (end - start > MAX_LINE) throw tooLong(end - start, file, lines + 1)
    if (headerEnd >= 0) return
    if (end === start && lines > 0) headerEnd = start
    else checkHeaderLine(octets, start, lines === 0, file, lines + 1)
  }
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at]!
    if (octet > 0x7f) eightBit = true
    else if (octet === NUL) throw bad('a NUL', 'SMTP cannot carry binary content: encode it', file, lines + 1)
    else if (octet === CR && octets[at + 1] !== LF) throw bad('a CR without LF', SMUGGLING, file, lines + 1)
    else if (octet === LF) {
      const found = at > start && octets[at - 1] === CR ? 'crlf' : 'lf'
      lineEnd ??= found
      if (found !== lineEnd) throw bad(MIXED[found], SMUGGLING, file, lines + 1)
      endLine(found === 'crlf' ? at - 1 : at)
      lines++
      start = at + 1
    }
  }
  if (start < octets.length) endLine(octets.length)
  if (lines === 0 && start === octets.length) throw bad('the message is empty', undefined, file, 1)
  return { lineEnd: lineEnd ?? 'crlf', lines, headerEnd: headerEnd < 0 ? octets.length : headerEnd, eightBit }
}

/** A field name of printable US-ASCII and a colon, or the continuation of the field before. */
function checkHeaderLine(octets: Uint8Array, start: number, first: boolean, file: Place, line: number): void {
  let at = start
  if (!first && (octets[at] === SPACE || octets[at] === TAB)) return
  while (isFieldName(octets[at])) at++
  const named = at > start
  // Obsolete, and still seen (RFC 5322 section 4.5.8).
  while (octets[at] === SPACE || octets[at] === TAB) at++
  if (named && octets[at] === COLON) return
  throw bad(
    first ? 'the message does not start with a header field' : 'a line of the header that is no header field',
    'an empty line ends the header',
    file,
    line,
  )
}

function isFieldName(octet: number | undefined): boolean {
  return octet !== undefined && octet > 0x20 && octet < 0x7f && octet !== COLON
}

function checkUtf8(header: Uint8Array, file: Place): void {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(header)
  } catch {
    let line = 1
    for (let at = 0; at < header.length && header[at]! <= 0x7f; at++) if (header[at] === LF) line++
    throw bad('the header holds octets that are neither US-ASCII nor UTF-8', undefined, file, line)
  }
}

function withCrlf(octets: Uint8Array, lineEnd: 'crlf' | 'lf', lines: number): Uint8Array {
  const ended = octets.at(-1) === LF
  if (lineEnd === 'crlf' && ended) return Uint8Array.from(octets)
  const added = (lineEnd === 'lf' ? lines : 0) + (ended ? 0 : 2)
  const whole = new Uint8Array(octets.length + added)
  let to = 0
  for (const octet of octets) {
    if (octet === LF && lineEnd === 'lf') whole[to++] = CR
    whole[to++] = octet
  }
  if (!ended) whole.set([CR, LF], to)
  return whole
}

function dotStuffed(octets: Uint8Array, from: number, to: number): Uint8Array {
  const piece = octets.subarray(from, to)
  const dots: number[] = []
  for (let at = piece.indexOf(DOT); at >= 0; at = piece.indexOf(DOT, at + 1)) {
    if (from + at === 0 || octets[from + at - 1] === LF) dots.push(from + at)
  }
  if (dots.length === 0) return piece
  const stuffed = new Uint8Array(to - from + dots.length)
  let source = from
  let target = 0
  for (const dot of dots) {
    stuffed.set(octets.subarray(source, dot), target)
    target += dot - source
    stuffed[target++] = DOT
    source = dot
  }
  stuffed.set(octets.subarray(source, to), target)
  return stuffed
}

function tooLong(length: number, file: Place, line: number): DanelawError {
  return bad(`a line of ${length} octets, where ${MAX_LINE} is the limit`, 'encode the content', file, line)
}

function bad(what: string, hint: string | undefined, file: Place, line: number): DanelawError {
  return new DanelawError('bad-message', what, { place: { ...file, line }, ...(hint === undefined ? {} : { hint }) })
}

const NUL = 0x00
const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const DOT = 0x2e
const COLON = 0x3a
/** RFC 5321 section 4.5.3.1.6: 1000 octets with CRLF. */
const MAX_LINE = 998
/** Octets handed to the connection at a time. */
const PIECE = 65_536
const MIXED = {
  lf: 'a bare LF in a message whose lines end in CRLF',
  crlf: 'a CRLF in a message whose lines end in LF',
}
const SMUGGLING = 'make all line ends alike, CRLF or LF'
