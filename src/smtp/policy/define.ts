import type { InsecureMx } from '../../dane/host.ts'
import { readNextHop } from '../../dane/next-hop.ts'
import type { PkixUsages } from '../../dane/usability.ts'
import { DanelawError } from '../../errors.ts'
import { DANE_LIMITS, POLICY_LIMITS } from '../../limits.ts'
import { Name } from '../../wire/name.ts'
import {
  type AtLeastOne,
  type DaneRule,
  DEFAULT_POLICY,
  type DestinationPolicy,
  type Pin,
  type PkixRule,
  type TlsRule,
  type TlsVersion,
  type UnusableRule,
} from './destination-policy.ts'

export type PolicyLevel = DestinationPolicy['level']

/** What a policy is made from. What is left out has the default of `DEFAULT_POLICY`, what does not fit the level is refused. */
export interface PolicyOptions {
  readonly level: PolicyLevel
  /** Where it is written, for outcomes; default `policy`. */
  readonly from?: string
  readonly relay?: string
  readonly port?: number
  readonly tlsMinimum?: TlsVersion
  /** Under `dane` and `audit`. */
  readonly insecureMx?: InsecureMx
  /** Under `dane`; `fingerprint` wants `pins`, `pkix` wants `match`. */
  readonly unusable?: 'encrypt' | 'defer' | 'fingerprint' | 'pkix'
  /** Under `dane`, `dane-only` and `audit`. */
  readonly usages?: PkixUsages
  /** Under `dane` and `audit`. */
  readonly mtaSts?: boolean
  /** Under `dane` and `audit`: a time, or Unix seconds, at most three months ahead. */
  readonly dnssecOffUntil?: Date | number
  /** Under `audit`; default `may`. */
  readonly below?: 'may' | 'encrypt'
  readonly pins?: readonly Pin[]
  /** Under `verify` (default `hostname`) and `secure` (default `nexthop` and `dot-nexthop`). */
  readonly match?: readonly string[]
  readonly authorities?: readonly Uint8Array[] | 'system'
}

/** What is wrong with an option. */
export interface PolicyMistake {
  readonly option: keyof PolicyOptions
  /** One sentence without a final dot. */
  readonly why: string
}

/**
 * Makes a policy for one destination.
 * @param now Unix seconds; default: the time now
 * @throws {TypeError} that names the option which is not what it should be, or does not fit the level.
 */
export function definePolicy(options: PolicyOptions, now = Date.now() / 1000): DestinationPolicy {
  const made = tryPolicy(options, now)
  if ('why' in made) throw new TypeError(`${made.option}: ${made.why}`)
  return made
}

/** The same, with what is wrong as a value. */
export function tryPolicy(options: PolicyOptions, now: number): DestinationPolicy | PolicyMistake {
  const { level, from = 'policy', relay = null, port = null, tlsMinimum = null } = options
  const fitting = Object.hasOwn(FITTING, level) ? FITTING[level] : undefined
  if (fitting === undefined) return { option: 'level', why: `'${level}' is none of ${Object.keys(FITTING).join(', ')}` }
  for (const option of OPTIONS) {
    if (options[option] === undefined || EVERYWHERE.has(option) || fitting.includes(option)) continue
    return { option, why: `does not go with the level '${level}'` }
  }
  const base = { from, relay, port, tlsMinimum }
  const mistake = baseMistake(base, level) ?? listMistake(options)
  if (mistake !== null) return mistake
  const rule = ruleOf(options, now)
  return 'why' in rule ? rule : { ...base, ...rule }
}

