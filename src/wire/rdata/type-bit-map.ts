import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'

/** The RR types of an NSEC, NSEC3 or CSYNC bit map, ascending. */
export class TypeBitMap {
  readonly types: readonly number[]

  constructor(types: Iterable<number>) {
    this.types = [...new Set(types)].sort((a, b) => a - b)
  }

  has(type: number): boolean {
    return this.types.includes(type)
  }
}

/**
 * Reads window blocks to the end (RFC 4034 section 4.1.2).
 * @throws {DanelawError} `bad-wire` where windows are out of order, empty, or longer than 32 octets.
 */
export function readTypeBitMap(reader: Reader): TypeBitMap {
  const types: number[] = []
  let previous = -1
  while (reader.remaining > 0) {
    const window = reader.u8()
    if (window <= previous) throw reader.malformed(`bit map window ${window} after ${previous}`)
    previous = window
    const length = reader.u8()
    if (length < 1 || length > 32) throw reader.malformed(`a bit map window of ${length} octets`)
    const bits = reader.bytes(length)
    for (let i = 0; i < length * 8; i++) {
      if ((bits[i >> 3]! & (0x80 >> (i & 7))) !== 0) types.push((window << 8) | i)
    }
  }
  return new TypeBitMap(types)
}

/** Appends window blocks, without trailing zero octets and without empty windows. */
export function writeTypeBitMap(writer: Writer, map: TypeBitMap): void {
  for (let i = 0; i < map.types.length; ) {
    const window = map.types[i]! >> 8
    const bits = new Uint8Array(32)
    let length = 0
    for (; i < map.types.length && map.types[i]! >> 8 === window; i++) {
      const low = map.types[i]! & 0xff
      bits[low >> 3]! |= 0x80 >> (low & 7)
      length = (low >> 3) + 1
    }
    writer.u8(window).u8(length).bytes(bits.subarray(0, length))
  }
}
