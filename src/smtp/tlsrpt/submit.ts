import { type DiscoverOptions, discover } from '../../dane/destination.ts'
import type { Lookup } from '../../dane/lookup.ts'
import { TLSRPT_LIMITS } from '../../limits.ts'
import { danelawLookup, type LookupResolver } from '../../resolver/node-dns/lookup.ts'
import { parseMailbox } from '../address.ts'
import type { ConnectionSettings } from '../connection-settings.ts'
import { deliver } from '../delivery.ts'
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
  readonly discovery: DiscoverOptions
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
 * Over TLS as the host's policy wants it where that is to be had, and else without: what a report tells is that TLS
 * fails, and it has to arrive despite that (RFC 8460 section 3).
 */
async function mail(message: Message, to: string, settings: SubmitSettings): Promise<Submitted> {
  const { resolver, sender, connection, signal } = settings
  const { domain } = parseMailbox(to)
  const hop = domain.kind === 'domain' ? domain.name : `[${domain.address}]`
  const cancel = signal === undefined ? {} : { signal }
  const discovery = { ...settings.discovery, ...cancel }
  const options = { ...connection, ...cancel, from: sender.from, to: [to] }
  const [strict] = await deliver(message, { ...options, policy: await discover(resolver, hop, discovery) })
  if (!isRefusedByPolicy(strict!) || signal?.aborted === true) return submitted(strict!)
  const withoutTlsa = await discover(resolver, hop, { ...discovery, tlsa: false })
  const [relaxed] = await deliver(message, { ...options, policy: withoutTlsa })
  return submitted(relaxed!)
}

function isRefusedByPolicy({ outcome, attempts }: DeliveryOutcome): boolean {
  return outcome === 'deferred' && attempts.some(({ verdict }) => verdict === 'refused')
}

function submitted({ outcome, host, code, enhanced, text }: DeliveryOutcome): Submitted {
  const said = [code, enhanced, text].filter((part) => part !== null).join(' ')
  const at = host === null ? said : `${host.replace(/\.$/, '')}: ${said}`
  return { outcome: outcome === 'delivered' ? 'sent' : outcome === 'rejected' ? 'rejected' : 'failed', text: at }
}
