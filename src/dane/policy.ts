import type { Failure, Status } from '../dnssec/status.ts'
import type { Name } from '../wire/name.ts'
import type { Tlsa } from '../wire/rdata/tlsa.ts'

/**
 * A TLSA record and whether a verifier can use it (RFC 6698 section 4.1, RFC 7671 section 4). `tlsa` is null for
 * RDATA too short to hold the three numbers; such a record is never usable.
 */
export type JudgedTlsa =
  | { readonly tlsa: Tlsa; readonly usable: true; readonly why: null }
  /** `why` is one sentence for a person, without a final dot. */
  | { readonly tlsa: Tlsa | null; readonly usable: false; readonly why: string }

interface HostBase {
  /** The MX host, the configured relay, or the address literal's text as a name. */
  readonly host: Name
  /** Of the MX record; null for a relay, an address literal and an implicit MX. */
  readonly preference: number | null
  readonly port: number
  /** TLS from the first octet, without STARTTLS (RFC 8314 section 3). */
  readonly implicitTls?: true
  /** In the order to try them; empty where the host has none or they could not be found out. */
  readonly addresses: readonly string[]
  /** Weakest status among the address lookups that gave addresses, or the failure where none did. */
  readonly addressStatus: Status
  /** Whether the way from the recipient's domain to this host is secure; without it, nothing is verified for the domain. */
  readonly mxSecure: boolean
  /** Seconds until what decides here is asked for anew: the TLSA records, or the addresses where none are due. */
  readonly ttl?: number
}

/** Usable secure TLSA records: authenticate or do not deliver (RFC 7672 section 2.2). */
export interface DanePolicy extends HostBase {
  readonly level: 'dane'
  /** Where the records stand; the name for SNI, in lower case and without the final dot. */
  readonly tlsaBase: Name
  readonly tlsaStatus: 'secure'
  /** At least one is usable. */
  readonly tlsa: readonly JudgedTlsa[]
  /** The names a certificate under DANE-TA(2) may carry, the TLSA base domain first (RFC 7672 section 3.2.2). */
  readonly referenceIdentifiers: readonly Name[]
}

/** Secure TLSA records, none to be authenticated with: TLS is a must (RFC 7672 section 2.2, RFC 7671 section 10.1). */
export interface EncryptPolicy extends HostBase {
  readonly level: 'encrypt'
  readonly tlsaBase: Name
  readonly tlsaStatus: 'secure'
  readonly tlsa: readonly JudgedTlsa[]
}

/** No secure TLSA records: opportunistic TLS. */
export interface MayPolicy extends HostBase {
  readonly level: 'may'
  /** The last name asked, or null where no TLSA question is due. */
  readonly tlsaBase: Name | null
  /** `secure` says that absence is proven. */
  readonly tlsaStatus: Status | null
  /** Insecure records, for display alone. */
  readonly tlsa: readonly JudgedTlsa[]
  /** Why DANE does not apply, one sentence without a final dot. */
  readonly why: string
}

/** A lookup failed or was bogus: the host must not be used (RFC 7672 section 2.1.2). */
export interface DeferPolicy extends HostBase {
  readonly level: 'defer'
  /** The name whose TLSA lookup failed, or null where it did not come to that. */
  readonly tlsaBase: Name | null
  readonly tlsaStatus: Status | null
  readonly reason: Failure
}

/** What RFC 7672 section 2.2 says about one host. */
export type HostPolicy = DanePolicy | EncryptPolicy | MayPolicy | DeferPolicy

/** Why a destination cannot be delivered to whatever its hosts do. */
export interface NoHosts {
  readonly kind: 'no-domain' | 'null-mx' | 'no-address' | 'mx-failed' | 'loop'
  /** Whether the sender is to be told now rather than after retries. */
  readonly permanent: boolean
  /** Reply code for a submitter: 556 for a null MX (RFC 7505 section 4), 550 or 451. */
  readonly code: number
  /** Enhanced status code (RFC 3463). */
  readonly enhanced: string
  /** One sentence for a person, without a final dot. */
  readonly text: string
}

/** What the DNS says about delivery to one next hop. */
export interface Destination {
  /** The next hop as it was asked for. */
  readonly domain: Name
  /** How its hosts were found. */
  readonly via: 'mx' | 'implicit-mx' | 'relay' | 'address-literal'
  /** The MX lookup. Without one, a configured name counts as secure (RFC 7672 section 2.2.2), an address as insecure. */
  readonly mx: { readonly status: Status; readonly rcode: number; readonly reason: Failure | null }
  /** In delivery order. */
  readonly hosts: readonly HostPolicy[]
  /** Null where some host may be worth a try. Hosts without an address are still listed where the kind is `no-address`. */
  readonly none: NoHosts | null
}

/** A server that no usable secure TLSA record is about, and that must be authenticated all the same (RFC 7673 section 4.1). */
export interface PkixPolicy extends HostBase {
  readonly level: 'pkix'
  /**
   * The names of which the server's certificate, by an authority that is known, must have one. The first is the name for
   * SNI, in lower case and without the final dot.
   */
  readonly referenceIdentifiers: readonly Name[]
  readonly tlsaBase: Name | null
  readonly tlsaStatus: Status | null
  readonly tlsa: readonly JudgedTlsa[]
  /** Why DANE does not apply, one sentence without a final dot. */
  readonly why: string
}

/**
 * What one server for submission owes. With `implicitTls` TLS starts at once, without it STARTTLS is a must; its
 * `preference` is the priority of the SRV record, and `mxSecure` says whether that record is secure.
 */
export type SubmissionPolicy = DanePolicy | PkixPolicy | DeferPolicy

/** An SRV lookup, and what came of it. */
export interface SubmissionService {
  readonly service: 'submissions' | 'submission'
  /** Where its SRV records stand. */
  readonly owner: Name
  readonly found: 'targets' | 'absent' | 'not-offered' | 'failed'
  readonly status: Status
  readonly rcode: number
  readonly reason: Failure | null
}

/** Why there is no server to submit mail to. */
export interface NoSubmission {
  /** `not-offered`: the domain says that there is none; `no-service`: it says nothing. */
  readonly kind: 'not-offered' | 'no-service' | 'no-address' | 'lookup-failed'
  /** Whether a later try is of no use. */
  readonly permanent: boolean
  /** One sentence for a person, without a final dot. */
  readonly text: string
}

/** What the DNS says about submission of mail by users of a domain. */
export interface SubmissionDestination {
  readonly domain: Name
  /** In the order of preference. */
  readonly services: readonly SubmissionService[]
  /** In the order to try them. */
  readonly hosts: readonly SubmissionPolicy[]
  /** Null where some host may be worth a try. */
  readonly none: NoSubmission | null
}
