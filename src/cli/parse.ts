import { parseArgs } from 'node:util'
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

function tokenize(command: Command, table: OptionTable, argv: readonly string[]) {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(table).map(([name, { valueName }]) => [name, { type: valueName === null ? 'boolean' : 'string' }]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const given = new Map<string, string[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    const option = rawName.startsWith('--') && Object.hasOwn(table, name) ? table[name] : undefined
    if (option === undefined) throw unknown(command, table, rawName)
    const texts = given.get(name) ?? []
    if (texts.length > 0 && !option.repeatable) throw new DanelawError('usage', `${rawName} is given more than once`)
    given.set(name, [...texts, textOf(rawName, option.valueName, value, inlineValue === true)])
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
