import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** One record to be judged. */
export interface RdataCase {
  readonly type: number
  readonly text: string
  readonly hex: string
}

/** A master file to be judged. */
export interface ZoneCase {
  readonly zone: string
  readonly origin: string
}

type Verdict<T> = T | { readonly error: string }

export interface RdataVerdict {
  /** Octets, in hexadecimal, of the case's text. */
  readonly wire: Verdict<string>
  /** Text of the case's octets. */
  readonly text: Verdict<string>
}

export interface ZoneVerdict {
  /** Records as `owner TTL type octets`, sorted. */
  readonly records: Verdict<readonly string[]>
}

/** What dnspython makes of the cases, one verdict each. @throws {Error} that says how to install it where it is missing. */
export function judge(cases: readonly RdataCase[]): RdataVerdict[]
export function judge(cases: readonly ZoneCase[]): ZoneVerdict[]
export function judge(cases: readonly (RdataCase | ZoneCase)[]): unknown[] {
  const { stdout, stderr, status, error } = spawnSync('/usr/bin/python3', [join(import.meta.dirname, 'judge.py')], {
    input: cases.map((one) => `${JSON.stringify(one)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  if (error !== undefined || /No module named 'dns/.test(stderr)) {
    throw new Error('dnspython is missing. Install it with: apt-get install python3-dnspython', { cause: error })
  }
  if (status !== 0) throw new Error(`dnspython failed: ${stderr}`)
  const [, ...verdicts] = stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  if (verdicts.length !== cases.length)
    throw new Error(`dnspython answered ${verdicts.length} of ${cases.length} cases`)
  return verdicts
}
