import type { AliasStep, InsecureAnswer, SecureAnswer, Status, ValidatedAnswer } from '../dnssec/status.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import { readA, readAaaa } from '../wire/rdata/address.ts'
import { readTarget } from '../wire/rdata/target.ts'
import { type FailedLookup, failed, type Lookup, type LookupResult, readAnswer } from './lookup.ts'

/** In which order the two families are tried. */
export type AddressOrder = 'interleaved' | 'ipv6-first' | 'ipv4-first'

/** The addresses of a host, and under which names TLSA records are to be looked for (RFC 7672 section 2.2.2). */
export type AddressResult =
  | FailedLookup
  | { readonly kind: 'absent'; readonly status: Status; readonly ttl: number }
  | {
      readonly kind: 'found'
      readonly addresses: readonly string[]
      /** The weakest of the lookups that gave addresses. */
      readonly status: Status
      /** Seconds the addresses may be kept. */
      readonly ttl: number
      /** TLSA base domains to try in this order; empty where no TLSA question is due. */
      readonly candidates: readonly Name[]
      /** Why there is no candidate, without a final dot; empty where there is one. */
      readonly why: string
    }

export interface AddressOptions {
  readonly order: AddressOrder
  readonly limit: number
  /** `false`: nobody wants to know about TLSA records, and no question is asked for their sake. */
  readonly tlsa: boolean
  readonly query: { readonly signal?: AbortSignal }
}

/** @throws {TypeError} that names the option. */
export function readAddressOrder(order: AddressOrder = 'interleaved'): AddressOrder {
  if (ORDERS.includes(order)) return order
  throw new TypeError(`addressOrder: '${order}' is none of ${ORDERS.join(', ')}`)
}

/** Asks for A and AAAA side by side, before any TLSA question. */
export async function findAddresses(lookup: Lookup, host: Name, options: AddressOptions): Promise<AddressResult> {
  const [a, aaaa] = await Promise.all([
    lookup.query(host, RRType.A, options.query),
    lookup.query(host, RRType.AAAA, options.query),
  ])
  const ipv4 = readAnswer(a, readA)
  const ipv6 = readAnswer(aaaa, readAaaa)
  const results = [ipv6, ipv4]
  const found = results.flatMap((result) => (result.kind === 'answer' && result.records.length > 0 ? [result] : []))
  if (found.length === 0) return noAddress(results)

  const answers = found.map(({ answer }) => answer)
  const candidates = candidatesAtHand(host, answers, options) ?? (await aliasCandidates(lookup, host, answers, options))
  if (candidates.kind === 'failed') return candidates
  return {
    kind: 'found',
    addresses: inOrder(recordsOf(ipv6), recordsOf(ipv4), options.order).slice(0, options.limit),
    status: found.every(({ answer }) => answer.status === 'secure') ? 'secure' : 'insecure',
    ttl: Math.min(...found.map(({ answer }) => answer.ttl)),
    candidates: candidates.names,
    why: candidates.why,
  }
}

/** A family that failed may have had addresses, so only two answers without any are absence. */
function noAddress(results: readonly LookupResult<string>[]): AddressResult {
  let status: Status = 'secure'
  let ttl = Number.POSITIVE_INFINITY
  for (const result of results) {
    if (result.kind === 'failed') return result
    if (result.answer.status === 'insecure') status = 'insecure'
    ttl = Math.min(ttl, result.answer.ttl)
  }
  return { kind: 'absent', status, ttl }
}

type Candidates = FailedLookup | { readonly kind: 'candidates'; readonly names: readonly Name[]; readonly why: string }

/**
 * TLSA base domains (RFC 7672 sections 2.2.2 and 2.2.3). One secure answer is enough to ask: that never weakens what
 * follows, as it only adds a question whose own status counts.
 */
function candidatesAtHand(
  host: Name,
  answers: readonly (SecureAnswer | InsecureAnswer)[],
  options: AddressOptions,
): Candidates | undefined {
  if (!options.tlsa) return { kind: 'candidates', names: [], why: 'the policy for it wants no TLSA records' }
  const secure = answers.find(({ status }) => status === 'secure')
  if (secure !== undefined) {
    const names = secure.aliases.length === 0 ? [host] : [secure.canonicalName, host]
    return { kind: 'candidates', names, why: '' }
  }
  // Servers that fail questions for types they do not know are left alone: most stand in unsigned zones.
  if (answers.every(({ aliases }) => aliases.length === 0)) {
    return { kind: 'candidates', names: [], why: `the addresses of ${host} are insecure` }
  }
  return undefined
}

/** The same where the host is an alias to insecure addresses: the zone of the host itself decides. */
async function aliasCandidates(
  lookup: Lookup,
  host: Name,
  answers: readonly (SecureAnswer | InsecureAnswer)[],
  options: AddressOptions,
): Promise<Candidates> {
  const first = answers.flatMap(({ aliases }) => aliases.slice(0, 1))[0]!
  const status = await firstAliasStatus(lookup, host, first, options)
  if (status === 'secure') return { kind: 'candidates', names: [host], why: '' }
  if (status === 'insecure') return { kind: 'candidates', names: [], why: `${host} is an alias, and an insecure one` }
  return status
}

/** Whether the zone of the host itself is signed, which the last link of its alias chain does not tell. */
async function firstAliasStatus(
  lookup: Lookup,
  host: Name,
  first: AliasStep,
  options: AddressOptions,
): Promise<FailedLookup | 'secure' | 'insecure'> {
  // What is made from a DNAME has no signature of its own: the DNAME's status is the step's.
  if (first.type === 'DNAME') return first.status
  const answer: ValidatedAnswer = await lookup.query(host, RRType.CNAME, options.query)
  const result = readAnswer(answer, readTarget)
  if (result.kind === 'failed') return result
  const alias = result.answer.records.some(({ name, type }) => type === RRType.CNAME && name.equals(host))
  if (result.answer.status === 'secure' && !alias) {
    return failed(result.answer, 'alias-invalid', `${host} is an alias by its addresses, and securely none by itself`)
  }
  return result.answer.status
}

function inOrder(ipv6: readonly string[], ipv4: readonly string[], order: AddressOrder): string[] {
  switch (order) {
    case 'ipv6-first':
      return [...ipv6, ...ipv4]
    case 'ipv4-first':
      return [...ipv4, ...ipv6]
    case 'interleaved': {
      const addresses: string[] = []
      for (let i = 0; i < Math.max(ipv6.length, ipv4.length); i++) {
        if (i < ipv6.length) addresses.push(ipv6[i]!)
        if (i < ipv4.length) addresses.push(ipv4[i]!)
      }
      return addresses
    }
  }
}

function recordsOf(result: LookupResult<string>): readonly string[] {
  if (result.kind !== 'answer') return []
  return result.records.length < 2 ? result.records : [...new Set(result.records)]
}

const ORDERS: readonly AddressOrder[] = ['interleaved', 'ipv6-first', 'ipv4-first']
