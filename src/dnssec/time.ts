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
