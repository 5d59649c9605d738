import * as fs from 'node:fs'
import { join } from 'node:path'
import { DanelawError } from '../../errors.ts'
import type { TlsSession } from '../tls-session.ts'
import { type Day, dayOf, isDay } from './day.ts'
import { append, codeOf, lines, makeDirectory, unreadable, unwritable } from './line-file.ts'
import { formatSession, parseSession } from './session-line.ts'
import { Tally } from './tally.ts'

/**
 * Keeps sessions until they are reported: a file of lines for each day in one directory. Any number of processes may
 * write there at once: each line is appended in one piece, and survives the process that wrote it.
 */
export class TlsReportJournal {
  readonly #directory: string
  readonly #onTrouble: (trouble: DanelawError) => void
  readonly #now: () => Date
  #told = false

  /**
   * @param directory is made where it does not exist
   * @throws {DanelawError} `file`
   */
  constructor(
    directory: string,
    options: {
      /** Told once where sessions cannot be kept; mail is delivered all the same. */
      readonly onTrouble?: (trouble: DanelawError) => void
      readonly now?: () => Date
    } = {},
  ) {
    this.#directory = directory
    this.#onTrouble = options.onTrouble ?? (() => undefined)
    this.#now = options.now ?? (() => new Date())
    makeDirectory(directory)
  }

  /** To be given to `deliver` as `onTlsSession`. A session counts for the day on which it is told. */
  readonly record = (session: TlsSession): void => {
    const time = this.#now()
    const path = sessionsPath(this.#directory, dayOf(time))
    try {
      append(path, formatSession({ ...session, time }))
    } catch (error) {
      if (this.#told) return
      this.#told = true
      this.#onTrouble(error instanceof DanelawError ? error : unwritable(path, error))
    }
  }
}

/** What was counted on one day. */
export interface DayTally {
  readonly tally: Tally
  /** Lines that could not be read and are in no count. */
  readonly damaged: number
}

/**
 * Adds up the sessions of one day; nothing where there were none.
 * @throws {DanelawError} `file`
 */
export function readDay(directory: string, day: Day): DayTally {
  const path = sessionsPath(directory, day)
  const tally = new Tally()
  let damaged = 0
  for (const line of lines(path)) {
    const session = line === undefined ? undefined : parseSession(line)
    if (session === undefined || dayOf(session.time) !== day) damaged++
    else tally.add(session)
  }
  return { tally, damaged }
}

/**
 * The days of which there are files, in order.
 * @throws {DanelawError} `file`
 */
export function daysIn(directory: string): Day[] {
  const days = readDirectory(directory).flatMap((name) => DAY_FILE.exec(name)?.[1] ?? [])
  return [...new Set(days)].filter(isDay).sort()
}

/** Removes all files of one day. @throws {DanelawError} `file` */
export function removeDay(directory: string, day: Day): void {
  for (const name of readDirectory(directory)) {
    if (DAY_FILE.exec(name)?.[1] !== day) continue
    const path = join(directory, name)
    try {
      fs.rmSync(path, { force: true })
    } catch (error) {
      throw new DanelawError('file', `cannot be removed: ${codeOf(error)}`, { place: { file: path }, cause: error })
    }
  }
}

function sessionsPath(directory: string, day: Day): string {
  return join(directory, `${day}.sessions.jsonl`)
}

function readDirectory(path: string): string[] {
  try {
    return fs.readdirSync(path)
  } catch (error) {
    throw unreadable(path, error)
  }
}

const DAY_FILE = /^([0-9]{4}-[0-9]{2}-[0-9]{2})\.(?:sessions|reports)\.jsonl$/
