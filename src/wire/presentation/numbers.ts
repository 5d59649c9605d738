/** A decimal number from 0 to `max`, digits only; undefined for anything else. */
export function parseDecimal(text: string, max: number): number | undefined {
  // Ten digits hold 2^32 - 1; leading zeros beyond that are nobody's honest input.
  if (text.length === 0 || text.length > 10) return undefined
  let value = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return value <= max ? value : undefined
}

/**
 * Seconds from a decimal number, or from numbers that each have a unit (`1w2d3h4m5s`, as BIND writes them);
 * undefined for anything else and for more than `max`.
 */
export function parseTtl(text: string, max: number): number | undefined {
  const plain = parseDecimal(text, max)
  if (plain !== undefined) return plain
  if (!/^(?:\d{1,10}[wdhms])+$/i.test(text)) return undefined
  let seconds = 0
  for (const [, count, unit] of text.matchAll(/(\d+)(\D)/g)) {
    seconds += Number(count) * UNITS[unit!.toLowerCase()]!
  }
  return seconds <= max ? seconds : undefined
}

/** `YYYYMMDDHHmmSS` in UTC of a serial number of seconds since 1970 (RFC 4034 section 3.2). */
export function formatSignatureTime(serial: number): string {
  const iso = new Date(serial * 1000).toISOString()
  return (
    iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10) + iso.slice(11, 13) + iso.slice(14, 16) + iso.slice(17, 19)
  )
}

/**
 * The serial number of `YYYYMMDDHHmmSS`, or of a decimal number of at most ten digits (RFC 4034 section 3.2). A date
 * after 2106 wraps around, as the field does (section 3.1.5). Undefined where the text is no date.
 */
export function parseSignatureTime(text: string): number | undefined {
  if (text.length !== 14) return parseDecimal(text, 0xffffffff)
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000
  // What Date rolled over (a 31st of June, a 60th second) was no date; years before 1970 have no serial number.
  if (year < 1970 || formatSignatureTime(seconds) !== text) return undefined
  return seconds % 0x1_0000_0000
}

const UNITS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 }
