import type { InsecureMx } from '../../dane/host.ts'
import type { Digest, PkixUsages } from '../../dane/usability.ts'

/**
 * How mail for one destination is to be protected, and where it goes. The words are Postfix's, and `dane` without any
 * setting is RFC 7672.
 */
export type DestinationPolicy = PolicyBase & TlsRule

interface PolicyBase {
  /** Where it stands, for outcomes: `FILE:LINE`, `default`, or a word of the caller's. */
  readonly from: string
  /** Next hop in place of the destination's own, as `discover` reads it: `example.net`, `[mx.example.net]:587`. */
  readonly relay: string | null
  /** TCP port of the hosts, also in the names of TLSA records; null leaves it to the next hop and the caller. */
  readonly port: number | null
  /** The least version of TLS; null where the level decides: TLS 1.2 where TLS is owed, else what there is. */
  readonly tlsMinimum: TlsVersion | null
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

export type TlsRule =
  /** No TLS at all, TLS where it is offered, or TLS with anybody. What the recipient's domain asks for does not count. */
  | { readonly level: 'none' | 'may' | 'encrypt' }
  /** Opportunistic DANE: what RFC 7672 section 2.2 says of each host. */
  | (DaneRule & {
      readonly level: 'dane'
      /** What becomes of a host whose TLSA records are secure and none usable; default `encrypt`, as in RFC 7672. */
      readonly unusable: UnusableRule
    })
  /** Mandatory DANE: authenticated by it, to a host whose name is secure, or not at all. */
  | { readonly level: 'dane-only'; readonly usages: PkixUsages | null }
  /** DANE as under `dane`, to see what it would do: a host that fails it gets the mail at `below`, and a notice tells. */
  | (DaneRule & { readonly level: 'audit'; readonly below: 'may' | 'encrypt' })
  | FingerprintRule
  | (PkixRule & { readonly level: 'verify' | 'secure' })

export interface DaneRule {
  /** What secure TLSA records are good for under an insecure MX; null leaves it to the caller's settings. */
  readonly insecureMx: InsecureMx | null
  /** What PKIX-TA(0) and PKIX-EE(1) are good for; null leaves it to the caller's settings. */
  readonly usages: PkixUsages | null
  /** Whether MTA-STS counts where DANE does not apply (RFC 8461), if the caller has any. */
  readonly mtaSts: boolean
  /** Unix seconds until which DNSSEC is off for this destination, so that no TLSA record counts; null: it is on. */
  readonly dnssecOffUntil: number | null
}

interface FingerprintRule {
  readonly level: 'fingerprint'
  /** The leaf has one of them. */
  readonly pins: AtLeastOne<Pin>
}

export interface PkixRule {
  /** `hostname`, `nexthop`, `dot-nexthop` (any name below it), a name, or `.name` for any name below it. */
  readonly match: AtLeastOne<string>
  /** Certificates in DER, or those this system trusts. */
  readonly authorities: readonly Uint8Array[] | 'system'
}

export type UnusableRule =
  | { readonly level: 'encrypt' }
  | { readonly level: 'defer' }
  | FingerprintRule
  | (PkixRule & { readonly level: 'secure' })

/** A digest of the whole certificate or of its public key (SubjectPublicKeyInfo). */
export interface Pin {
  readonly of: 'certificate' | 'spki'
  readonly digest: Digest
  readonly data: Uint8Array
}

export type AtLeastOne<T> = readonly [T, ...T[]]

/** What holds where nothing is configured. */
export const DEFAULT_POLICY: DestinationPolicy = {
  from: 'default',
  relay: null,
  port: null,
  tlsMinimum: null,
  level: 'dane',
  insecureMx: null,
  usages: null,
  mtaSts: true,
  dnssecOffUntil: null,
  unusable: { level: 'encrypt' },
}

/** Mandatory DANE in place of whatever else is configured; where the mail goes stays. */
export function daneOnly(policy: DestinationPolicy): DestinationPolicy {
  if (policy.level === 'dane-only') return policy
  const { relay, port, tlsMinimum } = policy
  const usages = policy.level === 'dane' || policy.level === 'audit' ? policy.usages : null
  return { from: 'require-dane', relay, port, tlsMinimum: owed(tlsMinimum), level: 'dane-only', usages }
}

/** Below TLS 1.2 nothing is owed that would be worth it (RFC 8996). */
function owed(minimum: TlsVersion | null): TlsVersion | null {
  return minimum === 'TLSv1.3' ? minimum : null
}
