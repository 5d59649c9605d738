/**
 * The octets of one token, its escapes resolved (RFC 1035 section 5.1). Characters beyond US-ASCII stand for the
 * octets of their UTF-8 form, which is what the file held. Undefined where an escape is malformed.
 */
export function unescapeString(text: string): Uint8Array | undefined {
  const octets: number[] = []
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) {
      const next = text.charCodeAt(i + 1)
      if (isDigit(next)) {
        const third = text.charCodeAt(i + 3)
        if (!isDigit(text.charCodeAt(i + 2)) || !isDigit(third)) return undefined
        const octet = Number(text.slice(i + 1, i + 4))
        if (octet > 255) return undefined
        octets.push(octet)
        i += 3
      } else if (next >= 0x20 && next < 0x7f) {
        octets.push(next)
        i++
      } else {
        return undefined
      }
    } else if (code < 0x80) {
      octets.push(code)
    } else {
      const character = String.fromCodePoint(text.codePointAt(i)!)
      if (/\p{Cs}/u.test(character)) return undefined
      octets.push(...new TextEncoder().encode(character))
      i += character.length - 1
    }
  }
  return Uint8Array.from(octets)
}

/** The octets in quotes, with quotes, backslashes and what is not printable US-ASCII escaped. */
export function quote(octets: Uint8Array): string {
  let text = '"'
  for (const octet of octets) text += PRESENTATION[octet]!
  return `${text}"`
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

const PRESENTATION: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  if (octet === QUOTE || octet === BACKSLASH) return `\\${String.fromCharCode(octet)}`
  return octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`
})
