import { format } from '../figure.ts'
import type { Result } from '../result.ts'

/** Text for HTML and SVG, in content and in attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A value with its unit, as short as it can be read. */
export function valueText(unit: Result['unit'], value: number): string {
  if (unit === 'us') return timeText(value)
  if (unit === 'octets') return octetsText(value)
  return format({ unit }, value)
}

/** What an axis says at a tick. */
export function tickText(unit: Result['unit'] | undefined, value: number): string {
  if (unit === 'us') return timeText(value)
  if (unit === 'octets') return octetsText(value)
  return value >= 1e6 ? `${digits(value / 1e6)} M` : value >= 1e4 ? `${digits(value / 1e3)} k` : digits(value)
}

function timeText(microseconds: number): string {
  const size = Math.abs(microseconds)
  if (size >= 1e6) return `${digits(microseconds / 1e6)} s`
  if (size >= 1e3) return `${digits(microseconds / 1e3)} ms`
  return `${digits(microseconds)} µs`
}

function octetsText(octets: number): string {
  if (octets >= 1e6) return `${digits(octets / 1e6)} MB`
  return octets >= 1e4 ? `${digits(octets / 1e3)} kB` : `${digits(octets)} octets`
}

/** Three digits. */
function digits(value: number): string {
  return String(Number(value.toPrecision(3)))
}
