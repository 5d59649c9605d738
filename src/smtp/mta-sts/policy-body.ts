import { MTA_STS_LIMITS } from '../../limits.ts'
import type { StsPolicy } from './policy.ts'

/** What a policy's own text says. */
export type StsPolicyBody = Pick<StsPolicy, 'mode' | 'mx' | 'maxAge' | 'lines'>

/**
 * Reads a policy as it was served (RFC 8461 section 3.2): lines of `key: value`, each ended by LF or CRLF. Of keys that
 * are there twice the first counts, but for `mx`; unknown ones are ignored.
 * @returns the policy, or why it is none, in one sentence without a final dot
 */
export function readPolicyBody(octets: Uint8Array): StsPolicyBody | string {
  if (octets.length > MTA_STS_LIMITS.policyOctets.value) return 'the policy is larger than 64 KiB'
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
  } catch {
    return 'the policy is not UTF-8 text'
  }
  return readPolicyLines(text.split(/\r?\n/))
}

/** The same from lines, as a policy keeps them. */
export function readPolicyLines(all: readonly string[]): StsPolicyBody | string {
  // Editors leave empty lines behind. They hold nothing that could be misread.
  const lines = all.filter((line) => !/^[ \t]*$/.test(line))
  const fields = new Map<string, string>()
  const mx = new Set<string>()
  for (const [index, line] of lines.entries()) {
    const field = FIELD.exec(line)
    if (field === null) return `line ${index + 1} of the policy is no field`
    const [, key, value] = field as unknown as [string, string, string]
    if (key === 'mx') {
      if (!MX_PATTERN.test(value) || value.length > MAX_PATTERN)
        return `an mx of the policy is none, in line ${index + 1}`
      mx.add(value.toLowerCase())
    } else if (!fields.has(key)) fields.set(key, value)
  }
  const version = fields.get('version')
  if (version !== 'STSv1')
    return version === undefined ? 'the policy has no version' : 'the version of the policy is not STSv1'
  const mode = MODES.find((each) => each === fields.get('mode'))
  if (mode === undefined) return fields.has('mode') ? 'the mode of the policy is none' : 'the policy has no mode'
  const maxAge = readMaxAge(fields.get('max_age'))
  if (typeof maxAge === 'string') return maxAge
  if (mx.size === 0 && mode !== 'none') return 'the policy names no mx'
  return { mode, mx: [...mx], maxAge, lines }
}

function readMaxAge(text: string | undefined): number | string {
  if (text === undefined) return 'the policy has no max_age'
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN
  return value <= MTA_STS_LIMITS.maxAge.value ? value : 'the max_age of the policy is none'
}

/** sts-policy-field with what may surround its value; values are printable, UTF-8 included, with spaces inside. */
const FIELD =
  /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*([^\p{Cc}\p{Cs}\s](?:[^\p{Cc}\p{Cs}\u2028\u2029]*[^\p{Cc}\p{Cs}\s])?)[ \t]*$/u
/** A domain as in SMTP (RFC 5321 section 4.1.2), or one with a star for its first label. */
const MX_PATTERN =
  /^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/
const MAX_PATTERN = 253
const MODES = ['enforce', 'testing', 'none'] as const
