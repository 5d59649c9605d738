import { DanelawError } from '../../errors.ts'
import { QUEUE_LIMITS } from '../../limits.ts'
import { parseMailbox } from '../address.ts'
import { mailParameters, recipientParameters } from '../delivery-request.ts'
import { readVia } from './via.ts'
import { isId, type LastTry, type QueueEntry, type QueueRecipient } from './entry.ts'

/** An entry as a file holds it: one line of JSON. */
export function formatEntry(entry: QueueEntry): string {
  return `${JSON.stringify({ version: VERSION, ...entry })}\n`
}

/**
 * Reads an entry, field by field: what is of another kind, or missing, makes it damaged rather than something that a
 * delivery finds out.
 * @throws {DanelawError} `bad-entry` that names the field
 */
export function parseEntry(text: string, file: string): QueueEntry {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new DanelawError('bad-entry', 'the state of the message is no JSON', { place: { file }, cause: error })
  }
  const at = new Fields(value, file, '')
  if (at.number('version') !== VERSION) throw at.bad('version', 'is not one that this program reads')
  const recipients = at.list('recipients', QUEUE_LIMITS.recipients.max).map(recipient)
  if (recipients.length === 0) throw at.bad('recipients', 'has nobody in it')
  const from = at.textOrNull('from')
  if (from !== null) at.address('from')
  return {
    id: at.matching('id', isId),
    arrival: at.time('arrival'),
    expires: at.time('expires'),
    from,
    size: at.number('size'),
    dsn: at.dsn('dsn', mailParameters),
    requireTls: at.oneOf('requireTls', [true, false, 'where-offered']),
    requireDane: at.boolean('requireDane'),
    via: at.read('via', readVia),
    recipients,
    reportOf: at.textOrNull('reportOf'),
    reports: at.texts('reports', QUEUE_LIMITS.recipients.max),
  }
}

function recipient(at: Fields): QueueRecipient {
  return {
    address: at.address('address'),
    dsn: at.dsn('dsn', recipientParameters),
    state: at.oneOf('state', ['pending', 'delivered', 'failed']),
    attempts: at.number('attempts'),
    due: at.time('due'),
    delayReported: at.boolean('delayReported'),
    reported: at.boolean('reported'),
    expired: at.boolean('expired'),
    last: at.value('last') === null ? null : lastTry(at.child('last')),
  }
}

function lastTry(at: Fields): LastTry {
  return {
    time: at.time('time'),
    host: at.textOrNull('host'),
    // Words for people: what a newer version writes there is no damage.
    level: at.textOrNull('level') as LastTry['level'],
    verdict: at.text('verdict') as LastTry['verdict'],
    code: at.value('code') === null ? null : at.number('code'),
    enhanced: at.textOrNull('enhanced'),
    text: at.text('text'),
    dsn: at.oneOf('dsn', ['passed', 'relayed', null]),
  }
}

/** The fields of one JSON object, each read as what it has to be. */
class Fields {
  readonly #object: Readonly<Record<string, unknown>>
  readonly #file: string
  readonly #path: string

  constructor(value: unknown, file: string, path: string) {
    this.#file = file
    this.#path = path
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.bad('', 'is no object')
    this.#object = value as Record<string, unknown>
  }

  bad(name: string, why: string): DanelawError {
    const field = `${this.#path}${name}` || 'it'
    return new DanelawError('bad-entry', `the state of the message is damaged: ${field} ${why}`, {
      place: { file: this.#file },
    })
  }

  value(name: string): unknown {
    const value = Object.hasOwn(this.#object, name) ? this.#object[name] : undefined
    if (value === undefined) throw this.bad(name, 'is missing')
    return value
  }

  text(name: string): string {
    const value = this.value(name)
    if (typeof value !== 'string') throw this.bad(name, 'is no text')
    return value
  }

  textOrNull(name: string): string | null {
    return this.value(name) === null ? null : this.text(name)
  }

  matching(name: string, test: (text: string) => boolean): string {
    const value = this.text(name)
    if (!test(value)) throw this.bad(name, 'is not of the right form')
    return value
  }

  time(name: string): string {
    return this.matching(
      name,
      (text) => /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text)),
    )
  }

  address(name: string): string {
    const value = this.text(name)
    try {
      return parseMailbox(value).text
    } catch {
      throw this.bad(name, 'is no mail address')
    }
  }

  number(name: string): number {
    const value = this.value(name)
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw this.bad(name, 'is no whole number')
    return value as number
  }

  boolean(name: string): boolean {
    const value = this.value(name)
    if (typeof value !== 'boolean') throw this.bad(name, 'is neither true nor false')
    return value
  }

  /** What is asked of notifications; `write` throws where it could not be said to a server. */
  dsn<T>(name: string, write: (dsn: T | undefined) => string): T {
    const value = this.value(name)
    try {
      if (typeof value === 'object' && value !== null && write(value as T) !== undefined) return value as T
    } catch {}
    throw this.bad(name, 'is not of RFC 3461')
  }

  /** `read` throws a TypeError that says what is wrong. */
  read<T>(name: string, read: (value: unknown) => T): T {
    const value = this.value(name)
    try {
      return read(value)
    } catch (error) {
      throw this.bad(name, `is not as it should be (${(error as Error).message})`)
    }
  }

  oneOf<const T>(name: string, choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.value(name))
    if (found === undefined) throw this.bad(name, `is none of ${choices.join(', ')}`)
    return found
  }

  texts(name: string, most: number): string[] {
    const value = this.value(name)
    if (!Array.isArray(value) || value.length > most || value.some((each) => typeof each !== 'string')) {
      throw this.bad(name, 'is no list of texts')
    }
    return value as string[]
  }

  list(name: string, most: number): Fields[] {
    const value = this.value(name)
    if (!Array.isArray(value) || value.length > most) throw this.bad(name, `is no list of at most ${most}`)
    return value.map((each, index) => new Fields(each, this.#file, `${this.#path}${name}[${index}].`))
  }

  child(name: string): Fields {
    return new Fields(this.value(name), this.#file, `${this.#path}${name}.`)
  }
}

const VERSION = 1
