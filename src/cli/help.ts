import { type Command, COMMON_OPTIONS } from './command.ts'
import { COMMANDS } from './commands.ts'
import type { OptionTable } from './option.ts'

/** The overview. */
export function programHelp(): string {
  const commands = COMMANDS.map(({ name, summary }): Row => [name, summary])
  return sections([
    'danelaw: validated DNS answers, DANE, and mail delivery that is never downgraded',
    'Usage: danelaw COMMAND [ARGUMENTS]',
    `Commands:\n${rows(commands)}`,
    `Options:\n${rows([
      ['--help', 'this help; danelaw COMMAND --help for one command'],
      ['--version', 'the version'],
    ])}`,
  ])
}

export function commandHelp(command: Command): string {
  const { name, description, examples } = command
  const parts = [wrap(description, 0), `Usage: danelaw ${name}${usage(command)}`]
  const args = command.args.map((argument): Row => [argument.name, argument.help])
  if (command.servers) args.push(['@SERVER', SERVER_HELP])
  if (args.length > 0) parts.push(`Arguments:\n${rows(args)}`)
  parts.push(`Options:\n${rows(optionRows({ ...command.options, ...COMMON_OPTIONS }))}`)
  const statuses = [...command.statuses, ...COMMON_STATUSES].toSorted(([a], [b]) => a - b)
  parts.push(`Exit status:\n${rows(statuses.map(([status, meaning]) => [String(status), meaning]))}`)
  if (examples.length > 0) parts.push(`Examples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
  return sections(parts)
}

type Row = readonly [term: string, text: string]

function usage(command: Command): string {
  let text = command.servers ? ' [@SERVER]' : ''
  for (const { name, required } of command.args) text += required ? ` ${name}` : ` [${name}]`
  const needed = Object.entries(command.options).filter(([, option]) => isMandatory(option))
  for (const [name, { valueName }] of needed) text += ` --${name} ${valueName}`
  return `${text} [OPTIONS]`
}

/** An option that cannot do without a value says so when it gets none. */
function isMandatory(option: OptionTable[string]): boolean {
  try {
    option.read([], '')
    return false
  } catch {
    return true
  }
}

function optionRows(options: OptionTable): Row[] {
  return Object.entries(options).map(([name, { valueName, valueOptional, help, repeatable }]) => [
    valueName === null ? `--${name}` : valueOptional ? `--${name}[=${valueName}]` : `--${name} ${valueName}`,
    repeatable ? `${help}; repeatable` : help,
  ])
}

/** Two columns; a term too long for the first has a line of its own. */
function rows(all: readonly Row[]): string {
  const width = Math.min(MAX_TERM, Math.max(...all.map(([term]) => term.length)))
  const indent = width + 4
  return all
    .map(([term, text]) => {
      const wrapped = wrap(text, indent).trimStart()
      return term.length > width ? `  ${term}\n${' '.repeat(indent)}${wrapped}` : `  ${term.padEnd(width)}  ${wrapped}`
    })
    .join('\n')
}

function wrap(text: string, indent: number): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > COLUMNS) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each).join('\n')
}

function sections(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}

const COLUMNS = 100
const MAX_TERM = 24
const SERVER_HELP =
  'an upstream to ask: @192.0.2.1, @192.0.2.1:5353, @[2001:db8::1]:53, @tls://192.0.2.1#NAME, @https://HOST/PATH#192.0.2.1; anywhere among the arguments; repeatable; default: those of resolv.conf'
const COMMON_STATUSES: readonly (readonly [number, string])[] = [
  [64, 'the command line, or a file it names, cannot be used'],
  [70, 'internal error'],
]
