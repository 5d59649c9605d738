import { createHash } from 'node:crypto'
import { Message } from '../message.ts'
import { type DkimSigner, dkimSignature, type HeaderField } from './dkim.ts'
import type { PreparedReport } from './report.ts'

/** Who sends a report by mail, and with which signature. */
export interface ReportSender {
  /** A mail address in US-ASCII. */
  readonly from: string
  /** As in the report's contact (RFC 8460 section 5.3). */
  readonly submitter: string
  readonly dkim: DkimSigner | null
}

/**
 * A report as mail (RFC 8460 section 5.3).
 * @param now when it is sent
 */
export function reportMessage(prepared: PreparedReport, to: string, sender: ReportSender, now: Date): Message {
  const { domain, day, report, fileName, octets } = prepared
  const { submitter, from, dkim } = sender
  const id = report['report-id']
  const unique = createHash('sha256').update(`${id} ${to}`).digest('hex').slice(0, 24)
  const boundary = `report-${unique}`
  const fields: HeaderField[] = [
    ['From', ` ${from}`],
    ['To', ` ${to}`],
    ['Subject', ` Report Domain: ${domain}\r\n Submitter: ${submitter}\r\n Report-ID: <${id}@${submitter}>`],
    ['Date', ` ${now.toUTCString().replace('GMT', '+0000')}`],
    ['Message-ID', ` <${day}.${unique}@${submitter}>`],
    ['TLS-Report-Domain', ` ${domain}`],
    ['TLS-Report-Submitter', ` ${submitter}`],
    // That TLS fails is what the report is about: it has to arrive all the same (RFC 8460 section 3, RFC 8689).
    ['TLS-Required', ' No'],
    ['Auto-Submitted', ' auto-generated'],
    ['MIME-Version', ' 1.0'],
    ['Content-Type', ` multipart/report; report-type="tlsrpt";\r\n boundary="${boundary}"`],
  ]
  const body = [
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'This is a TLS report (RFC 8460): how connections to the mail servers of',
    `${domain}`,
    `fared on ${day} (UTC), as counted by`,
    `${submitter}.`,
    '',
    `--${boundary}`,
    'Content-Type: application/tlsrpt+gzip',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment;',
    ` filename="${fileName}"`,
    '',
    ...(Buffer.from(octets)
      .toString('base64')
      .match(/.{1,76}/g) ?? []),
    `--${boundary}--`,
    '',
  ].join('\r\n')
  if (dkim !== null) fields.unshift(dkimSignature(dkim, fields, body, SIGNED, Math.floor(now.getTime() / 1000)))
  return Message.parse(`${fields.map(([name, value]) => `${name}:${value}\r\n`).join('')}\r\n${body}`)
}

/** RFC 6376 section 5.4.1, and the fields of reports (RFC 8460 section 5.3). */
const SIGNED = [
  'from',
  'to',
  'subject',
  'date',
  'message-id',
  'tls-report-domain',
  'tls-report-submitter',
  'tls-required',
  'auto-submitted',
  'mime-version',
  'content-type',
]
