import { SMTP_LIMITS, within } from '../limits.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import { Name } from '../wire/name.ts'
import type { Srv } from '../wire/rdata/service.ts'
import { type AddressOrder, readAddressOrder } from './addresses.ts'
import { type HostContext, judgeHost } from './host.ts'
import { freshOnly, type Lookup } from './lookup.ts'
import type { NoSubmission, SubmissionDestination, SubmissionPolicy, SubmissionService } from './policy.ts'
import { inSrvOrder, readSrvAnswer, type SrvResult } from './srv.ts'
import { tlsaRules, type TlsaSettings } from './usability.ts'

export interface SubmissionOptions extends TlsaSettings {
  /** Which services to look for, the preferred one first; default `submissions`, `submission` (RFC 8314 section 5.1). */
  readonly services?: readonly SubmissionService['service'][]
  /** Default `interleaved`, IPv6 first. */
  readonly addressOrder?: AddressOrder
  /** At most so many hosts, the preferred ones; default 25. */
  readonly maxHosts?: number
  /** At most so many addresses of one host; default 5. */
  readonly maxAddresses?: number
  /** Numbers from 0 up to 1, for the weights; default `Math.random`. */
  readonly random?: () => number
  readonly signal?: AbortSignal
}

/**
 * Finds out where users of a mail domain submit mail, and how each server must be authenticated (RFC 6186, RFC 8314,
 * RFC 7673). `_submissions._tcp` (TLS from the first octet) comes before `_submission._tcp` (STARTTLS, which is a must).
 *
 * Every host is authenticated, by DANE or by authorities, as passwords go there. Which name it has to prove hangs on
 * who gave it: an SRV record that nothing proves can name any host, so that the host has to be the domain itself then.
 * A lookup that failed ends the search: whoever can break one must not choose the servers.
 *
 * @param domain of the user's mail address
 * @throws {TypeError | RangeError} that names the option which is not what it should be
 * @throws {DanelawError} `bad-name`; what the resolver throws
 */
export async function discoverSubmission(
  lookup: Lookup,
  domain: string | Name,
  options: SubmissionOptions = {},
): Promise<SubmissionDestination> {
  const name = typeof domain === 'string' ? Name.parse(domain) : domain
  const settings = readSettings(options)
  const fresh = freshOnly(lookup)
  const found = await Promise.all(
    settings.services.map(async (service) => {
      const owner = name.prepend('_tcp').prepend(`_${service}`)
      return { service, owner, result: readSrvAnswer(await fresh.query(owner, RRType.SRV, settings.context.query)) }
    }),
  )
  const services = found.map(reported)
  const targets: (Srv & { service: Service; secure: boolean })[] = []
  for (const { service, owner, result } of found) {
    // What is preferred more has been found; what is preferred less cannot take its place.
    if (result.kind === 'failed' && targets.length === 0) {
      const text = `the SRV lookup of ${owner} failed: ${result.reason.text}`
      return { domain: name, services, hosts: [], none: { kind: 'lookup-failed', permanent: false, text } }
    }
    if (result.kind !== 'targets') continue
    const secure = result.answer.status === 'secure'
    targets.push(...inSrvOrder(result.targets, settings.random).map((srv) => ({ ...srv, service, secure })))
  }
  const hosts = await Promise.all(
    targets.slice(0, settings.maxHosts).map((target) => judgeTarget(fresh, name, target, settings.context)),
  )
  return { domain: name, services, hosts, none: nowhere(name, found, hosts) }
}

type Service = SubmissionService['service']

interface Found {
  readonly service: Service
  readonly owner: Name
  readonly result: SrvResult
}

function reported({ service, owner, result }: Found): SubmissionService {
  const { status, rcode, reason } = result.kind === 'failed' ? result : result.answer
  return { service, owner, found: result.kind, status, rcode, reason }
}

async function judgeTarget(
  lookup: Lookup,
  domain: Name,
  { target, port, priority, service, secure }: Srv & { readonly service: Service; readonly secure: boolean },
  context: Omit<HostContext, 'port' | 'tlsa'>,
): Promise<SubmissionPolicy> {
  const way = { secure, nextHop: [domain] }
  // Under an insecure SRV record TLSA records prove the wrong thing (RFC 7673 section 3.1).
  const host = { ...context, port, tlsa: secure }
  const policy = await judgeHost(lookup, { host: target, preference: priority }, way, host)
  const judged = service === 'submissions' ? ({ ...policy, implicitTls: true } as const) : policy
  if (judged.level === 'dane' || judged.level === 'defer') return judged
  const why = !secure
    ? 'the SRV record is insecure, so that DANE does not apply'
    : judged.level === 'may'
      ? judged.why
      : 'none of the TLSA records is usable'
  // RFC 7673 section 4.1.
  const referenceIdentifiers = secure && !target.equals(domain) ? [target, domain] : [domain]
  return { ...judged, level: 'pkix', referenceIdentifiers, why }
}

function nowhere(domain: Name, found: readonly Found[], hosts: readonly SubmissionPolicy[]): NoSubmission | null {
  if (hosts.some(({ level, addresses }) => level === 'defer' || addresses.length > 0)) return null
  if (hosts.length > 0) {
    return { kind: 'no-address', permanent: false, text: `no server for submission at ${domain} has an address` }
  }
  return found.some(({ result }) => result.kind === 'not-offered')
    ? { kind: 'not-offered', permanent: true, text: `${domain} does not offer submission of mail` }
    : { kind: 'no-service', permanent: true, text: `${domain} does not say where mail is submitted` }
}

function readSettings(options: SubmissionOptions): {
  readonly services: readonly Service[]
  readonly context: Omit<HostContext, 'port' | 'tlsa'>
  readonly maxHosts: number
  readonly random: () => number
} {
  const { services = SERVICES, signal, random = Math.random } = options
  const known = services.every((service) => SERVICES.includes(service))
  if (!known || services.length === 0 || new Set(services).size < services.length) {
    throw new TypeError(`services: ${JSON.stringify(services)} are not of ${SERVICES.join(', ')}`)
  }
  return {
    services,
    context: {
      insecureMx: 'may',
      rules: tlsaRules(options),
      order: readAddressOrder(options.addressOrder),
      limit: within('maxAddresses', SMTP_LIMITS.addressesPerHost, options.maxAddresses),
      query: signal === undefined ? {} : { signal },
    },
    maxHosts: within('maxHosts', SMTP_LIMITS.hosts, options.maxHosts),
    random,
  }
}

const SERVICES: readonly Service[] = ['submissions', 'submission']