function baseMistake(
  { relay, port, tlsMinimum }: Pick<DestinationPolicy, 'relay' | 'port' | 'tlsMinimum'>,
  level: PolicyLevel,
): PolicyMistake | null {
  if (relay !== null) {
    try {
      const hop = readNextHop(relay)
      if (hop.port !== undefined && port !== null) return { option: 'port', why: `'${relay}' has a port of its own` }
      // Nothing can be found out about an address that would authenticate it (RFC 7672 section 2.2).
      if (hop.kind === 'address' && level === 'dane-only') {
        return { option: 'relay', why: `DANE does not apply to an address, so that nothing would be delivered` }
      }
    } catch (error) {
      if (error instanceof DanelawError) return { option: 'relay', why: error.message }
      throw error
    }
  }
  if (port !== null && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    return { option: 'port', why: `${port} is not a port` }
  }
  if (tlsMinimum === null) return null
  if (level === 'none') return { option: 'tlsMinimum', why: "does not go with the level 'none'" }
  if (!VERSIONS.includes(tlsMinimum))
    return { option: 'tlsMinimum', why: `'${tlsMinimum}' is none of ${VERSIONS.join(', ')}` }
  // RFC 8996; what falls back to a lower level anyway may take what there is.
  const owesTls = level !== 'may' && level !== 'dane' && level !== 'audit'
  if (owesTls && VERSIONS.indexOf(tlsMinimum) < VERSIONS.indexOf('TLSv1.2')) {
    return { option: 'tlsMinimum', why: `${tlsMinimum} is too little where TLS is owed` }
  }
  return null
}

function listMistake({ pins, match, authorities }: PolicyOptions): PolicyMistake | null {
  if (pins !== undefined) {
    const { max } = POLICY_LIMITS.pins
    if (pins.length === 0 || pins.length > max)
      return { option: 'pins', why: `${pins.length}, where 1 to ${max} are due` }
    for (const { of, digest, data } of pins) {
      const octets = digest === 'SHA2-256' ? 32 : digest === 'SHA2-512' ? 64 : undefined
      if (octets === undefined) return { option: 'pins', why: `'${digest as string}' is not a known digest` }
      if (of !== 'certificate' && of !== 'spki')
        return { option: 'pins', why: `'${of as string}' is neither certificate nor spki` }
      if (data.length !== octets)
        return { option: 'pins', why: `a ${digest} digest has ${octets} octets, this one has ${data.length}` }
    }
  }
  if (match !== undefined) {
    const { max } = POLICY_LIMITS.matchNames
    if (match.length === 0 || match.length > max)
      return { option: 'match', why: `${match.length}, where 1 to ${max} are due` }
    for (const word of match) {
      if (MATCH_WORDS.has(word)) continue
      try {
        if (word === '.' || Name.parse(word.replace(/^\./, '')).isRoot) {
          return { option: 'match', why: `'${word}' is no name` }
        }
      } catch (error) {
        if (error instanceof DanelawError) return { option: 'match', why: error.message }
        throw error
      }
    }
  }
  if (authorities !== undefined && authorities !== 'system') {
    const limit = DANE_LIMITS.pkixAuthorities.value
    const { length } = authorities
    if (length === 0 || length > limit) return { option: 'authorities', why: `${length}, where 1 to ${limit} are due` }
  }
  return null
}

function ruleOf(options: PolicyOptions, now: number): TlsRule | PolicyMistake {
  const { level } = options
  switch (level) {
    case 'none':
    case 'may':
    case 'encrypt':
      return { level }
    case 'dane-only':
      return { level, usages: options.usages ?? null }
    case 'fingerprint':
      return options.pins === undefined ? missing('pins', level) : { level, pins: atLeastOne(options.pins) }
    case 'verify':
      return { level, ...pkixRule(options, ['hostname']) }
    case 'secure':
      return { level, ...pkixRule(options, ['nexthop', 'dot-nexthop']) }
    case 'audit': {
      const { below = 'may' } = options
      if (below !== 'may' && below !== 'encrypt')
        return { option: 'below', why: `'${below}' is neither may nor encrypt` }
      const rule = daneRule(options, now)
      return 'why' in rule ? rule : { level, below, ...rule }
    }
    case 'dane': {
      const rule = daneRule(options, now)
      if ('why' in rule) return rule
      const unusable = unusableRule(options)
      return 'why' in unusable ? unusable : { level, unusable, ...rule }
    }
  }
}

