import { QUEUE_LIMITS } from '../../limits.ts'
import type { DeliveryStatus, RecipientStatus } from './report-types.ts'

/** The lines of message/delivery-status (RFC 3464 section 2.1): a group for the message, one for each recipient. */
export function statusFields(status: DeliveryStatus): string[] {
  const lines = [...field('Reporting-MTA', `dns; ${status.reportingMta}`)]
  if (status.envelopeId !== null) lines.unshift(...field('Original-Envelope-Id', ascii(status.envelopeId)))
  lines.push(...field('Arrival-Date', dateTime(status.arrival)))
  for (const recipient of status.recipients) lines.push('', ...recipientFields(recipient))
  // Each group ends in an empty line; the one before the boundary belongs to the boundary.
  return [...lines, '']
}

function recipientFields(recipient: RecipientStatus): string[] {
  const { action, address, originalRecipient, status, host, code, text, lastAttempt, retryUntil } = recipient
  const lines: string[] = []
  if (originalRecipient !== null) lines.push(...field('Original-Recipient', typedAddress(originalRecipient)))
  lines.push(...field('Final-Recipient', typedAddress(`rfc822;${address}`)))
  lines.push(...field('Action', action), ...field('Status', status))
  if (host !== null) lines.push(...field('Remote-MTA', `dns; ${ascii(host.replace(/(?<=.)\.$/, ''))}`))
  // `smtp` is for what a server said (RFC 3464 section 2.3.6).
  const words = host === null || code === null ? `X-danelaw; ${ascii(text)}` : `smtp; ${code} ${ascii(text)}`
  lines.push(...field('Diagnostic-Code', words))
  if (lastAttempt !== null) lines.push(...field('Last-Attempt-Date', dateTime(lastAttempt)))
  if (retryUntil !== null) lines.push(...field('Will-Retry-Until', dateTime(retryUntil)))
  return lines
}

/**
 * An address with its type. One outside US-ASCII is of the type `utf-8` and written in utf-8-addr-xtext, which any
 * system can carry (RFC 6533 section 3).
 */
function typedAddress(typed: string): string {
  const [, type, address] = /^([A-Za-z0-9-]+); *(.*)$/s.exec(typed) ?? [undefined, 'unknown', typed]
  if (!/[^\u0020-\u007e]/.test(address!)) return `${type}; ${address!.slice(0, MOST)}`
  const kind = type!.toLowerCase() === 'rfc822' ? 'utf-8' : type
  // QCHAR has neither of `\`, `+`, `=`, which begin encodings.
  return `${kind}; ${escaped(address!, /[^\u0021-\u007e]|[\\+=]/u)}`
}

/** What may stand in a field: printable US-ASCII in one line, with everything else written as `\x{…}`. */
function ascii(text: string): string {
  return escaped(text.replace(/[\s\p{Cc}]+/gu, ' ').trim(), /[^\u0020-\u007e]/u)
}

/** Cut where it becomes too long, between two characters. */
function escaped(text: string, which: RegExp): string {
  let result = ''
  for (const character of text.replace(/\p{Cs}/gu, '\ufffd')) {
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(2, '0')
    const written = which.test(character) ? `\\x{${code}}` : character
    if (result.length + written.length > MOST) return `${result} ...`
    result += written
  }
  return result
}

/** One field, folded before words where it is long (RFC 5322 section 2.2.3). */
function field(name: string, value: string): string[] {
  const lines: string[] = []
  let line = `${name}:`
  for (const word of value.split(' ')) {
    if (line.length + 1 + word.length > WIDTH && line !== '' && line !== `${name}:` && word !== '') {
      lines.push(line)
      line = ''
    }
    line += ` ${word}`
  }
  return [...lines, line.trimEnd()]
}

/** `Sun, 22 Nov 2026 13:00:00 +0000` (RFC 5322 section 3.3). */
export function dateTime(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000')
}

const WIDTH = 76
/** Of one word too, so that no line reaches 998 octets. */
const MOST = QUEUE_LIMITS.diagnosticCharacters.value
