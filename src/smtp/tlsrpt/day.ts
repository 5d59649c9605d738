/** A day by UTC, `2026-11-21`: what one report covers (RFC 8460 section 4.1). */
export type Day = string

export function dayOf(time: Date): Day {
  return time.toISOString().slice(0, 10)
}

/** Unix seconds of its first moment. */
export function startOf(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000
}

/** Unix seconds of its last second. */
export function endOf(day: Day): number {
  return startOf(day) + 86_399
}

/** Whether a text is a day that the calendar has. */
export function isDay(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false
  const time = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(time.getTime()) && dayOf(time) === text
}
