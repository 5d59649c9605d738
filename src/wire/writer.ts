import type { Name } from './name.ts'

/**
 * Writes octets to a buffer that grows. Names are never compressed but where `compressedName` is called. A number that
 * does not fit its field is a RangeError: cut silently, it would be another value.
 */
export class Writer {
  #octets: Uint8Array
  #length = 0
  /** Made on first use: most writers are for RDATA and compress nothing. */
  #suffixes: Map<string, number> | undefined

  constructor(capacity = 512) {
    this.#octets = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    if (value >>> 0 !== value || value > 0xff) throw misfit(value, 8)
    this.#reserve(1)
    this.#octets[this.#length++] = value
    return this
  }

  u16(value: number): this {
    if (value >>> 0 !== value || value > 0xffff) throw misfit(value, 16)
    this.#reserve(2)
    this.#octets[this.#length++] = value >>> 8
    this.#octets[this.#length++] = value
    return this
  }

  u32(value: number): this {
    if (value >>> 0 !== value) throw misfit(value, 32)
    this.u16(value >>> 16)
    return this.u16(value & 0xffff)
  }

  bytes(octets: Uint8Array): this {
    this.#reserve(octets.length)
    this.#octets.set(octets, this.#length)
    this.#length += octets.length
    return this
  }

  /** @throws {RangeError} when the string has more than 255 octets. */
  characterString(octets: Uint8Array): this {
    if (octets.length > 255) throw new RangeError(`octets: a character-string of ${octets.length} octets`)
    return this.u8(octets.length).bytes(octets)
  }

  name(name: Name): this {
    return this.bytes(name.wire)
  }

  /** A name, with its longest suffix already written by this method as a pointer (RFC 1035 section 4.1.4). */
  compressedName(name: Name): this {
    this.#suffixes ??= new Map()
    for (let label = 0; label < name.labelCount; label++) {
      const suffix = name.strip(label)
      // The case counts here: a pointer must not change the octets of a name.
      const key = String.fromCharCode(...suffix.wire)
      const seen = this.#suffixes.get(key)
      if (seen !== undefined) return this.u16(0xc000 | seen)
      if (this.#length < 0x4000) this.#suffixes.set(key, this.#length)
      this.bytes(suffix.wire.subarray(0, 1 + suffix.wire[0]!))
    }
    return this.u8(0)
  }

  /** Overwrites two octets written before. */
  patch16(offset: number, value: number): void {
    this.#octets[offset] = value >>> 8
    this.#octets[offset + 1] = value
  }

  /** Forgets all that has been written, to start again in the same memory. */
  clear(): this {
    this.#length = 0
    this.#suffixes = undefined
    return this
  }

  /** A copy of what has been written. */
  finish(): Uint8Array {
    return this.#octets.slice(0, this.#length)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#octets.length) return
    const grown = new Uint8Array(Math.max(this.#octets.length * 2, this.#length + count))
    grown.set(this.#octets.subarray(0, this.#length))
    this.#octets = grown
  }
}

function misfit(value: number, bits: number): RangeError {
  return new RangeError(`value: ${value} is not a whole number of ${bits} bits`)
}
