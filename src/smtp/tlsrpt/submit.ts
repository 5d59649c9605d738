import type { Lookup } from '../../dane/lookup.ts'
import { TLSRPT_LIMITS } from '../../limits.ts'
import { danelawLookup, type LookupResolver } from '../../resolver/node-dns/lookup.ts'
import type { ConnectionSettings } from '../connection-settings.ts'
import { type DeliverOptions, deliver } from '../delivery.ts'
import type { Message } from '../message.ts'
import type { DeliveryOutcome } from '../outcome.ts'
import { type ReportSender, reportMessage } from './mail.ts'
import { postReport } from './post.ts'
import type { ReportAddress } from './record.ts'
import type { PreparedReport } from './report.ts'

export interface SubmitSettings {
  readonly resolver: Lookup & LookupResolver
  readonly sender: ReportSender
  /** For reports by mail. */
  readonly connection: ConnectionSettings
  readonly discovery: NonNullable<DeliverOptions['discovery']>
  /** For reports by HTTPS: authorities in PEM in place of the platform's. */
  readonly ca: string | undefined
  readonly allowPrivate: boolean
  readonly signal: AbortSignal | undefined
}

/** How one try ended; `text` is one sentence without a final dot. */
export interface Submitted {
  /** `rejected`: trying again is of no use. */
  readonly outcome: 'sent' | 'failed' | 'rejected'
  readonly text: string
}

/** Sends a report to one address. What the network does is a value. */
export async function submitReport(
  prepared: PreparedReport,
  address: ReportAddress,
  settings: SubmitSettings,
  now: Date,
): Promise<Submitted> {
  const { resolver, signal, ca, allowPrivate } = settings
  const { length } = prepared.octets
  if (length > TLSRPT_LIMITS.reportOctets.value) {
    return { outcome: 'rejected', text: `the report has ${length} octets, and that is too many` }
  }
  if (address.kind === 'https') {
    const lookup = danelawLookup(resolver, signal === undefined ? {} : { signal })
    const posted = await postReport(address.url, prepared.octets, { lookup, ca, allowPrivate, signal })
    return { outcome: posted.accepted ? 'sent' : 'failed', text: posted.text }
  }
  return await mail(reportMessage(prepared, address.mailbox, settings.sender, now), address.mailbox, settings)
}

/**
 * The message says `TLS-Required: No`, so that it goes out whatever TLS owes: that it fails is what a report tells
 * (RFC 8460 section 3). The sessions are not counted for the next report.
 */
async function mail(content: Message, to: string, settings: SubmitSettings): Promise<Submitted> {
  const { resolver, sender, connection, discovery, signal } = settings
  const options = { ...connection, resolver, discovery, ...(signal !== undefined && { signal }) }
  const [outcome] = await deliver({ from: sender.from, to, content }, options)
  return submitted(outcome!)
}

function submitted({ outcome, host, code, enhanced, text }: DeliveryOutcome): Submitted {
  const said = [code, enhanced, text].filter((part) => part !== null).join(' ')
  const at = host === null ? said : `${host.replace(/\.$/, '')}: ${said}`
  return { outcome: outcome === 'delivered' ? 'sent' : outcome === 'rejected' ? 'rejected' : 'failed', text: at }
}
