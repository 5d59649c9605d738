/** A small internet without sockets: signed zones from the root down, and one clock that all of it hangs on. */
import { TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import type { Message } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import { readDs } from '../../src/wire/rdata/dnssec.ts'
import type { Question, ResourceRecord } from '../../src/wire/record.ts'
import { tlsaFor } from './certificates.ts'
import { Clock } from './clock.ts'
import { type LabHost, createHosts } from './hosts.ts'
import { dsFor } from './signer/key.ts'
import { type ZoneKeys, buildZone } from './zone-builder.ts'
import { LAB_ZONES } from './zones/index.ts'

export interface Internet {
  readonly clock: Clock
  /** The signed zones, each with its SOA at the apex. */
  readonly zones: readonly (readonly ResourceRecord[])[]
  readonly anchors: TrustAnchors
  /** The same trust anchor as DS records of the root. */
  readonly anchorRecords: readonly ResourceRecord[]
  /** Mail hosts by name, without the final dot. */
  readonly hosts: ReadonlyMap<string, LabHost>
  /** Keys by apex, such as `.` and `p256.test.`; unsigned zones are not there. */
  readonly keys: ZoneKeys
  /** As a recursive server answers with DO and CD set. */
  answer(question: Question): Message
}

export interface InternetOptions {
  /** Unix seconds around which signatures and certificates are valid; default: now. */
  readonly now?: number
}

export async function createInternet(options: InternetOptions = {}): Promise<Internet> {
  const clock = new Clock(options.now)
  const hosts = await createHosts(clock.now)
  const keys: ZoneKeys = new Map()
  // Children first: their keys must be there when the parent publishes the DS records.
  const deepestFirst = [...LAB_ZONES].sort((a, b) => labels(b.apex) - labels(a.apex))
  const context = {
    now: clock.now,
    hosts,
    keys,
    tlsa: (host: string, parameters: string) => tlsaText(hosts, host, parameters),
  }
  const zones = deepestFirst.map((zone) => buildZone(zone, context))
  const set = new ZoneSet(zones)
  const anchorRecords = keys
    .get('.')!
    .filter(({ role }) => role === 'ksk')
    .map((key) => dsFor(key, Name.root))
  const anchors = new TrustAnchors([
    { zone: Name.root, ds: anchorRecords.map(({ rdata }) => readDs(rdata)), dnskeys: [] },
  ])
  return { clock, zones, anchors, anchorRecords, hosts, keys, answer: (question) => set.answer(question) }
}

/** `3 1 1` completed with data that fits what the host presents; what has data already stays. */
function tlsaText(hosts: ReadonlyMap<string, LabHost>, host: string, parameters: string): string {
  const [usage, selector, matchingType, given] = parameters.split(' ')
  if (given !== undefined) return parameters
  const found = hosts.get(host)
  if (found === undefined) throw new RangeError(`host: no mail host ${host}`)
  const der = usage === '2' || usage === '0' ? found.root.der : found.credentials.chain[0]!
  const tlsa = tlsaFor(der, Number(usage), Number(selector), Number(matchingType))
  return `${parameters} ${Buffer.from(tlsa.data).toString('hex')}`
}

function labels(apex: string): number {
  return apex === '.' ? 0 : apex.split('.').length
}
