import { type LastTry, milliseconds, type QueueEntry, type QueueRecipient, timeText } from './entry.ts'
import type { CheckedQueue, QueueOutcome, QueueTuning } from './settings.ts'

/** The pause after `failures` failures: doubled each time up to a limit, and drawn a little (RFC 5321 section 4.5.4.1). */
export function pauseAfter(failures: number, tuning: QueueTuning, random: () => number): number {
  const { retryLeast, retryMost, retryJitter } = tuning
  const whole = Math.min(retryMost, retryLeast * 2 ** Math.min(failures - 1, 30))
  return Math.round(whole * (1 - (retryJitter / 100) * random()))
}

/**
 * When the recipient is to be tried, in milliseconds since 1970. What was planned while the clock was ahead is due: it
 * would wait until the clock is there again, for years perhaps.
 */
export function dueTime({ due, last }: QueueRecipient, { arrival }: QueueEntry, now: number): number {
  return milliseconds(last?.time ?? arrival) > now ? now : milliseconds(due)
}

/** The recipient after a try. */
export function afterTry(
  recipient: QueueRecipient,
  outcome: QueueOutcome,
  entry: QueueEntry,
  { tuning, clock, random }: CheckedQueue,
): QueueRecipient {
  const now = clock.now()
  const { host, level, verdict, code, enhanced, text } = outcome
  const last: LastTry = { time: timeText(now), host, level, verdict, code, enhanced, text, dsn: outcome.dsn ?? null }
  const tried = { ...recipient, attempts: recipient.attempts + 1, last }
  if (outcome.outcome === 'delivered') return { ...tried, state: 'delivered' }
  if (outcome.outcome === 'rejected') return { ...tried, state: 'failed' }
  const expires = milliseconds(entry.expires)
  if (now >= expires) return { ...tried, state: 'failed', expired: true }
  const hint = outcome.retry == null ? 0 : outcome.retry.after * 1000
  const due = Math.max(now + pauseAfter(tried.attempts, tuning, random), hint)
  // The last try is at the end of its time, neither long after nor never.
  return { ...tried, due: timeText(Math.min(due, Math.max(expires, now))) }
}
