/** Reads a scenario file; test/vectors/scenarios/README.md defines the language. */
import { rcodeFromName } from './names.ts'
import { rrTypeFromName } from '../../../src/wire/codes/rrtype.ts'
import { Name } from '../../../src/wire/name.ts'
import type { Question } from '../../../src/wire/record.ts'
import { parseTime } from './time.ts'

/** A line of a scenario file, counted from 1. */
export interface Line {
  readonly file: string
  readonly number: number
  readonly text: string
}

/** What the validator must say. */
interface Expectation {
  readonly status: string
  readonly rcode: number | undefined
  readonly reason: string | undefined
  readonly limit: string | undefined
  readonly ede: number | undefined
  readonly ttl: number | undefined
  readonly validFrom: number | undefined
  readonly validUntil: number | undefined
  readonly canonicalName: Name | undefined
  /** Records in master-file form, all there may be; `any` where they do not matter. */
  readonly answer: readonly Line[] | 'any'
  readonly neverAsks: readonly Question[]
  /** The status with the records of every section in reverse. */
  readonly inReverse: string
}

export interface AnchorLine {
  readonly line: Line
  readonly words: readonly string[]
}

export interface ZoneSection {
  readonly line: Line
  readonly apex: Name
  readonly options: Options
  readonly body: readonly Line[]
}

export interface ReplySection {
  readonly line: Line
  readonly question: Question
  readonly body: readonly Line[]
}

export interface Scenario {
  readonly file: string
  readonly about: string
  readonly rules: readonly string[]
  /** Unix seconds. */
  readonly clock: number
  readonly anchors: readonly AnchorLine[]
  readonly negativeAnchors: readonly AnchorLine[]
  readonly acceptSha1: boolean
  readonly limits: Options
  readonly question: Question
  readonly expect: Expectation
  readonly zones: readonly ZoneSection[]
  readonly replies: readonly ReplySection[]
}

/** @throws {Error} that names file and line. */
export function parseScenario(file: string, text: string): Scenario {
  const lines = text.split('\n').map((content, index): Line => ({ file, number: index + 1, text: content }))
  const { header, sections } = split(lines)
  const fields = readHeader(header)
  const { one, all } = fields
  const clock = one('clock', (value) => parseTime(value, 0)) ?? DEFAULT_CLOCK
  const time = (value: string): number => parseTime(value, clock)
  const question = one('question', (value) => questionFrom(value))
  const status = one('expect', (value) => value)
  const about = one('about', (value) => value)
  const rules = one('rule', (value) => value.split(/;\s*/))
  if (about === undefined || rules === undefined || question === undefined || status === undefined) {
    throw fail(lines[0]!, 'about, rule, question and expect must be there')
  }
  const answers = all('answer')
  const data = status === 'secure' || status === 'insecure'
  const scenario: Scenario = {
    file,
    about,
    rules,
    clock,
    anchors: all('anchor').map(anchorLine),
    negativeAnchors: all('negative-anchor').map(anchorLine),
    acceptSha1: one('sha1', (value) => value) !== 'refused',
    limits: one('limits', (value) => optionsFrom(value.split(/\s+/))) ?? new Map(),
    question,
    expect: {
      status,
      rcode: one('rcode', rcodeFromName) ?? (data ? 0 : undefined),
      reason: one('reason', (value) => value),
      limit: one('limit', (value) => value),
      ede: one('ede', Number),
      ttl: one('ttl', Number),
      validFrom: one('valid-from', time),
      validUntil: one('valid-until', time),
      canonicalName: one('canonical-name', (value) => Name.parse(value)),
      answer: answers.length === 1 && answers[0]!.text === 'any' ? 'any' : answers,
      inReverse: one('in-reverse', (value) => value) ?? status,
      neverAsks: all('never-asks').map((line) => at(line, () => questionFrom(line.text))),
    },
    zones: sections.filter(({ kind }) => kind === 'zone').map(zoneSection),
    replies: sections.filter(({ kind }) => kind === 'reply').map(replySection),
  }
  fields.finish()
  if (status !== 'secure' && scenario.expect.reason === undefined) throw fail(lines[0]!, 'a reason must be expected')
  return scenario
}

export function fail(line: Line, message: string): Error {
  return new Error(`${line.file}:${line.number}: ${message}`)
}

/** Runs `read`, and puts file and line in front of what it throws. */
export function at<T>(line: Line, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof Error && error.message.startsWith(line.file) ? error : fail(line, String(error))
  }
}

/** `key=value` and bare words, which have an empty value. */
export type Options = ReadonlyMap<string, string>

export function optionsFrom(words: readonly string[]): Options {
  return new Map(
    words
      .filter((word) => word !== '')
      .map((word) => {
        const equals = word.indexOf('=')
        return equals < 0 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)]
      }),
  )
}

/** `NAME TYPE`. */
export function questionFrom(text: string): Question {
  const [name, type, more] = text.split(/\s+/)
  const number = type === undefined ? undefined : rrTypeFromName(type)
  if (name === undefined || number === undefined || more !== undefined) throw new Error(`'${text}' is not NAME TYPE`)
  return { name: Name.parse(name), type: number, class: 1 }
}

interface Section {
  readonly kind: 'zone' | 'reply'
  readonly line: Line
  readonly body: Line[]
}

function split(lines: readonly Line[]): { header: Line[]; sections: Section[] } {
  const header: Line[] = []
  const sections: Section[] = []
  for (const line of lines) {
    const kind = /^(zone|reply) /.exec(line.text)?.[1] as Section['kind'] | undefined
    if (kind !== undefined) sections.push({ kind, line, body: [] })
    else (sections.at(-1)?.body ?? header).push(line)
  }
  return { header, sections }
}

function readHeader(lines: readonly Line[]) {
  const values = new Map<string, Line[]>()
  for (const line of lines) {
    if (line.text === '' || line.text.startsWith('#')) continue
    const [, key, value] = /^([a-z0-9-]+):\s*(.*)$/.exec(line.text) ?? []
    if (key === undefined || value === undefined) throw fail(line, 'not a header line')
    values.set(key, [...(values.get(key) ?? []), { ...line, text: value }])
  }
  const all = (key: string): Line[] => {
    const found = values.get(key) ?? []
    values.delete(key)
    return found
  }
  const one = <T>(key: string, read: (value: string) => T): T | undefined => {
    const [line, second] = all(key)
    if (second !== undefined) throw fail(second, `${key} is given twice`)
    return line === undefined ? undefined : at(line, () => read(line.text))
  }
  const finish = (): void => {
    for (const [key, [line]] of values) throw fail(line!, `${key} is not a header`)
  }
  return { one, all, finish }
}

function anchorLine(line: Line): AnchorLine {
  return { line, words: line.text.split(/\s+/) }
}

function zoneSection({ line, body }: Section): ZoneSection {
  const [, apex, ...options] = line.text.split(/\s+/)
  return { line, body, apex: at(line, () => Name.parse(apex!)), options: optionsFrom(options) }
}

function replySection({ line, body }: Section): ReplySection {
  return { line, body, question: at(line, () => questionFrom(line.text.slice('reply '.length))) }
}

const DEFAULT_CLOCK = Date.UTC(2026, 10, 22, 12) / 1000
