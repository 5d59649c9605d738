import { DanelawError, type Place } from '../errors.ts'
import { SMTP_LIMITS } from '../limits.ts'

/** What is known of a message once every octet of it was looked at. */
export interface MessageFacts {
  /** What its lines end in, as given. */
  readonly lineEnd: 'crlf' | 'lf'
  /** Whether the last line has its end. */
  readonly ended: boolean
  /** Octets as they go over the wire: all lines, the last one included, with CRLF. */
  readonly size: number
  readonly eightBit: boolean
  /** The lines before the first empty one, with CRLF. */
  readonly header: Uint8Array
  /** Whether the header has UTF-8 in it. */
  readonly needsUtf8: boolean
}

/** Looks at a message piece by piece, keeping nothing of it but its header. */
export class MessageScan {
  readonly #file: Place
  #lineEnd: 'crlf' | 'lf' | undefined
  /** Line ends so far. */
  #lines = 0
  #octets = 0
  /** Of the line that has begun, a CR at its end left out. */
  #length = 0
  #afterCr = false
  #eightBit = false
  #inHeader = true
  #header = new Uint8Array(4096)
  #headerLength = 0

  /** `file` goes into the places of errors. */
  constructor(file: Place) {
    this.#file = file
  }

  /** @throws {DanelawError} `bad-message` */
  push(piece: Uint8Array): void {
    this.#octets += piece.length
    for (let at = 0; at < piece.length; at++) {
      const octet = piece[at]!
      if (octet === LF) {
        this.#endLine()
        continue
      }
      if (this.#afterCr) throw this.#bad('a CR without LF', SMUGGLING)
      if (octet === CR) {
        this.#afterCr = true
        continue
      }
      if (octet > 0x7f) this.#eightBit = true
      else if (octet === NUL) throw this.#bad('a NUL', 'SMTP cannot carry binary content: encode it')
      this.#length++
      if (this.#inHeader) this.#keep(octet)
    }
  }

  /** @throws {DanelawError} `bad-message` */
  end(): MessageFacts {
    if (this.#afterCr) throw this.#bad('a CR without LF', SMUGGLING)
    const lines = this.#lines
    const ended = this.#length === 0
    if (!ended) this.#lineOver()
    if (this.#octets === 0) throw this.#bad('the message is empty')
    const header = this.#header.slice(0, this.#headerLength)
    const needsUtf8 = this.#eightBit && header.some((octet) => octet > 0x7f)
    if (needsUtf8) this.#checkUtf8(header)
    const added = (this.#lineEnd === 'lf' ? lines : 0) + (ended ? 0 : 2)
    const { lineEnd = 'crlf' } = { lineEnd: this.#lineEnd }
    return { lineEnd, ended, size: this.#octets + added, eightBit: this.#eightBit, header, needsUtf8 }
  }

  #endLine(): void {
    const found = this.#afterCr ? 'crlf' : 'lf'
    this.#afterCr = false
    this.#lineEnd ??= found
    if (found !== this.#lineEnd) throw this.#bad(MIXED[found], SMUGGLING)
    this.#lineOver()
    this.#lines++
    this.#length = 0
  }

  #lineOver(): void {
    if (this.#length > MAX_LINE) {
      throw this.#bad(`a line of ${this.#length} octets, where ${MAX_LINE} is the limit`, 'encode the content')
    }
    if (!this.#inHeader) return
    if (this.#length === 0 && this.#lines > 0) {
      this.#inHeader = false
      return
    }
    this.#checkHeaderLine(this.#header.subarray(this.#headerLength - this.#length, this.#headerLength))
    this.#keep(CR)
    this.#keep(LF)
  }

  /** A field name of printable US-ASCII and a colon, or the continuation of the field before. */
  #checkHeaderLine(line: Uint8Array): void {
    const first = this.#lines === 0
    let at = 0
    if (!first && (line[at] === SPACE || line[at] === TAB)) return
    while (isFieldName(line[at])) at++
    const named = at > 0
    // Obsolete, and still seen (RFC 5322 section 4.5.8).
    while (line[at] === SPACE || line[at] === TAB) at++
    if (named && line[at] === COLON) return
    const what = first
      ? 'the message does not start with a header field'
      : 'a line of the header that is no header field'
    throw this.#bad(what, 'an empty line ends the header')
  }

  #keep(octet: number): void {
    const limit = SMTP_LIMITS.headerOctets.value
    if (this.#headerLength >= limit) throw this.#bad(`a header of more than ${limit} octets`)
    if (this.#headerLength === this.#header.length) {
      const wider = new Uint8Array(this.#header.length * 4)
      wider.set(this.#header)
      this.#header = wider
    }
    this.#header[this.#headerLength++] = octet
  }

  #checkUtf8(header: Uint8Array): void {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(header)
    } catch {
      this.#lines = 0
      for (let at = 0; at < header.length && header[at]! <= 0x7f; at++) if (header[at] === LF) this.#lines++
      throw this.#bad('the header holds octets that are neither US-ASCII nor UTF-8')
    }
  }

  #bad(what: string, hint?: string): DanelawError {
    const place = { ...this.#file, line: this.#lines + 1 }
    return new DanelawError('bad-message', what, { place, ...(hint === undefined ? {} : { hint }) })
  }
}

/** A piece of a message whose lines end in LF, with CRLF in their place. */
export function withCrlf(piece: Uint8Array): Uint8Array {
  let lines = 0
  for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) lines++
  const whole = new Uint8Array(piece.length + lines)
  let from = 0
  let to = 0
  for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) {
    whole.set(piece.subarray(from, at), to)
    to += at - from
    whole[to++] = CR
    whole[to++] = LF
    from = at + 1
  }
  whole.set(piece.subarray(from), to)
  return whole
}

function isFieldName(octet: number | undefined): boolean {
  return octet !== undefined && octet > 0x20 && octet < 0x7f && octet !== COLON
}

const NUL = 0x00
const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const COLON = 0x3a
/** RFC 5321 section 4.5.3.1.6: 1000 octets with CRLF. */
const MAX_LINE = 998
const MIXED = {
  lf: 'a bare LF in a message whose lines end in CRLF',
  crlf: 'a CRLF in a message whose lines end in LF',
}
const SMUGGLING = 'make all line ends alike, CRLF or LF'
