import type { Lookup } from '../dane/lookup.ts'
import { readNextHop } from '../dane/next-hop.ts'
import type { Destination } from '../dane/policy.ts'
import { parseMailbox, parseReversePath } from './address.ts'
import { type CheckedSettings, type ConnectionSettings, checkSettings } from './connection-settings.ts'
import type { EnvelopeDsn, RecipientDsn } from './delivery-request.ts'
import { checkEnvelope, type Envelope, type EnvelopeRecipient } from './envelope.ts'
import { Fate, type Recipient } from './fate.ts'
import { Message } from './message.ts'
import type { StsPolicies } from './mta-sts/policy.ts'
import type { DeliveryOutcome } from './outcome.ts'
import type { DestinationPolicy } from './policy/destination-policy.ts'
import { tlsRequiredNo } from './require-tls.ts'
import type { Credentials } from './sasl/credentials.ts'
import { type Policies, policyFor, policyForKnown, type Routed, type RouteOptions, routed, routeTo } from './route.ts'
import { sendTo } from './send.ts'
import type { TlsSession } from './tls-session.ts'

/** A message with its envelope. */
export interface OutgoingMessage {
  /** The reverse-path; null or `<>` for a delivery report. */
  readonly from: string | null
  readonly to: string | readonly string[]
  /** Header and body; see `Message.parse` for what is taken. */
  readonly content: Message | Uint8Array | string
  /**
   * REQUIRETLS (RFC 8689): true sends to hosts alone that are known for certain, authenticated, and take it upon
   * themselves; `where-offered` asks for it where it is to be had.
   */
  readonly requireTls?: boolean | 'where-offered'
  /** What the sender asks of delivery reports (RFC 3461), for all recipients and by the addresses of single ones. */
  readonly dsn?: EnvelopeDsn & { readonly recipients?: ReadonlyMap<string, RecipientDsn> }
}

/** A host that all mail goes to, such as a provider's for submission. */
export interface Relay {
  /** `[smtp.example.net]:587`, in brackets without an MX lookup; or a domain with MX hosts. */
  readonly nextHop: string
  /** TLS from the first octet on (RFC 8314 section 3); default: STARTTLS. */
  readonly implicitTls?: boolean
  /** For AUTH. They go to a host that is authenticated and whose name is secure, and else nothing is sent. */
  readonly credentials?: Credentials
}

export interface DeliverOptions extends ConnectionSettings {
  /** Where all recipients are delivered to, whatever their domains; as `discover` gives it. */
  readonly policy?: Destination
  /** Without `policy`: what finds the hosts of each recipient's domain. */
  readonly resolver?: Lookup
  /** What is configured for single destinations; default: RFC 7672 and nothing else. */
  readonly policies?: Policies
  /** MTA-STS, which counts where DANE is proven not to apply (RFC 8461); default: none. */
  readonly mtaSts?: StsPolicies
  /** Where all mail is handed over, whatever its recipients' domains; what is configured for this host then holds. */
  readonly relay?: Relay
  /** For finding the hosts. */
  readonly discovery?: RouteOptions['discovery']
  /** In place of the message's own. */
  readonly from?: string | null
  readonly to?: OutgoingMessage['to']
  /** Mandatory DANE: only to hosts that are authenticated and whose name is secure; everything else is deferred. */
  readonly requireDane?: boolean
  /**
   * Told of what each connection, and each host that is passed over, says about TLS (RFC 8460), where what recipients
   * publish counts: under the levels `dane`, `dane-only` and `audit`.
   */
  readonly onTlsSession?: (session: TlsSession) => void
  /**
   * Told of a recipient's last word as soon as there is one, by his place, while others are still being tried. Whoever
   * keeps a queue writes it down there and then.
   */
  readonly onOutcome?: (index: number, outcome: DeliveryOutcome) => void
}

/**
 * Delivers a message to each recipient's hosts, in order, as RFC 7672 has it: at the level `dane` to an authenticated
 * host or not at all, at `encrypt` over TLS or not at all, else as well as the host can; or as the policies say.
 *
 * What hosts say and what the network does is in the outcomes, one for each recipient in their order, also after
 * `signal` was raised: who is not yet delivered to is then deferred. What fails for some of the recipients defers them
 * and takes nothing from the others.
 *
 * @param message content and envelope in one, or the content alone with `from` and `to` among the options
 * @throws {TypeError | RangeError} that names the option which is not what it should be
 * @throws {DanelawError} `bad-mailbox`, `bad-message`; what the resolver throws where it does so for every recipient.
 *   Nothing has been sent then.
 */
export async function deliver(
  message: OutgoingMessage | Message | Uint8Array | string,
  options: DeliverOptions = {},
): Promise<DeliveryOutcome[]> {
  const settings = withRelay(checkSettings(options), options)
  const whole = 'content' in Object(message) && !(message instanceof Message) ? (message as OutgoingMessage) : undefined
  const content = whole === undefined ? (message as Message | Uint8Array | string) : whole.content
  const from = sender(options.from === undefined ? whole?.from : options.from)
  const to = recipients(options.to ?? whole?.to, whole?.dsn?.recipients)
  const requireTls = readRequireTls(whole?.requireTls)
  const envelope: Omit<Envelope, 'to'> = { from, requireTls, ...(whole?.dsn !== undefined && { dsn: whole.dsn }) }
  checkEnvelope({ ...envelope, to: to.map(({ mailbox }) => mailbox) })
  const parsed = content instanceof Message ? content : Message.parse(content)

  // Everything is known before anything is sent, so that what throws leaves nothing half done.
  const parts = await findParts(to, requireTls === true, options, settings)
  const outcomes = new Array<DeliveryOutcome>(to.length)
  const about = { envelope, message: parsed, tlsRequiredNo: tlsRequiredNo(parsed), settings }
  for (let first = 0; first < parts.length; first += SIDE_BY_SIDE) {
    await Promise.all(
      parts.slice(first, first + SIDE_BY_SIDE).map(async ({ recipients: some, found }) => {
        const results =
          found instanceof Lost
            ? found.outcomes(some, settings)
            : await sendTo({
                ...about,
                ...found,
                recipients: some,
                onTlsSession: options.onTlsSession,
                onOutcome: options.onOutcome,
              })
        for (const [index, outcome] of results) outcomes[index] = outcome
      }),
    )
  }
  return outcomes
}

