import { DanelawError } from '../../errors.ts'
import type { Mnemonics } from '../codes/mnemonic.ts'
import { Name } from '../name.ts'
import { Writer } from '../writer.ts'
import { unescapeString } from './character-string.ts'
import { parseDecimal, parseTtl } from './numbers.ts'
import type { Scanner } from './scanner.ts'

/**
 * Reads the tokens of one entry field by field. Every failure is a DanelawError `bad-record` that names the field
 * and points at the token.
 */
export class Fields {
  readonly scanner: Scanner
  /** Completes relative names; undefined where none was given. */
  origin: Name | undefined
  /** Takes the octets of one RDATA after another. */
  readonly writer = new Writer()
  /** Index of the next token. */
  at = 0

  constructor(scanner: Scanner, origin: Name | undefined) {
    this.scanner = scanner
    this.origin = origin
  }

  get remaining(): number {
    return this.scanner.count - this.at
  }

  /** The next token where it is a bare word; it stays the next one. */
  peek(): string | undefined {
    if (this.remaining <= 0 || this.scanner.kind(this.at) !== 'bare') return undefined
    return this.scanner.token(this.at)
  }

  /** A bare word, its escapes kept. */
  word(what: string): string {
    this.#need(what)
    const index = this.at++
    if (this.scanner.kind(index) !== 'bare') throw this.fail(`${what} in quotation marks`)
    return this.scanner.token(index)
  }

  decimal(what: string, max: number): number {
    const value = parseDecimal(this.word(what), max)
    if (value === undefined) throw this.fail(`${what} is not a number from 0 to ${max}`)
    return value
  }

  /** A number, or a mnemonic of the registry in either case. */
  mnemonic(what: string, table: Mnemonics, max: number): number {
    const word = this.word(what)
    const value = parseDecimal(word, max) ?? table.get(word.toUpperCase())
    if (value === undefined) throw this.fail(`${what} is neither a number from 0 to ${max} nor a known mnemonic`)
    return value
  }

  ttl(what: string, max: number): number {
    const value = parseTtl(this.word(what), max)
    if (value === undefined) throw this.fail(`${what} is not a number of seconds from 0 to ${max}`)
    return value
  }

  name(what: string): Name {
    const word = this.word(what)
    if (word === '@' && this.origin === undefined) {
      throw this.fail(`${what} is '@' and no origin is known`, { hint: 'Put an $ORIGIN line in front' })
    }
    try {
      return Name.parse(word, this.origin)
    } catch (error) {
      if (!(error instanceof DanelawError)) throw error
      throw this.fail(`${what}: ${error.message}`, { cause: error })
    }
  }

  /** A `<character-string>`, bare or in quotes, of at most `max` octets. */
  string(what: string, max = 255): Uint8Array {
    this.#need(what)
    const index = this.at++
    if (this.scanner.kind(index) === 'pair') {
      throw this.fail(`${what} has a quotation mark inside`, { hint: 'Put the whole string in quotation marks' })
    }
    const octets = unescapeString(this.scanner.token(index))
    if (octets === undefined) {
      throw this.fail(`${what} has an escape that is none`, { hint: 'Write \\DDD with three digits up to 255' })
    }
    if (octets.length > max) throw this.fail(`${what} has ${octets.length} octets, where ${max} is the limit`)
    return octets
  }

  /** All bare words that are left, at least one, in one piece. */
  joined(what: string): string {
    let text = this.word(what)
    while (this.remaining > 0) text += this.word(what)
    return text
  }

  /** What `decode` makes of `text`. */
  decoded(what: string, encoding: string, decode: (text: string) => Uint8Array | undefined, text: string): Uint8Array {
    const octets = decode(text)
    if (octets === undefined) throw this.fail(`${what} is not ${encoding}`)
    return octets
  }

  finish(what: string): void {
    if (this.remaining <= 0) return
    this.at++
    throw this.fail(`a token after the end of ${what}`)
  }

  /** An error at the token read last. */
  fail(message: string, options?: { hint?: string; cause?: unknown }): DanelawError {
    return this.scanner.fail(Math.max(this.at - 1, 0), message, options)
  }

  #need(what: string): void {
    if (this.remaining <= 0) throw this.scanner.fail(this.scanner.count, `the record ends before ${what}`)
  }
}
