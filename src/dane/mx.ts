import type { SecureAnswer, InsecureAnswer, ValidatedAnswer } from '../dnssec/status.ts'
import { Rcode } from '../wire/codes/rcode.ts'
import { Name } from '../wire/name.ts'
import { type Mx, readMx } from '../wire/rdata/target.ts'
import { type FailedLookup, readAnswer } from './lookup.ts'

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
  const keyed = hosts.map((host) => ({ host, key: random() }))
  return keyed
    .sort((a, b) => (a.host.preference ?? 0) - (b.host.preference ?? 0) || a.key - b.key)
    .map(({ host }) => host)
}

/**
 * Leaves out this system and everything not better, so that mail does not go in circles (RFC 5321 section 5.1).
 * `localhost` is this system wherever it stands (RFC 6761 section 6.3).
 */
export function betterThanSelf(hosts: readonly MailHost[], self: readonly Name[]): readonly MailHost[] {
  const own = hosts.filter(({ host }) => host.isAtOrBelow(LOCALHOST) || self.some((name) => name.equals(host)))
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
