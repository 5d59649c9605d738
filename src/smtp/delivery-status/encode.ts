/** Lines of quoted-printable for text whose lines end in CRLF (RFC 2045 section 6.7); none is longer than 76. */
export function quotedPrintable(octets: Uint8Array): string[] {
  const lines: string[] = []
  let line = ''
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at]!
    const next = octets[at + 1]
    if (octet === CR && next === LF) {
      lines.push(line)
      line = ''
      at++
      continue
    }
    // White space at the end of a line does not survive every way.
    const plain = isPlain(octet) || (isSpace(octet) && next !== undefined && next !== CR)
    const text = plain ? String.fromCharCode(octet) : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`
    if (line.length + text.length > 75) {
      lines.push(`${line}=`)
      line = ''
    }
    line += text
  }
  return [...lines, line]
}

/** Lines of base64 (RFC 2045 section 6.8). */
export function base64(octets: Uint8Array): string[] {
  return (
    Buffer.from(octets)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  )
}

function isPlain(octet: number): boolean {
  return octet > 0x20 && octet < 0x7f && octet !== EQUALS
}

function isSpace(octet: number): boolean {
  return octet === 0x20 || octet === 0x09
}

const LF = 0x0a
const CR = 0x0d
const EQUALS = 0x3d
