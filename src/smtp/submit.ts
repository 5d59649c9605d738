import { discoverSubmission } from '../dane/submission.ts'
import type { NoSubmission } from '../dane/policy.ts'
import { parseMailbox, parseReversePath } from './address.ts'
import { type DeliverOptions, deliver, type OutgoingMessage, type Relay } from './delivery.ts'
import type { DeliveryOutcome } from './outcome.ts'
import { submissionSettings } from './submission.ts'

export interface SubmitOptions
  extends Omit<DeliverOptions, 'policy' | 'policies' | 'relay' | 'from' | 'to' | 'mtaSts'> {
  readonly resolver: NonNullable<DeliverOptions['resolver']>
  /** Whose server for submission is used; default: the domain of the sender. */
  readonly domain?: string
  readonly credentials?: Relay['credentials']
}

/**
 * Hands a message to the server for submission of a domain, found by `discoverSubmission`: to the first that takes it
 * for anybody. Each has to prove who it is before it hears anything, credentials included. Credentials that one server
 * refuses are shown to no other. That no server is found defers the message, whatever the reason: nothing is wrong with
 * the message.
 *
 * @returns the outcome for each recipient, with the attempts at all servers
 * @throws as `deliver`; {TypeError} where there is no sender to take the domain from
 */
export async function submit(message: OutgoingMessage, options: SubmitOptions): Promise<DeliveryOutcome[]> {
  const { domain = domainOf(message.from), credentials, ...settings } = options
  const { resolver, signal, onOutcome, digests, pkix } = settings
  const found = await discoverSubmission(resolver, domain, {
    ...(signal !== undefined && { signal }),
    ...(digests !== undefined && { digests }),
    ...(pkix !== undefined && { pkix }),
  })
  const to = typeof message.to === 'string' ? [message.to] : message.to
  if (found.none !== null) return to.map((address) => nowhere(address, found.none!))
  let outcomes: DeliveryOutcome[] = []
  let isSettled = false
  for (const own of submissionSettings(found, credentials)) {
    const before = outcomes
    const made = await deliver(message, {
      ...settings,
      ...own,
      // A last word: of what was put off, that the server may have taken it all the same (RFC 1047).
      onOutcome: (index, outcome) => {
        isSettled = true
        onOutcome?.(index, outcome)
      },
    })
    outcomes = made.map((outcome, index) => {
      const attempts = [...(before[index]?.attempts ?? []), ...outcome.attempts]
      return { ...outcome, attempts }
    })
    const isOver = outcomes.some(({ outcome, failure }) => outcome !== 'deferred' || failure === 'auth-rejected')
    if (isSettled || isOver || signal?.aborted === true) break
  }
  return outcomes
}

function domainOf(from: string | null): string {
  const domain = from === null ? undefined : parseReversePath(from)?.domain
  if (domain?.kind !== 'domain') throw new TypeError('domain: the sender has none')
  return domain.name.toCanonicalString()
}

function nowhere(address: string, { kind, text }: NoSubmission): DeliveryOutcome {
  const isFailed = kind === 'lookup-failed'
  return {
    address: parseMailbox(address).given,
    outcome: 'deferred',
    host: null,
    level: null,
    verdict: isFailed ? 'refused' : 'unreachable',
    code: null,
    // X.4.3: the directory failed; X.4.4: unable to route (RFC 3463 section 3.5).
    enhanced: isFailed ? '4.4.3' : '4.4.4',
    text,
    failure: isFailed ? kind : kind === 'no-address' ? kind : 'policy',
    policy: { level: 'secure', from: 'SRV', notes: [] },
    retry: null,
    attempts: [],
  }
}
