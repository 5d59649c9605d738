import { type DiscoverOptions, discover } from '../dane/destination.ts'
import type { Lookup } from '../dane/lookup.ts'
import type { Destination } from '../dane/policy.ts'
import type { TlsaSettings } from '../dane/usability.ts'
import { type Mailbox, parseMailbox, parseReversePath } from './address.ts'
import { type ConnectionSettings, checkSettings } from './connection-settings.ts'
import { Message } from './message.ts'
import type { DeliveryOutcome } from './outcome.ts'
import { type Recipient, sendTo } from './send.ts'

/** A message with its envelope. */
export interface OutgoingMessage {
  /** The reverse-path; null or `<>` for a delivery report. */
  readonly from: string | null
  readonly to: string | readonly string[]
  /** Header and body; see `Message.parse` for what is taken. */
  readonly content: Message | Uint8Array | string
}

export interface DeliverOptions extends ConnectionSettings {
  /** Where all recipients are delivered to, whatever their domains; as `discover` gives it. */
  readonly policy?: Destination
  /** Without `policy`: what finds the hosts of each recipient's domain. */
  readonly resolver?: Lookup
  /** For finding the hosts. */
  readonly discovery?: Omit<DiscoverOptions, 'signal' | keyof TlsaSettings>
  /** In place of the message's own. */
  readonly from?: string | null
  readonly to?: string | readonly string[]
  /** Mandatory DANE: only to hosts that are authenticated and whose name is secure; everything else is deferred. */
  readonly requireDane?: boolean
}

/**
 * Delivers a message to each recipient's hosts, in order, as RFC 7672 has it: at the level `dane` to an authenticated
 * host or not at all, at `encrypt` over TLS or not at all, else as well as the host can.
 *
 * What hosts say and what the network does is in the outcomes, one for each recipient in their order, also after
 * `signal` was raised: who is not yet delivered to is then deferred.
 *
 * @param message content and envelope in one, or the content alone with `from` and `to` among the options
 * @throws {TypeError | RangeError} that names the option which is not what it should be
 * @throws {DanelawError} `bad-mailbox`, `bad-message`; what the resolver throws. Nothing has been sent then.
 */
export async function deliver(
  message: OutgoingMessage | Message | Uint8Array | string,
  options: DeliverOptions = {},
): Promise<DeliveryOutcome[]> {
  const settings = checkSettings(options)
  const whole = 'content' in Object(message) && !(message instanceof Message) ? (message as OutgoingMessage) : undefined
  const content = whole === undefined ? (message as Message | Uint8Array | string) : whole.content
  const from = sender(options.from === undefined ? whole?.from : options.from)
  const to = recipients(options.to ?? whole?.to)
  const parsed = content instanceof Message ? content : Message.parse(content)
  const requireDane = options.requireDane ?? false

  // Everything is known before anything is sent, so that what throws leaves nothing half done.
  const parts = await destinations(to, options, settings.tlsa)
  const outcomes = new Array<DeliveryOutcome>(to.length)
  for (let first = 0; first < parts.length; first += SIDE_BY_SIDE) {
    await Promise.all(
      parts.slice(first, first + SIDE_BY_SIDE).map(async ({ destination, recipients: some }) => {
        const results = await sendTo({ destination, from, recipients: some, message: parsed, requireDane, settings })
        for (const [index, outcome] of results) outcomes[index] = outcome
      }),
    )
  }
  return outcomes
}

interface Part {
  readonly destination: Destination
  readonly recipients: readonly Recipient[]
}

async function destinations(to: readonly Recipient[], options: DeliverOptions, tlsa: TlsaSettings): Promise<Part[]> {
  const { policy, resolver, signal } = options
  if (policy !== undefined) return [{ destination: policy, recipients: to }]
  if (resolver === undefined) throw new TypeError('policy: neither a policy nor a resolver to find one with')
  const discovery = {
    ...options.discovery,
    ...(signal === undefined ? {} : { signal }),
    ...tlsa,
  }
  const byNextHop = new Map<string, Recipient[]>()
  for (const recipient of to) {
    const hop = nextHop(recipient.mailbox)
    const same = byNextHop.get(hop)
    if (same === undefined) byNextHop.set(hop, [recipient])
    else same.push(recipient)
  }
  return await Promise.all(
    [...byNextHop].map(async ([hop, some]) => ({
      destination: await discover(resolver, hop, discovery),
      recipients: some,
    })),
  )
}

/** As `discover` reads it. */
function nextHop({ domain }: Mailbox): string {
  return domain.kind === 'domain' ? domain.name.toCanonicalString() : `[${domain.address}]`
}

function sender(from: unknown): Mailbox | null {
  if (from === null) return null
  if (typeof from !== 'string') throw new TypeError('from: no sender; the null reverse-path is null')
  return parseReversePath(from)
}

function recipients(to: unknown): Recipient[] {
  const list: readonly unknown[] = typeof to === 'string' ? [to] : Array.isArray(to) ? to : []
  if (list.length === 0) throw new TypeError('to: no recipient')
  return list.map((address, index) => {
    if (typeof address !== 'string') throw new TypeError(`to[${index}]: not a mail address`)
    return { index, mailbox: parseMailbox(address) }
  })
}

/** Destinations delivered to at a time. */
const SIDE_BY_SIDE = 8
