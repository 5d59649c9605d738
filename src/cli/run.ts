import { DanelawError } from '../errors.ts'
import { COMMANDS, UNAVAILABLE } from './commands.ts'
import type { Command } from './command.ts'
import { reportFailure } from './failure-report.ts'
import { commandHelp, programHelp } from './help.ts'
import type { Io } from './io.ts'
import { asksForHelp, parseArguments } from './parse.ts'
import { suggest } from './suggest.ts'
import { version } from './version.ts'

/**
 * Runs the program with the arguments behind its name, and resolves to the exit status. Whatever goes wrong is told
 * on the streams of `io`; nothing is thrown.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    // In front of the command `--json` means the same as behind it.
    const jsonFirst = argv[0] === '--json'
    const [first, ...rest] = jsonFirst ? argv.slice(1) : argv
    if (jsonFirst) rest.unshift('--json')
    if (first === '--version' || first === '-V') {
      io.stdout.write(`danelaw ${version()}\n`)
      return 0
    }
    if (first === '--help' || first === '-h' || (first === 'help' && rest[0] === undefined)) {
      io.stdout.write(programHelp())
      return 0
    }
    if (first === 'help') return await run([rest[0]!, '--help'], io)
    const command = await find(first)
    if (asksForHelp(rest)) {
      io.stdout.write(commandHelp(command))
      return 0
    }
    return await command.run(parseArguments(command, rest), io)
  } catch (error) {
    return reportFailure(error, wantsJson(argv), io)
  }
}

async function find(name: string | undefined): Promise<Command> {
  if (name === undefined) {
    throw new DanelawError('usage', 'no command given', { hint: 'danelaw --help lists the commands' })
  }
  const entry = COMMANDS.find((command) => command.name === name)
  if (entry !== undefined) return await entry.load()
  if (UNAVAILABLE.has(name)) {
    throw new DanelawError('usage', `the command '${name}' is not available in this version`, {
      hint: 'danelaw --help lists the commands that are',
    })
  }
  const what = name.startsWith('-') ? 'option' : 'command'
  const near = suggest(
    name,
    COMMANDS.map((command) => command.name),
  )
  throw new DanelawError('usage', `unknown ${what} '${name}'`, {
    hint: near === undefined ? 'danelaw --help lists the commands' : `did you mean danelaw ${near}?`,
  })
}

/** Also where the arguments cannot be read. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json')
}
