/**
 * Takes DNS messages out of a stream of octets, each behind its length in two octets (RFC 1035 section 4.2.2),
 * however the stream is cut into segments. One message is held at a time, so at most 65535 octets.
 */
export class FrameReader {
  #header: number | undefined
  #body: Uint8Array | undefined
  #filled = 0

  /** Whether the stream may end here. */
  get atBoundary(): boolean {
    return this.#header === undefined && this.#body === undefined
  }

  /** The messages that `chunk` completes, in order. */
  push(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = []
    let at = 0
    while (at < chunk.length) {
      if (this.#body === undefined) {
        const octet = chunk[at++]!
        if (this.#header === undefined) {
          this.#header = octet
          continue
        }
        this.#body = new Uint8Array((this.#header << 8) | octet)
        this.#header = undefined
        this.#filled = 0
      }
      const part = chunk.subarray(at, at + this.#body.length - this.#filled)
      this.#body.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled < this.#body.length) continue
      messages.push(this.#body)
      this.#body = undefined
    }
    return messages
  }
}

/** A message behind its length. @throws {RangeError} when it has more than 65535 octets. */
export function frame(message: Uint8Array): Uint8Array {
  if (message.length > 0xffff) throw new RangeError(`message: ${message.length} octets`)
  const octets = new Uint8Array(2 + message.length)
  octets[0] = message.length >>> 8
  octets[1] = message.length
  octets.set(message, 2)
  return octets
}
