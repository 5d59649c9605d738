import { randomBytes } from 'node:crypto'
import { QUEUE_LIMITS } from '../../limits.ts'
import type { RecipientDsn } from '../delivery-request.ts'
import { deliveryStatusMessage } from '../delivery-status/report.ts'
import type { RecipientStatus } from '../delivery-status/report-types.ts'
import { headerOf, messageIdOf } from '../delivery-status/returned.ts'
import { reportRules, tlsRequiredNo } from '../require-tls.ts'
import { milliseconds, newId, type QueueEntry, type QueueRecipient, timeText } from './entry.ts'
import type { CheckedQueue } from './settings.ts'
import type { Claim, NewReport } from './store.ts'

/** What the sender is to be told after a pass: the entry as it is once he was told, and the notifications. */
export interface Notices {
  readonly entry: QueueEntry
  readonly reports: readonly NewReport[]
  /** Failures that nobody is told of, for there is no sender. */
  readonly dropped: readonly QueueRecipient[]
}

/**
 * Makes the notifications that are due. A message from the null reverse-path causes none, whatever becomes of it (RFC
 * 5321 section 6.1, RFC 3461 section 6.2).
 */
export async function notices(claim: Claim, entry: QueueEntry, queue: CheckedQueue): Promise<Notices> {
  const now = queue.clock.now()
  const dropped: QueueRecipient[] = []
  const told: RecipientStatus[] = []
  const recipients = entry.recipients.map((recipient): QueueRecipient => {
    const action = news(recipient, entry, now, queue)
    if (action !== null) {
      if (entry.from !== null) told.push(status(action, recipient, entry))
      else if (action === 'failed') dropped.push(recipient)
    }
    if (recipient.state !== 'pending') return { ...recipient, reported: true }
    return action === 'delayed' ? { ...recipient, delayReported: true } : recipient
  })
  const next = { ...entry, recipients }
  if (entry.from === null || told.length === 0) return { entry: next, reports: [], dropped }
  return { entry: next, reports: [await report(claim, entry, told, queue)], dropped }
}

/** What of a recipient the sender is to hear now (RFC 3461 section 5.2); null for nothing. */
function news(
  { state, reported, delayReported, dsn: { notify }, last, expired }: QueueRecipient,
  { arrival }: QueueEntry,
  now: number,
  { tuning }: CheckedQueue,
): RecipientStatus['action'] | null {
  if (reported || (last === null && !expired)) return null
  if (state === 'failed') return wants(notify, 'FAILURE', true) ? 'failed' : null
  if (state === 'delivered') return wants(notify, 'SUCCESS', false) && last?.dsn !== 'passed' ? 'relayed' : null
  const wanted = tuning.delayWarning > 0 && !delayReported && wants(notify, 'DELAY', true)
  return wanted && now >= milliseconds(arrival) + tuning.delayWarning ? 'delayed' : null
}

/** Who does not say wants to hear of failures, and may hear of delays (RFC 3461 section 4.1). */
function wants(notify: RecipientDsn['notify'], event: 'SUCCESS' | 'FAILURE' | 'DELAY', unsaid: boolean): boolean {
  if (notify === undefined) return unsaid
  return notify !== 'NEVER' && notify.includes(event)
}

function status(action: RecipientStatus['action'], recipient: QueueRecipient, entry: QueueEntry): RecipientStatus {
  const { address, dsn, last, expired } = recipient
  const original = dsn.originalRecipient
  return {
    action,
    address,
    originalRecipient: original === undefined ? null : `${original.type};${original.address}`,
    status: statusCode(action, recipient),
    host: last?.host ?? null,
    code: last?.code ?? null,
    text: last?.text || 'nothing more is known',
    lastAttempt: last === null ? null : new Date(milliseconds(last.time)),
    retryUntil: action === 'delayed' ? new Date(milliseconds(entry.expires)) : null,
    expired,
  }
}

/** The class follows from what happened; the host's code where it is of that class (RFC 3463 section 3). */
function statusCode(action: RecipientStatus['action'], { last, expired }: QueueRecipient): string {
  const wanted = action === 'relayed' ? '2' : action === 'delayed' || expired ? '4' : '5'
  const enhanced = last?.enhanced ?? ''
  if (enhanced.startsWith(wanted) && /^[245](?:\.[0-9]{1,3}){2}$/.test(enhanced)) return enhanced
  // X.4.7: given up for its age, and nothing better is known.
  return expired ? '4.4.7' : `${wanted}.0.0`
}

async function report(
  claim: Claim,
  entry: QueueEntry,
  recipients: readonly RecipientStatus[],
  queue: CheckedQueue,
): Promise<NewReport> {
  const now = queue.clock.now()
  const head = await claim.head(QUEUE_LIMITS.returnedHeaderOctets.value)
  const rules = reportRules({ requireTls: entry.requireTls !== false })
  const full = entry.dsn.ret === 'FULL' && rules === null && entry.size <= QUEUE_LIMITS.returnedOctets.value
  const message = deliveryStatusMessage({
    reportingMta: queue.hostname,
    to: entry.from!,
    now: new Date(now),
    arrival: new Date(milliseconds(entry.arrival)),
    envelopeId: entry.dsn.envid ?? null,
    recipients,
    original: full ? { kind: 'full', octets: head } : { kind: 'headers', octets: headerOf(head) },
    tlsRequiredNo: rules === null && tlsRequiredNo(head),
    inReplyTo: messageIdOf(head),
    nonce: randomBytes(16).toString('hex'),
  })
  const id = newId(now)
  return { entry: reportEntry(id, entry, now, queue), message: message.octets! }
}

function reportEntry(id: string, about: QueueEntry, now: number, { tuning }: CheckedQueue): NewReport['entry'] {
  return {
    id,
    arrival: timeText(now),
    expires: timeText(now + tuning.reportExpiry),
    from: null,
    dsn: {},
    requireTls: reportRules({ requireTls: about.requireTls !== false })?.requireTls ?? false,
    // The sender asked it of the recipients' hosts; his own host was not his choice to make here.
    requireDane: false,
    // Where mail leaves by a relay, nothing else does.
    via: about.via,
    recipients: [newRecipient(about.from!, now, {})],
    reportOf: about.id,
    reports: [],
  }
}

/** A recipient who was not tried yet. */
export function newRecipient(address: string, now: number, dsn: RecipientDsn): QueueRecipient {
  return {
    address,
    dsn,
    state: 'pending',
    attempts: 0,
    due: timeText(now),
    delayReported: false,
    reported: false,
    expired: false,
    last: null,
  }
}
