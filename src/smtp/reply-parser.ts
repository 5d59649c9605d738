import { SMTP_LIMITS } from '../limits.ts'

/** One complete reply of a server, of one line or several (RFC 5321 section 4.2). */
export interface Reply {
  /** 200 to 599. */
  readonly code: number
  /** Enhanced status code such as `5.1.1` (RFC 2034, RFC 3463), or null where there is none that fits the code. */
  readonly enhanced: string | null
  /** The text behind the code, line by line; octets that are not UTF-8 read as Latin-1, controls made U+FFFD. */
  readonly lines: readonly string[]
  /** Length on the wire, all line ends included. */
  readonly octets: number
}

/** Octets that are no reply. The connection cannot go on: nobody knows where the next reply would start. */
export interface ReplyError {
  readonly code: ReplyErrorCode
  /** One sentence for a person, without a final dot. */
  readonly text: string
  /** Octets since the start of the reply. */
  readonly offset: number
}

export type ReplyErrorCode =
  | 'not-a-reply'
  | 'forbidden-octet'
  | 'codes-differ'
  | 'line-too-long'
  | 'too-many-lines'
  | 'too-long'

/** What one call of `push` came to; `next` is the first octet that was not consumed. */
export type ReplyStep =
  | { readonly kind: 'more'; readonly next: number }
  | { readonly kind: 'reply'; readonly reply: Reply; readonly next: number }
  | { readonly kind: 'error'; readonly error: ReplyError; readonly next: number }

export interface ReplyLimits {
  /** Octets of one line, its end included. */
  readonly lineOctets: number
  readonly lines: number
  /** Octets of one reply. */
  readonly octets: number
}

/**
 * Cuts a stream of octets into replies. Every octet is looked at once, however the stream is cut into pieces, and
 * what a reply may occupy is bounded. A line ends in CRLF, or in a bare LF as some servers have it; a CR anywhere
 * else and NUL are refused, for they mean that the other side disagrees about where lines end.
 */
export class ReplyParser {
  readonly #limits: ReplyLimits
  readonly #line: Uint8Array
  #length = 0
  #afterCr = false
  #octets = 0
  #code = 0
  #lines: string[] = []
  #error: ReplyError | undefined

  constructor(limits: ReplyLimits = DEFAULT_LIMITS) {
    this.#limits = limits
    this.#line = new Uint8Array(limits.lineOctets)
  }

  /** Whether a reply has begun and not ended. */
  get midReply(): boolean {
    return this.#octets > 0
  }

  /** Reads from `octets` at `from` up to the end of one reply at most. After an error it gives that error for good. */
  push(octets: Uint8Array, from = 0): ReplyStep {
    let at = from
    while (this.#error === undefined && at < octets.length) {
      const octet = octets[at++]!
      if (++this.#octets > this.#limits.octets) {
        this.#fail('too-long', `a reply of more than ${this.#limits.octets} octets`)
      } else if (octet === LF) {
        if (this.#endOfLine()) return { kind: 'reply', reply: this.#take(), next: at }
      } else {
        this.#within(octet)
      }
    }
    return this.#error === undefined ? { kind: 'more', next: at } : { kind: 'error', error: this.#error, next: at }
  }

  #within(octet: number): void {
    if (this.#afterCr) {
      this.#fail('forbidden-octet', 'a CR without LF in a reply')
    } else if (this.#length + 2 > this.#limits.lineOctets) {
      // The CR and the LF to come count as well.
      this.#fail('line-too-long', `a line of more than ${this.#limits.lineOctets} octets in a reply`)
    } else if (octet === CR) {
      this.#afterCr = true
    } else if (octet === NUL) {
      this.#fail('forbidden-octet', 'a NUL in a reply')
    } else if (this.#length < 4 && !fits(this.#length, octet)) {
      // Noticed at once, so that whoever speaks another protocol is not listened to until a line end comes.
      this.#fail('not-a-reply', 'what the server says does not start with a reply code')
    } else {
      this.#line[this.#length++] = octet
    }
  }

  /** Whether the reply is complete. */
  #endOfLine(): boolean {
    const line = this.#line.subarray(0, this.#length)
    this.#length = 0
    this.#afterCr = false
    if (line.length < 3) {
      this.#fail('not-a-reply', 'a line of a reply without a reply code')
      return false
    }
    const code = (line[0]! - ZERO) * 100 + (line[1]! - ZERO) * 10 + (line[2]! - ZERO)
    if (this.#lines.length === 0) this.#code = code
    if (code !== this.#code) {
      this.#fail('codes-differ', `a reply whose lines have the codes ${this.#code} and ${code}`)
      return false
    }
    if (this.#lines.length >= this.#limits.lines) {
      this.#fail('too-many-lines', `a reply of more than ${this.#limits.lines} lines`)
      return false
    }
    this.#lines.push(cleaned(line.subarray(4)))
    return line[3] !== HYPHEN
  }

  #take(): Reply {
    const lines = this.#lines
    const reply = { code: this.#code, enhanced: enhancedCode(this.#code, lines), lines, octets: this.#octets }
    this.#lines = []
    this.#octets = 0
    return reply
  }

  #fail(code: ReplyErrorCode, text: string): void {
    this.#error = { code, text, offset: this.#octets - 1 }
  }
}

/** The text of a reply in one line, without its enhanced code. */
export function replyText(reply: Reply): string {
  const prefix = reply.enhanced
  return reply.lines
    .map((line) => (prefix !== null && line.startsWith(prefix) ? line.slice(prefix.length).trimStart() : line))
    .join(' ')
    .trim()
}

function fits(position: number, octet: number): boolean {
  if (position === 0) return octet >= 0x32 && octet <= 0x35
  if (position < 3) return octet >= ZERO && octet <= 0x39
  return octet === SPACE || octet === HYPHEN
}

/**
 * RFC 2034 section 4: the same code in every line that has one, of the class the reply code has. RFC 3463 section 2:
 * no leading zeros.
 */
function enhancedCode(code: number, lines: readonly string[]): string | null {
  let found: string | null = null
  for (const line of lines) {
    const match = /^([245])\.(?:0|[1-9][0-9]{0,2})\.(?:0|[1-9][0-9]{0,2})(?= |$)/.exec(line)
    if (match === null) continue
    if (Number(match[1]) !== Math.trunc(code / 100)) return null
    if (found !== null && found !== match[0]) return null
    found = match[0]
  }
  return found
}

function cleaned(octets: Uint8Array): string {
  let text: string
  try {
    text = UTF8.decode(octets)
  } catch {
    text = String.fromCharCode(...octets)
  }
  // A reply ends up in terminals and logs: it must not move the cursor or turn the direction of writing.
  return text.replaceAll('\t', ' ').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
}

const NUL = 0x00
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const HYPHEN = 0x2d
const ZERO = 0x30
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const DEFAULT_LIMITS: ReplyLimits = {
  lineOctets: SMTP_LIMITS.replyLineOctets.value,
  lines: SMTP_LIMITS.replyLines.value,
  octets: SMTP_LIMITS.replyOctets.value,
}
