import { DanelawError, type Place } from '../../errors.ts'
import { MASTER_FILE_LIMITS } from '../../limits.ts'

/** How a token was written: bare, in quotes, or as `key="value"` (RFC 9460 section 2.1). */
export type TokenKind = 'bare' | 'quoted' | 'pair'

/** Where the text comes from, for errors; text without lines of its own leaves `file` and `line` out. */
export interface TextSource {
  readonly file?: string | undefined
  /** Whether errors give the line and column. */
  readonly lines: boolean
}

/**
 * Splits text into entries of tokens (RFC 1035 section 5.1): an entry ends with its line, unless parentheses are
 * open. Tokens keep their escapes. One pass by character codes; line numbers are counted only for an error.
 */
export class Scanner {
  readonly text: string
  readonly #source: TextSource
  #at = 0
  #entryStart = 0
  #count = 0
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #kinds: TokenKind[] = []
  /** Whether the entry's line starts with a blank: its owner is the one before (RFC 1035 section 5.1). */
  blankStart = false

  constructor(text: string, source: TextSource) {
    this.text = text
    this.#source = source
    // A byte-order mark is not part of the text.
    if (text.charCodeAt(0) === 0xfeff) this.#at = 1
  }

  /** Tokens in the entry. */
  get count(): number {
    return this.#count
  }

