import { DanelawError } from '../../errors.ts'
import { parseMailbox } from '../address.ts'
import { checkEhloName } from '../ehlo-name.ts'
import { Message } from '../message.ts'
import { dateTime, statusFields } from './fields.ts'
import { humanText } from './human-text.ts'
import type { DeliveryStatus } from './report-types.ts'
import { isMessageId, returnedPart } from './returned.ts'

/**
 * A delivery status notification as a message (RFC 3464, in the frame of RFC 6522): what became of whom for people,
 * the same for machines, and the header of the message it is about, or all of it.
 *
 * It is for the null reverse-path (RFC 3461 section 6.1), and never about a message that has a null one itself.
 * Everything that came from elsewhere, servers' words and the original's header, stands in lines of its own making.
 *
 * @throws {TypeError | RangeError} that names the field of `status` which cannot stand in a message
 */
export function deliveryStatusMessage(status: DeliveryStatus): Message {
  check(status)
  const boundary = `=_${status.nonce}`
  const text = humanText(status)
  const returned = returnedPart(status)
  const lines = [
    ...header(status, boundary, returned.eightBit),
    '',
    `--${boundary}`,
    ...text,
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    'Content-Description: Delivery status',
    '',
    ...statusFields(status),
    `--${boundary}`,
  ]
  const octets = Buffer.concat([
    Buffer.from(`${lines.join('\r\n')}\r\n`),
    returned.octets,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
  try {
    return Message.parse(octets)
  } catch (error) {
    throw new DanelawError('internal', `a delivery status that is no message: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** What stands in lines of its own as it is given. */
function check({ reportingMta, to, nonce, inReplyTo, recipients }: DeliveryStatus): void {
  checkEhloName('status.reportingMta', reportingMta)
  try {
    parseMailbox(to)
  } catch (error) {
    throw new TypeError(`status.to: ${(error as Error).message}`)
  }
  if (!/^[0-9A-Za-z]{8,60}$/.test(nonce)) throw new TypeError('status.nonce: not 8 to 60 letters and digits')
  if (inReplyTo !== null && !isMessageId(inReplyTo)) throw new TypeError('status.inReplyTo: not a Message-ID')
  if (recipients.length === 0) throw new RangeError('status.recipients: nobody to tell about')
  for (const { action, status } of recipients) {
    if (!ACTIONS.has(action)) throw new TypeError(`status.recipients: '${action}' is no action`)
    // RFC 3463 section 2.
    if (!/^[245]\.[0-9]{1,3}\.[0-9]{1,3}$/.test(status)) throw new TypeError('status.recipients: not a status code')
  }
}

function header(status: DeliveryStatus, boundary: string, eightBit: boolean): string[] {
  const { reportingMta, now, to, nonce, inReplyTo } = status
  return [
    `Date: ${dateTime(now)}`,
    `From: Mail Delivery System <MAILER-DAEMON@${reportingMta}>`,
    `To: <${to}>`,
    `Subject: ${subject(status)}`,
    `Message-ID: <${nonce}@${reportingMta}>`,
    ...(inReplyTo === null ? [] : [`In-Reply-To: ${inReplyTo}`, `References: ${inReplyTo}`]),
    // RFC 3834 section 5: in reply to a message, so that nobody replies by a machine to this one.
    'Auto-Submitted: auto-replied',
    // RFC 8689 section 5: what the sender said of TLS holds for the way back.
    ...(status.tlsRequiredNo ? ['TLS-Required: No'] : []),
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status;',
    ` boundary="${boundary}"`,
    ...(eightBit ? ['Content-Transfer-Encoding: 8bit'] : []),
  ]
}

function subject({ recipients }: DeliveryStatus): string {
  const actions = new Set(recipients.map(({ action }) => action))
  if (actions.has('failed')) return 'Your message could not be delivered'
  return actions.has('delayed') ? 'Your message is delayed' : 'Your message was passed on'
}

const ACTIONS: ReadonlySet<string> = new Set(['failed', 'delayed', 'relayed'])
