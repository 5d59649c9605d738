import { QUEUE_LIMITS } from '../../limits.ts'
import { quotedPrintable } from './encode.ts'
import { dateTime } from './fields.ts'
import type { DeliveryStatus, RecipientStatus } from './report-types.ts'

/** The part for people, with its own header: text/plain (RFC 6522 section 3). */
export function humanText(status: DeliveryStatus): string[] {
  const { recipients, reportingMta, arrival } = status
  const of = (action: RecipientStatus['action']) => recipients.filter((recipient) => recipient.action === action)
  const [failed, delayed, relayed] = [of('failed'), of('delayed'), of('relayed')]
  const lines = wrap(`This is the mail system at ${reportingMta}. It took a message from you on ${dateTime(arrival)}.`)
  if (failed.length > 0) {
    lines.push('', ...wrap('It could not be delivered to these recipients, and is not tried again:'))
    for (const recipient of failed) lines.push('', ...about(recipient))
  }
  if (delayed.length > 0) {
    const until = delayed[0]!.retryUntil
    const end = until === null ? '' : ` until ${dateTime(until)}`
    const text = `It is still on its way to these recipients and is tried again${end}. There is nothing for you to do:`
    lines.push('', ...wrap(text))
    for (const recipient of delayed) lines.push('', ...about(recipient))
  }
  if (relayed.length > 0) {
    const text =
      'It was passed on for these recipients, to systems that do not tell what becomes of it. You may hear no more:'
    lines.push('', ...wrap(text))
    for (const recipient of relayed) lines.push('', ...about(recipient))
  }
  const isAscii = !lines.some((line) => /[^\u0020-\u007e]/.test(line))
  return [
    `Content-Type: text/plain; charset=${isAscii ? 'us-ascii' : 'utf-8'}`,
    'Content-Description: Notification',
    ...(isAscii ? [] : ['Content-Transfer-Encoding: quoted-printable']),
    '',
    ...(isAscii ? lines : quotedPrintable(Buffer.from(`${lines.join('\r\n')}`))),
    '',
  ]
}

function about({ address, host, code, text, expired, action, status }: RecipientStatus): string[] {
  // A code without a host is this system's own.
  const said = code === null || host === null ? text : `the host ${host.replace(/(?<=.)\.$/, '')} said: ${code} ${text}`
  const lines = [`  <${shown(address)}>`]
  if (action === 'failed' && expired) lines.push('    given up for its age; the last try:')
  return [...lines, ...wrap(shown(said), '    '), `    (status ${status})`]
}

/** One line that controls nobody's screen. */
function shown(text: string): string {
  const line = text
    .replace(/[\s\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replace(/\p{Cs}/gu, '\ufffd')
    .trim()
  return line.length > MOST ? `${line.slice(0, MOST).replace(/\p{Cs}$/u, '')} ...` : line
}

function wrap(text: string, indent = ''): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = indent
    }
    line += line.length > indent.length ? ` ${word}` : word
  }
  return [...lines, line]
}

const WIDTH = 76
const MOST = QUEUE_LIMITS.diagnosticCharacters.value
