import { DanelawError } from '../errors.ts'

/**
 * Reads a time: RFC 3339, `YYYYMMDDHHmmSS` in UTC, or Unix seconds. Fractions of a second are cut off.
 * @returns Unix seconds
 * @throws {DanelawError} `bad-time` that names the value.
 */
export function parseTime(text: string, option?: string): number {
  const seconds = unixSeconds(text) ?? signatureTime(text) ?? rfc3339(text)
  if (seconds !== undefined && seconds <= LATEST) return seconds
  const place = option === undefined ? {} : { place: { option } }
  throw new DanelawError('bad-time', `'${text}' is not a time`, {
    ...place,
    hint: 'write 2026-11-22T13:00:00Z, 20261122130000, or seconds since 1970',
  })
}

/** `2026-11-22T13:00:00Z`; what no calendar can say stays a number. */
export function formatTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z')
}

/** `9 days`, `3 hours`: the largest unit of which there are two, cut off. */
export function formatDuration(seconds: number): string {
  const amount = Math.abs(seconds)
  const [size, unit] = UNITS.find(([least]) => amount >= 2 * least) ?? [1, 'second']
  const count = Math.floor(amount / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

function unixSeconds(text: string): number | undefined {
  return /^[0-9]{1,11}$/.test(text) ? Number(text) : undefined
}

function signatureTime(text: string): number | undefined {
  const match = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})$/.exec(text)
  return match === null ? undefined : calendar(match.slice(1, 7).map(Number), 0)
}

function rfc3339(text: string): number | undefined {
  const match =
    /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$/.exec(
      text,
    )
  if (match === null) return undefined
  const [hours, minutes] = [Number(match[8] ?? 0), Number(match[9] ?? 0)]
  if (hours > 23 || minutes > 59) return undefined
  const offset = (hours * 60 + minutes) * 60
  return calendar(match.slice(1, 7).map(Number), match[7] === '-' ? -offset : offset)
}

/** Undefined for what the calendar does not have, as the 30th of February. */
function calendar(fields: readonly number[], offset: number): number | undefined {
  const [year, month, day, hour, minute, second] = fields as [number, number, number, number, number, number]
  // RFC 3339 section 5.6: 60 is a leap second, the same moment as the next.
  if (second > 60) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, Math.min(second, 59))
  const same =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute
  if (!same) return undefined
  const seconds = date.getTime() / 1000 + (second === 60 ? 1 : 0) - offset
  return seconds < 0 ? undefined : seconds
}

/** In the year 5138. Later ones are milliseconds mistaken for seconds. */
const LATEST = 99_999_999_999

const UNITS: readonly (readonly [number, string])[] = [
  [365 * 86_400, 'year'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
]
