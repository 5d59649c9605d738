import type { DestinationPolicy } from './destination-policy.ts'

/**
 * Refuses what a caller's own code gives for a policy and `definePolicy` would not have made: a level that nobody knows,
 * a promise, a field that is not there. None of it may come to less than what was meant.
 * @throws {TypeError} that names the field.
 */
export function checkWhole(given: unknown): asserts given is DestinationPolicy {
  const policy = Object(given) as Readonly<Record<string, unknown>>
  const { level } = policy
  const fields = typeof level === 'string' && Object.hasOwn(FIELDS, level) ? FIELDS[level as Level] : undefined
  if (fields === undefined) throw wrong(`${typeof level === 'string' ? `'${level}' is no` : 'there is no'} level`)
  const missing = [...COMMON, ...fields].find((field) => policy[field] === undefined)
  if (missing !== undefined) throw wrong(`no ${missing}, which goes with the level '${level}'`)
  for (const [field, known] of WORDS) {
    const word = Object(policy[field])['level'] ?? policy[field]
    if ((fields as readonly string[]).includes(field) && !known.includes(word as never)) {
      throw wrong(`${field}: '${String(word)}' is none of ${known.map(String).join(', ')}`)
    }
  }
}

function wrong(why: string): TypeError {
  return new TypeError(`policies: ${why}; definePolicy makes whole policies`)
}

type Level = DestinationPolicy['level']

const COMMON = ['from', 'relay', 'port', 'tlsMinimum'] as const
const DANE = ['insecureMx', 'usages', 'mtaSts', 'dnssecOffUntil'] as const
const FIELDS: Readonly<Record<Level, readonly string[]>> = {
  none: [],
  may: [],
  encrypt: [],
  dane: [...DANE, 'unusable'],
  'dane-only': ['usages'],
  audit: [...DANE, 'below'],
  fingerprint: ['pins'],
  verify: ['match', 'authorities'],
  secure: ['match', 'authorities'],
}
const WORDS: readonly (readonly [field: string, known: readonly unknown[]])[] = [
  ['below', ['may', 'encrypt']],
  ['mtaSts', [true, false]],
  ['unusable', ['encrypt', 'defer', 'fingerprint', 'secure']],
]
