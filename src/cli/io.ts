import { writeSync } from 'node:fs'
import { EXIT } from './command.ts'
import { keepHeapSmall } from './heap.ts'

/** What a command may touch of the world outside: streams, environment, clock, interruption. Tests bring their own. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean }
  readonly env: Environment
  /** Unix seconds by the system's clock. */
  readonly now: () => number
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal
  /** For a command that runs long; absent where the process is not its own. */
  readonly keepHeapSmall?: () => void
}

/** The variables that are looked at. */
type Environment = Readonly<Partial<Record<'NO_COLOR' | 'TERM' | 'DANELAW_DEBUG', string | undefined>>>

export interface Output {
  write(text: string): void
  /** Resolves when what was written is on its way, for those who write without end. */
  drained?(): Promise<void>
  /** Whether nobody reads any more. */
  readonly isClosed?: boolean
  readonly isTerminal: boolean
}

/** The streams of this process. */
export function processIo(): Io {
  const interrupted = new AbortController()
  // Once: a second interrupt ends the process the usual way.
  const interrupt = (): void => {
    interrupted.abort()
    process.stdin.destroy()
  }
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  let stderr: Output | undefined
  return {
    stdout: output(process.stdout),
    // Made when there is something to say, which takes a while.
    get stderr() {
      stderr ??= output(process.stderr)
      return stderr
    },
    get stdin() {
      return process.stdin
    },
    env: process.env,
    now: () => Math.floor(Date.now() / 1000),
    signal: interrupted.signal,
    keepHeapSmall,
  }
}

function output(stream: NodeJS.WriteStream): Output {
  let closed = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    closed = true
    // The reader has seen enough, as `head` does: no failure of this program.
    if (error.code === 'EPIPE') return
    if (stream !== process.stderr) writeSync(2, `danelaw: the output cannot be written: ${error.message}\n`)
    process.exit(EXIT.internal)
  })
  return {
    write(text) {
      if (!closed) stream.write(text)
    },
    async drained() {
      if (closed || !stream.writableNeedDrain) return
      await new Promise<void>((resolve) => {
        const go = (): void => {
          for (const event of ['drain', 'close', 'error']) stream.off(event, go)
          resolve()
        }
        for (const event of ['drain', 'close', 'error']) stream.once(event, go)
      })
    },
    get isClosed() {
      return closed
    },
    isTerminal: stream.isTTY === true,
  }
}
