import { join } from 'node:path'
import { TLSRPT_LIMITS } from '../../limits.ts'
import type { Day } from './day.ts'
import { append, lines } from './line-file.ts'

/** How a try to send one report to one address ended. `over`: nothing more is tried. */
export type TryOutcome = 'sent' | 'failed' | 'over'

/** Whether a report is still to be sent to an address. */
export type Standing =
  | { readonly kind: 'due' }
  /** Tried in vain; not before `until` again. */
  | { readonly kind: 'waiting'; readonly until: Date; readonly text: string }
  | { readonly kind: 'settled'; readonly sent: boolean }

interface Entry {
  readonly first: number
  readonly last: number
  readonly tries: number
  readonly outcome: TryOutcome
  readonly text: string
}

/**
 * What was sent of one day, in a file of lines that outlives the process: no report goes out twice, and one that
 * could not be delivered is tried again (RFC 8460 section 5.5).
 */
export class Ledger {
  readonly #path: string
  readonly #entries = new Map<string, Entry>()
  /** Whether nothing is left to be sent of this day. */
  complete = false

  /** @throws {DanelawError} `file` */
  constructor(directory: string, day: Day) {
    this.#path = join(directory, `${day}.reports.jsonl`)
    for (const line of lines(this.#path)) {
      const note = parseNote(line)
      if (note === undefined) continue
      if (note.domain === null) this.complete = true
      else this.#take(note.domain, note.address, note)
    }
  }

  /** @param address null for what concerns the domain as a whole, such as where its reports go */
  standing(domain: string, address: string | null, now: Date): Standing {
    const entry = this.#entries.get(keyOf(domain, address))
    if (entry === undefined) return { kind: 'due' }
    if (entry.outcome !== 'failed') return { kind: 'settled', sent: entry.outcome === 'sent' }
    // Each wait is twice the one before.
    const until = entry.last + TLSRPT_LIMITS.retryDelay.value * 2 ** Math.min(entry.tries - 1, 30)
    const waiting = until > now.getTime() && entry.last <= now.getTime()
    return waiting ? { kind: 'waiting', until: new Date(until), text: entry.text } : { kind: 'due' }
  }

  /**
   * Takes down how a try ended. One that failed 24 hours after the first is the last.
   * @returns what it counts as
   * @throws {DanelawError} `file`
   */
  note(domain: string, address: string | null, outcome: TryOutcome, text: string, now: Date): TryOutcome {
    const first = this.#entries.get(keyOf(domain, address))?.first ?? now.getTime()
    const late = outcome === 'failed' && now.getTime() - first >= TLSRPT_LIMITS.retryTime.value
    const counted = late ? 'over' : outcome
    const short = text.slice(0, TLSRPT_LIMITS.textCharacters.value)
    append(this.#path, JSON.stringify({ time: now.toISOString(), domain, address, outcome: counted, text: short }))
    this.#take(domain, address, { time: now.getTime(), outcome: counted, text: short })
    return counted
  }

  /** Takes down that nothing is left. @throws {DanelawError} `file` */
  close(now: Date): void {
    append(this.#path, JSON.stringify({ time: now.toISOString(), domain: null }))
    this.complete = true
  }

  #take(domain: string, address: string | null, { time, outcome, text }: Omit<Note, 'domain' | 'address'>): void {
    const key = keyOf(domain, address)
    const before = this.#entries.get(key)
    this.#entries.set(key, {
      first: before?.first ?? time,
      last: time,
      tries: (before?.tries ?? 0) + 1,
      outcome,
      text,
    })
  }
}

interface Note {
  readonly time: number
  readonly domain: string | null
  readonly address: string | null
  readonly outcome: TryOutcome
  readonly text: string
}

/** Undefined for a line that was cut short. */
function parseNote(line: string | undefined): Note | undefined {
  let given: unknown
  try {
    given = JSON.parse(line ?? '')
  } catch {
    return undefined
  }
  if (typeof given !== 'object' || given === null) return undefined
  const { time, domain, address = null, outcome, text } = given as Readonly<Record<string, unknown>>
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN
  if (Number.isNaN(at)) return undefined
  if (domain === null) return { time: at, domain, address: null, outcome: 'over', text: '' }
  if (typeof domain !== 'string' || (address !== null && typeof address !== 'string')) return undefined
  if (outcome !== 'sent' && outcome !== 'failed' && outcome !== 'over') return undefined
  return { time: at, domain, address, outcome, text: typeof text === 'string' ? text : '' }
}

function keyOf(domain: string, address: string | null): string {
  return `${domain} ${address ?? ''}`
}
