import { dirname, resolve } from 'node:path'
import { parseAnchorFile } from '../../dnssec/anchor-file.ts'
import { parseDateTime } from '../../dnssec/time.ts'
import type { NegativeTrustAnchor, TrustAnchor } from '../../dnssec/trust-anchors.ts'
import { DanelawError } from '../../errors.ts'
import { RESOLVER_LIMITS } from '../../limits.ts'
import { Name } from '../../wire/name.ts'
import { readText } from '../read-text.ts'

/** What a file of trust anchors for single zones says. */
export interface AnchorConfig {
  readonly anchors: readonly TrustAnchor[]
  readonly negative: readonly NegativeTrustAnchor[]
}

/**
 * Reads a file with a line for each of
 *
 *     anchor ZONE DS 12345 13 2 …            or DNSKEY 257 3 13 …
 *     anchor-file PATH                       as for the option `trustAnchors`, relative to this file
 *     negative ZONE until TIME               RFC 7646; TIME as in RFC 3339
 *
 * `#` begins a comment, which is the place to say why. What is wrong makes the file unusable as a whole: an anchor or
 * an exception that is overlooked is not what its writer wanted.
 * @throws {DanelawError} `bad-config` or `bad-anchor` with file and line, `file`
 */
export function readAnchorConfig(path: string): AnchorConfig {
  const anchors: TrustAnchor[] = []
  const negative: NegativeTrustAnchor[] = []
  const lines = readText(path, RESOLVER_LIMITS.configOctets.value).split(/\r?\n/)
  for (const [index, text] of lines.entries()) {
    const line: Line = { file: path, number: index + 1, text: text.replace(/#.*$/, '').trim() }
    if (line.text === '') continue
    const [, keyword = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line.text) ?? []
    if (keyword === 'anchor') anchors.push(...readAnchor(rest, line))
    else if (keyword === 'anchor-file') anchors.push(...readAnchorFile(rest, line))
    else if (keyword === 'negative') negative.push(readNegative(rest, line))
    else throw wrong(line, `'${keyword}' where anchor, anchor-file or negative was expected`)
  }
  return { anchors, negative }
}

interface Line {
  readonly file: string
  /** Counted from 1. */
  readonly number: number
  readonly text: string
}

function readAnchor(rest: string, line: Line): TrustAnchor[] {
  const [, zone = '', record = ''] = /^(\S+)\s+(.+)$/.exec(rest) ?? []
  // One record, on this line: what goes on in the next, or has a TTL, a class or a directive, is for a master file.
  if (!/^(?:DS|DNSKEY)\s+[0-9A-Za-z+/=\s]+$/i.test(record)) {
    throw wrong(line, 'anchor is followed by neither ZONE DS … nor ZONE DNSKEY …')
  }
  const owner = readZone(zone, line).toString()
  try {
    return parseAnchorFile(`${owner} IN ${record}`, line.file)
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    const message = error.message.replace(/^.*?:1(?::[0-9]+)?: /, '')
    throw new DanelawError('bad-anchor', message, { place: { file: line.file, line: line.number }, cause: error })
  }
}

function readAnchorFile(path: string, line: Line): TrustAnchor[] {
  if (path === '') throw wrong(line, 'anchor-file is followed by no path')
  const whole = resolve(dirname(line.file), path)
  return parseAnchorFile(readText(whole, RESOLVER_LIMITS.anchorFileOctets.value), whole)
}

function readNegative(rest: string, line: Line): NegativeTrustAnchor {
  const [, zone, time] = /^(\S+)\s+until\s+(\S+)$/.exec(rest) ?? []
  if (zone === undefined || time === undefined) throw wrong(line, 'negative is not followed by ZONE until TIME')
  const until = parseDateTime(time)
  // An exception without an end would be forgotten (RFC 7646 section 2).
  if (until === undefined) throw wrong(line, `'${time}' is not a time like 2026-12-01T00:00:00Z`)
  return { zone: readZone(zone, line), until }
}

function readZone(text: string, line: Line): Name {
  try {
    return Name.parse(text)
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    throw wrong(line, error.message, error)
  }
}

function wrong({ file, number }: Line, why: string, cause?: unknown): DanelawError {
  return new DanelawError('bad-config', why, { place: { file, line: number }, cause })
}
