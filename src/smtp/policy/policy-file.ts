import { dirname, resolve } from 'node:path'
import { readPemCertificates } from '../../dane/pem.ts'
import { DanelawError } from '../../errors.ts'
import { parseDateTime } from '../../dnssec/time.ts'
import { DANE_LIMITS } from '../../limits.ts'
import { readText } from '../../resolver/read-text.ts'
import { type PolicyLevel, type PolicyMistake, type PolicyOptions, tryPolicy } from './define.ts'
import type { DestinationPolicy, Pin, TlsVersion } from './destination-policy.ts'

/** One line: a destination as it is written, and what holds for it. */
export interface PolicyLine {
  readonly key: string
  readonly policy: DestinationPolicy
  readonly line: number
}

/**
 * Reads a file with one destination a line:
 *
 *     DOMAIN LEVEL name=value …
 *
 * `#` begins a comment, at the start of a line or behind a blank. What is wrong makes the file unusable as a whole: a
 * policy that is overlooked is not what its writer wanted.
 * @param now Unix seconds
 * @throws {DanelawError} `bad-config` with file and line; `file` or `bad-certificate` for a file of authorities.
 */
export function readPolicyLines(text: string, file: string, now: number): PolicyLine[] {
  const found: PolicyLine[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const words = raw
      .replace(/(?:^|\s)#.*$/, '')
      .split(/\s+/)
      .filter((word) => word !== '')
    const [key, level, ...settings] = words
    if (key === undefined) continue
    const line: Line = { file, number: index + 1 }
    if (level === undefined) throw wrong(line, `'${shown(key)}' has no level`)
    if (level.includes('=')) throw wrong(line, `'${shown(level)}' stands where a level is due`)
    found.push({ key, policy: readPolicy(level, settings, line, now), line: line.number })
  }
  return found
}

interface Line {
  readonly file: string
  /** Counted from 1. */
  readonly number: number
}

function readPolicy(level: string, settings: readonly string[], line: Line, now: number): DestinationPolicy {
  const values = new Map<Word, string[]>()
  for (const setting of settings) {
    const equals = setting.indexOf('=')
    const word = equals < 1 ? setting : setting.slice(0, equals)
    if (!isWord(word) || equals < 1) throw wrong(line, `'${shown(setting)}' is no setting`, SETTINGS_HINT)
    const value = setting.slice(equals + 1)
    if (value === '') throw wrong(line, `${word} has no value`)
    const earlier = values.get(word)
    if (earlier !== undefined && word !== 'pin') throw wrong(line, `${word} is given twice`)
    values.set(word, [...(earlier ?? []), value])
  }
  const one = (word: Word): string | undefined => values.get(word)?.[0]
  const authorities = one('ca') === undefined ? undefined : readAuthorities(one('ca')!, line)
  const usages = readUsages(one('usages'), authorities, line)
  const forUsages = usages !== undefined && typeof usages !== 'string'
  const given: { -readonly [K in keyof PolicyOptions]?: PolicyOptions[K] | undefined } = {
    level: level as PolicyLevel,
    from: `${line.file}:${line.number}`,
    relay: one('relay'),
    port: readPort(one('port'), line),
    tlsMinimum: one('tls-min') as TlsVersion | undefined,
    insecureMx: one('insecure-mx') as PolicyOptions['insecureMx'],
    unusable: one('unusable') as PolicyOptions['unusable'],
    usages,
    mtaSts: readSwitch('mta-sts', one('mta-sts'), line),
    dnssecOffUntil: readTime(one('dnssec-off-until'), line),
    below: one('below') as PolicyOptions['below'],
    pins: values.get('pin')?.map((text) => readPin(text, line)),
    match: one('match')?.split(':'),
    // One file serves both: the names of `unusable=pkix` and what PKIX-TA(0) and PKIX-EE(1) rest on.
    authorities: forUsages && one('unusable') !== 'pkix' ? undefined : authorities,
  }
  const policy = tryPolicy(given as PolicyOptions, now)
  if ('why' in policy) throw mistaken(policy, line)
  return policy
}

function readUsages(
  text: string | undefined,
  authorities: readonly Uint8Array[] | undefined,
  line: Line,
): PolicyOptions['usages'] {
  if (text === undefined || text === 'unusable' || text === 'as-dane') return text
  if (text !== 'authorities') throw wrong(line, `usages: '${shown(text)}' is none of unusable, as-dane, authorities`)
  if (authorities === undefined) throw wrong(line, 'usages: there are no authorities without ca=FILE')
  return { authorities }
}

function readAuthorities(path: string, line: Line): Uint8Array[] {
  const whole = resolve(dirname(line.file), path)
  const { pkixAuthorities, certificateOctets } = DANE_LIMITS
  try {
    return readPemCertificates(readText(whole, pkixAuthorities.value * certificateOctets.value), whole)
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    // The line that names the file is where it can be mended.
    throw new DanelawError(error.code, `ca: ${error.message}`, { place: place(line), cause: error })
  }
}

function readPort(text: string | undefined, line: Line): number | undefined {
  if (text === undefined) return undefined
  if (!/^[0-9]{1,5}$/.test(text)) throw wrong(line, `port: '${shown(text)}' is not a port`)
  return Number(text)
}

function readSwitch(word: Word, text: string | undefined, line: Line): boolean | undefined {
  if (text === undefined || text === 'on') return text === undefined ? undefined : true
  if (text === 'off') return false
  throw wrong(line, `${word}: '${shown(text)}' is neither on nor off`)
}

function readTime(text: string | undefined, line: Line): number | undefined {
  if (text === undefined) return undefined
  const time = parseDateTime(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  if (time !== undefined) return time
  throw wrong(line, `dnssec-off-until: '${shown(text)}' is not a date`, 'write 2026-12-31, or 2026-12-31T18:00:00Z')
}

function readPin(text: string, line: Line): Pin {
  const match = /^(cert|spki)-sha(256|512):([0-9A-Fa-f:]+)$/.exec(text)
  const hex = match?.[3]?.replaceAll(':', '')
  if (match === null || hex === undefined || hex.length % 2 !== 0) {
    throw wrong(line, `pin: '${shown(text)}' is no fingerprint`, PIN_HINT)
  }
  return {
    of: match[1] === 'cert' ? 'certificate' : 'spki',
    digest: match[2] === '256' ? 'SHA2-256' : 'SHA2-512',
    data: Uint8Array.from(Buffer.from(hex, 'hex')),
  }
}

function mistaken({ option, why }: PolicyMistake, line: Line): DanelawError {
  const word = WORDS_OF[option]
  return wrong(line, word === undefined ? why : `${word}: ${why}`)
}

export function wrong(line: Line, why: string, hint?: string): DanelawError {
  return new DanelawError('bad-config', why, { place: place(line), ...(hint !== undefined && { hint }) })
}

function place({ file, number }: Line) {
  return { file, line: number }
}

function isWord(text: string): text is Word {
  return (WORDS as readonly string[]).includes(text)
}

function shown(text: string): string {
  return text.replace(/[^ -~]/gu, '?').slice(0, 100)
}

const WORDS = [
  'relay',
  'port',
  'tls-min',
  'insecure-mx',
  'unusable',
  'usages',
  'mta-sts',
  'dnssec-off-until',
  'below',
  'pin',
  'match',
  'ca',
] as const
type Word = (typeof WORDS)[number]

const WORDS_OF: Readonly<Partial<Record<keyof PolicyOptions, Word>>> = {
  relay: 'relay',
  port: 'port',
  tlsMinimum: 'tls-min',
  insecureMx: 'insecure-mx',
  unusable: 'unusable',
  usages: 'usages',
  mtaSts: 'mta-sts',
  dnssecOffUntil: 'dnssec-off-until',
  below: 'below',
  pins: 'pin',
  match: 'match',
  authorities: 'ca',
}
const SETTINGS_HINT = `settings are name=value, with one of ${WORDS.join(', ')}`
const PIN_HINT = 'write cert-sha256:HEX or spki-sha256:HEX, or sha512'
