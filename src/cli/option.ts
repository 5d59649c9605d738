import { DanelawError } from '../errors.ts'

/** One option of a command: the one place that knows its name's meaning, its value and its help. */
export interface Option<T> {
  /** How help names the value; null for a flag. */
  readonly valueName: string | null
  readonly help: string
  readonly repeatable: boolean
  /** Whether the value may be left out; one is then given behind `=`. */
  readonly valueOptional?: boolean
  /** The value of the option from all texts given for it, which are none where it is absent. */
  read(texts: readonly string[], name: string): T
}

/** Options by name, without the dashes. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds options of any value
export type OptionTable = Readonly<Record<string, Option<any>>>

export type OptionValues<O extends OptionTable> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never
}

/** Reads one text; `name` is that of the option, with its dashes. Throws a DanelawError. */
type Read<T> = (text: string, name: string) => T

export function flag(help: string): Option<boolean> {
  return { valueName: null, help, repeatable: false, read: (texts) => texts.length > 0 }
}

export function optional<T>(valueName: string, read: Read<T>, help: string): Option<T | undefined> {
  return {
    valueName,
    help,
    repeatable: false,
    read: ([text], name) => (text === undefined ? undefined : read(text, name)),
  }
}

/** `--name` or `--name=VALUE`; the value is empty where there is none. */
export function optionalValue(valueName: string, read: Read<string>, help: string): Option<string | undefined> {
  return {
    valueName,
    help,
    repeatable: false,
    valueOptional: true,
    read: ([text], name) => (text === undefined || text === '' ? text : read(text, name)),
  }
}

export function mandatory<T>(valueName: string, read: Read<T>, help: string): Option<T> {
  return {
    valueName,
    help,
    repeatable: false,
    read([text], name) {
      if (text === undefined) throw missing(name, valueName)
      return read(text, name)
    },
  }
}

export function list<T>(valueName: string, read: Read<T>, help: string): Option<readonly T[]> {
  return { valueName, help, repeatable: true, read: (texts, name) => texts.map((text) => read(text, name)) }
}

export function mandatoryList<T>(valueName: string, read: Read<T>, help: string): Option<readonly T[]> {
  return {
    valueName,
    help,
    repeatable: true,
    read(texts, name) {
      if (texts.length === 0) throw missing(name, valueName)
      return texts.map((text) => read(text, name))
    },
  }
}

/** Makes a reader of one that does not know the option: its errors then name the option. */
export function reader<T>(parse: (text: string) => T): Read<T> {
  return (text, name) => {
    try {
      return parse(text)
    } catch (error) {
      if (!(error instanceof DanelawError) || error.place.option !== undefined) throw error
      const hint = error.hint === undefined ? {} : { hint: error.hint }
      throw new DanelawError(error.code, error.message, { place: { option: name }, cause: error, ...hint })
    }
  }
}

/** A path; what is there is looked at when the file is opened. */
export function readPath(text: string, name: string): string {
  if (text === '') throw new DanelawError('usage', 'the path is empty', { place: { option: name } })
  return text
}

/** A whole number in decimal digits from `min` to `max`. */
export function readNumber(min: number, max: number): Read<number> {
  return (text, name) => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new DanelawError('usage', `'${text}' is not a whole number from ${min} to ${max}`, {
      place: { option: name },
    })
  }
}

export function readChoice<C extends string>(...choices: readonly C[]): Read<C> {
  return (text, name) => {
    const found = choices.find((choice) => choice === text)
    if (found !== undefined) return found
    throw new DanelawError('usage', `'${text}' is none of ${choices.join(', ')}`, { place: { option: name } })
  }
}

function missing(name: string, valueName: string): DanelawError {
  return new DanelawError('usage', `${name} ${valueName} is missing`)
}
