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
    return { level: 'defer', addresses: [], addressStatus, tlsaBase: null, tlsaStatus: null, reason, ...known }
  }
  if (found.kind === 'absent') {
    const { status: addressStatus, ttl } = found
    return { addresses: [], addressStatus, ttl, why: `${host} has no address`, ...WITHOUT_TLSA, ...known }
  }
  // Spread last, here and below: to add properties behind what was spread costs Node.js 20 much more (measured).
  const reached = { addresses: found.addresses, addressStatus: found.status, ...known }
  const [first, ...others] = found.candidates
  if (first === undefined) return { ttl: found.ttl, why: found.why, ...WITHOUT_TLSA, ...reached }
  if (!way.secure && context.insecureMx === 'may') {
    const why = 'the MX lookup is insecure, and TLSA records do not count then'
    return { ttl: found.ttl, why, ...WITHOUT_TLSA, ...reached }
  }

  const tlsa = await findTlsa(lookup, [first, ...others], context)
  switch (tlsa.kind) {
    case 'failed': {
      const { base: tlsaBase, status: tlsaStatus, reason } = tlsa
      return { level: 'defer', tlsaBase, tlsaStatus, reason, ttl: found.ttl, ...reached }
    }
    case 'none': {
      const { base: tlsaBase, status: tlsaStatus, records, ttl } = tlsa
      const why =
        records.length > 0 ? `the TLSA records of ${tlsaBase} are insecure` : `${tlsaBase} has no TLSA records`
      return { level: 'may', tlsaBase, tlsaStatus, tlsa: records, ttl, why, ...reached }
    }
    case 'secure': {
      const { base: tlsaBase, records, ttl } = tlsa
      const secured = { tlsaBase, tlsaStatus: 'secure', tlsa: records, ttl, ...reached } as const
      if (!records.some(({ usable }) => usable)) return { level: 'encrypt', ...secured }
      if (!way.secure && context.insecureMx === 'encrypt') return { level: 'encrypt', ...secured }
      return { level: 'dane', referenceIdentifiers: distinctNames([tlsaBase, ...way.nextHop]), ...secured }
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
  return names.filter((name, index) => names.findIndex((other) => other.equals(name)) === index)
}

const WITHOUT_TLSA = { level: 'may', tlsaBase: null, tlsaStatus: null, tlsa: [] } as const satisfies Partial<MayPolicy>
