import type { Io } from './io.ts'
import { flag, type OptionTable, type OptionValues } from './option.ts'

/** One positional argument. */
interface Argument {
  /** As help shows it, in capitals. */
  readonly name: string
  readonly required: boolean
  readonly help: string
}

/** What the user gave, read and checked. */
export interface Input<O extends OptionTable> {
  /** In the order of the command's arguments; required ones are there. */
  readonly args: readonly (string | undefined)[]
  /** Upstreams as given, without the `@`. */
  readonly servers: readonly string[]
  readonly options: OptionValues<O & typeof COMMON_OPTIONS>
}

/** One command of the program. */
export interface Command<O extends OptionTable = OptionTable> {
  readonly name: string
  /** What it does, in a sentence or two. */
  readonly description: string
  readonly args: readonly Argument[]
  /** Whether `@SERVER` may stand among the arguments. */
  readonly servers: boolean
  readonly options: O
  /** Exit statuses other than 64 and 70, which all commands share. */
  readonly statuses: readonly (readonly [status: number, meaning: string])[]
  readonly examples: readonly string[]
  /** Does the work and resolves to the exit status. */
  run(input: Input<O>, io: Io): Promise<number>
}

/** What all commands have. */
export const COMMON_OPTIONS = {
  json: flag('one JSON document on standard output'),
  help: flag('this help'),
} as const satisfies OptionTable

/** Checks a command against its own options, and forgets their types. */
export function defineCommand<const O extends OptionTable>(command: Command<O>): Command {
  return command as unknown as Command
}

/** Exit statuses that all commands share (sysexits(3)); 130 is what a shell reports for SIGINT. */
export const EXIT = { usage: 64, badMessage: 65, internal: 70, interrupted: 130 } as const
