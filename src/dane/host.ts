import type { Name } from '../wire/name.ts'
import { type AddressOptions, findAddresses } from './addresses.ts'
import type { Lookup } from './lookup.ts'
import type { MailHost } from './mx.ts'
import type { HostPolicy, MayPolicy } from './policy.ts'
import { findTlsa, type TlsaOptions } from './tlsa-lookup.ts'

/** What secure TLSA records are good for where the MX lookup is insecure. */
export type InsecureMx = 'dane' | 'encrypt' | 'may'

/** What is the same for every host of a destination. */
export interface HostContext extends AddressOptions, TlsaOptions {
  readonly insecureMx: InsecureMx
}

/** How a host came to be known. */
export interface Way {
  readonly secure: boolean
  /** The next hop and what its aliases lead to; empty where that is not secure. */
  readonly nextHop: readonly Name[]
}

/** What RFC 7672 section 2.2 says about one host: addresses first, then TLSA records where they may be asked for. */
export async function judgeHost(
  lookup: Lookup,
  { host, preference }: MailHost,
  way: Way,
  context: HostContext,
): Promise<HostPolicy> {
  const known = { host, preference, port: context.port, mxSecure: way.secure }
  const found = await findAddresses(lookup, host, context)
  if (found.kind === 'failed') {
    const { status: addressStatus, reason } = found
    return { ...known, level: 'defer', addresses: [], addressStatus, tlsaBase: null, tlsaStatus: null, reason }
  }
  if (found.kind === 'absent') {
    const { status: addressStatus, ttl } = found
    return { ...known, ...WITHOUT_TLSA, addresses: [], addressStatus, ttl, why: `${host} has no address` }
  }
  const reached = { ...known, addresses: found.addresses, addressStatus: found.status, ttl: found.ttl }
  const [first, ...others] = found.candidates
  if (first === undefined) return { ...reached, ...WITHOUT_TLSA, why: found.why }
  if (!way.secure && context.insecureMx === 'may') {
    return { ...reached, ...WITHOUT_TLSA, why: 'the MX lookup is insecure, and TLSA records do not count then' }
  }

  const tlsa = await findTlsa(lookup, [first, ...others], context)
  switch (tlsa.kind) {
    case 'failed': {
      const { base: tlsaBase, status: tlsaStatus, reason } = tlsa
      return { ...reached, level: 'defer', tlsaBase, tlsaStatus, reason }
    }
    case 'none': {
      const { base: tlsaBase, status: tlsaStatus, records, ttl } = tlsa
      const why =
        records.length > 0 ? `the TLSA records of ${tlsaBase} are insecure` : `${tlsaBase} has no TLSA records`
      return { ...reached, level: 'may', tlsaBase, tlsaStatus, tlsa: records, ttl, why }
    }
    case 'secure': {
      const { base: tlsaBase, records, ttl } = tlsa
      const secured = { ...reached, tlsaBase, tlsaStatus: 'secure', tlsa: records, ttl } as const
      if (!records.some(({ usable }) => usable)) return { ...secured, level: 'encrypt' }
      if (!way.secure && context.insecureMx === 'encrypt') return { ...secured, level: 'encrypt' }
      return { ...secured, level: 'dane', referenceIdentifiers: distinctNames([tlsaBase, ...way.nextHop]) }
    }
  }
}

/** DANE does not apply to an address (RFC 7672 section 2.2). */
export function literalHost(
  { host, preference }: MailHost,
  address: string,
  context: HostContext,
  mxSecure: boolean,
): HostPolicy {
  return {
    host,
    preference,
    port: context.port,
    mxSecure,
    ...WITHOUT_TLSA,
    addresses: [address],
    addressStatus: mxSecure ? 'secure' : 'insecure',
    why: `${address} is an address, to which DANE does not apply`,
  }
}

export function distinctNames(names: readonly Name[]): Name[] {
  return [...new Map(names.map((name) => [name.key, name])).values()]
}

const WITHOUT_TLSA = { level: 'may', tlsaBase: null, tlsaStatus: null, tlsa: [] } as const satisfies Partial<MayPolicy>
