/**
 * The time a 32-bit serial number means (RFC 1982, RFC 4034 section 3.1.5): of all times equal to it modulo 2^32 the
 * one closest to `now`. Both in Unix seconds.
 */
export function serialTime(serial: number, now: number): number {
  const difference = (serial - (now % 2 ** 32)) | 0
  return now + difference
}

/** `2026-11-22T00:00:00Z`. */
export function timeText(time: number): string {
  const date = new Date(time * 1000)
  return Number.isNaN(date.getTime()) ? `${time} s` : date.toISOString().replace('.000Z', 'Z')
}

/**
 * Unix seconds of an RFC 3339 time, fractions cut off; undefined for anything else. Without a zone it would be
 * anyone's guess which moment is meant.
 */
export function parseDateTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text)
  const milliseconds = match === null ? Number.NaN : Date.parse(text)
  // A day that the month does not have would be read as one of the next.
  const days = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
  return Number.isNaN(milliseconds) || Number(match?.[1]) > days ? undefined : Math.floor(milliseconds / 1000)
}

const DATE_TIME =
  /^[0-9]{4}-[0-9]{2}-([0-9]{2})T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})$/
