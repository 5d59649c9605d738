import { run } from '../../src/cli/run.ts'

export interface Invocation {
  readonly stdin?: string | Uint8Array
  readonly terminal?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Unix seconds by the system's clock. */
  readonly now?: number
  readonly signal?: AbortSignal
  /** Told of standard output as it comes. */
  readonly onOutput?: (text: string) => void
}

export interface Result {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program in this process. */
export async function invoke(argv: readonly string[], given: Invocation = {}): Promise<Result> {
  const stdout: string[] = []
  const stderr: string[] = []
  const isTerminal = given.terminal ?? false
  const status = await run(argv, {
    stdout: {
      isTerminal,
      write: (text) => {
        stdout.push(text)
        given.onOutput?.(text)
      },
    },
    stderr: { isTerminal, write: (text) => void stderr.push(text) },
    stdin: chunks(given.stdin ?? ''),
    env: given.env ?? {},
    now: () => given.now ?? Math.floor(Date.now() / 1000),
    signal: given.signal ?? new AbortController().signal,
  })
  return { status, stdout: stdout.join(''), stderr: stderr.join('') }
}

/** In two pieces, as a pipe may deliver it. */
async function* chunks(input: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const octets = typeof input === 'string' ? new TextEncoder().encode(input) : input
  const middle = octets.length >> 1
  yield octets.subarray(0, middle)
  yield octets.subarray(middle)
}
