/** One way to set up DNS and TLS for mail. */
import type { Verdict } from '../../../../src/smtp/outcome.ts'

/** What stands behind an address; see ../servers.ts. */
export type ServerKind =
  /** Leaf, intermediate and root for all the names it has. */
  | 'good'
  | 'expired'
  | 'other-name'
  /** For the name of the domain in place of the host's. */
  | 'domain-name'
  /** For `*` and the rest of the name. */
  | 'wildcard'
  | 'no-root'
  | 'no-starttls'
  | 'starttls-refused'
  | 'starttls-closed'
  | 'handshake-broken'
  | 'garbage'
  | 'tls-1.0'
  | 'anonymous'
  | 'down'

interface SetUpHost {
  readonly server: ServerKind
  /** `3 1 1` is completed so that it fits, `wrong 3 1 1` so that it does not; what has data stays. */
  readonly tlsa?: readonly string[]
}

export interface SetUp {
  /** First label of the domain. */
  readonly label: string
  /** Default `mail.test.`, which is signed and without fault; see zones.ts. */
  readonly zone?: string
  /** One sentence without a final dot. */
  readonly shows: string
  /** By their names relative to the domain, `@` for itself; with a MX record each, in this order, unless `text` is there. */
  readonly hosts?: Readonly<Record<string, SetUpHost>>
  /** Further master-file lines; `%` is the domain, and `PORT` the port. */
  readonly text?: string
  /** What both are to say. */
  readonly verdict: Verdict
  /** Where mail goes to someone else's domain: its own label. */
  readonly domain?: string
}

/** One host by the name `mx`. */
export function one(server: ServerKind, ...tlsa: string[]): Pick<SetUp, 'hosts'> {
  return { hosts: { mx: { server, tlsa } } }
}

/** The domain of the recipients, without the final dot. */
export function domainOf({ label, domain = label, zone = 'mail.test.' }: SetUp): string {
  return `${domain}.${zone.slice(0, -1)}`
}
