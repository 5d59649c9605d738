import { DanelawError } from '../../errors.ts'
import { MTA_STS_LIMITS } from '../../limits.ts'
import { withLock } from '../../resolver/anchors/lock.ts'
import { writeFile } from '../../resolver/anchors/write-file.ts'
import { readText } from '../../resolver/read-text.ts'
import { Name } from '../../wire/name.ts'
import type { StsPolicy } from './policy.ts'
import { readPolicyLines } from './policy-body.ts'
import { isStsId } from './record.ts'

/** Policies by the keys of their domains. */
export type KeptPolicies = ReadonlyMap<string, { readonly domain: Name; readonly policy: StsPolicy }>

/**
 * Reads a file of policies. One that is missing is an empty one. A policy from the future is taken for one of now, so
 * that none outlives what it asks for.
 * @param now Unix seconds
 * @throws {DanelawError} `file` where it cannot be read or is damaged, whichever line it is: what else is damaged then,
 *   nobody knows
 */
export function readPolicyFile(path: string, now: number): KeptPolicies {
  let text: string
  try {
    text = readText(path, MTA_STS_LIMITS.cacheOctets.value)
  } catch (error) {
    const { code } = ((error as DanelawError).cause ?? {}) as NodeJS.ErrnoException
    if (error instanceof DanelawError && code === 'ENOENT') return new Map()
    throw error
  }
  const [header, ...lines] = text.split('\n')
  const damaged = (why: string, line: number) => new DanelawError('file', why, { place: { file: path, line } })
  if (header !== HEADER) throw damaged('is not a file of MTA-STS policies', 1)
  if (lines.pop() !== '') throw damaged('ends in the middle of a line', lines.length + 2)
  const kept = new Map<string, { domain: Name; policy: StsPolicy }>()
  for (const [index, line] of lines.entries()) {
    const entry = readLine(line)
    if (entry === undefined) throw damaged('is not a policy', index + 2)
    if (kept.has(entry.domain.key)) throw damaged(`is the second policy of ${entry.domain}`, index + 2)
    const { domain, policy } = entry
    kept.set(domain.key, { domain, policy: { ...policy, fetched: Math.min(policy.fetched, now) } })
  }
  return kept
}

/**
 * Writes policies in place of the file, as a whole, together with those in it that are newer: other processes write
 * theirs. A file that is damaged is replaced.
 * @throws {DanelawError} `file`
 */
export async function mergePolicyFile(path: string, own: KeptPolicies, now: number): Promise<void> {
  await withLock(path, () => {
    const merged = new Map([...readable(path, now)].filter(([, { policy }]) => inForce(policy, now)))
    for (const [key, entry] of own) {
      const other = merged.get(key)
      if (other !== undefined && other.policy.fetched > entry.policy.fetched) continue
      // Again at the end, so that what is used last is last.
      merged.delete(key)
      if (inForce(entry.policy, now)) merged.set(key, entry)
    }
    const text = [...merged.values()].map(({ domain, policy: { id, fetched, lines } }) =>
      JSON.stringify({ domain: domain.toCanonicalString(), id, fetched, lines }),
    )
    writeFile(path, `${[HEADER, ...withinBounds(text)].join('\n')}\n`)
  })
}

/** Whether the policy still holds at `now`, in Unix seconds. */
export function inForce(policy: StsPolicy, now: number): boolean {
  return now < policy.fetched + policy.maxAge
}

function readable(path: string, now: number): KeptPolicies {
  try {
    return readPolicyFile(path, now)
  } catch (error) {
    if (error instanceof DanelawError) return new Map()
    throw error
  }
}

/** The last of them, as many as there is room for. */
function withinBounds(lines: readonly string[]): readonly string[] {
  let room: number = MTA_STS_LIMITS.cacheOctets.value - HEADER.length - 1
  let first = Math.max(0, lines.length - MTA_STS_LIMITS.cacheEntries.max)
  for (let at = lines.length - 1; at >= first; at--) {
    room -= Buffer.byteLength(lines[at]!) + 1
    if (room < 0) first = at + 1
  }
  return lines.slice(first)
}

function readLine(line: string): { domain: Name; policy: StsPolicy } | undefined {
  try {
    const { domain, id, fetched, lines, ...more } = JSON.parse(line) as Record<string, unknown>
    if (typeof domain !== 'string' || !domain.endsWith('.') || typeof id !== 'string' || !isStsId(id)) return undefined
    if (!Number.isSafeInteger(fetched) || (fetched as number) < 0 || Object.keys(more).length > 0) return undefined
    if (!Array.isArray(lines) || !lines.every((each) => typeof each === 'string')) return undefined
    // The very text that was served is what is kept, and it is read by the same rules again.
    const body = readPolicyLines(lines)
    if (typeof body === 'string') return undefined
    return { domain: Name.parse(domain), policy: { id, ...body, fetched: fetched as number } }
  } catch {
    return undefined
  }
}

const HEADER = '{"format":"danelaw mta-sts","version":1}'
