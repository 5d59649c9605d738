import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'

/** The RR types of an NSEC, NSEC3 or CSYNC bit map. */
export class TypeBitMap {
  /**
   * The bits of each window, by the upper octet of the types. They are kept as they are: a message of 64 KiB has room
   * for half a million types, of which a proof asks for three.
   */
  readonly windows: ReadonlyMap<number, Uint8Array>

  /** From types in any order, or from windows of 1 to 32 octets. */
  constructor(content: Iterable<number> | ReadonlyMap<number, Uint8Array>) {
    this.windows = content instanceof Map ? content : windowsOf(content as Iterable<number>)
  }

  has(type: number): boolean {
    const octet = this.windows.get(type >> 8)?.[(type & 0xff) >> 3] ?? 0
    return (octet & (0x80 >> (type & 7))) !== 0
  }

  /** Ascending. */
  get types(): readonly number[] {
    const types: number[] = []
    for (const [window, bits] of ascending(this.windows)) {
      for (let i = 0; i < bits.length * 8; i++) {
        if ((bits[i >> 3]! & (0x80 >> (i & 7))) !== 0) types.push((window << 8) | i)
      }
    }
    return types
  }
}

/**
 * Reads window blocks to the end (RFC 4034 section 4.1.2).
 * @throws {DanelawError} `bad-wire` where windows are out of order, empty, or longer than 32 octets.
 */
export function readTypeBitMap(reader: Reader): TypeBitMap {
  const windows = new Map<number, Uint8Array>()
  let previous = -1
  while (reader.remaining > 0) {
    const window = reader.u8()
    if (window <= previous) throw reader.malformed(`bit map window ${window} after ${previous}`)
    previous = window
    const length = reader.u8()
    if (length < 1 || length > 32) throw reader.malformed(`a bit map window of ${length} octets`)
    windows.set(window, reader.bytes(length))
  }
  return new TypeBitMap(windows)
}

/** Appends window blocks, without trailing zero octets and without empty windows. */
export function writeTypeBitMap(writer: Writer, map: TypeBitMap): void {
  for (const [window, bits] of ascending(map.windows)) {
    const length = bits.findLastIndex((octet) => octet !== 0) + 1
    if (length > 0) writer.u8(window).u8(length).bytes(bits.subarray(0, length))
  }
}

function windowsOf(types: Iterable<number>): Map<number, Uint8Array> {
  const windows = new Map<number, Uint8Array>()
  for (const type of new Set(types)) {
    const low = type & 0xff
    const length = (low >> 3) + 1
    let bits = windows.get(type >> 8) ?? new Uint8Array(length)
    if (bits.length < length) {
      const longer = new Uint8Array(length)
      longer.set(bits)
      bits = longer
    }
    bits[low >> 3]! |= 0x80 >> (low & 7)
    windows.set(type >> 8, bits)
  }
  return windows
}

function ascending(windows: ReadonlyMap<number, Uint8Array>): [number, Uint8Array][] {
  return [...windows].sort(([a], [b]) => a - b)
}
