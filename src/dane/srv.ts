import type { InsecureAnswer, SecureAnswer, ValidatedAnswer } from '../dnssec/status.ts'
import { readSrv, type Srv } from '../wire/rdata/service.ts'
import { type FailedLookup, readAnswer } from './lookup.ts'

/** What an SRV lookup says (RFC 2782). */
export type SrvResult =
  | FailedLookup
  /** No record, or no such name. */
  | { readonly kind: 'absent'; readonly answer: SecureAnswer | InsecureAnswer }
  /** Records, and none that names a server: the service is decidedly not there. */
  | { readonly kind: 'not-offered'; readonly answer: SecureAnswer | InsecureAnswer }
  /** In the order received. */
  | { readonly kind: 'targets'; readonly answer: SecureAnswer | InsecureAnswer; readonly targets: readonly Srv[] }

export function readSrvAnswer(validated: ValidatedAnswer): SrvResult {
  const result = readAnswer(validated, readSrv)
  if (result.kind === 'failed') return result
  const { answer, records } = result
  if (records.length === 0) return { kind: 'absent', answer }
  // "." says that there is no such service; nothing can listen at port 0.
  const targets = records.filter(({ target, port }) => !target.isRoot && port !== 0)
  return targets.length === 0 ? { kind: 'not-offered', answer } : { kind: 'targets', answer, targets }
}

/**
 * Puts targets into the order to try them: by priority, and those of one priority at random by their weights (RFC 2782,
 * "Weight"). `random` gives numbers from 0 up to 1.
 */
export function inSrvOrder(targets: readonly Srv[], random: () => number): Srv[] {
  const priorities = [...new Set(targets.map(({ priority }) => priority))].sort((a, b) => a - b)
  return priorities.flatMap((each) =>
    byWeight(
      targets.filter(({ priority }) => priority === each),
      random,
    ),
  )
}

function byWeight(targets: readonly Srv[], random: () => number): Srv[] {
  // Those of weight 0 stand in front, so that they have a very small chance of being first.
  const left = [...targets].sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0))
  const ordered: Srv[] = []
  while (left.length > 0) {
    const sum = left.reduce((total, { weight }) => total + weight, 0)
    const drawn = Math.floor(random() * (sum + 1))
    let running = 0
    let chosen = 0
    for (const [index, { weight }] of left.entries()) {
      running += weight
      chosen = index
      if (running >= drawn) break
    }
    ordered.push(...left.splice(chosen, 1))
  }
  return ordered
}
