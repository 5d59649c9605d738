import type { Mailbox } from './address.ts'
import { type EnvelopeDsn, mailParameters, type RecipientDsn, recipientParameters } from './delivery-request.ts'
import type { Extensions } from './extensions.ts'
import type { Message } from './message.ts'

/** Who sends to whom. */
export interface Envelope {
  /** Null for the null reverse-path. */
  readonly from: Mailbox | null
  /** At least one. */
  readonly to: readonly EnvelopeRecipient[]
  /** Goes to servers that announce DSN, and to no others. */
  readonly dsn?: EnvelopeDsn | undefined
  /**
   * REQUIRETLS (RFC 8689): true wants it of every server on the way, and gives the mail to no other; `where-offered`
   * asks for it where it is to be had, as reports about such mail do (section 5).
   */
  readonly requireTls?: boolean | 'where-offered' | undefined
}

export interface EnvelopeRecipient extends Mailbox {
  readonly dsn?: RecipientDsn | undefined
}

/** A message with its envelope. */
export interface Mail {
  readonly envelope: Envelope
  readonly message: Message
}

/** What counts of a server for what may be said to it. */
export interface ServerFacts {
  readonly extensions: Extensions
  readonly security: 'authenticated' | 'encrypted' | 'clear'
}

/** @throws {TypeError | RangeError} that names the field which is not what it should be. */
export function checkEnvelope({ to, dsn }: Envelope): void {
  if (to.length === 0) throw new RangeError('envelope.to: no recipient')
  mailParameters(dsn)
  for (const recipient of to) recipientParameters(recipient.dsn)
}

/** Whether the sender asked for anything that a server without DSN cannot pass on. */
export function asksForDsn(envelope: Envelope, recipient: EnvelopeRecipient): boolean {
  return (mailParameters(envelope.dsn) + recipientParameters(recipient.dsn)).length > 0
}

/** Whether REQUIRETLS can be had of this server: behind TLS that proves who it is (RFC 8689 section 4.2.1). */
export function takesRequireTls({ extensions, security }: ServerFacts): boolean {
  return security === 'authenticated' && extensions.has('REQUIRETLS')
}

/** The MAIL command for these of the recipients. What a parameter needs the server has announced. */
export function mailLine(mail: Mail, recipients: readonly Mailbox[], server: ServerFacts): string {
  const { envelope, message } = mail
  const { extensions } = server
  let line = `MAIL FROM:<${envelope.from?.text ?? ''}>`
  if (extensions.has('SIZE')) line += ` SIZE=${message.size}`
  if (message.eightBit) line += ' BODY=8BITMIME'
  if (message.needsUtf8 || [envelope.from, ...recipients].some((mailbox) => mailbox?.needsUtf8)) line += ' SMTPUTF8'
  if (envelope.requireTls && takesRequireTls(server)) line += ' REQUIRETLS'
  return extensions.has('DSN') ? line + mailParameters(envelope.dsn) : line
}

/** The RCPT command for one recipient. */
export function rcptLine(recipient: EnvelopeRecipient, { extensions }: ServerFacts): string {
  const line = `RCPT TO:<${recipient.text}>`
  return extensions.has('DSN') ? line + recipientParameters(recipient.dsn) : line
}
