import type { Status } from '../dnssec/status.ts'
import { DanelawError } from '../errors.ts'
import { DANE_LIMITS, RESOLVER_LIMITS } from '../limits.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import { type FailedLookup, failed, type Lookup, readAnswer } from './lookup.ts'
import type { JudgedTlsa } from './policy.ts'
import { judgeRdata, type TlsaRules } from './usability.ts'

/** What the TLSA lookups of a host say. */
export type TlsaResult =
  | (FailedLookup & { readonly base: Name })
  /** Secure records, at least one, usable or not. */
  | { readonly kind: 'secure'; readonly base: Name; readonly records: readonly JudgedTlsa[]; readonly ttl: number }
  /** None that counts. The records are insecure ones. */
  | {
      readonly kind: 'none'
      readonly base: Name
      readonly status: Status
      readonly records: readonly JudgedTlsa[]
      readonly ttl: number
    }

export interface TlsaOptions {
  readonly port: number
  readonly rules: TlsaRules
  readonly query: { readonly signal?: AbortSignal }
}

/**
 * Looks for TLSA records below each candidate in turn (RFC 7672 sections 2.2.2 and 2.2.3): the first secure ones
 * count, also when none is usable, and a failure ends the search, as an attacker could cause it.
 */
export async function findTlsa(
  lookup: Lookup,
  candidates: readonly [Name, ...Name[]],
  options: TlsaOptions,
): Promise<TlsaResult> {
  let insecure: { base: Name; records: readonly JudgedTlsa[] } | undefined
  let status: Status = 'secure'
  let ttl: number = RESOLVER_LIMITS.maximumTtl.value
  for (const base of candidates) {
    const owner = tlsaOwner(base, options.port)
    if (owner === undefined) continue
    const validated = await lookup.query(owner, RRType.TLSA, options.query)
    const result = readAnswer(validated, (rdata) => judgeRdata(rdata, options.rules))
    if (result.kind === 'failed') return { ...result, base }
    const { records } = result
    ttl = Math.min(ttl, result.answer.ttl)
    // Their order is nobody's word, so that leaving some out would let the path choose which (RFC 7671 section 9).
    if (result.answer.status === 'secure' && records.length > MAX_RECORDS) {
      const text = `${records.length} TLSA records, where ${MAX_RECORDS} are the limit`
      return { ...failed(result.answer, 'limit-reached', text), base }
    }
    if (result.answer.status === 'secure') {
      if (records.length > 0) return { kind: 'secure', base, records, ttl: result.answer.ttl }
    } else {
      status = 'insecure'
      if (records.length > 0) insecure ??= { base, records }
    }
  }
  return { kind: 'none', status, base: insecure?.base ?? candidates.at(-1)!, records: insecure?.records ?? [], ttl }
}

/** `_port._tcp.base` (RFC 6698 section 3); undefined where that is longer than a name can be, so that none exists. */
function tlsaOwner(base: Name, port: number): Name | undefined {
  try {
    return base.prepend('_tcp').prepend(`_${port}`)
  } catch (error) {
    if (error instanceof DanelawError && error.code === 'bad-name') return undefined
    throw error
  }
}

const MAX_RECORDS = DANE_LIMITS.tlsaRecords.value
