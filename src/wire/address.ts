/** Dotted decimal form of four octets. */
export function formatIpv4(octets: Uint8Array): string {
  return `${octets[0]}.${octets[1]}.${octets[2]}.${octets[3]}`
}

/**
 * The form of RFC 5952: lower case, the longest run of at least two zero fields as `::`, the first of equal ones;
 * IPv4-mapped addresses end in dotted decimal (section 5).
 */
export function formatIpv6(octets: Uint8Array): string {
  const fields: number[] = []
  for (let i = 0; i < 16; i += 2) fields.push((octets[i]! << 8) | octets[i + 1]!)
  let longest = { start: -1, length: 1 }
  for (let i = 0; i < 8; ) {
    let end = i
    while (end < 8 && fields[end] === 0) end++
    if (end - i > longest.length) longest = { start: i, length: end - i }
    i = Math.max(end, i + 1)
  }
  if (longest.start === 0 && longest.length === 5 && fields[5] === 0xffff) {
    return `::ffff:${formatIpv4(octets.subarray(12))}`
  }
  const hex = fields.map((field) => field.toString(16))
  if (longest.start < 0) return hex.join(':')
  return `${hex.slice(0, longest.start).join(':')}::${hex.slice(longest.start + longest.length).join(':')}`
}

/** The four octets of a dotted decimal address without leading zeros; undefined for anything else. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const match = IPV4.exec(text)
  if (match === null) return undefined
  const octets = [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4])]
  return octets.every((octet) => octet <= 255) ? Uint8Array.from(octets) : undefined
}

/** The sixteen octets of an address in any form of RFC 4291 section 2.2, without a zone; undefined for anything else. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = fieldsOf(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? fieldsOf(halves[1]!, true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  // `::` stands for at least one field (RFC 4291 section 2.2).
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined
  const octets = new Uint8Array(16)
  octets.set(head)
  octets.set(tail, 16 - tail.length)
  return octets
}

/** Octets of fields between colons; only the very end of an address may be dotted decimal. */
function fieldsOf(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const octets: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      const field = Number.parseInt(part, 16)
      octets.push(field >> 8, field & 0xff)
    } else {
      const ipv4 = last && i === parts.length - 1 ? parseIpv4(part) : undefined
      if (ipv4 === undefined) return undefined
      octets.push(...ipv4)
    }
  }
  return octets
}

const IPV4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/