function daneRule(options: PolicyOptions, now: number): DaneRule | PolicyMistake {
  const { insecureMx = null, usages = null, mtaSts = true, dnssecOffUntil } = options
  if (insecureMx !== null && !INSECURE_MX.includes(insecureMx)) {
    return { option: 'insecureMx', why: `'${insecureMx as string}' is none of ${INSECURE_MX.join(', ')}` }
  }
  if (dnssecOffUntil === undefined) return { insecureMx, usages, mtaSts, dnssecOffUntil: null }
  const until = dnssecOffUntil instanceof Date ? Math.floor(dnssecOffUntil.getTime() / 1000) : dnssecOffUntil
  if (!Number.isSafeInteger(until)) return { option: 'dnssecOffUntil', why: 'not a time' }
  const days = POLICY_LIMITS.dnssecOffDays.value
  if (until > now + days * 86_400) {
    return { option: 'dnssecOffUntil', why: `more than ${days} days ahead, and an outage that long is none` }
  }
  return { insecureMx, usages, mtaSts, dnssecOffUntil: until }
}

/** `pins`, `match` and `authorities` belong to `unusable` under `dane`. */
function unusableRule(options: PolicyOptions): UnusableRule | PolicyMistake {
  const { unusable = 'encrypt', pins, match, authorities } = options
  if (pins !== undefined && unusable !== 'fingerprint') return stray('pins', 'fingerprint')
  if (match !== undefined && unusable !== 'pkix') return stray('match', 'pkix')
  if (authorities !== undefined && unusable !== 'pkix') return stray('authorities', 'pkix')
  switch (unusable) {
    case 'encrypt':
    case 'defer':
      return { level: unusable }
    case 'fingerprint':
      return pins === undefined ? missing('pins', unusable) : { level: 'fingerprint', pins: atLeastOne(pins) }
    case 'pkix':
      return { level: 'secure', ...pkixRule(options, ['nexthop', 'dot-nexthop']) }
    default:
      return { option: 'unusable', why: `'${unusable as string}' is none of encrypt, defer, fingerprint, pkix` }
  }
}

function pkixRule({ match, authorities }: PolicyOptions, usual: AtLeastOne<string>): PkixRule {
  return { match: match === undefined ? usual : atLeastOne(match), authorities: authorities ?? 'system' }
}

function missing(option: keyof PolicyOptions, level: string): PolicyMistake {
  return { option, why: `is missing, and '${level}' is nothing without` }
}

function stray(option: keyof PolicyOptions, unusable: string): PolicyMistake {
  return { option, why: `goes with the level '${DEFAULT_POLICY.level}' only where unusable is ${unusable}` }
}

/** For lists whose length was checked. */
function atLeastOne<T>(list: readonly T[]): AtLeastOne<T> {
  return list as unknown as AtLeastOne<T>
}

const EVERYWHERE: ReadonlySet<keyof PolicyOptions> = new Set(['level', 'from', 'relay', 'port', 'tlsMinimum'])
const DANE = ['insecureMx', 'usages', 'mtaSts', 'dnssecOffUntil'] as const
const FITTING: Readonly<Record<PolicyLevel, readonly (keyof PolicyOptions)[]>> = {
  none: [],
  may: [],
  encrypt: [],
  dane: [...DANE, 'unusable', 'pins', 'match', 'authorities'],
  'dane-only': ['usages'],
  fingerprint: ['pins'],
  verify: ['match', 'authorities'],
  secure: ['match', 'authorities'],
  audit: [...DANE, 'below'],
}
const OPTIONS: readonly (keyof PolicyOptions)[] = [...new Set([...EVERYWHERE, ...Object.values(FITTING).flat()])]
const VERSIONS: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const INSECURE_MX: readonly InsecureMx[] = ['may', 'encrypt', 'dane']
const MATCH_WORDS: ReadonlySet<string> = new Set(['hostname', 'nexthop', 'dot-nexthop'])
