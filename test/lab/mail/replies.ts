/** What a proper server replies (RFC 5321 section 4.2, RFC 3207, RFC 2034). */
import type { MailBehaviour, MailCommand } from './behaviour.ts'
import { type Envelope, isLastChunk } from './input.ts'

interface ReplyContext {
  readonly behaviour: MailBehaviour
  readonly envelope: Envelope | null
}

/** Lines separated by `\n`. */
export function usualReply(command: MailCommand, { behaviour, envelope }: ReplyContext): string {
  const hasRecipient = envelope !== null && envelope.to.length > 0
  switch (command.verb) {
    case 'CONNECT':
      return behaviour.greeting
    case 'EHLO':
      return ehloReply(command, behaviour)
    case 'HELO':
      return `250 ${behaviour.host}`
    case 'STARTTLS':
      return startTlsReply(command, behaviour)
    case 'MAIL':
      return envelope === null ? '250 2.1.0 Sender OK' : '503 5.5.1 Nested MAIL'
    case 'RCPT':
      return envelope === null ? '503 5.5.1 Need MAIL first' : '250 2.1.5 Recipient OK'
    case 'DATA':
      return hasRecipient ? '354 End data with <CR><LF>.<CR><LF>' : '503 5.5.1 Need RCPT first'
    case 'BDAT':
      if (!hasRecipient) return '503 5.5.1 Need RCPT first'
      return isLastChunk(command.line) ? '250 2.0.0 Message accepted' : '250 2.0.0 Chunk received'
    case '.':
      return '250 2.0.0 Message accepted'
    case 'RSET':
    case 'NOOP':
      return '250 2.0.0 OK'
    case 'VRFY':
      return '252 2.5.0 Cannot say'
    case 'QUIT':
      return '221 2.0.0 Bye'
    default:
      return '500 5.5.2 Command not recognized'
  }
}

function ehloReply({ tls }: MailCommand, behaviour: MailBehaviour): string {
  const extensions = [...((tls ? behaviour.extensionsInTls : undefined) ?? behaviour.extensions)]
  const announced = behaviour.starttls === 'offer' || behaviour.starttls === 'refuse'
  if (!tls && announced) extensions.push('STARTTLS')
  if (tls && behaviour.auth) extensions.push(`AUTH ${behaviour.auth.mechanisms.join(' ')}`)
  const lines = [behaviour.host, ...extensions]
  return lines.map((line, index) => `250${index === lines.length - 1 ? ' ' : '-'}${line}`).join('\n')
}

function startTlsReply({ tls }: MailCommand, { starttls }: MailBehaviour): string {
  if (tls) return '503 5.5.1 TLS is on already'
  if (starttls === 'hidden') return '502 5.5.1 Command not implemented'
  if (starttls === 'refuse') return '454 4.7.0 TLS not available due to temporary reason'
  return '220 2.0.0 Ready to start TLS'
}
