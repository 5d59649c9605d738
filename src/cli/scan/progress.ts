import type { Io } from '../io.ts'

/** Tells somebody who waits how far a scan is, in one line that is written over; and everybody the sums at the end. */
export class Progress {
  readonly #io: Io
  readonly #size: number | null
  readonly #started = performance.now()
  readonly #counts = new Map<string, number>()
  #shown = Number.NEGATIVE_INFINITY
  #octets = 0
  #done = 0

  /** @param size octets of the input; null where nobody knows */
  constructor(io: Io, size: number | null) {
    this.#io = io
    this.#size = size
  }

  takeOctets(count: number): void {
    this.#octets += count
  }

  add(outcome: string): void {
    this.#done++
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1)
    const now = performance.now()
    if (!this.#io.stderr.isTerminal || now - this.#shown < INTERVAL) return
    this.#shown = now
    this.#io.stderr.write(`\r${this.#bar()}${this.#sums()}${CLEAR}`)
  }

  finish(interrupted: boolean): void {
    if (this.#io.stderr.isTerminal) this.#io.stderr.write(`\r${CLEAR}`)
    this.#io.stderr.write(`danelaw: ${interrupted ? 'interrupted: ' : ''}${this.#sums()}\n`)
  }

  /** What was read is no more than a little ahead of what is done. */
  #bar(): string {
    if (this.#size === null || this.#size === 0) return ''
    const share = Math.min(1, this.#octets / this.#size)
    const full = Math.round(share * WIDTH)
    return `[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}] ${Math.floor(100 * share)} % `
  }

  #sums(): string {
    const seconds = (performance.now() - this.#started) / 1000
    const rate = seconds < 1 || !this.#io.stderr.isTerminal ? '' : ` (${Math.round(this.#done / seconds)}/s)`
    const parts = [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([outcome, count]) => `${outcome} ${count}`)
    return `${this.#done} ${this.#done === 1 ? 'line' : 'lines'}${rate}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`
  }
}

/** Milliseconds between two looks. */
const INTERVAL = 100
const WIDTH = 24
/** Erase to the end of the line (ECMA-48). */
const CLEAR = '\u001b[K'
