import type { Destination, HostPolicy, JudgedTlsa } from '../dane/policy.ts'
import { toHex } from '../wire/presentation/encodings.ts'
import type { Attempt } from './attempt.ts'
import type { StsResult } from './mta-sts/policy.ts'
import type { FailureKind } from './outcome.ts'
import type { DestinationPolicy } from './policy/destination-policy.ts'
import { TLS_FAILURE_TYPES, type TlsFailure, type TlsFailureType, type TlsSession } from './tls-session.ts'

export interface TlsEventsOptions {
  readonly destination: Pick<Destination, 'domain'>
  readonly policy: DestinationPolicy
  /** What MTA-STS says; null where it was not asked. */
  readonly sts: StsResult | null
  readonly tell: ((session: TlsSession) => void) | undefined
}

/** Tells of connections and of hosts that were passed over, host by host (RFC 8460 section 4.3). */
export class TlsEvents {
  readonly #options: TlsEventsOptions

  constructor(options: TlsEventsOptions) {
    this.#options = options
  }

  attempted(host: HostPolicy, { connection, session, sendingAddress, reported }: Attempt): void {
    if (reported === undefined) return
    this.#tell(host, reported, {
      sendingAddress,
      receivingAddress: connection.address,
      receivingHelo: session.serverName,
    })
  }

  passedOver(host: HostPolicy, failure: FailureKind, text: string): void {
    if (!isTlsFailure(failure)) return
    this.#tell(host, { type: failure, text }, { sendingAddress: null, receivingAddress: null, receivingHelo: null })
  }

  #tell(
    host: HostPolicy,
    failed: TlsFailure | null,
    ends: Pick<TlsSession, 'sendingAddress' | 'receivingAddress' | 'receivingHelo'>,
  ): void {
    const { destination, policy, tell } = this.#options
    // Reports are about what the recipient's domain published; of what only we have configured it knows nothing.
    if (tell === undefined || !FOLLOWS_RECIPIENT.has(policy.level)) return
    const domain = destination.domain.toCanonicalString()
    const applied = this.#applied(host, domain, failed)
    try {
      tell({ time: new Date(), domain, host: host.host.toCanonicalString(), ...ends, ...applied })
    } catch {
      // Whoever counts is no part of the delivery, and does not stop it.
    }
  }

  /** DANE where the host has TLSA records or may have them, else MTA-STS. */
  #applied(host: HostPolicy, domain: string, failed: TlsFailure | null): Applied {
    const { sts } = this.#options
    if (host.level !== 'may' && host.tlsaBase !== null) {
      const policyDomain = host.tlsaBase.toCanonicalString()
      const policyStrings = host.level === 'defer' ? [] : host.tlsa.flatMap(recordText)
      const mxHosts = [host.host.toCanonicalString()]
      return { policyType: 'tlsa', policyDomain, policyStrings, mxHosts, failure: failed }
    }
    const none = { policyDomain: domain, policyStrings: [], mxHosts: [] }
    if (sts !== null && sts.policy !== null && sts.policy.mode !== 'none') {
      const { lines: policyStrings, mx: mxHosts } = sts.policy
      return { policyType: 'sts', policyDomain: domain, policyStrings, mxHosts, failure: failed }
    }
    if (sts !== null && sts.failure !== null) {
      const { kind: type, text } = sts.failure
      return { ...none, policyType: 'sts', failure: { type, text } }
    }
    return { ...none, policyType: 'no-policy-found', failure: failed }
  }
}

type Applied = Pick<TlsSession, 'policyType' | 'policyDomain' | 'policyStrings' | 'mxHosts' | 'failure'>

function recordText({ tlsa }: JudgedTlsa): string[] {
  return tlsa === null ? [] : [`${tlsa.usage} ${tlsa.selector} ${tlsa.matchingType} ${toHex(tlsa.data)}`]
}

function isTlsFailure(failure: FailureKind): failure is TlsFailureType {
  return (TLS_FAILURE_TYPES as readonly string[]).includes(failure)
}

const FOLLOWS_RECIPIENT: ReadonlySet<DestinationPolicy['level']> = new Set(['dane', 'dane-only', 'audit'])
