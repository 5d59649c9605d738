/** How the octets of a message are put on the wire. */
export interface Framing {
  /** The octets of a piece, framed; and how many chunks are complete with it, of which each gets a reply. */
  piece(octets: Uint8Array): Framed
  /** What comes behind the last piece; empty where nothing does. */
  end(): Framed
}

export interface Framed {
  readonly octets: Uint8Array
  /** Chunks that have ended in these octets, the last one of the message not counted. */
  readonly chunks: number
  /** Whether these octets complete the message: from here on the server may have taken it. */
  readonly complete: boolean
}

/** DATA: a dot at the start of a line is doubled, and a dot alone ends it (RFC 5321 section 4.5.2). */
export class DotStuffing implements Framing {
  #atStart = true

  piece(octets: Uint8Array): Framed {
    const dots: number[] = []
    for (let at = octets.indexOf(DOT); at >= 0; at = octets.indexOf(DOT, at + 1)) {
      if (at === 0 ? this.#atStart : octets[at - 1] === LF) dots.push(at)
    }
    if (octets.length > 0) this.#atStart = octets.at(-1) === LF
    return { octets: doubled(octets, dots), chunks: 0, complete: false }
  }

  end(): Framed {
    return { octets: Uint8Array.of(DOT, CR, LF), chunks: 0, complete: true }
  }
}

/**
 * BDAT: every chunk says its length beforehand, and the last one that it is the last; the octets go as they are (RFC
 * 3030 section 2).
 */
export class Chunking implements Framing {
  readonly #chunkOctets: number
  /** Octets of the message still to come, and those of the chunk that has begun. */
  #left: number
  #chunkLeft = 0

  /** `size` of the whole message; chunks of `chunkOctets` each, the last one what is left. */
  constructor(size: number, chunkOctets: number) {
    this.#left = size
    this.#chunkOctets = chunkOctets
  }

  piece(octets: Uint8Array): Framed {
    if (octets.length > this.#left) throw new RangeError(`octets: ${octets.length}, where ${this.#left} are left`)
    const parts: Uint8Array[] = []
    let chunks = 0
    for (let at = 0; at < octets.length; ) {
      if (this.#chunkLeft === 0) parts.push(this.#begin())
      const part = octets.subarray(at, at + this.#chunkLeft)
      parts.push(part)
      at += part.length
      this.#left -= part.length
      this.#chunkLeft -= part.length
      if (this.#chunkLeft === 0 && this.#left > 0) chunks++
    }
    return { octets: joined(parts), chunks, complete: this.#left === 0 }
  }

  end(): Framed {
    if (this.#left > 0) throw new RangeError(`size: ${this.#left} octets are missing`)
    return { octets: new Uint8Array(0), chunks: 0, complete: true }
  }

  #begin(): Uint8Array {
    this.#chunkLeft = Math.min(this.#chunkOctets, this.#left)
    const last = this.#chunkLeft === this.#left ? ' LAST' : ''
    return new TextEncoder().encode(`BDAT ${this.#chunkLeft}${last}\r\n`)
  }
}

function doubled(octets: Uint8Array, dots: readonly number[]): Uint8Array {
  if (dots.length === 0) return octets
  const stuffed = new Uint8Array(octets.length + dots.length)
  let from = 0
  let to = 0
  for (const dot of dots) {
    stuffed.set(octets.subarray(from, dot), to)
    to += dot - from
    stuffed[to++] = DOT
    from = dot
  }
  stuffed.set(octets.subarray(from), to)
  return stuffed
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const LF = 0x0a
const CR = 0x0d
const DOT = 0x2e
