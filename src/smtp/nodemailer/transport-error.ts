import type { DeliveryOutcome, FailureKind } from '../outcome.ts'

/** An error as nodemailer's own transports have it. */
export interface TransportError extends Error {
  /** Of nodemailer's closed set. */
  code: TransportErrorCode
  /** What the server said, with its code. */
  response?: string
  responseCode?: number
  /** The command it was said to; `API` for what the caller got wrong. */
  command?: string
  /** Whether another try is of no use. */
  permanent?: boolean
  /** Whom the error is about. */
  recipient?: string
  accepted?: string[]
  rejected?: string[]
  rejectedErrors?: TransportError[]
  /** One for each recipient, in the order of the envelope, with the facts about TLS. */
  outcomes?: readonly DeliveryOutcome[]
}

export type TransportErrorCode =
  | 'EENVELOPE'
  | 'EMESSAGE'
  | 'ESTREAM'
  | 'ETLS'
  | 'EREQUIRETLS'
  | 'EDNS'
  | 'ECONNECTION'
  | 'ETIMEDOUT'
  | 'EPROTOCOL'
  | 'EAUTH'
  | 'ECONFIG'
  | 'EABORT'

export function transportError(
  code: TransportErrorCode,
  message: string,
  facts: Omit<Partial<TransportError>, 'code' | 'message' | 'name' | 'stack'> = {},
): TransportError {
  const { cause, ...others } = facts
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code, ...others })
}

/** As nodemailer reports that a caller has called a mail off. */
export function abortError(signal: AbortSignal | undefined): TransportError {
  return Object.assign(transportError('EABORT', 'Message sending aborted', { cause: signal?.reason }), {
    name: 'AbortError',
  })
}

/** Why one recipient did not get the mail. */
export function recipientError(outcome: DeliveryOutcome): TransportError {
  const { address, code, failure } = outcome
  const said = responseOf(outcome)
  return transportError(codeOf(failure, code), `Can't deliver to <${address}>: ${said}`, {
    recipient: address,
    permanent: outcome.outcome === 'rejected',
    // Codes that no server has given would look as if one had.
    ...(code !== null && outcome.host !== null && { response: said, responseCode: code, command: 'RCPT TO' }),
  })
}

/** What was said of a recipient, by a server or by this program. */
export function responseOf({ code, enhanced, text }: DeliveryOutcome): string {
  return [code, enhanced, text].filter((part) => part !== null && part !== '').join(' ')
}

function codeOf(failure: FailureKind | null, code: number | null): TransportErrorCode {
  return failure === null || (code !== null && failure === 'reply') ? 'EENVELOPE' : CODES[failure]
}

const CODES: Readonly<Record<FailureKind, TransportErrorCode>> = {
  'starttls-not-supported': 'ETLS',
  'certificate-host-mismatch': 'ETLS',
  'certificate-expired': 'ETLS',
  'certificate-not-trusted': 'ETLS',
  'validation-failure': 'ETLS',
  'tlsa-invalid': 'ETLS',
  'dane-required': 'ETLS',
  'sts-policy-fetch-error': 'ETLS',
  'sts-policy-invalid': 'ETLS',
  'sts-webpki-invalid': 'ETLS',
  injected: 'ETLS',
  requiretls: 'EREQUIRETLS',
  'dnssec-invalid': 'EDNS',
  'lookup-failed': 'EDNS',
  'mx-failed': 'EDNS',
  'no-domain': 'EDNS',
  'no-address': 'EDNS',
  loop: 'EDNS',
  'null-mx': 'EENVELOPE',
  policy: 'EENVELOPE',
  reply: 'ECONNECTION',
  closed: 'ECONNECTION',
  internal: 'ECONNECTION',
  timeout: 'ETIMEDOUT',
  protocol: 'EPROTOCOL',
  aborted: 'EABORT',
  unsupported: 'EMESSAGE',
  content: 'EMESSAGE',
  'auth-not-offered': 'EAUTH',
  'auth-rejected': 'EAUTH',
  'auth-failed': 'EAUTH',
}
