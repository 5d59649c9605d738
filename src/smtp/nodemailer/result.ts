import type { DeliveryOutcome } from '../outcome.ts'
import { recipientError, responseOf, type TransportError, transportError } from './transport-error.ts'

/** What `sendMail` resolves to, as of nodemailer's SMTP transport, and the outcomes. */
export interface SentInfo {
  envelope: { from: string | false; to: string[] }
  messageId: string
  accepted: string[]
  /** All that are not accepted; `rejectedErrors` says of each why, and whether for good. */
  rejected: string[]
  /** Those of `rejected` who may be reached by another try. */
  pending: string[]
  rejectedErrors?: TransportError[]
  /** What the last server that accepted the mail said. */
  response: string
  /** Milliseconds from the first lookup to the last reply. */
  messageTime: number
  /** Octets, with CRLF. */
  messageSize: number
  /** One for each recipient, in the order of the envelope, with the facts about TLS. */
  outcomes: readonly DeliveryOutcome[]
  // As nodemailer's type for what transports give.
  // biome-ignore lint/suspicious/noExplicitAny: whatever a user's own code puts there
  [key: string]: any
}

/** @throws {TransportError} where nobody was delivered to */
export function sentInfo(
  outcomes: readonly DeliveryOutcome[],
  about: Pick<SentInfo, 'envelope' | 'messageId' | 'messageTime' | 'messageSize'>,
): SentInfo {
  const accepted = outcomes.filter(({ outcome }) => outcome === 'delivered')
  const refused = outcomes.filter(({ outcome }) => outcome !== 'delivered')
  const addresses = (some: readonly DeliveryOutcome[]): string[] => some.map(({ address }) => address)
  const rejectedErrors = refused.map(recipientError)
  if (accepted.length === 0) throw allRefused(outcomes, rejectedErrors)
  return {
    ...about,
    accepted: addresses(accepted),
    rejected: addresses(refused),
    pending: addresses(refused.filter(({ outcome }) => outcome === 'deferred')),
    ...(rejectedErrors.length > 0 && { rejectedErrors }),
    response: responseOf(accepted.at(-1)!),
    outcomes,
  }
}

/** What may still succeed is told before what has failed for good. */
function allRefused(outcomes: readonly DeliveryOutcome[], rejectedErrors: TransportError[]): TransportError {
  const told = rejectedErrors.find(({ permanent }) => permanent === false) ?? rejectedErrors.at(-1)!
  const about = outcomes[rejectedErrors.indexOf(told)]!
  return transportError(told.code, `Can't send mail - all recipients were rejected: ${responseOf(about)}`, {
    ...(told.response !== undefined && { response: told.response }),
    ...(told.responseCode !== undefined && { responseCode: told.responseCode }),
    ...(told.command !== undefined && { command: told.command }),
    permanent: told.permanent ?? false,
    accepted: [],
    rejected: outcomes.map(({ address }) => address),
    rejectedErrors,
    outcomes,
  })
}
