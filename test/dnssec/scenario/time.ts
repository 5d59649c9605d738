/**
 * Unix seconds of `+14d`, `-30s` (s, m, h, d; from the scenario's clock), `2026-11-22T12:00:00Z`, or plain seconds.
 */
export function parseTime(text: string, clock: number): number {
  const [, sign, number, unit] = /^([+-])([0-9]+)([smhd])$/.exec(text) ?? []
  if (sign !== undefined) return clock + Number(`${sign}${number}`) * SECONDS[unit as keyof typeof SECONDS]
  if (/^[0-9]+$/.test(text)) return Number(text)
  const time = Date.parse(text) / 1000
  if (!Number.isInteger(time)) throw new Error(`'${text}' is not a time`)
  return time
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const
