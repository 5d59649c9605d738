import type { SecureAnswer, InsecureAnswer } from '../dnssec/status.ts'
import { SMTP_LIMITS, within } from '../limits.ts'
import { Rcode } from '../wire/codes/rcode.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import { type AddressOrder, readAddressOrder } from './addresses.ts'
import { type HostContext, type InsecureMx, judgeHost, literalHost } from './host.ts'
import { freshOnly, type Lookup } from './lookup.ts'
import { betterThanSelf, isSelf, type MailHost, readMxAnswer, readSelf, type Self, spread } from './mx.ts'
import { addressInName, type NextHop, readNextHop } from './next-hop.ts'
import type { Destination, HostPolicy, NoHosts } from './policy.ts'
import { tlsaRules, type TlsaSettings } from './usability.ts'

export interface DiscoverOptions extends TlsaSettings {
  /** TCP port of the hosts, also in `_port._tcp`; default 25. A port written in the next hop comes first. */
  readonly port?: number
  /** `false`: the name is a host, and no MX lookup is made (RFC 7672 section 2.2.2). */
  readonly mx?: boolean
  /**
   * What secure TLSA records are good for where the MX lookup is insecure (RFC 7672 section 2.2.1): `dane` (default)
   * authenticates the host all the same, `encrypt` only makes TLS a must, `may` does not look for them.
   */
  readonly insecureMx?: InsecureMx
  /**
   * `false`: TLSA records are not looked for, as nothing is to be decided by them; every host that can be found is then
   * at the level `may`. Default true.
   */
  readonly tlsa?: boolean
  /**
   * Unix seconds until which DNSSEC is off for this destination, during an outage: nothing is validated and no host has
   * TLSA records that count. Later it has no effect.
   */
  readonly insecureUntil?: number
  /**
   * Names and addresses of this system: hosts that have one of them and every host not better are left out (RFC 5321
   * section 5.1).
   */
  readonly self?: readonly (string | Name)[]
  /** Default `interleaved`, IPv6 first. */
  readonly addressOrder?: AddressOrder
  /** At most so many hosts, the preferred ones; default 25. */
  readonly maxHosts?: number
  /** At most so many addresses of one host; default 5. */
  readonly maxAddresses?: number
  /** Numbers from 0 up to 1, for hosts of one preference; default `Math.random`. */
  readonly random?: () => number
  readonly signal?: AbortSignal
}

/**
 * Finds out where mail for a next hop goes and how each host must be authenticated (RFC 7672 section 2.2).
 *
 * The lookups of all hosts run side by side. What the DNS says is always a value, also where it is bogus.
 *
 * @param nextHop a domain; or `[host]`, `[host]:port` for a relay without MX lookup; or an address in brackets
 * @throws {TypeError | RangeError} that names the option which is not what it should be
 * @throws {DanelawError} `bad-name` or `bad-address` for a next hop that is none; what the resolver throws
 */
export async function discover(
  lookup: Lookup,
  nextHop: string | Name,
  options: DiscoverOptions = {},
): Promise<Destination> {
  const fresh = freshOnly(lookup, options.insecureUntil)
  const hop = hopOf(nextHop, options)
  const settings = readSettings(hop, options)
  switch (hop.kind) {
    case 'address':
      return {
        domain: hop.name,
        via: 'address-literal',
        mx: { status: 'insecure', rcode: Rcode.NOERROR, reason: null },
        hosts: [literalHost({ host: hop.name, preference: null }, hop.address, settings.context, false)],
        none: null,
      }
    case 'relay': {
      const host = { host: hop.name, preference: null }
      const policy = await judgeHost(fresh, host, { secure: true, nextHop: [hop.name] }, settings.context)
      const mx = { status: 'secure', rcode: Rcode.NOERROR, reason: null } as const
      return { domain: hop.name, via: 'relay', mx, hosts: [policy], none: unreachable([policy], hop.name) }
    }
    case 'domain':
      return await discoverDomain(fresh, hop.name, settings)
  }
}

interface Settings {
  readonly context: HostContext
  readonly self: Self
  readonly maxHosts: number
  readonly random: () => number
}