function withRelay(settings: CheckedSettings, { relay, policy }: DeliverOptions): CheckedSettings {
  if (relay === undefined) return settings
  if (policy !== undefined) throw new TypeError('relay: excludes policy, which says where to deliver to')
  if (typeof relay.nextHop !== 'string') throw new TypeError('relay.nextHop: no next hop')
  readNextHop(relay.nextHop)
  return { ...settings, relay: { implicitTls: relay.implicitTls ?? false, credentials: relay.credentials } }
}

interface Part {
  readonly recipients: readonly Recipient[]
  readonly found: Routed | Lost
}

/** Recipients whose hosts could not be looked for. */
class Lost {
  readonly reason: unknown
  readonly #policy: DestinationPolicy

  constructor(reason: unknown, policy: DestinationPolicy) {
    this.reason = reason
    this.#policy = policy
  }

  outcomes(recipients: readonly Recipient[], { signal }: CheckedSettings): [number, DeliveryOutcome][] {
    const { level, from } = this.#policy
    const what = this.reason instanceof Error ? this.reason.message : String(this.reason)
    return recipients.map((recipient) => {
      const fate = new Fate(recipient, { level, from, notes: [] })
      if (signal?.aborted !== true) fate.broken(`the hosts could not be looked for: ${what}`)
      return [recipient.index, fate.outcome(signal?.aborted === true)]
    })
  }
}

async function findParts(
  to: readonly Recipient[],
  requireTls: boolean,
  options: DeliverOptions,
  settings: CheckedSettings,
): Promise<Part[]> {
  const { policy: destination, resolver, mtaSts, discovery, signal } = options
  const common = { mtaSts, requireTls, signal }
  if (destination !== undefined) {
    const policy = policyForKnown(destination, options)
    return [{ recipients: to, found: await routed(destination, policy, common) }]
  }
  if (resolver === undefined) throw new TypeError('policy: neither a policy nor a resolver to find one with')
  const parts = await Promise.all(
    groups(to, options).map(async ({ hop, policy, recipients: some }): Promise<Part> => {
      try {
        const found = await routeTo(hop, policy, { ...common, resolver, discovery, tlsa: settings.tlsa })
        return { recipients: some, found }
      } catch (error) {
        return { recipients: some, found: new Lost(error, policy) }
      }
    }),
  )
  const lost = parts.flatMap(({ found }) => (found instanceof Lost ? [found] : []))
  if (lost.length === parts.length && signal?.aborted !== true) throw lost[0]!.reason
  return parts
}

interface Group {
  readonly hop: string
  readonly policy: DestinationPolicy
  readonly recipients: Recipient[]
}

/** Recipients go together where both the next hop and what is configured for it are one and the same. */
function groups(to: readonly Recipient[], options: DeliverOptions): Group[] {
  const byDomain = new Map<string, DestinationPolicy>()
  const found: Group[] = []
  for (const recipient of to) {
    const own = options.relay?.nextHop ?? nextHop(recipient.mailbox)
    const policy = byDomain.get(own) ?? ownPolicy(own, options)
    byDomain.set(own, policy)
    const hop = policy.relay ?? own
    const same = found.find((group) => group.hop === hop && group.policy === policy)
    if (same === undefined) found.push({ hop, policy, recipients: [recipient] })
    else same.recipients.push(recipient)
  }
  return found
}

/** Credentials are for the relay that they were given with, whatever next hop a policy has in its place. */
function ownPolicy(hop: string, options: DeliverOptions): DestinationPolicy {
  const policy = policyFor(hop, options)
  return options.relay === undefined ? policy : { ...policy, relay: null }
}

/** As `discover` reads it. */
function nextHop({ domain }: EnvelopeRecipient): string {
  return domain.kind === 'domain' ? domain.name.toCanonicalString() : `[${domain.address}]`
}

function sender(from: unknown): EnvelopeRecipient | null {
  if (from === null) return null
  if (typeof from !== 'string') throw new TypeError('from: no sender; the null reverse-path is null')
  return parseReversePath(from)
}

function readRequireTls(given: unknown): boolean | 'where-offered' {
  if (given === undefined || typeof given === 'boolean') return given ?? false
  if (given === 'where-offered') return given
  throw new TypeError("requireTls: neither true, false nor 'where-offered'")
}

function recipients(to: unknown, dsns: ReadonlyMap<string, RecipientDsn> | undefined): Recipient[] {
  const list: readonly unknown[] = typeof to === 'string' ? [to] : Array.isArray(to) ? to : []
  if (list.length === 0) throw new TypeError('to: no recipient')
  return list.map((address, index) => {
    if (typeof address !== 'string') throw new TypeError(`to[${index}]: not a mail address`)
    const dsn = dsns?.get(address)
    return { index, mailbox: { ...parseMailbox(address), ...(dsn !== undefined && { dsn }) } }
  })
}

/** Destinations delivered to at a time. */
const SIDE_BY_SIDE = 8
