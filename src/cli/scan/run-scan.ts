import { DanelawError } from '../../errors.ts'
import { CLI_LIMITS } from '../../limits.ts'
import { readDomain } from '../check-domain.ts'
import type { Io } from '../io.ts'
import { type Checked, type Checker, failed } from './checker.ts'
import { type Line, readLines, type Source } from './input.ts'
import { Progress } from './progress.ts'

export interface ScanSettings {
  readonly jobs: number
  readonly ordered: boolean
  /** Called once, when there are many domains: who is to look at those that follow. */
  readonly more: (() => Checker) | undefined
}

/** How a scan ended. */
export interface ScanEnd {
  /** Lines that are no domain, or whose lookup broke. */
  readonly errors: number
}

/**
 * Looks at every domain of a source once, and writes a line of JSON for each. What is read, held and written at a time
 * is bounded: nothing more is read while `jobs` domains are under way, or the reader of the output is behind.
 */
export async function runScan(source: Source, checker: Checker, settings: ScanSettings, io: Io): Promise<ScanEnd> {
  const progress = new Progress(io, source.size)
  const scan = new Scan(checker, settings, io, progress)
  try {
    for await (const line of readLines(source.octets, (count) => progress.takeOctets(count))) {
      await scan.take(line)
      if (scan.isOver) break
    }
  } catch (error) {
    // An interruption ends standard input in the middle.
    if (!io.signal.aborted) {
      await scan.finish()
      throw error instanceof DanelawError ? error : unreadable(error)
    }
  }
  await scan.finish()
  progress.finish(io.signal.aborted)
  return { errors: scan.errors }
}

class Scan {
  errors = 0
  #checker: Checker
  readonly #settings: ScanSettings
  readonly #io: Io
  readonly #progress: Progress
  readonly #seen = new Set<string>()
  readonly #held = new Map<number, string | null>()
  /** What is to be written in this turn of the loop: there are thousands of lines a second. */
  #lines: string[] = []
  #running = 0
  #started = 0
  #written = 0
  #wake: (() => void) | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(checker: Checker, settings: ScanSettings, io: Io, progress: Progress) {
    this.#checker = checker
    this.#settings = settings
    this.#io = io
    this.#progress = progress
  }

  /** Whether nothing more is wanted: interrupted, broken, or nobody reads the output. */
  get isOver(): boolean {
    return this.#io.signal.aborted || this.#failure !== undefined || this.#io.stdout.isClosed === true
  }

  /** Begins with a line, once there is room for it. */
  async take({ number, text }: Line): Promise<void> {
    const place = { line: number, input: text }
    let key: string
    try {
      key = keyOf(text)
    } catch (error) {
      this.#done(this.#started++, failed(place, error))
      return
    }
    if (this.#seen.has(key)) return
    this.#remember(key)
    while (!this.isOver && (this.#running >= this.#settings.jobs || this.#isFarAhead())) await this.#settled()
    await this.#io.stdout.drained?.()
    if (this.isOver) return
    if (this.#started === CLI_LIMITS.scanThreadsFrom.value && this.#settings.more !== undefined) {
      this.#checker = this.#settings.more()
    }
    const index = this.#started++
    this.#running++
    this.#checker.check(text).then(
      (checked) => {
        this.#running--
        this.#done(index, checked)
      },
      (error: unknown) => {
        this.#running--
        this.#failure ??= { error }
        this.#wake?.()
      },
    )
  }

  /** Waits for what is under way. @throws what a checker broke with */
  async finish(): Promise<void> {
    while (this.#running > 0) await this.#settled()
    this.#flush()
    if (this.#failure !== undefined && !this.#io.signal.aborted) throw this.#failure.error
  }

  #done(index: number, { document, outcome }: Checked): void {
    if (outcome === 'error') this.errors++
    if (document !== null) this.#progress.add(outcome)
    if (this.#settings.ordered) this.#hold(index, document)
    else if (document !== null) this.#write(document)
    this.#wake?.()
  }

  #hold(index: number, document: string | null): void {
    this.#held.set(index, document)
    for (let next = this.#held.get(this.#written); next !== undefined; next = this.#held.get(this.#written)) {
      this.#held.delete(this.#written++)
      if (next !== null) this.#write(next)
    }
  }

  #write(document: string): void {
    const count = this.#lines.push(document, '\n')
    if (count >= LINES) this.#flush()
    else if (count === 2) setImmediate(() => this.#flush())
  }

  #flush(): void {
    if (this.#lines.length === 0) return
    const text = this.#lines.join('')
    this.#lines = []
    this.#io.stdout.write(text)
  }

  /** One domain that takes long must not make all that follow be held. */
  #isFarAhead(): boolean {
    return this.#settings.ordered && this.#started - this.#written >= CLI_LIMITS.scanOrderWindow.value
  }

  #remember(key: string): void {
    if (this.#seen.size >= CLI_LIMITS.scanNamesSeen.value) this.#seen.delete(this.#seen.values().next().value!)
    this.#seen.add(key)
  }

  async #settled(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }
}

/** Documents and line ends that are written at once. */
const LINES = 64

/** Equal for one domain. @throws {DanelawError} */
function keyOf(text: string): string {
  const domain = readDomain(text)
  return typeof domain === 'string' ? domain.toLowerCase() : domain.key
}

function unreadable(error: unknown): DanelawError {
  return new DanelawError('file', `the list cannot be read: ${(error as Error).message}`, { cause: error })
}
