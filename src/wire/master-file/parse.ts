import { DanelawError, type Place } from '../../errors.ts'
import { MASTER_FILE_LIMITS } from '../../limits.ts'
import { RRClass } from '../codes/rrclass.ts'
import type { Name } from '../name.ts'
import { Fields } from '../presentation/fields.ts'
import { Scanner } from '../presentation/scanner.ts'
import type { ResourceRecord } from '../record.ts'
import { type Defaults, MAX_TTL, readEntry } from './entry.ts'

export interface MasterFileOptions {
  /** Name of the file, for errors and for `$INCLUDE`. */
  readonly file?: string
  /** Completes relative names until an `$ORIGIN`; the root where it is left out, and then `@` is an error. */
  readonly origin?: Name
  /** As a `$TTL` in front would give it, in seconds. */
  readonly defaultTtl?: number
  /** Fetches the file that an `$INCLUDE` names; where it is left out, `$INCLUDE` is an error. */
  readonly include?: (path: string, from: Place) => { readonly text: string; readonly file: string }
}

export type RecordOptions = Omit<MasterFileOptions, 'include'>

/**
 * Reads a master file (RFC 1035 section 5): $ORIGIN, $TTL (RFC 2308 section 4), $INCLUDE; parentheses, comments,
 * escapes; owner, TTL and class left out or in either order; unknown types and classes (RFC 3597 section 5). Records
 * come in the order of the file, duplicates kept. What an included file sets ends with it.
 * @throws {DanelawError} `bad-record` with file, line, column and token.
 * @throws {RangeError} where `options.defaultTtl` is no TTL.
 */
export function parseMasterFile(text: string, options: MasterFileOptions = {}): ResourceRecord[] {
  const run: Run = { include: options.include, records: [], characters: 0, stack: [] }
  readFile(run, text, options.file, startingDefaults(options))
  return run.records
}

/**
 * Reads exactly one record as it would stand in a master file. Directives are refused.
 * @throws {DanelawError} `bad-record` @throws {RangeError} as `parseMasterFile`.
 */
export function parseRecord(line: string, options: RecordOptions = {}): ResourceRecord {
  const scanner = new Scanner(line, { file: options.file, lines: options.file !== undefined })
  if (!scanner.next()) throw scanner.fail(0, 'a record was expected, and there is none')
  const fields = new Fields(scanner, options.origin)
  if (isDirective(fields)) throw scanner.fail(0, 'a directive where one record was expected')
  const record = readEntry(fields, startingDefaults(options))
  if (scanner.next()) throw scanner.fail(0, 'more than one record', { hint: 'Parentheses continue a line' })
  return record
}

interface Run {
  readonly include: MasterFileOptions['include']
  readonly records: ResourceRecord[]
  /** Of all files so far. */
  characters: number
  /** The files that are being read, outermost first. */
  readonly stack: (string | undefined)[]
}

function startingDefaults(options: MasterFileOptions): Defaults {
  const { origin, defaultTtl } = options
  if (defaultTtl !== undefined && !(Number.isInteger(defaultTtl) && defaultTtl >= 0 && defaultTtl <= MAX_TTL)) {
    throw new RangeError(`options.defaultTtl: ${defaultTtl} is not a whole number from 0 to ${MAX_TTL}`)
  }
  return { owner: undefined, ownerText: '', origin, defaultTtl, lastTtl: undefined, class: RRClass.IN }
}

function readFile(run: Run, text: string, file: string | undefined, defaults: Defaults): void {
  run.characters += text.length
  if (run.characters > MASTER_FILE_LIMITS.characters.value) {
    throw new DanelawError('bad-record', `more than ${MASTER_FILE_LIMITS.characters.value} characters`, {
      place: file === undefined ? {} : { file },
    })
  }
  run.stack.push(file)
  const scanner = new Scanner(text, { file, lines: true })
  const fields = new Fields(scanner, defaults.origin)
  while (scanner.next()) {
    fields.at = 0
    if (isDirective(fields)) readDirective(run, fields, defaults)
    else run.records.push(readEntry(fields, defaults))
  }
  run.stack.pop()
}

function isDirective(fields: Fields): boolean {
  return fields.peek()?.charCodeAt(0) === DOLLAR
}

function readDirective(run: Run, fields: Fields, defaults: Defaults): void {
  const directive = fields.word('a directive').toUpperCase()
  switch (directive) {
    case '$ORIGIN':
      defaults.origin = fields.name('the origin')
      fields.finish('the directive')
      fields.origin = defaults.origin
      // The same text is another owner from here on.
      defaults.ownerText = ''
      return
    case '$TTL':
      defaults.defaultTtl = fields.ttl('the TTL', MAX_TTL)
      fields.finish('the directive')
      return
    case '$INCLUDE':
      include(run, fields, defaults)
      return
    case '$GENERATE':
      throw fields.fail('$GENERATE is not supported', { hint: 'Write the records out, as named-compilezone does' })
    default:
      throw fields.fail('a directive that is not known', {
        hint: 'Known are $ORIGIN, $TTL and $INCLUDE; a domain name is written with \\$',
      })
  }
}

/** `$INCLUDE <file> [<origin>]`: the origin, and all else the file sets, ends with it (RFC 1035 section 5.1). */
function include(run: Run, fields: Fields, defaults: Defaults): void {
  const path = new TextDecoder().decode(fields.string('the file', MAX_PATH_OCTETS))
  const place = fields.scanner.place(fields.at - 1)
  const refuse = (message: string, hint?: string) => fields.fail(message, hint === undefined ? {} : { hint })
  const origin = fields.remaining > 0 ? fields.name('the origin') : defaults.origin
  fields.finish('the directive')
  if (run.include === undefined) throw refuse('$INCLUDE is not allowed here')
  if (run.stack.length > MASTER_FILE_LIMITS.includeDepth.value) {
    throw refuse(`$INCLUDE more than ${MASTER_FILE_LIMITS.includeDepth.value} files deep`)
  }
  const { text, file } = run.include(path, place)
  if (run.stack.includes(file)) throw refuse(`'${file}' includes itself`)
  readFile(run, text, file, { ...defaults, origin, ownerText: '' })
}

const DOLLAR = 0x24
const MAX_PATH_OCTETS = 4096
