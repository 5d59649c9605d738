/**
 * The hash of NSEC3 (RFC 5155 §5): SHA-1, iterated. It is the one place where a zone sets the cost of its own
 * validation (CVE-2023-50868), so it has a routine of its own: the blocks are padded once, and each iteration writes
 * five words and compresses. With a salt of up to 35 octets an iteration is one block.
 */

/**
 * IH(salt, owner, iterations), 20 octets. `ownerCanonicalWire` is the uncompressed owner name in lower case, root
 * label included. Charge the budget with `nsec3HashBlocks` first.
 * @throws {RangeError} for a name or salt above 255 octets, or iterations outside 0 to 65535: no record has them.
 */
export function nsec3Hash(ownerCanonicalWire: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array {
  if (ownerCanonicalWire.length > 255) throw new RangeError(`owner: ${ownerCanonicalWire.length} octets, above 255`)
  if (salt.length > 255) throw new RangeError(`salt: ${salt.length} octets, above 255`)
  if (!Number.isInteger(iterations) || iterations < 0 || iterations > 65535) {
    throw new RangeError(`iterations: ${iterations} is not a whole number from 0 to 65535`)
  }
  compressAll(pad(ownerCanonicalWire, salt))
  if (iterations > 0) {
    // The digest's five words end on a word, so the salt behind them never moves.
    const count = pad(DIGEST_SIZED, salt)
    for (let iteration = 0; iteration < iterations; iteration++) {
      for (let index = 0; index < 5; index++) WORDS[index] = STATE[index]!
      compressAll(count)
    }
  }
  const digest = new Uint8Array(20)
  for (let index = 0; index < 20; index++) digest[index] = STATE[index >> 2]! >> (24 - 8 * (index & 3))
  return digest
}

/** What `nsec3Hash` will cost, in SHA-1 blocks, for lengths in octets: the unit of the limit `nsec3HashBlocks`. */
export function nsec3HashBlocks(nameLength: number, saltLength: number, iterations: number): number {
  return blocks(nameLength + saltLength) + iterations * blocks(DIGEST_SIZED.length + saltLength)
}

/** A message is followed by one octet of 80 and eight of length (FIPS 180-4 §5.1.1). */
function blocks(messageOctets: number): number {
  return Math.ceil((messageOctets + 9) / 64)
}

/** Writes `head` and `salt`, padded, to WORDS; returns the number of words. */
function pad(head: Uint8Array, salt: Uint8Array): number {
  const length = head.length + salt.length
  const count = blocks(length) * 16
  WORDS.fill(0, 0, count)
  for (let index = 0; index < length; index++) {
    const octet = index < head.length ? head[index]! : salt[index - head.length]!
    WORDS[index >> 2]! |= octet << (24 - 8 * (index & 3))
  }
  WORDS[length >> 2]! |= 0x80 << (24 - 8 * (length & 3))
  WORDS[count - 1] = length * 8
  return count
}

function compressAll(count: number): void {
  STATE[0] = 0x67452301
  STATE[1] = 0xefcdab89
  STATE[2] = 0x98badcfe
  STATE[3] = 0x10325476
  STATE[4] = 0xc3d2e1f0
  for (let offset = 0; offset < count; offset += 16) compress(STATE, WORDS, offset)
}

/** FIPS 180-4 §6.1.2, one loop for each round function. */
function compress(state: Int32Array, words: Int32Array, offset: number): void {
  const w = SCHEDULE
  for (let t = 0; t < 16; t++) w[t] = words[offset + t]!
  for (let t = 16; t < 80; t++) {
    const x = w[t - 3]! ^ w[t - 8]! ^ w[t - 14]! ^ w[t - 16]!
    w[t] = (x << 1) | (x >>> 31)
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  for (let t = 0; t < 20; t++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) ^ (~b & d)) + e + 0x5a827999 + w[t]!) | 0
    e = d
    d = c
    c = (b << 30) | (b >>> 2)
    b = a
    a = next
  }
  for (let t = 20; t < 40; t++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9eba1 + w[t]!) | 0
    e = d
    d = c
    c = (b << 30) | (b >>> 2)
    b = a
    a = next
  }
  for (let t = 40; t < 60; t++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) ^ (b & d) ^ (c & d)) + e + 0x8f1bbcdc + w[t]!) | 0
    e = d
    d = c
    c = (b << 30) | (b >>> 2)
    b = a
    a = next
  }
  for (let t = 60; t < 80; t++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0xca62c1d6 + w[t]!) | 0
    e = d
    d = c
    c = (b << 30) | (b >>> 2)
    b = a
    a = next
  }
  state[0] = state[0]! + a
  state[1] = state[1]! + b
  state[2] = state[2]! + c
  state[3] = state[3]! + d
  state[4] = state[4]! + e
}

/** Stands for the previous digest until it is written over it. */
const DIGEST_SIZED = new Uint8Array(20)

/** Scratch: hashing is synchronous, so one of each is enough. A name and a salt of 255 octets take nine blocks. */
const WORDS = new Int32Array(9 * 16)
const STATE = new Int32Array(5)
const SCHEDULE = new Int32Array(80)
