/** What a zone of the lab is made from, and what the lab says it shows. */
import type { KeyOptions } from '../signer/key.ts'
import type { Denial } from '../signer/sign-zone.ts'

export type ExpectedStatus = 'secure' | 'insecure' | 'bogus' | 'indeterminate'
export type ExpectedLevel = 'dane' | 'encrypt' | 'may' | 'defer'
/** Of one host, and of a domain. */
export type ExpectedVerdict = 'verified' | 'encrypted' | 'cleartext' | 'refused' | 'unreachable'

/** A recipient domain, and what a DANE sender must find there (RFC 7672). Names are written without the final dot. */
export interface LabDomain {
  readonly domain: string
  /** One sentence without a final dot. */
  readonly shows: string
  /** Of the MX lookup; the RCODE where the status is secure or insecure. */
  readonly mx: { readonly status: ExpectedStatus; readonly rcode?: 'NOERROR' | 'NXDOMAIN' }
  /** In delivery order; empty where there is none to try. */
  readonly hosts: readonly LabDomainHost[]
  readonly verdict: ExpectedVerdict
}

interface LabDomainHost {
  readonly host: string
  readonly level: ExpectedLevel
  readonly verdict: ExpectedVerdict
}

/** A question, and what a validator must answer. */
export interface LabQuestion {
  readonly name: string
  readonly type: string
  /** One sentence without a final dot. */
  readonly shows: string
  readonly status: ExpectedStatus
  /** Of secure and insecure answers. */
  readonly rcode?: 'NOERROR' | 'NXDOMAIN'
}

/** A mail host with an address and a server of its own; it stands in the zone that declares it. */
export interface LabMailHost {
  readonly host: string
  /**
   * TLSA records at port 25: `3 1 1` is made to fit what the host presents, `2 …` the root above it, and RDATA with
   * data is taken as it stands.
   */
  readonly tlsa?: readonly string[]
  /** Default `authority`: a leaf below an intermediate below the lab's root, all three sent. */
  readonly certificate?: 'authority' | 'root-not-sent' | 'other-name' | 'expired' | 'self-signed'
  /** `hidden`: the host does not offer STARTTLS. */
  readonly starttls?: 'hidden'
}

/** TLSA RDATA in presentation form that fits a host, for `text`. */
export type TlsaText = (host: string, parameters: string) => string

export interface LabZone {
  readonly apex: string
  /**
   * Records in master-file form, besides SOA, NS, the name server's address, what delegates child zones, and the
   * addresses and TLSA records of `mail`. Default: one MX record for `mx`, or nothing where no mail host is declared.
   */
  readonly text?: string | ((tlsa: TlsaText) => string)
  readonly mail?: readonly LabMailHost[]
  /** Default: one P-256 key that signs all. */
  readonly keys?: readonly KeyOptions[] | 'unsigned'
  /** Default: NSEC. */
  readonly denial?: Denial
  /** Digest types of the DS records in the parent, default 2; `wrong`: a DS of a key the zone does not have. */
  readonly ds?: readonly number[] | 'wrong'
  readonly signatures?: 'expired'
  readonly domains?: readonly LabDomain[]
  readonly questions?: readonly LabQuestion[]
}

/** A domain with one host that is verified: what most of the lab's domains are. */
export function verified(domain: string, shows: string, host = `mx.${domain}`): LabDomain {
  return {
    domain,
    shows,
    mx: { status: 'secure', rcode: 'NOERROR' },
    hosts: [{ host, level: 'dane', verdict: 'verified' }],
    verdict: 'verified',
  }
}

/** A domain with one host, whatever comes of it. */
export function oneHost(
  domain: string,
  shows: string,
  status: ExpectedStatus,
  level: ExpectedLevel,
  verdict: ExpectedVerdict,
  host = `mx.${domain}`,
): LabDomain {
  return { domain, shows, mx: { status, rcode: 'NOERROR' }, hosts: [{ host, level, verdict }], verdict }
}
