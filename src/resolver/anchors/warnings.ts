import { timeText } from '../../dnssec/time.ts'
import { inForce, type TrustAnchors } from '../../dnssec/trust-anchors.ts'
import type { TrustPoint } from './rfc5011.ts'

/** What is known besides the anchors. */
export interface AnchorCircumstances {
  /** The keys that a file of state holds, if there is one. */
  readonly trustPoints?: readonly TrustPoint[]
  /** Whether `now` is what the system's clock says, and not a time somebody chose; default true. */
  readonly systemClock?: boolean
}

/**
 * What is wrong with trust anchors at `now`, in Unix seconds, that would make every answer look bogus or
 * indeterminate: a sentence each, without a final dot, for whoever has to mend it. Empty where all is well.
 */
export function anchorWarnings(
  anchors: TrustAnchors,
  now: number,
  { trustPoints = [], systemClock = true }: AnchorCircumstances = {},
): string[] {
  const warnings: string[] = []
  if (systemClock && now < EARLIEST) {
    warnings.push(`the clock says ${timeText(now)}, which is before this program was made: no signature will be valid`)
  }
  if (anchors.anchors.length === 0) warnings.push('there is no trust anchor: nothing is validated')
  for (const { zone, ds, dnskeys } of anchors.anchors) {
    const entries = [...ds, ...dnskeys]
    const live = entries.filter((entry) => inForce(entry, now))
    const begin = Math.min(...entries.map(({ validFrom = 0 }) => validFrom))
    const end = Math.max(...(live.length > 0 ? live : entries).map(({ validUntil = FOREVER }) => validUntil))
    if (entries.length === 0) warnings.push(`all trust anchors of ${zone} are revoked`)
    else if (live.length === 0 && now < begin) {
      warnings.push(`no trust anchor of ${zone} is valid before ${timeText(begin)}, and it is ${timeText(now)}`)
    } else if (live.length === 0) {
      warnings.push(
        `no trust anchor of ${zone} is in force at ${timeText(now)}: the last one ended at ${timeText(end)}`,
      )
    } else if (end - now < SOON) warnings.push(`the trust anchors of ${zone} end at ${timeText(end)}`)
  }
  for (const { zone, lastValidated } of trustPoints) {
    if (lastValidated === null || now - lastValidated < OVERDUE) continue
    warnings.push(
      `the keys of ${zone} were last looked at ${timeText(lastValidated)}, and may have been replaced since`,
    )
  }
  return warnings
}

/** When the built-in anchors were published: 2024-11-05. */
const EARLIEST = 1_730_764_800
const FOREVER = Number.MAX_SAFE_INTEGER
/** Seconds: a month is what a new key waits, and what a missed look costs (RFC 5011 section 2.4.1). */
const OVERDUE = 2_592_000
const SOON = 1_209_600
