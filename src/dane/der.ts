import { DanelawError } from '../errors.ts'
import { DANE_LIMITS } from '../limits.ts'

/** Identifier octets (X.690 section 8.1.2) of the universal types certificates are made of. */
export const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectIdentifier: 0x06,
  Utf8String: 0x0c,
  NumericString: 0x12,
  PrintableString: 0x13,
  TeletexString: 0x14,
  Ia5String: 0x16,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  UniversalString: 0x1c,
  BmpString: 0x1e,
  Sequence: 0x30,
  Set: 0x31,
} as const

/** One tag-length-value, as offsets into the octets it was read from. */
export interface Element {
  /** The identifier octet. */
  readonly tag: number
  readonly start: number
  readonly contentStart: number
  readonly end: number
}

/**
 * Walks DER (X.690 section 10) from `start` to `end` of a buffer and never past `end`. Lengths in other than the
 * shortest form, the indefinite form and tag numbers above 30 are refused: one value has one encoding, so that two
 * readers of the same octets see the same structure. Every failure is a DanelawError `bad-certificate` with its offset.
 */
export class DerReader {
  readonly octets: Uint8Array
  readonly end: number
  offset: number
  readonly #depth: number

  constructor(octets: Uint8Array, start = 0, end = octets.length, depth = 0) {
    this.octets = octets
    this.offset = start
    this.end = end
    this.#depth = depth
  }

  get atEnd(): boolean {
    return this.offset === this.end
  }

  /** Whether the next element has this identifier octet. */
  next(tag: number): boolean {
    return this.offset < this.end && this.octets[this.offset] === tag
  }

  /** The next element, whatever it is. */
  read(what: string): Element {
    const { octets, end, offset: start } = this
    let at = start
    if (at + 2 > end) throw this.malformed(`${what} is missing or cut short`)
    const tag = octets[at++]!
    if ((tag & 0x1f) === 0x1f) throw this.malformed(`${what} has a tag number above 30`)
    let length = octets[at++]!
    if (length >= 0x80) {
      const count = length & 0x7f
      if (count === 0) throw this.malformed(`${what} has an indefinite length, which is not DER`)
      if (count > 4) throw this.malformed(`${what} has a length of ${count} octets`)
      if (at + count > end) throw this.malformed(`${what} is cut short`)
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + octets[at++]!
      if (length < 0x80 || length < 256 ** (count - 1)) {
        throw this.malformed(`${what} has a length in other than the shortest form, which is not DER`)
      }
    }
    if (length > end - at) throw this.malformed(`${what} runs past the end`)
    this.offset = at + length
    return { tag, start, contentStart: at, end: this.offset }
  }

  /** The next element, which must have this identifier octet. */
  expect(tag: number, what: string): Element {
    if (this.offset < this.end && this.octets[this.offset] !== tag) {
      throw this.malformed(`${what} has tag 0x${hex(this.octets[this.offset]!)} instead of 0x${hex(tag)}`)
    }
    return this.read(what)
  }

  /** A reader over the content of the next element, which must have this identifier octet. */
  enter(tag: number, what: string): DerReader {
    return this.inside(this.expect(tag, what), what)
  }

  /** A reader over the content of an element. */
  inside(element: Element, what: string): DerReader {
    if (this.#depth >= DANE_LIMITS.derDepth.value) {
      throw this.malformed(`${what} is nested more than ${DANE_LIMITS.derDepth.value} deep`)
    }
    return new DerReader(this.octets, element.contentStart, element.end, this.#depth + 1)
  }

  /** Refuses octets left over. */
  finish(what: string): void {
    if (!this.atEnd) throw this.malformed(`${this.end - this.offset} octets after the end of ${what}`)
  }

  /** A view on the whole element, tag and length included. */
  whole(element: Element): Uint8Array {
    return this.octets.subarray(element.start, element.end)
  }

  /** A view on the content of an element. */
  content(element: Element): Uint8Array {
    return this.octets.subarray(element.contentStart, element.end)
  }

  /** BOOLEAN; DER has two of them (X.690 section 11.1). */
  boolean(what: string): boolean {
    const content = this.content(this.expect(Tag.Boolean, what))
    if (content.length !== 1 || (content[0] !== 0x00 && content[0] !== 0xff)) {
      throw this.malformed(`${what} is no BOOLEAN of DER`)
    }
    return content[0] === 0xff
  }

  /** The content of an INTEGER in its shortest form (X.690 section 8.3.2). */
  integer(what: string): Uint8Array {
    const content = this.content(this.expect(Tag.Integer, what))
    const [first, second] = content
    if (first === undefined) throw this.malformed(`${what} is an INTEGER without octets`)
    if (second !== undefined && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))) {
      throw this.malformed(`${what} is an INTEGER in other than the shortest form`)
    }
    return content
  }

  /** OBJECT IDENTIFIER in dotted form (X.690 section 8.19). */
  objectIdentifier(what: string): string {
    const { octets } = this
    const { contentStart, end } = this.expect(Tag.ObjectIdentifier, what)
    if (end === contentStart || octets[end - 1]! >= 0x80 || end - contentStart > 64) {
      throw this.malformed(`${what} is no OBJECT IDENTIFIER`)
    }
    let text = ''
    let arc: number | bigint = 0
    let fresh = true
    for (let at = contentStart; at < end; at++) {
      const octet = octets[at]!
      if (fresh && octet === 0x80) throw this.malformed(`${what} has an arc in other than the shortest form`)
      // A number holds any arc of seven octets, as all that are in use are.
      if (typeof arc === 'number' && arc < 2 ** 42) arc = arc * 128 + (octet & 0x7f)
      else arc = BigInt(arc) * 128n + BigInt(octet & 0x7f)
      fresh = octet < 0x80
      if (!fresh) continue
      text += text === '' ? firstArcs(arc) : `.${arc}`
      arc = 0
    }
    return text
  }

  /** A BIT STRING: its octets and how many bits of the last one do not count. */
  bitString(what: string): { readonly bits: Uint8Array; readonly unused: number } {
    const content = this.content(this.expect(Tag.BitString, what))
    const unused = content[0]
    if (unused === undefined || unused > 7 || (unused > 0 && content.length === 1)) {
      throw this.malformed(`${what} is no BIT STRING`)
    }
    return { bits: content.subarray(1), unused }
  }

  malformed(message: string): DanelawError {
    return new DanelawError('bad-certificate', message, { place: { offset: this.offset } })
  }
}

/** The first two arcs share a number (X.690 section 8.19.4). */
function firstArcs(value: number | bigint): string {
  if (value < 40) return `0.${value}`
  if (value < 80) return `1.${Number(value) - 40}`
  return `2.${typeof value === 'number' ? value - 80 : value - 80n}`
}

function hex(octet: number): string {
  return octet.toString(16).padStart(2, '0')
}
