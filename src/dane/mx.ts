import type { SecureAnswer, InsecureAnswer, ValidatedAnswer } from '../dnssec/status.ts'
import { Rcode } from '../wire/codes/rcode.ts'
import { Name } from '../wire/name.ts'
import { type Mx, readMx } from '../wire/rdata/target.ts'
import { type FailedLookup, readAnswer } from './lookup.ts'
import { addressInName } from './next-hop.ts'

/** A host that takes mail for a domain. */
export interface MailHost {
  readonly host: Name
  readonly preference: number | null
}

/** What an MX lookup says (RFC 5321 section 5.1). */
export type MxResult =
  | FailedLookup
  | { readonly kind: 'no-domain'; readonly answer: SecureAnswer | InsecureAnswer }
  | { readonly kind: 'null-mx'; readonly answer: SecureAnswer | InsecureAnswer }
  /** No MX records: the domain is its own host. */
  | { readonly kind: 'implicit'; readonly answer: SecureAnswer | InsecureAnswer; readonly host: Name }
  /** In the order of preference, equal ones in the order received. Empty where no record names a host. */
  | { readonly kind: 'hosts'; readonly answer: SecureAnswer | InsecureAnswer; readonly hosts: readonly MailHost[] }

export function readMxAnswer(validated: ValidatedAnswer): MxResult {
  const result = readAnswer(validated, readMx)
  if (result.kind === 'failed') return result
  const { answer, records } = result
  if (answer.rcode === Rcode.NXDOMAIN) return { kind: 'no-domain', answer }
  // A name reached by CNAME is processed as if it had been the first (RFC 5321 section 5.1).
  if (records.length === 0) return { kind: 'implicit', answer, host: answer.canonicalName }
  // "." is no host beside others, and alone it says that the domain takes no mail (RFC 7505 section 3).
  const hosts = distinct(records.filter(({ exchange }) => !exchange.isRoot))
  if (hosts.length === 0 && records.every(({ preference }) => preference === 0)) return { kind: 'null-mx', answer }
  return { kind: 'hosts', answer, hosts }
}

/** Puts hosts of one preference in random order (RFC 5321 section 5.1). `random` gives numbers from 0 up to 1. */
export function spread(hosts: readonly MailHost[], random: () => number): MailHost[] {
  if (hosts.length < 2) return [...hosts]
  const keyed = hosts.map((host) => ({ host, key: random() }))
  return keyed
    .sort((a, b) => (a.host.preference ?? 0) - (b.host.preference ?? 0) || a.key - b.key)
    .map(({ host }) => host)
}

/** What this system goes by. */
export interface Self {
  readonly names: readonly Name[]
  /** As `formatIpv4` and `formatIpv6` have them. */
  readonly addresses: ReadonlySet<string>
}

export function readSelf(given: readonly (string | Name)[]): Self {
  const names = given.map((each) => (typeof each === 'string' ? Name.parse(each) : each))
  return { names, addresses: new Set(names.flatMap((name) => addressInName(name) ?? [])) }
}

/** `localhost` is this system wherever it stands (RFC 6761 section 6.3). */
export function isSelf(host: Name, self: Self): boolean {
  return host.isAtOrBelow(LOCALHOST) || self.names.some((name) => name.equals(host))
}

/** Leaves out this system and everything not better, so that mail does not go in circles (RFC 5321 section 5.1). */
export function betterThanSelf<Host extends { readonly preference: number | null }>(
  hosts: readonly Host[],
  isOwn: (host: Host) => boolean,
): readonly Host[] {
  const own = hosts.filter(isOwn)
  if (own.length === 0) return hosts
  const best = Math.min(...own.map(({ preference }) => preference ?? 0))
  return hosts.filter(({ preference }) => (preference ?? 0) < best)
}

/** One entry a host, under its best preference. */
function distinct(records: readonly Mx[]): MailHost[] {
  const hosts = new Map<string, MailHost>()
  for (const { exchange, preference } of [...records].sort((a, b) => a.preference - b.preference)) {
    if (!hosts.has(exchange.key)) hosts.set(exchange.key, { host: exchange, preference })
  }
  return [...hosts.values()]
}

const LOCALHOST = Name.parse('localhost.')
