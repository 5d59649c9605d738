import type { CaaRecord, MxRecord, NaptrRecord, RecordWithTtl, SoaRecord, SrvRecord } from 'node:dns'
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import type { ValidatedAnswer } from '../../dnssec/status.ts'
import { DanelawError } from '../../errors.ts'
import { parseIpv4, parseIpv6 } from '../../wire/address.ts'
import { Rcode } from '../../wire/codes/rcode.ts'
import { RRType } from '../../wire/codes/rrtype.ts'
import { Name } from '../../wire/name.ts'
import { readA, readAaaa } from '../../wire/rdata/address.ts'
import type { ResourceRecord } from '../../wire/record.ts'
import { argumentError, dnsError, failureCode } from './dns-error.ts'
import {
  type AnyRecord,
  anyRecord,
  caaRecord,
  mxRecord,
  naptrRecord,
  soaRecord,
  srvRecord,
  targetText,
  type TlsaRecord,
  tlsaRecord,
  txtStrings,
} from './shapes.ts'

export interface ResolveOptions {
  /** Calls the lookup off; its promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Of `resolve4` and `resolve6`. */
export interface AddressOptions extends ResolveOptions {
  /** `true`: each address with the seconds it may be kept, as `{ address, ttl }`. */
  readonly ttl?: boolean
}

/** What the methods rest on. */
type Query = (name: Name, type: number, options: ResolveOptions) => Promise<ValidatedAnswer>

/**
 * The methods of `dns.promises.Resolver`, their results and their errors, on a validating resolver.
 *
 * Secure and insecure answers are given alike; who wants to tell them apart calls `query`. A bogus answer is an error
 * with code `ESERVFAIL`, no answer one with `ETIMEOUT`, `EREFUSED`, `ECONNREFUSED` or `ESERVFAIL`; its `cause` is the
 * failure. What does not exist, proven or not, is `ENOTFOUND` or `ENODATA`. The system's file of hosts is not looked at.
 */
export abstract class NodeDnsMethods {
  abstract query(name: Name, type: number, options: ResolveOptions): Promise<ValidatedAnswer>

  /** The records of a type by its mnemonic, in the shape its own method gives them; `A` where none is named. */
  async resolve(hostname: string, rrtype = 'A', options: ResolveOptions = {}): Promise<unknown> {
    if (typeof rrtype !== 'string') throw argumentError('ERR_INVALID_ARG_TYPE', 'rrtype: not a string')
    const method = METHODS.get(rrtype)
    if (method === undefined) throw argumentError('ERR_INVALID_ARG_VALUE', `rrtype: '${rrtype}' cannot be resolved`)
    return await method(this, hostname, options)
  }

