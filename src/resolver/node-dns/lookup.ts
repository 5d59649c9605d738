import { ADDRCONFIG, ALL, getDefaultResultOrder, type LookupAddress, V4MAPPED } from 'node:dns'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { ValidatedAnswer } from '../../dnssec/status.ts'
import { Rcode } from '../../wire/codes/rcode.ts'
import { RRType } from '../../wire/codes/rrtype.ts'
import { Name } from '../../wire/name.ts'
import { readA, readAaaa } from '../../wire/rdata/address.ts'
import { argumentError, dnsError } from './dns-error.ts'
import { readHostname } from './methods.ts'

/** What a lookup needs of a resolver. */
export interface LookupResolver {
  query(name: Name, type: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<ValidatedAnswer>
}

/** What holds for every call of one lookup function. */
export interface DanelawLookupOptions {
  /** `true`: only secure answers count; an address that nothing proves is no address. */
  readonly requireSecure?: boolean
  /** Calls lookups off; the callback gets the signal's reason. */
  readonly signal?: AbortSignal
}

/** The options of one call, as of `dns.lookup`. */
export interface LookupCallOptions {
  readonly family?: number | 'IPv4' | 'IPv6' | undefined
  readonly hints?: number | undefined
  readonly all?: boolean | undefined
  readonly order?: 'ipv4first' | 'ipv6first' | 'verbatim' | undefined
  readonly verbatim?: boolean | undefined
}

type Callback = (
  error: NodeJS.ErrnoException | null,
  // The signature of dns.lookup: an address, or all of them.
  address: string | LookupAddress[],
  family?: number,
) => void

/** `dns.lookup`, by a validating resolver. */
export interface LookupFunction {
  (hostname: string, options: LookupCallOptions | number, callback: Callback): void
  (hostname: string, callback: Callback): void
}

/**
 * Makes a function with the signature of `dns.lookup`, for `net.connect`, `tls.connect`, `http.request` and undici's
 * `connect`: `{ lookup: danelawLookup(resolver) }`. It takes addresses as they are and answers `localhost` by itself
 * (RFC 6761 section 6.3); the system's file of hosts is not looked at. A bogus answer for one family spoils both: what
 * an attacker broke must not choose the address.
 *
 * Errors are those of `dns.lookup`: `ENOTFOUND` where there is no address, `EAI_AGAIN` with the failure as `cause`
 * where a lookup failed.
 */
export function danelawLookup(resolver: LookupResolver, options: DanelawLookupOptions = {}): LookupFunction {
  const { requireSecure = false, signal } = options
  if (typeof requireSecure !== 'boolean') throw new TypeError('options.requireSecure: not a boolean')
  return (hostname: string, given: LookupCallOptions | number | Callback, last?: Callback): void => {
    const callback = typeof given === 'function' ? given : last
    if (typeof callback !== 'function') throw argumentError('ERR_INVALID_ARG_TYPE', 'callback: not a function')
    const call = readCall(typeof given === 'function' ? {} : typeof given === 'number' ? { family: given } : given)
    if (hostname && typeof hostname !== 'string') throw argumentError('ERR_INVALID_ARG_TYPE', 'hostname: not a string')
    find(resolver, hostname ?? '', call, requireSecure, signal).then(
      (addresses) => {
        // Outside of the promise: what the callback throws is not this function's to catch.
        if (call.all) process.nextTick(callback, null, addresses)
        else process.nextTick(callback, null, addresses[0]!.address, addresses[0]!.family)
      },
      (error: NodeJS.ErrnoException) => process.nextTick(callback, error, call.all ? [] : '', 0),
    )
  }
}

interface Call {
  readonly family: 0 | 4 | 6
  readonly hints: number
  readonly all: boolean
  readonly order: 'ipv4first' | 'ipv6first' | 'verbatim'
}

async function find(
  resolver: LookupResolver,
  hostname: string,
  call: Call,
  requireSecure: boolean,
  signal: AbortSignal | undefined,
): Promise<LookupAddress[]> {
  const literal = isIP(hostname)
  if (literal !== 0) return [{ address: hostname, family: literal }]
  const none = (cause?: unknown) => dnsError('ENOTFOUND', 'getaddrinfo', hostname, cause)
  if (hostname === '') throw none()
  const name = readName(hostname, none)
  const found = isLocalhost(name)
    ? { ipv4: ['127.0.0.1'], ipv6: ['::1'] }
    : await ask(resolver, name, hostname, families(call), requireSecure, signal)
  const addresses = arrange(found, call)
  if (addresses.length === 0) throw none()
  return addresses
}

async function ask(
  resolver: LookupResolver,
  name: Name,
  hostname: string,
  wanted: ReadonlySet<4 | 6>,
  requireSecure: boolean,
  signal: AbortSignal | undefined,
): Promise<{ ipv4: string[]; ipv6: string[] }> {
  const of = async (family: 4 | 6, type: number, read: (rdata: Uint8Array) => string): Promise<string[]> => {
    if (!wanted.has(family)) return []
    const answer = await resolver.query(name, type, { signal })
    const { status, rcode, reason } = answer
    const usable = status === 'secure' || (status === 'insecure' && !requireSecure)
    if (!usable || (rcode !== Rcode.NOERROR && rcode !== Rcode.NXDOMAIN)) {
      throw dnsError('EAI_AGAIN', 'getaddrinfo', hostname, reason ?? undefined)
    }
    return answer.records.filter((record) => record.type === type).map(({ rdata }) => read(rdata))
  }
  const [ipv4, ipv6] = await Promise.all([of(4, RRType.A, readA), of(6, RRType.AAAA, readAaaa)])
  return { ipv4, ipv6 }
}

/** The families to ask for: with V4MAPPED, IPv4 stands in for IPv6. */
function families({ family, hints }: Call): ReadonlySet<4 | 6> {
  const wanted = new Set<4 | 6>(family === 0 ? [4, 6] : [family])
  if (family === 6 && (hints & V4MAPPED) !== 0) wanted.add(4)
  if ((hints & ADDRCONFIG) === 0) return wanted
  // RFC 3493 section 6.1: only families that the system has an address of, besides those of its loopback.
  const own = new Set<4 | 6>()
  for (const list of Object.values(networkInterfaces())) {
    for (const { internal, family: has } of list ?? []) if (!internal) own.add(has === 'IPv6' ? 6 : 4)
  }
  return new Set([...wanted].filter((each) => own.has(each)))
}

function arrange({ ipv4, ipv6 }: { ipv4: readonly string[]; ipv6: readonly string[] }, call: Call): LookupAddress[] {
  const { family, hints, order } = call
  const four = ipv4.map((address) => ({ address, family: 4 }))
  const six = ipv6.map((address) => ({ address, family: 6 }))
  if (family === 4) return four
  if (family === 6) {
    const mapped = (hints & V4MAPPED) === 0 ? [] : ipv4.map((address) => ({ address: `::ffff:${address}`, family: 6 }))
    return six.length > 0 && (hints & ALL) === 0 ? six : [...six, ...mapped]
  }
  // The order of two answers is nobody's choice: `verbatim` is what most systems prefer (RFC 6724 section 2.1).
  return order === 'ipv4first' ? [...four, ...six] : [...six, ...four]
}

/** `localhost` and what is below it (RFC 6761 section 6.3). */
function isLocalhost(name: Name): boolean {
  return name.isAtOrBelow(LOCALHOST)
}

function readName(hostname: string, none: (cause: unknown) => Error): Name {
  try {
    return readHostname(hostname, 'getaddrinfo')
  } catch (error) {
    throw none(error)
  }
}

function readCall(options: LookupCallOptions): Call {
  const { hints = 0, all = false, verbatim } = options
  const family = FAMILIES.get(options.family ?? 0)
  if (family === undefined) throw argumentError('ERR_INVALID_ARG_VALUE', `options.family: ${options.family} is none`)
  if (typeof hints !== 'number' || (hints & ~(ADDRCONFIG | V4MAPPED | ALL)) !== 0) {
    throw argumentError('ERR_INVALID_ARG_VALUE', `options.hints: ${hints} are none`)
  }
  if (typeof all !== 'boolean') throw argumentError('ERR_INVALID_ARG_TYPE', 'options.all: not a boolean')
  const byFlag = verbatim === undefined ? undefined : verbatim ? 'verbatim' : 'ipv4first'
  const order = options.order ?? byFlag ?? (getDefaultResultOrder() as Call['order'])
  if (!ORDERS.has(order)) throw argumentError('ERR_INVALID_ARG_VALUE', `options.order: '${order}' is none`)
  return { family, hints, all, order }
}

const LOCALHOST = Name.parse('localhost')

const FAMILIES: ReadonlyMap<number | string, 0 | 4 | 6> = new Map<number | string, 0 | 4 | 6>([
  [0, 0],
  [4, 4],
  [6, 6],
  ['IPv4', 4],
  ['IPv6', 6],
])

const ORDERS: ReadonlySet<string> = new Set(['ipv4first', 'ipv6first', 'verbatim'])
