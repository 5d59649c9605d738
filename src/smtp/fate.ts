import type { HostPolicy, NoHosts } from '../dane/policy.ts'
import type { Attempt } from './attempt.ts'
import type { EnvelopeRecipient } from './envelope.ts'
import type { AppliedPolicy, DeliveryAttempt, DeliveryOutcome, FailureKind, Retry, Verdict } from './outcome.ts'
import type { Obstacle } from './policy/requirement.ts'
import { earliest, retryAtHost } from './retry.ts'
import type { RecipientResult } from './recipient-results.ts'

/** One recipient and his place in the caller's list. */
export interface Recipient {
  readonly index: number
  readonly mailbox: EnvelopeRecipient
}

/** What has become of one recipient so far. */
export class Fate {
  readonly recipient: Recipient
  readonly #policy: AppliedPolicy
  readonly #attempts: DeliveryAttempt[] = []
  readonly #retries: (Retry | null)[] = []
  #best: Settled | undefined
  #onlyRejected = true

  constructor(recipient: Recipient, policy: AppliedPolicy) {
    this.recipient = recipient
    this.#policy = policy
  }

  get decided(): boolean {
    return this.#best?.result.final === true
  }

  /** Takes in what a connection came to. */
  take(host: HostPolicy, made: Attempt, result: RecipientResult): void {
    const verdict = forDomain(made)
    const at = { host: hostText(host), level: host.level }
    for (const unreached of made.unreached) this.#attempts.push({ ...unreached, ...at, verdict: 'unreachable' })
    this.#attempts.push({ ...made.connection, ...at, verdict })
    const failure = result.outcome === 'delivered' ? null : failureOf(result, made)
    this.#retries.push(null)
    this.#settle({ result, host, verdict, failure })
  }

  /** Takes in that a host was not tried. */
  passOver(host: HostPolicy, obstacle: Obstacle, now: number): void {
    const { verdict, outcome, enhanced, text, failure } = obstacle
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
      by: null,
      matched: null,
      verdict,
      error: text,
      failure,
      notice: null,
    })
    this.#retries.push(retryAtHost(host, failure, now))
    this.#settle({ result: { outcome, final: false, code: null, enhanced, text }, host, verdict, failure })
  }

  /** Takes in that there is no host at all. */
  nowhere({ kind, permanent, code, enhanced, text }: NoHosts, retry: Retry | null): void {
    const outcome = permanent ? 'rejected' : 'deferred'
    const verdict = kind === 'mx-failed' ? 'refused' : 'unreachable'
    this.#retries.push(retry)
    this.#settle({ result: { outcome, final: true, code, enhanced, text }, host: null, verdict, failure: kind })
  }

  /** Takes in that mandatory DANE is not met by what an insecure lookup says (contract: `send --require-dane`). */
  unproven(text: string): void {
    const result = { outcome: 'deferred', final: true, code: null, enhanced: '4.7.4', text } as const
    this.#settle({ result, host: null, verdict: 'refused', failure: 'dane-required' })
  }

  /** Takes in that this program failed. Whoever is not decided is tried again later. */
  broken(text: string): void {
    if (this.decided) return
    const result = { outcome: 'deferred', final: true, code: null, enhanced: '4.3.0', text } as const
    this.#settle({ result, host: this.#best?.host ?? null, verdict: 'unreachable', failure: 'internal' })
  }

  outcome(aborted: boolean): DeliveryOutcome {
    const { result, host, verdict, failure } = this.#best ?? NOTHING_TRIED
    const cancelled = aborted && !result.final
    // Refused for what one host lacks, while another could not be asked: a later try may find that one.
    const temporary = result.outcome === 'rejected' && !result.final && !this.#onlyRejected
    const outcome = temporary || cancelled ? 'deferred' : result.outcome
    return {
      address: this.recipient.mailbox.given,
      outcome,
      host: host === null ? null : hostText(host),
      level: host?.level ?? null,
      verdict,
      code: cancelled ? null : result.code,
      enhanced: cancelled ? '4.3.0' : temporary ? `4${result.enhanced?.slice(1) ?? '.0.0'}` : result.enhanced,
      text: cancelled ? 'cancelled by the caller' : result.text,
      failure: cancelled ? 'aborted' : failure,
      policy: this.#policy,
      retry: outcome === 'deferred' && !cancelled ? earliest(this.#retries) : null,
      ...('dsn' in result && result.dsn !== undefined && { dsn: result.dsn }),
      attempts: this.#attempts,
    }
  }

  #settle(settled: Settled): void {
    const { result, verdict } = settled
    if (result.outcome !== 'rejected') this.#onlyRejected = false
    const better = this.#best === undefined || weight(result, verdict) >= weight(this.#best.result, this.#best.verdict)
    if (result.final || better) this.#best = settled
  }
}

interface Settled {
  readonly result: RecipientResult
  readonly host: HostPolicy | null
  readonly verdict: Verdict
  readonly failure: FailureKind | null
}

/** What a host's verdict is worth for the domain whose mail goes there. */
export function forDomain({ verdict, binds }: Pick<Attempt, 'verdict' | 'binds'>): Verdict {
  return verdict === 'verified' && !binds ? 'encrypted' : verdict
}

/** A reply about the recipient says more than how the conversation ended. */
function failureOf(result: RecipientResult, { connection, session }: Attempt): FailureKind {
  if (result.code !== null) return 'reply'
  if (result.outcome === 'rejected') return result.enhanced === '5.7.30' ? 'requiretls' : 'unsupported'
  return connection.failure ?? (session.failure === null ? 'protocol' : 'closed')
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
  failure: 'no-address',
} as const satisfies Settled
