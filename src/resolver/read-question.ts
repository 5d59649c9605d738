import { DanelawError } from '../errors.ts'
import { RRClass } from '../wire/codes/rrclass.ts'
import { RRType, rrTypeFromName, rrTypeName } from '../wire/codes/rrtype.ts'
import { Name } from '../wire/name.ts'
import type { Question } from '../wire/record.ts'

/**
 * The question that a caller means.
 * @throws {TypeError | RangeError} that names the argument. @throws {DanelawError} `bad-name`, `bad-type`
 */
export function readQuestion(name: string | Name, type: string | number): Question {
  if (typeof name !== 'string' && !(name instanceof Name)) throw new TypeError('name: neither a string nor a Name')
  const number = readType(type)
  if (NO_QUESTION.has(number)) {
    throw new DanelawError('bad-type', `${rrTypeName(number)} is not a type that a resolver can be asked for`)
  }
  return { name: typeof name === 'string' ? Name.parse(name) : name, type: number, class: RRClass.IN }
}

function readType(type: string | number): number {
  if (typeof type === 'number') {
    if (Number.isInteger(type) && type >= 0 && type <= 0xffff) return type
    throw new RangeError(`type: ${type} is not a whole number from 0 to 65535`)
  }
  if (typeof type !== 'string') throw new TypeError('type: neither a string nor a number')
  const number = rrTypeFromName(type)
  if (number !== undefined) return number
  const shown = JSON.stringify(type.slice(0, 64)).slice(1, -1)
  throw new DanelawError('bad-type', `'${shown}' is not an RR type`, {
    hint: 'write an unknown type as TYPE and its number',
  })
}

/** Types of messages and of transfers, no data that one could ask for (RFC 6895 section 3.1, RFC 6891 section 6.1.1). */
const NO_QUESTION: ReadonlySet<number> = new Set([
  0,
  RRType.OPT,
  RRType.TKEY,
  RRType.TSIG,
  RRType.IXFR,
  RRType.AXFR,
  RRType.MAILB,
  RRType.MAILA,
])
