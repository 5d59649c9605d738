import { DanelawError } from '../errors.ts'
import { type Command, COMMON_OPTIONS, type Input } from './command.ts'
import type { OptionTable } from './option.ts'
import { suggest } from './suggest.ts'

/**
 * Reads the arguments of a command by its tables.
 * @throws {DanelawError} `usage` for what is unknown, missing or too much, and what the readers of options throw.
 */
export function parseArguments(command: Command, argv: readonly string[]): Input<OptionTable> {
  const table: OptionTable = { ...command.options, ...COMMON_OPTIONS }
  const { given, positionals } = tokenize(command, table, argv)
  const servers: string[] = []
  const args: string[] = []
  for (const text of positionals) {
    if (command.servers && text.startsWith('@')) servers.push(text.slice(1))
    else args.push(text)
  }
  const options: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(table)) {
    options[name] = option.read(given.get(name) ?? [], `--${name}`)
  }
  checkCount(command, args)
  return { args, servers, options: options as Input<OptionTable>['options'] }
}

/** Whether the user asked for help, whatever else is wrong. */
export function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).some((text) => text === '--help' || text === '-h')
}

/** By hand, since `parseArgs` of `node:util` takes as long as a signature check when it is used once. */
function tokenize(command: Command, table: OptionTable, argv: readonly string[]) {
  const given = new Map<string, string[]>()
  const positionals: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const text = argv[at]!
    if (text === '--') {
      positionals.push(...argv.slice(at + 1))
      break
    }
    if (!text.startsWith('-') || text === '-') {
      positionals.push(text)
      continue
    }
    // There are no options of one dash.
    if (!text.startsWith('--')) throw unknown(command, table, text.slice(0, 2))
    const equals = text.indexOf('=', 3)
    const rawName = equals < 0 ? text : text.slice(0, equals)
    const name = rawName.slice(2)
    const option = Object.hasOwn(table, name) ? table[name] : undefined
    if (option === undefined) throw unknown(command, table, rawName)
    const texts = given.get(name) ?? []
    if (texts.length > 0 && !option.repeatable) throw new DanelawError('usage', `${rawName} is given more than once`)
    const inline = equals >= 0
    const takesNext = option.valueName !== null && option.valueOptional !== true
    const next = takesNext && !inline ? argv[++at] : undefined
    const value = inline ? text.slice(equals + 1) : next
    given.set(name, [
      ...texts,
      option.valueOptional === true ? (value ?? '') : textOf(rawName, option.valueName, value, inline),
    ])
  }
  return { given, positionals }
}

function textOf(rawName: string, valueName: string | null, value: string | undefined, inline: boolean): string {
  if (valueName === null) {
    if (value === undefined) return ''
    throw new DanelawError('usage', `${rawName} takes no value, and '${value}' is one`)
  }
  // `--at --json` has forgotten the value; one that starts with dashes can be given as `--at=--…`.
  if (value === undefined || (!inline && value.startsWith('--'))) {
    throw new DanelawError('usage', `${rawName} needs a value: ${rawName} ${valueName}`)
  }
  return value
}

function unknown(command: Command, table: OptionTable, rawName: string): DanelawError {
  const near = suggest(rawName.replace(/^-+/, ''), Object.keys(table))
  const hint = near === undefined ? `see danelaw ${command.name} --help` : `did you mean --${near}?`
  return new DanelawError('usage', `unknown option '${rawName}' of danelaw ${command.name}`, { hint })
}

function checkCount(command: Command, args: readonly string[]): void {
  const hint = `see danelaw ${command.name} --help`
  const lacking = command.args.find(({ required }, index) => required && args[index] === undefined)
  if (lacking !== undefined) throw new DanelawError('usage', `${lacking.name} is missing`, { hint })
  const extra = args[command.args.length]
  if (extra !== undefined) throw new DanelawError('usage', `unexpected argument '${extra}'`, { hint })
}
