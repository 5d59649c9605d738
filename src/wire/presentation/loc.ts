import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'
import type { FieldKind } from './field-kinds.ts'
import type { Fields } from './fields.ts'
import { parseDecimal } from './numbers.ts'

/** The whole of LOC RDATA (RFC 1876 sections 2 and 3). */
export const loc: FieldKind = {
  format: (reader) => {
    const version = reader.u8()
    if (version !== 0) throw reader.malformed(`LOC of version ${version}`)
    const [size, horizontal, vertical] = [precision(reader), precision(reader), precision(reader)]
    const latitude = angle(reader, 90, 'N', 'S')
    const longitude = angle(reader, 180, 'E', 'W')
    const altitude = metres(reader.u32() - ALTITUDE_BASE)
    return [latitude, longitude, altitude, size, horizontal, vertical].join(' ')
  },
  parse: (fields, writer) => {
    const latitude = readAngle(fields, 'the latitude', 90, 'N', 'S')
    const longitude = readAngle(fields, 'the longitude', 180, 'E', 'W')
    const altitude = readMetres(fields, 'the altitude', -ALTITUDE_BASE, 0xffffffff - ALTITUDE_BASE)
    writer.u8(0)
    writePrecision(fields, writer, 'the size', 100)
    writePrecision(fields, writer, 'the horizontal precision', 1_000_000)
    writePrecision(fields, writer, 'the vertical precision', 1000)
    writer
      .u32(EQUATOR + latitude)
      .u32(EQUATOR + longitude)
      .u32(altitude + ALTITUDE_BASE)
  },
}

/** Centimetres as mantissa and power of ten, four bits each. */
function precision(reader: Reader): string {
  const octet = reader.u8()
  const mantissa = octet >> 4
  const exponent = octet & 0xf
  // Nothing to the power of something is another octet when read back.
  if (mantissa > 9 || exponent > 9 || (mantissa === 0 && exponent > 0)) throw reader.malformed('a precision in LOC')
  return metres(mantissa * 10 ** exponent)
}

function writePrecision(fields: Fields, writer: Writer, what: string, missing: number): void {
  let value = fields.remaining > 0 ? readMetres(fields, what, 0, 9_000_000_000) : missing
  let exponent = 0
  while (value > 9) {
    value = Math.floor(value / 10)
    exponent++
  }
  writer.u8((value << 4) | exponent)
}

function angle(reader: Reader, degrees: number, positive: string, negative: string): string {
  const value = reader.u32() - EQUATOR
  const size = Math.abs(value)
  if (size > degrees * DEGREE) throw reader.malformed(`more than ${degrees} degrees in LOC`)
  const seconds = (size % MINUTE) / 1000
  const text = `${Math.floor(size / DEGREE)} ${Math.floor(size / MINUTE) % 60} ${seconds.toFixed(3)}`
  return `${text} ${value < 0 ? negative : positive}`
}

/** Degrees, and minutes and seconds where they are given, in thousandths of a second of arc. */
function readAngle(fields: Fields, what: string, degrees: number, positive: string, negative: string): number {
  let value = fields.decimal(what, degrees) * DEGREE
  for (const unit of [MINUTE, 1000]) {
    const next = fields.peek()?.toUpperCase()
    if (next === positive || next === negative) break
    value += unit === MINUTE ? fields.decimal(what, 59) * MINUTE : readSeconds(fields, what)
  }
  const side = fields.word(what).toUpperCase()
  if (side !== positive && side !== negative) throw fields.fail(`${what} ends in neither ${positive} nor ${negative}`)
  if (value > degrees * DEGREE) throw fields.fail(`${what} has more than ${degrees} degrees`)
  return side === positive ? value : -value
}

function readSeconds(fields: Fields, what: string): number {
  const match = /^(\d{1,2})(?:\.(\d{1,3}))?$/.exec(fields.word(what))
  if (match === null || Number(match[1]) > 59) throw fields.fail(`${what} has seconds that are none`)
  return Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0'))
}

function metres(centimetres: number): string {
  const size = Math.abs(centimetres)
  const fraction = String(size % 100).padStart(2, '0')
  return `${centimetres < 0 ? '-' : ''}${Math.floor(size / 100)}.${fraction}m`
}

function readMetres(fields: Fields, what: string, min: number, max: number): number {
  const match = /^(-?)(\d{1,8})(?:\.(\d{1,2}))?m?$/i.exec(fields.word(what))
  if (match === null) throw fields.fail(`${what} is not a number of metres`)
  const size = parseDecimal(match[2]!, 99_999_999)! * 100 + Number((match[3] ?? '').padEnd(2, '0'))
  const value = match[1] === '-' && size > 0 ? -size : size
  if (value < min || value > max) throw fields.fail(`${what} is out of range`)
  return value
}

/** 100 000 m below the reference spheroid, in centimetres. */
const ALTITUDE_BASE = 10_000_000
const EQUATOR = 0x8000_0000
const MINUTE = 60_000
const DEGREE = 3_600_000
