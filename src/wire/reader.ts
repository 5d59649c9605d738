import { DanelawError } from '../errors.ts'
import { Name } from './name.ts'

/** Reads octets from `start` to `end` of a buffer and never past `end`; every failure is a `bad-wire` with its offset. */
export class Reader {
  readonly octets: Uint8Array
  readonly end: number
  offset: number
  /** The last name that stood written out in full, or was a pointer alone, and the pointer that leads to it. */
  #pointed: Name | undefined
  #pointer = -1

  constructor(octets: Uint8Array, start = 0, end = octets.length) {
    this.octets = octets
    this.offset = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.offset
  }

  u8(): number {
    this.#need(1)
    return this.octets[this.offset++]!
  }

  u16(): number {
    this.#need(2)
    const at = this.offset
    this.offset += 2
    return (this.octets[at]! << 8) | this.octets[at + 1]!
  }

  u32(): number {
    this.#need(4)
    const at = this.offset
    this.offset += 4
    const { octets } = this
    return ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0
  }

  /** A view on the next `count` octets. */
  bytes(count: number): Uint8Array {
    this.#need(count)
    this.offset += count
    return this.octets.subarray(this.offset - count, this.offset)
  }

  /** All that is left, as a view. */
  rest(): Uint8Array {
    return this.bytes(this.remaining)
  }

  /** A `<character-string>`: one length octet and that many octets (RFC 1035 section 3.3). */
  characterString(): Uint8Array {
    return this.bytes(this.u8())
  }

  /** A name; compression only where the format allows it (RFC 3597 section 4). */
  name(compression = false): Name {
    const at = this.offset
    const pointer = compression && at + 2 <= this.end ? (this.octets[at]! << 8) | this.octets[at + 1]! : -2
    // All records of an RRset, and mostly the question, have the same owner: it is read, and made a key of, once.
    if (pointer === this.#pointer && (pointer & 0x3fff) < at) {
      this.offset = at + 2
      return this.#pointed!
    }
    const { name, next } = Name.read(this.octets, at, compression)
    if (next > this.end) throw this.malformed('a name runs past the end')
    this.offset = next
    if (compression) this.#remember(name, pointer, at)
    return name
  }

  /** @throws {DanelawError} `bad-wire` where octets are left over. */
  finish(what: string): void {
    if (this.remaining > 0) throw this.malformed(`${this.remaining} octets after the end of ${what}`)
  }

  malformed(message: string): DanelawError {
    return new DanelawError('bad-wire', message, { place: { offset: this.offset } })
  }

  #remember(name: Name, pointer: number, at: number): void {
    if (pointer >= 0xc000) this.#pointer = pointer
    else if (this.offset === at + name.wire.length && at < 0x4000) this.#pointer = 0xc000 | at
    else return
    this.#pointed = name
  }

  #need(count: number): void {
    if (this.offset + count > this.end) throw this.malformed(`${count} octets wanted, ${this.end - this.offset} left`)
  }
}
