/** From the text of a zone to its signed records: SOA and NS, delegations of child zones, mail hosts, keys. */
import { parseMasterFile } from '../../src/wire/master-file/parse.ts'
import { Name } from '../../src/wire/name.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'
import type { LabHost } from './hosts.ts'
import { type SigningKey, dsFor, makeKey } from './signer/key.ts'
import { signZone } from './signer/sign-zone.ts'
import { LAB_ZONES } from './zones/index.ts'
import type { LabZone, TlsaText } from './zones/zone.ts'

export type ZoneKeys = Map<string, readonly SigningKey[]>

export interface BuildContext {
  /** Unix seconds. */
  readonly now: number
  readonly hosts: ReadonlyMap<string, LabHost>
  /** Keys of the zones built so far, by apex; the zone's own are added. */
  readonly keys: ZoneKeys
  readonly tlsa: TlsaText
}

/** Child zones have to be built before their parent. */
export function buildZone(zone: LabZone, context: BuildContext): ResourceRecord[] {
  const apex = Name.parse(zone.apex)
  const records = parseMasterFile(zoneText(zone, context), {
    file: `${zone.apex}.zone`,
    origin: apex,
    defaultTtl: 3600,
  })
  for (const child of LAB_ZONES.filter(({ apex: below }) => parentOf(below) === zone.apex)) {
    records.push(...dsRecords(child, context.keys))
  }
  if (zone.keys === 'unsigned') return records
  const keys = (zone.keys ?? [{}]).map(makeKey)
  context.keys.set(apex.toString(), keys)
  const age = zone.signatures === 'expired' ? { from: 30, to: -2 } : { from: 2, to: 14 }
  return signZone({
    apex,
    records,
    keys,
    denial: zone.denial ?? { kind: 'nsec' },
    inception: context.now - age.from * DAY,
    expiration: context.now + age.to * DAY,
  })
}

function zoneText(zone: LabZone, { hosts, tlsa }: BuildContext): string {
  const { mail = [], text = mail.length > 0 ? '@ MX 10 mx' : '' } = zone
  const lines = ['@ SOA ns hostmaster 1 7200 3600 1209600 300', '@ NS ns', 'ns A 127.0.0.1']
  lines.push(typeof text === 'string' ? text : text(tlsa))
  for (const { host, tlsa: records = [] } of mail) {
    lines.push(`${host}. A ${hosts.get(host)!.address}`)
    for (const record of records) lines.push(`_25._tcp.${host}. TLSA ${tlsa(host, record)}`)
  }
  for (const { apex } of LAB_ZONES) {
    if (parentOf(apex) === zone.apex) lines.push(`${apex}. NS ns.${apex}.`, `ns.${apex}. A 127.0.0.1`)
  }
  return `${lines.join('\n')}\n`
}

function dsRecords(child: LabZone, keys: ZoneKeys): ResourceRecord[] {
  if (child.keys === 'unsigned') return []
  const apex = Name.parse(child.apex)
  if (child.ds === 'wrong') return [dsFor(makeKey(), apex)]
  const entries = keys.get(apex.toString())!.filter(({ role }) => role === 'csk' || role === 'ksk')
  return (child.ds ?? [2]).flatMap((digestType) => entries.map((key) => dsFor(key, apex, digestType)))
}

/** The zone of the lab that delegates another; undefined for the root. */
function parentOf(apex: string): string | undefined {
  if (apex === '.') return undefined
  const above = apex.split('.').slice(1).join('.') || '.'
  return above === '.' || LAB_ZONES.some((zone) => zone.apex === above) ? above : parentOf(above)
}

const DAY = 86_400
