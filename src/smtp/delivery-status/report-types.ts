/** What a delivery status notification says. */
export interface DeliveryStatus {
  /** The name of this mail system: a domain, or an address literal. */
  readonly reportingMta: string
  /** The sender of the message it is about, as in MAIL FROM. */
  readonly to: string
  readonly now: Date
  /** When the message was taken. */
  readonly arrival: Date
  /** What ENVID was, decoded; null where there was none (RFC 3461 section 4.4). */
  readonly envelopeId: string | null
  readonly recipients: readonly RecipientStatus[]
  readonly original: OriginalMessage
  /** `TLS-Required: No` stood in the original (RFC 8689 section 3). */
  readonly tlsRequiredNo: boolean
  /** The original's Message-ID with its brackets, where it has one that can be repeated. */
  readonly inReplyTo: string | null
  /** Letters and digits that nobody can guess: the boundary and the Message-ID are made of it. */
  readonly nonce: string
}

/** What became of one recipient (RFC 3464 section 2.3). */
export interface RecipientStatus {
  /** `relayed`: passed on to a system that sends no such notifications. */
  readonly action: 'failed' | 'delayed' | 'relayed'
  /** The address the message was sent to. */
  readonly address: string
  /** What ORCPT was, decoded, with its type, as `rfc822;bob@example.com`; null where there was none. */
  readonly originalRecipient: string | null
  /** Enhanced status code (RFC 3463). */
  readonly status: string
  /** The host that had the last word; null where it came to none. */
  readonly host: string | null
  /** The reply code where a server spoke. */
  readonly code: number | null
  /** The server's words, or ours; one sentence. */
  readonly text: string
  readonly lastAttempt: Date | null
  /** Of `delayed`: until when it is tried again. */
  readonly retryUntil: Date | null
  /** Of `failed`: whether it was given up for its age. */
  readonly expired: boolean
}

/** As much of the original as goes back. */
export type OriginalMessage =
  /** Lines may end in CRLF or LF. */
  { readonly kind: 'headers'; readonly octets: Uint8Array } | { readonly kind: 'full'; readonly octets: Uint8Array }