  /** IPv4 addresses. */
  resolve4(hostname: string, options: AddressOptions & { readonly ttl: true }): Promise<RecordWithTtl[]>
  resolve4(hostname: string, options?: ResolveOptions & { readonly ttl?: false }): Promise<string[]>
  resolve4(hostname: string, options?: AddressOptions): Promise<string[] | RecordWithTtl[]>
  async resolve4(hostname: string, options: AddressOptions = {}): Promise<string[] | RecordWithTtl[]> {
    return withTtl(await this.#find(hostname, RRType.A, 'queryA', options), readA, options)
  }

  /** IPv6 addresses. */
  resolve6(hostname: string, options: AddressOptions & { readonly ttl: true }): Promise<RecordWithTtl[]>
  resolve6(hostname: string, options?: ResolveOptions & { readonly ttl?: false }): Promise<string[]>
  resolve6(hostname: string, options?: AddressOptions): Promise<string[] | RecordWithTtl[]>
  async resolve6(hostname: string, options: AddressOptions = {}): Promise<string[] | RecordWithTtl[]> {
    return withTtl(await this.#find(hostname, RRType.AAAA, 'queryAaaa', options), readAaaa, options)
  }

  /** What is at the name, of the types that have a method here. */
  async resolveAny(hostname: string, options: ResolveOptions = {}): Promise<AnyRecord[]> {
    const records = await this.#find(hostname, RRType.ANY, 'queryAny', options)
    return records.map(anyRecord).filter((record) => record !== undefined)
  }

  async resolveCaa(hostname: string, options: ResolveOptions = {}): Promise<CaaRecord[]> {
    return rdata(await this.#find(hostname, RRType.CAA, 'queryCaa', options), caaRecord)
  }

  async resolveCname(hostname: string, options: ResolveOptions = {}): Promise<string[]> {
    return rdata(await this.#find(hostname, RRType.CNAME, 'queryCname', options), targetText)
  }

  async resolveMx(hostname: string, options: ResolveOptions = {}): Promise<MxRecord[]> {
    return rdata(await this.#find(hostname, RRType.MX, 'queryMx', options), mxRecord)
  }

  async resolveNaptr(hostname: string, options: ResolveOptions = {}): Promise<NaptrRecord[]> {
    return rdata(await this.#find(hostname, RRType.NAPTR, 'queryNaptr', options), naptrRecord)
  }

  async resolveNs(hostname: string, options: ResolveOptions = {}): Promise<string[]> {
    return rdata(await this.#find(hostname, RRType.NS, 'queryNs', options), targetText)
  }

  async resolvePtr(hostname: string, options: ResolveOptions = {}): Promise<string[]> {
    return rdata(await this.#find(hostname, RRType.PTR, 'queryPtr', options), targetText)
  }

  async resolveSoa(hostname: string, options: ResolveOptions = {}): Promise<SoaRecord> {
    return rdata(await this.#find(hostname, RRType.SOA, 'querySoa', options), soaRecord)[0]!
  }

  async resolveSrv(hostname: string, options: ResolveOptions = {}): Promise<SrvRecord[]> {
    return rdata(await this.#find(hostname, RRType.SRV, 'querySrv', options), srvRecord)
  }

  async resolveTlsa(hostname: string, options: ResolveOptions = {}): Promise<TlsaRecord[]> {
    return rdata(await this.#find(hostname, RRType.TLSA, 'queryTlsa', options), tlsaRecord)
  }

  /** The strings of each record; one character an octet. */
  async resolveTxt(hostname: string, options: ResolveOptions = {}): Promise<string[][]> {
    return rdata(await this.#find(hostname, RRType.TXT, 'queryTxt', options), txtStrings)
  }

  /** The host names of an address (RFC 1035 section 3.5, RFC 3596 section 2.5). */
  async reverse(ip: string, options: ResolveOptions = {}): Promise<string[]> {
    if (typeof ip !== 'string') throw argumentError('ERR_INVALID_ARG_TYPE', 'ip: not a string')
    const name = reverseName(ip)
    if (name === undefined) throw dnsError('EINVAL', 'getHostByAddr', ip)
    return rdata(await this.#records(name, ip, RRType.PTR, 'getHostByAddr', options), targetText)
  }

  async #find(hostname: string, type: number, syscall: string, options: ResolveOptions): Promise<ResourceRecord[]> {
    if (typeof hostname !== 'string') throw argumentError('ERR_INVALID_ARG_TYPE', 'hostname: not a string')
    return await this.#records(readHostname(hostname, syscall), hostname, type, syscall, options)
  }

  async #records(name: Name, hostname: string, type: number, syscall: string, options: ResolveOptions) {
    return recordsOf(await ask(this.query.bind(this), name, type, syscall, hostname, options), syscall, hostname)
  }
}

/** The name meant by a host name as `node:dns` takes it: letters beyond ASCII become A-labels (RFC 5891). */
export function readHostname(hostname: string, syscall: string): Name {
  if (hostname === '' || hostname === '.') return Name.root
  const ascii = /^[\x21-\x7e]*$/.test(hostname) ? hostname : domainToASCII(hostname)
  try {
    return Name.parse(ascii)
  } catch (error) {
    throw dnsError('EBADNAME', syscall, hostname, error)
  }
}

async function ask(
  query: Query,
  name: Name,
  type: number,
  syscall: string,
  hostname: string,
  { signal }: ResolveOptions,
): Promise<ValidatedAnswer> {
  try {
    return await query(name, type, { signal })
  } catch (error) {
    // What the caller's own signal did is for the caller to know by its reason.
    if (signal?.aborted === true || !(error instanceof DanelawError) || error.code !== 'aborted') throw error
    throw dnsError('ECANCELLED', syscall, hostname, error)
  }
}

/** The records of the type asked for. */
function recordsOf(answer: ValidatedAnswer, syscall: string, hostname: string): ResourceRecord[] {
  if (answer.status === 'bogus' || answer.status === 'indeterminate') {
    throw dnsError(failureCode(answer), syscall, hostname, answer.reason)
  }
  const { type } = answer.question
  const records = answer.records.filter((record) => type === RRType.ANY || record.type === type)
  // An address may be kept no longer than the aliases that lead to it.
  if (records.length > 0) return records.map((record) => ({ ...record, ttl: Math.min(record.ttl, answer.ttl) }))
  if (answer.rcode === Rcode.NXDOMAIN) throw dnsError('ENOTFOUND', syscall, hostname)
  throw dnsError(answer.rcode === Rcode.NOERROR ? 'ENODATA' : 'EBADRESP', syscall, hostname)
}

function rdata<T>(records: readonly ResourceRecord[], read: (rdata: Uint8Array) => T): T[] {
  return records.map((record) => read(record.rdata))
}

function withTtl(
  records: readonly ResourceRecord[],
  read: (rdata: Uint8Array) => string,
  options: AddressOptions,
): string[] | RecordWithTtl[] {
  if (options.ttl !== true) return rdata(records, read)
  return records.map((record) => ({ address: read(record.rdata), ttl: record.ttl }))
}

function reverseName(ip: string): Name | undefined {
  const family = isIP(ip)
  if (family === 4) return Name.parse(`${[...parseIpv4(ip)!].reverse().join('.')}.in-addr.arpa`)
  const octets = family === 6 ? parseIpv6(ip) : undefined
  if (octets === undefined) return undefined
  const nibbles = [...octets].flatMap((octet) => [octet >>> 4, octet & 0xf]).reverse()
  return Name.parse(`${nibbles.map((nibble) => nibble.toString(16)).join('.')}.ip6.arpa`)
}

type Method = (resolver: NodeDnsMethods, hostname: string, options: ResolveOptions) => Promise<unknown>

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['A', (resolver, hostname, options) => resolver.resolve4(hostname, options)],
  ['AAAA', (resolver, hostname, options) => resolver.resolve6(hostname, options)],
  ['ANY', (resolver, hostname, options) => resolver.resolveAny(hostname, options)],
  ['CAA', (resolver, hostname, options) => resolver.resolveCaa(hostname, options)],
  ['CNAME', (resolver, hostname, options) => resolver.resolveCname(hostname, options)],
  ['MX', (resolver, hostname, options) => resolver.resolveMx(hostname, options)],
  ['NAPTR', (resolver, hostname, options) => resolver.resolveNaptr(hostname, options)],
  ['NS', (resolver, hostname, options) => resolver.resolveNs(hostname, options)],
  ['PTR', (resolver, hostname, options) => resolver.resolvePtr(hostname, options)],
  ['SOA', (resolver, hostname, options) => resolver.resolveSoa(hostname, options)],
  ['SRV', (resolver, hostname, options) => resolver.resolveSrv(hostname, options)],
  ['TLSA', (resolver, hostname, options) => resolver.resolveTlsa(hostname, options)],
  ['TXT', (resolver, hostname, options) => resolver.resolveTxt(hostname, options)],
])