  /** The token's text with its escapes; without the quotes where `kind` is `quoted`. */
  token(index: number): string {
    return this.text.slice(this.#starts[index], this.#ends[index])
  }

  kind(index: number): TokenKind {
    return this.#kinds[index]!
  }

  /** Reads the next entry that has a token; false at the end of the text. @throws {DanelawError} `bad-record` */
  next(): boolean {
    const { text } = this
    this.#count = 0
    let depth = 0
    let opened = 0
    this.#startLine()
    for (;;) {
      const code = text.charCodeAt(this.#at)
      switch (code) {
        case SPACE:
        case TAB:
          this.#at++
          break
        case CR:
          if (text.charCodeAt(this.#at + 1) !== LF) throw this.#failAt(this.#at, 'a carriage return that ends no line')
          this.#at++
          break
        case LF:
          this.#at++
          if (depth > 0) break
          if (this.#count > 0) return true
          this.#startLine()
          break
        case SEMICOLON:
          this.#skipComment()
          break
        case OPEN:
          if (++depth > MASTER_FILE_LIMITS.parentheses.value) {
            throw this.#failAt(this.#at, `more than ${MASTER_FILE_LIMITS.parentheses.value} parentheses open`)
          }
          if (depth === 1) opened = this.#at
          this.#at++
          break
        case CLOSE:
          if (--depth < 0) throw this.#failAt(this.#at, 'a closing parenthesis without an opening one')
          this.#at++
          break
        case QUOTE: {
          const end = this.#quoted(this.#at)
          this.#push(this.#at + 1, end, 'quoted')
          this.#at = end + 1
          break
        }
        default:
          if (Number.isNaN(code)) {
            if (depth > 0) throw this.#failAt(opened, 'a parenthesis that is never closed')
            return this.#count > 0
          }
          this.#bare()
      }
    }
  }

  /** An error that points at a token, the entry's last one where there are fewer. */
  fail(index: number, message: string, options: { hint?: string; cause?: unknown } = {}): DanelawError {
    const token = Math.min(index, this.#count - 1)
    if (token < 0) return new DanelawError('bad-record', message, { place: this.#placeOf(0), ...options })
    const start = this.#starts[token]! - (this.#kinds[token] === 'quoted' ? 1 : 0)
    const place = { ...this.#placeOf(start), token: printable(this.token(token)) }
    return new DanelawError('bad-record', message, { place, ...options })
  }

  /** The place of a token, for what the caller reads on its behalf. */
  place(index: number): Place {
    return { ...this.#placeOf(this.#starts[index] ?? this.#at), token: printable(this.token(index)) }
  }

  #startLine(): void {
    const code = this.text.charCodeAt(this.#at)
    this.#entryStart = this.#at
    this.blankStart = code === SPACE || code === TAB
  }

  #bare(): void {
    const { text } = this
    const start = this.#at
    let at = start
    let kind: TokenKind = 'bare'
    for (;;) {
      const code = text.charCodeAt(at)
      // Beyond US-ASCII is left to whoever reads the token; NaN, at the end, is no number below.
      if (code >= 128) {
        at++
        continue
      }
      const part = PARTS[code]
      if (part === ORDINARY) {
        at++
      } else if (part === ESCAPE) {
        at = this.#escape(at)
      } else if (part === CONTROL) {
        throw this.#failAt(at, 'a control character', 'Write it as \\DDD')
      } else if (code === QUOTE) {
        if (at === start || text.charCodeAt(at - 1) !== EQUALS) {
          throw this.#failAt(at, 'a quotation mark inside a word', 'Write \\" for the character itself')
        }
        at = this.#quoted(at) + 1
        kind = 'pair'
        const after = text.charCodeAt(at)
        if (after >= 128 || PARTS[after] === ORDINARY || PARTS[after] === ESCAPE || after === QUOTE) {
          throw this.#failAt(at, 'text right behind a closing quotation mark', 'Put a blank between the two')
        }
        break
      } else {
        break
      }
    }
    this.#push(start, at, kind)
    this.#at = at
  }

  /** The place of the closing quotation mark for the opening one at `open`. */
  #quoted(open: number): number {
    for (let at = open + 1; ; ) {
      const code = this.text.charCodeAt(at)
      if (code === QUOTE) return at
      if (code === BACKSLASH) at = this.#escape(at)
      else if (Number.isNaN(code) || code === LF || code === CR) {
        throw this.#failAt(open, 'a quotation mark that is not closed on its line')
      } else if (code < 0x20 && code !== TAB) throw this.#failAt(at, 'a control character', 'Write it as \\DDD')
      else at++
    }
  }

  /** The place behind a backslash and what it escapes. */
  #escape(at: number): number {
    const next = this.text.charCodeAt(at + 1)
    if (Number.isNaN(next) || next === LF || next === CR) {
      throw this.#failAt(at, 'a backslash at the end of a line', 'Parentheses continue a record on the next line')
    }
    return at + 2
  }

  #push(start: number, end: number, kind: TokenKind): void {
    if (end - this.#entryStart > MASTER_FILE_LIMITS.recordCharacters.value) {
      throw this.#failAt(
        this.#entryStart,
        `a record of more than ${MASTER_FILE_LIMITS.recordCharacters.value} characters`,
      )
    }
    this.#starts[this.#count] = start
    this.#ends[this.#count] = end
    this.#kinds[this.#count] = kind
    this.#count++
  }

  #skipComment(): void {
    const { text } = this
    const lineEnd = text.indexOf('\n', this.#at)
    const end = lineEnd < 0 ? text.length : lineEnd
    // Where lines ended in CR alone, one comment would swallow all that follows: the CR is left to be refused.
    const carriageReturn = text.slice(this.#at, end).indexOf('\r')
    this.#at = carriageReturn < 0 ? end : this.#at + carriageReturn
  }

  #failAt(at: number, message: string, hint?: string): DanelawError {
    return new DanelawError('bad-record', message, {
      place: this.#placeOf(at),
      ...(hint === undefined ? {} : { hint }),
    })
  }

  #placeOf(at: number): Place {
    const { file, lines } = this.#source
    if (!lines) return {}
    let line = 1
    let lineStart = 0
    for (let end = this.text.indexOf('\n'); end >= 0 && end < at; end = this.text.indexOf('\n', end + 1)) {
      line++
      lineStart = end + 1
    }
    return { ...(file === undefined ? {} : { file }), line, column: at - lineStart + 1 }
  }
}

/** A token fit for a message: printable US-ASCII, cut where it is long. */
function printable(token: string): string {
  const cut = token.length > 60 ? `${token.slice(0, 60)}...` : token
  return cut.replace(/[^ -~]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const OPEN = 0x28
const CLOSE = 0x29
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const BACKSLASH = 0x5c

const ORDINARY = 0
const DELIMITER = 1
const ESCAPE = 2
const CONTROL = 3

/** What each US-ASCII character is inside a bare token. */
const PARTS: Uint8Array = (() => {
  const parts = new Uint8Array(128).fill(ORDINARY)
  parts.fill(CONTROL, 0, 0x20)
  parts[0x7f] = CONTROL
  for (const code of [TAB, LF, CR, SPACE, QUOTE, OPEN, CLOSE, SEMICOLON]) parts[code] = DELIMITER
  parts[BACKSLASH] = ESCAPE
  return parts
})()
