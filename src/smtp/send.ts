import { SMTP_LIMITS } from '../limits.ts'
import { attempt } from './attempt.ts'
import type { CheckedSettings } from './connection-settings.ts'
import type { Envelope } from './envelope.ts'
import { Fate, type Recipient } from './fate.ts'
import type { Message } from './message.ts'
import type { DeliveryOutcome } from './outcome.ts'
import { requirementFor } from './policy/requirement.ts'
import { retryLookup } from './retry.ts'
import { contextOf, type Routed } from './route.ts'
import { TlsEvents } from './tls-events.ts'
import type { TlsSession } from './tls-session.ts'

export interface SendOptions extends Routed {
  readonly envelope: Omit<Envelope, 'to'>
  readonly recipients: readonly Recipient[]
  readonly message: Message
  readonly tlsRequiredNo: boolean
  readonly settings: CheckedSettings
  readonly onTlsSession: ((session: TlsSession) => void) | undefined
  /** Told of a recipient's last word as soon as there is one. */
  readonly onOutcome: ((index: number, outcome: DeliveryOutcome) => void) | undefined
}

/**
 * Delivers to the hosts of one destination, in order, each at the first of its addresses that answers, until every
 * recipient has a last word or there is nothing left to try. Gives the outcomes by the recipients' places; what fails
 * in this program itself is one of them.
 */
export async function sendTo(options: SendOptions): Promise<Map<number, DeliveryOutcome>> {
  const { applied, settings } = options
  const notes = [
    ...applied.notes,
    ...(options.tlsRequiredNo && options.envelope.requireTls !== true ? [TLS_REQUIRED_NO] : []),
  ]
  const fates = options.recipients.map((recipient) => new Fate(recipient, { ...applied, notes }))
  try {
    if (options.destination.none !== null) sendNowhere(options, fates)
    else await sendToHosts(options, fates)
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    for (const fate of fates) fate.broken(`internal error: ${what}`)
  }
  const aborted = settings.signal?.aborted === true
  return new Map(fates.map((fate) => [fate.recipient.index, fate.outcome(aborted)]))
}

async function sendToHosts(options: SendOptions, fates: readonly Fate[]): Promise<void> {
  const { destination, settings } = options
  const aborted = (): boolean => settings.signal?.aborted === true
  const open = (): Fate[] => fates.filter((fate) => !fate.decided)
  const requireTls = options.envelope.requireTls === true
  const logsIn = settings.relay?.credentials !== undefined
  const context = contextOf(options, { requireTls, tlsRequiredNo: options.tlsRequiredNo, logsIn })
  const events = new TlsEvents({ ...options, tell: options.onTlsSession })
  for (const host of destination.hosts.slice(0, SMTP_LIMITS.hosts.max)) {
    if (open().length === 0 || aborted()) return
    const requirement = requirementFor(host, context)
    if (requirement.kind === 'refuse') {
      const { obstacle } = requirement
      events.passedOver(host, obstacle.failure, obstacle.text)
      for (const fate of open()) fate.passOver(host, obstacle, secondsNow())
      continue
    }
    let addresses = host.addresses.slice(0, SMTP_LIMITS.addressesPerHost.max)
    let unasked: readonly Fate[] = []
    while (addresses.length > 0) {
      const some = unasked.length > 0 ? unasked : open()
      if (some.length === 0 || aborted()) break
      const envelope = { ...options.envelope, to: some.map(({ recipient }) => recipient.mailbox) }
      const made = await attempt({ host, requirement }, addresses, { envelope, message: options.message }, settings)
      events.attempted(host, made)
      for (const [place, fate] of some.entries()) {
        fate.take(host, made, made.session.recipients[place]!)
        if (fate.decided) options.onOutcome?.(fate.recipient.index, fate.outcome(false))
      }
      // A server that takes no more on one connection may take the rest on another (RFC 9422): those it was not asked
      // about and nobody else, so that each connection leaves fewer of them.
      const left = made.session.unasked.map((place) => some[place]!)
      unasked = left.length < some.length ? left : []
      if (unasked.length > 0) continue
      const tried = [made.connection, ...made.unreached].map(({ address }) => address)
      addresses = addresses.filter((address) => !tried.includes(address))
    }
  }
}

function sendNowhere({ destination, policy }: SendOptions, fates: readonly Fate[]): void {
  const { mx } = destination
  const none = destination.none!
  // Nobody has proven that there is no such domain, or that it takes no mail: whoever is on the path could say so.
  if (none.permanent && policy.level === 'dane-only' && mx.status !== 'secure') {
    const text = `DANE is required, and what the MX lookup says is not secure: ${none.text}`
    for (const fate of fates) fate.unproven(text)
    return
  }
  const retry = none.kind === 'mx-failed' && mx.reason !== null ? retryLookup(mx.reason, secondsNow()) : null
  for (const fate of fates) fate.nowhere(none, retry)
}

function secondsNow(): number {
  return Date.now() / 1000
}

const TLS_REQUIRED_NO = 'the message says TLS-Required: No, so that what its recipients want of TLS does not count'
