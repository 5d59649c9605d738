/** Lower-case hexadecimal. */
export function toHex(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) text += HEX[octet]!
  return text
}

/** The octets of hexadecimal digits in either case; undefined for an odd number of digits or anything else. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined
  const octets = new Uint8Array(text.length / 2)
  for (let i = 0; i < octets.length; i++) {
    const high = digit(HEX_DIGITS, text, 2 * i)
    const low = digit(HEX_DIGITS, text, 2 * i + 1)
    if (high < 0 || low < 0) return undefined
    octets[i] = (high << 4) | low
  }
  return octets
}

/** Base64 with padding (RFC 4648 section 4). */
export function toBase64(octets: Uint8Array): string {
  let text = ''
  let i = 0
  for (; i + 2 < octets.length; i += 3) {
    const group = (octets[i]! << 16) | (octets[i + 1]! << 8) | octets[i + 2]!
    text += BASE64[group >> 18]! + BASE64[(group >> 12) & 63]! + BASE64[(group >> 6) & 63]! + BASE64[group & 63]!
  }
  if (octets.length - i === 1) text += `${BASE64[octets[i]! >> 2]!}${BASE64[(octets[i]! & 3) << 4]!}==`
  if (octets.length - i === 2) {
    const group = (octets[i]! << 8) | octets[i + 1]!
    text += `${BASE64[group >> 10]!}${BASE64[(group >> 4) & 63]!}${BASE64[(group & 15) << 2]!}=`
  }
  return text
}

/**
 * The octets of base64 with its padding; undefined where the padding is missing or bits behind the last octet are
 * set, so that one text stands for one value (RFC 4648 section 3.5).
 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  return decodeBits(BASE64_DIGITS, 6, text, digits)
}

/** Base32 with the extended hexadecimal alphabet, upper case, no padding (RFC 4648 section 7, RFC 5155 section 3.3). */
export function toBase32Hex(octets: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const octet of octets) {
    held = ((held << 8) | octet) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += BASE32_HEX[(held >> bits) & 31]!
    }
  }
  return bits === 0 ? text : text + BASE32_HEX[(held << (5 - bits)) & 31]!
}

/** The octets of base32hex without padding, in either case; undefined for anything else. */
export function fromBase32Hex(text: string): Uint8Array | undefined {
  return decodeBits(BASE32_HEX_DIGITS, 5, text, text.length)
}

function decodeBits(table: Int8Array, width: 5 | 6, text: string, digits: number): Uint8Array | undefined {
  const octets = new Uint8Array((digits * width) >> 3)
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < digits; i++) {
    const value = digit(table, text, i)
    if (value < 0) return undefined
    held = ((held << width) | value) & 0xffff
    bits += width
    if (bits >= 8) {
      bits -= 8
      octets[at++] = held >> bits
    }
  }
  // A whole digit left over encodes nothing, and the bits of a part of one are zero.
  return bits >= width || (held & ((1 << bits) - 1)) !== 0 ? undefined : octets
}

function digit(table: Int8Array, text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < 128 ? table[code]! : -1
}

function digits(alphabet: string, anyCase: boolean): Int8Array {
  const table = new Int8Array(128).fill(-1)
  for (let value = 0; value < alphabet.length; value++) {
    table[alphabet.charCodeAt(value)] = value
    if (anyCase) table[alphabet.toLowerCase().charCodeAt(value)] = value
  }
  return table
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BASE32_HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV'
const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))
const BASE64_DIGITS = digits(BASE64, false)
const BASE32_HEX_DIGITS = digits(BASE32_HEX, true)
const HEX_DIGITS = digits('0123456789ABCDEF', true)
