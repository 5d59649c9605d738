import { fstatSync, writeSync } from 'node:fs'
import { type Cancellation, Canceller } from '../resolver/cancellation.ts'
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
  /** The same in little, for those who need no more: it is made in no time. */
  readonly interruption?: Cancellation
  /** For a command that runs long; absent where the process is not its own. */
  readonly keepHeapSmall?: () => void
}

/** The variables that are looked at. */
type Environment = Readonly<Partial<Record<'NO_COLOR' | 'TERM' | 'DANELAW_DEBUG', string | undefined>>>

export interface Output {
  write(text: string): void
  /** For a command that has done its work: the last it writes. It may wait for the reader, deaf to interruptions. */
  writeLast?(text: string): void
  /** Resolves when what was written is on its way, for those who write without end. */
  drained?(): Promise<void>
  /** Whether nobody reads any more. */
  readonly isClosed?: boolean
  readonly isTerminal: boolean
}

/** The streams of this process. */
export interface ProcessIo extends Io {
  /** Whether all output went out by `writeLast`: nothing is on its way, and the process may end at once. */
  readonly isThrough: boolean
}

/** Each stream is made when it is needed, which takes a while. */
export function processIo(): ProcessIo {
  const interruption = new Canceller()
  let controller: AbortController | undefined
  // Once: a second interrupt ends the process the usual way.
  const interrupt = (): void => {
    interruption.abort(new DOMException('This operation was aborted', 'AbortError'))
    process.stdin.destroy()
  }
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  const stdout = new StandardOutput(1, () => {
    // There is nothing left to call off: an interrupt again ends the process, which may be waiting for its reader.
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  })
  const stderr = new StandardOutput(2)
  return {
    stdout,
    stderr,
    get stdin() {
      return process.stdin
    },
    env: process.env,
    now: () => Math.floor(Date.now() / 1000),
    get signal() {
      controller ??= controllerOf(interruption)
      return controller.signal
    },
    interruption,
    keepHeapSmall,
    get isThrough() {
      return stdout.isThrough && !stderr.isUsed
    },
  }
}

function controllerOf(cancellation: Cancellation): AbortController {
  const controller = new AbortController()
  const abort = (): void => controller.abort(cancellation.reason)
  if (cancellation.aborted) abort()
  else cancellation.addEventListener('abort', abort, { once: true })
  return controller
}

class StandardOutput implements Output {
  readonly #fd: 1 | 2
  readonly #beforeLast: () => void
  #stream: NodeJS.WriteStream | undefined
  #closed = false
  #through = false

  constructor(fd: 1 | 2, beforeLast: () => void = () => undefined) {
    this.#fd = fd
    this.#beforeLast = beforeLast
  }

  get isThrough(): boolean {
    return this.#through && !this.isUsed
  }

  get isUsed(): boolean {
    return this.#stream !== undefined
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get isTerminal(): boolean {
    return !isPlain(this.#fd) && this.#open().isTTY === true
  }

  write(text: string): void {
    if (!this.#closed) this.#open().write(text)
  }

  /** Straight to a file, a pipe or a socket. */
  writeLast(text: string): void {
    this.#beforeLast()
    if (this.isUsed || !isPlain(this.#fd)) {
      this.write(text)
      return
    }
    let rest = Buffer.from(text)
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(this.#fd, rest))
      this.#through = true
    } catch (error) {
      // Somebody who shares the pipe has made it one that does not block, and it is full.
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') this.#open().write(rest)
      else this.#fail(error as NodeJS.ErrnoException)
    }
  }

  async drained(): Promise<void> {
    const stream = this.#open()
    if (this.#closed || !stream.writableNeedDrain) return
    await new Promise<void>((resolve) => {
      const go = (): void => {
        for (const event of ['drain', 'close', 'error']) stream.off(event, go)
        resolve()
      }
      for (const event of ['drain', 'close', 'error']) stream.once(event, go)
    })
  }

  #open(): NodeJS.WriteStream {
    this.#stream ??= (this.#fd === 1 ? process.stdout : process.stderr).on('error', (error) => this.#fail(error))
    return this.#stream
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#closed = true
    // The reader has seen enough, as `head` does: no failure of this program.
    if (error.code === 'EPIPE') {
      this.#through = true
      return
    }
    if (this.#fd !== 2) writeSync(2, `danelaw: the output cannot be written: ${error.message}\n`)
    process.exit(EXIT.internal)
  }
}

/** Whether it can be written to without Node's streams, which alone know terminals, and what Windows has. */
function isPlain(fd: number): boolean {
  if (process.platform === 'win32') return false
  const stats = fstatSync(fd)
  return stats.isFile() || stats.isFIFO() || stats.isSocket()
}
