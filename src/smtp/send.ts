import type { Destination, HostPolicy } from '../dane/policy.ts'
import { SMTP_LIMITS } from '../limits.ts'
import type { Mailbox } from './address.ts'
import { type Attempt, attempt, type UsableHost } from './attempt.ts'
import type { CheckedSettings } from './connection-settings.ts'
import type { Message } from './message.ts'
import type { DeliveryAttempt, DeliveryOutcome, Verdict } from './outcome.ts'
import { verdictForDomain } from './probe.ts'
import type { RecipientResult } from './transaction.ts'

/** One recipient and his place in the caller's list. */
export interface Recipient {
  readonly index: number
  readonly mailbox: Mailbox
}

export interface SendOptions {
  readonly destination: Destination
  readonly from: Mailbox | null
  readonly recipients: readonly Recipient[]
  readonly message: Message
  readonly requireDane: boolean
  readonly settings: CheckedSettings
}

/**
 * Delivers to the hosts of one destination, in order, each address in order, until every recipient has a last word
 * or there is nothing left to try. Gives the outcomes by the recipients' places.
 */
export async function sendTo(options: SendOptions): Promise<Map<number, DeliveryOutcome>> {
  const { destination, settings } = options
  const fates = options.recipients.map((recipient) => new Fate(recipient))
  const open = (): Fate[] => fates.filter((fate) => !fate.decided)

  if (destination.none !== null) {
    const { permanent, code, enhanced, text, kind } = destination.none
    const outcome = permanent ? 'rejected' : 'deferred'
    const verdict = kind === 'mx-failed' ? 'refused' : 'unreachable'
    for (const fate of fates) fate.settle({ outcome, final: true, code, enhanced, text }, null, verdict)
  }
  for (const host of destination.hosts.slice(0, SMTP_LIMITS.hosts.max)) {
    const obstacle = obstacleTo(host, options.requireDane)
    if (obstacle !== null) {
      for (const fate of open()) fate.passOver(host, obstacle)
      continue
    }
    let addresses = host.addresses.slice(0, SMTP_LIMITS.addressesPerHost.max)
    while (addresses.length > 0) {
      const some = open()
      if (some.length === 0 || settings.signal?.aborted === true) break
      const envelope = { from: options.from, to: some.map(({ recipient }) => recipient.mailbox) }
      const made = await attempt(host as UsableHost, addresses, { envelope, message: options.message }, settings)
      for (const [place, fate] of some.entries()) fate.take(host, made, made.session.recipients[place]!)
      const tried = [made.connection, ...made.unreached].map(({ address }) => address)
      addresses = addresses.filter((address) => !tried.includes(address))
    }
  }
  return new Map(fates.map((fate) => [fate.recipient.index, fate.outcome(settings.signal?.aborted === true)]))
}

/** Why no connection to a host is to be made, or null. */
interface Obstacle {
  readonly verdict: Verdict
  readonly enhanced: string
  readonly text: string
}

function obstacleTo(host: HostPolicy, requireDane: boolean): Obstacle | null {
  if (host.level === 'defer') {
    // X.7.5 for a failed TLSA lookup as in Postfix, X.4.3 for one of an address.
    const enhanced = host.tlsaBase === null ? '4.4.3' : '4.7.5'
    return { verdict: 'refused', enhanced, text: host.reason.text }
  }
  if (requireDane && host.level !== 'dane') {
    const why = host.level === 'may' ? host.why : 'none of its TLSA records is usable'
    return { verdict: 'refused', enhanced: '4.7.4', text: `DANE is required and does not apply: ${why}` }
  }
  if (requireDane && !host.mxSecure) {
    const text = 'DANE is required, and the name of the host comes from an insecure MX lookup'
    return { verdict: 'refused', enhanced: '4.7.4', text }
  }
  if (host.addresses.length === 0) {
    return { verdict: 'unreachable', enhanced: '4.4.4', text: 'the host has no address' }
  }
  return null
}

/** What has become of one recipient so far. */
class Fate {
  readonly recipient: Recipient
  readonly #attempts: DeliveryAttempt[] = []
  #best: { result: RecipientResult; host: HostPolicy | null; verdict: Verdict } | undefined
  #onlyRejected = true

  constructor(recipient: Recipient) {
    this.recipient = recipient
  }

  get decided(): boolean {
    return this.#best?.result.final === true
  }

  /** Takes in what a connection came to. */
  take(host: HostPolicy, made: Attempt, result: RecipientResult): void {
    const verdict = verdictForDomain(made.verdict, host)
    const at = { host: hostText(host), level: host.level }
    for (const unreached of made.unreached) this.#attempts.push({ ...unreached, ...at, verdict: 'unreachable' })
    this.#attempts.push({ ...made.connection, ...at, verdict })
    this.settle(result, host, verdict)
  }

  /** Takes in that a host was not tried. */
  passOver(host: HostPolicy, { verdict, enhanced, text }: Obstacle): void {
    this.#attempts.push({
      host: hostText(host),
      level: host.level,
      address: null,
      port: host.port,
      answered: false,
      starttls: false,
      protocol: null,
      cipher: null,
      authenticated: false,
      matched: null,
      verdict,
      error: text,
    })
    this.settle({ outcome: 'deferred', final: false, code: null, enhanced, text }, host, verdict)
  }

  settle(result: RecipientResult, host: HostPolicy | null, verdict: Verdict): void {
    if (result.outcome !== 'rejected') this.#onlyRejected = false
    const better = this.#best === undefined || weight(result, verdict) >= weight(this.#best.result, this.#best.verdict)
    if (result.final || better) this.#best = { result, host, verdict }
  }

  outcome(aborted: boolean): DeliveryOutcome {
    const { result, host, verdict } = this.#best ?? NOTHING_TRIED
    const cancelled = aborted && !result.final
    // Refused for what one host lacks, while another could not be asked: a later try may find that one.
    const temporary = result.outcome === 'rejected' && !result.final && !this.#onlyRejected
    return {
      address: this.recipient.mailbox.given,
      outcome: temporary || cancelled ? 'deferred' : result.outcome,
      host: host === null ? null : hostText(host),
      level: host?.level ?? null,
      verdict,
      code: cancelled ? null : result.code,
      enhanced: cancelled ? '4.3.0' : temporary ? `4${result.enhanced?.slice(1) ?? '.0.0'}` : result.enhanced,
      text: cancelled ? 'cancelled by the caller' : result.text,
      attempts: this.#attempts,
    }
  }
}

/** Which of several reasons is told: that a policy was not met before what a server said, and that before silence. */
function weight(result: RecipientResult, verdict: Verdict): number {
  if (verdict === 'refused') return 3
  if (result.code !== null) return 2
  return verdict === 'unreachable' ? 0 : 1
}

function hostText({ host }: HostPolicy): string {
  return host.toCanonicalString()
}

const NOTHING_TRIED = {
  result: { outcome: 'deferred', final: false, code: null, enhanced: '4.4.0', text: 'there is no host to try' },
  host: null,
  verdict: 'unreachable',
} as const