async function discoverDomain(lookup: Lookup, domain: Name, settings: Settings): Promise<Destination> {
  const result = readMxAnswer(await lookup.query(domain, RRType.MX, settings.context.query))
  if (result.kind === 'failed') {
    // Never on to addresses: whoever can break a lookup could choose the host (RFC 7672 section 2.1.2).
    const text = `the MX lookup of ${domain} failed: ${result.reason.text}`
    return {
      domain,
      via: 'mx',
      mx: { status: result.status, rcode: result.rcode, reason: result.reason },
      hosts: [],
      none: { kind: 'mx-failed', permanent: false, code: 451, enhanced: '4.4.3', text },
    }
  }
  const { answer } = result
  const mx = { status: answer.status, rcode: answer.rcode, reason: answer.reason }
  switch (result.kind) {
    case 'no-domain': {
      const text = `the domain ${domain} does not exist`
      const none: NoHosts = { kind: 'no-domain', permanent: true, code: 550, enhanced: '5.1.2', text }
      return { domain, via: 'mx', mx, hosts: [], none }
    }
    case 'null-mx': {
      const text = `the domain ${domain} does not accept mail`
      const none: NoHosts = { kind: 'null-mx', permanent: true, code: 556, enhanced: '5.1.10', text }
      return { domain, via: 'mx', mx, hosts: [], none }
    }
    case 'implicit': {
      const found = await judgeHosts(lookup, domain, [{ host: result.host, preference: null }], answer, settings)
      return { domain, via: 'implicit-mx', mx, ...found }
    }
    case 'hosts':
      return { domain, via: 'mx', mx, ...(await judgeHosts(lookup, domain, result.hosts, answer, settings)) }
  }
}

async function judgeHosts(
  lookup: Lookup,
  domain: Name,
  named: readonly MailHost[],
  answer: SecureAnswer | InsecureAnswer,
  settings: Settings,
): Promise<{ hosts: readonly HostPolicy[]; none: NoHosts | null }> {
  const better = betterThanSelf(named, ({ host }) => isSelf(host, settings.self))
  if (better.length === 0 && named.length > 0) return loop(domain)
  const secure = answer.status === 'secure'
  // Under an insecure MX the domain's own name says nothing about the host (RFC 7672 section 3.2.2).
  const way = { secure, nextHop: secure ? [domain, answer.canonicalName] : [] }
  const judged = await Promise.all(
    spread(better, settings.random)
      .slice(0, settings.maxHosts)
      .map((host) => {
        const address = addressInName(host.host)
        return address === undefined
          ? judgeHost(lookup, host, way, settings.context)
          : literalHost(host, address, settings.context, secure)
      }),
  )
  // An address of this system shows behind a name that is not known to be its own.
  const hosts = betterThanSelf(judged, ({ addresses }) => addresses.some((each) => settings.self.addresses.has(each)))
  if (hosts.length === 0 && judged.length > 0) return loop(domain)
  return { hosts, none: unreachable(hosts, domain) }
}

function loop(domain: Name): { hosts: readonly HostPolicy[]; none: NoHosts } {
  const text = `mail for ${domain} would come back to this system`
  return { hosts: [], none: { kind: 'loop', permanent: true, code: 550, enhanced: '5.4.6', text } }
}

/** Nothing to connect to, and no failure that a retry may mend on another host. */
function unreachable(hosts: readonly HostPolicy[], domain: Name): NoHosts | null {
  if (hosts.some((host) => host.level === 'defer' || host.addresses.length > 0)) return null
  const text = `no host of ${domain} has an address`
  return { kind: 'no-address', permanent: false, code: 451, enhanced: '4.4.4', text }
}

function hopOf(nextHop: string | Name, options: DiscoverOptions): NextHop {
  const hop: NextHop =
    typeof nextHop === 'string' ? readNextHop(nextHop) : { kind: 'domain', name: nextHop, port: undefined }
  return hop.kind === 'domain' && options.mx === false ? { ...hop, kind: 'relay' } : hop
}

function readSettings(hop: NextHop, options: DiscoverOptions): Settings {
  const insecureMx = oneOf('insecureMx', options.insecureMx ?? 'dane', ['dane', 'encrypt', 'may'])
  return {
    context: {
      port: hop.port ?? readPort(options.port),
      insecureMx,
      tlsa: options.tlsa ?? true,
      rules: tlsaRules(options),
      order: readAddressOrder(options.addressOrder),
      limit: within('maxAddresses', SMTP_LIMITS.addressesPerHost, options.maxAddresses),
      query: options.signal === undefined ? {} : { signal: options.signal },
    },
    self: readSelf(options.self ?? []),
    maxHosts: within('maxHosts', SMTP_LIMITS.hosts, options.maxHosts),
    random: options.random ?? Math.random,
  }
}

function oneOf<T extends string>(option: string, value: T, known: readonly T[]): T {
  if (!known.includes(value)) throw new TypeError(`${option}: '${value}' is none of ${known.join(', ')}`)
  return value
}

function readPort(port = 25): number {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`port: ${port} is not a port`)
  return port
}
