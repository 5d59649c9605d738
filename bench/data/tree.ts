/** Zones below one another, signed by the lab's signer, that answer together as a recursive server would. */
import { TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import { parseMasterFile } from '../../src/wire/master-file/parse.ts'
import { Name } from '../../src/wire/name.ts'
import { readDs } from '../../src/wire/rdata/dnssec.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'
import { dsFor, type KeyOptions, makeKey, type SigningKey } from '../../test/lab/signer/key.ts'
import { type Denial, signZone } from '../../test/lab/signer/sign-zone.ts'
import { NOW } from './walk.ts'

/** One zone. Its delegation, with DS where it is signed, is put into the closest zone above. */
export interface ZonePlan {
  readonly apex: string
  /** None for a zone that is not signed. */
  readonly keys: readonly KeyOptions[]
  /** Beside SOA and NS. */
  readonly text?: string
  /** NSEC where nothing is said. */
  readonly denial?: Denial
}

export interface Tree {
  readonly anchors: TrustAnchors
  readonly zones: ZoneSet
  /** Zone by zone, signed. */
  readonly records: readonly (readonly ResourceRecord[])[]
}

/** Fresh keys but for RSA. @param plans the root first, and each zone behind the one above it */
export function makeTree(plans: readonly ZonePlan[]): Tree {
  const zones = plans.map((plan): Zone => ({ plan, name: Name.parse(plan.apex), keys: plan.keys.map(makeKey) }))
  const ds = dsRecords(zones[0]!).map(({ rdata }) => readDs(rdata))
  const records = zones.map((zone) => recordsOf(zone, zones))
  return { anchors: new TrustAnchors([{ zone: Name.root, ds, dnskeys: [] }]), zones: new ZoneSet(records), records }
}

interface Zone {
  readonly plan: ZonePlan
  readonly name: Name
  readonly keys: readonly SigningKey[]
}

function recordsOf(zone: Zone, zones: readonly Zone[]): ResourceRecord[] {
  const { plan, name, keys } = zone
  const children = zones.filter((child) => closestAbove(child, zones) === zone)
  const delegations = children.map((child) => `${child.name} NS ns.${child.name}\nns.${child.name} A 192.0.2.1\n`)
  const text = `@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n${plan.text ?? ''}\n`
  const records = parseMasterFile(text + delegations.join(''), { origin: name, defaultTtl: 3600 })
  records.push(...children.flatMap(dsRecords))
  if (keys.length === 0) return records
  const validity = { inception: NOW - 2 * DAY, expiration: NOW + 14 * DAY }
  return signZone({ apex: name, records, keys, denial: plan.denial ?? { kind: 'nsec' }, ...validity })
}

function closestAbove({ name }: Zone, zones: readonly Zone[]): Zone | undefined {
  const above = zones.filter((zone) => name.isBelow(zone.name))
  return above.reduce<Zone | undefined>(
    (best, zone) => (best === undefined || zone.name.labelCount > best.name.labelCount ? zone : best),
    undefined,
  )
}

function dsRecords({ name, keys }: Zone): ResourceRecord[] {
  return keys.filter(({ role }) => role !== 'zsk').map((key) => dsFor(key, name))
}

const DAY = 86_400
