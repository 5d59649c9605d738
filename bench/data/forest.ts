/** Many signed zones below one another: the root, `test.`, and zones below it that have hosts. */
import { TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import { formatRdata } from '../../src/wire/presentation/rdata.ts'
import { parseMasterFile } from '../../src/wire/master-file/parse.ts'
import { Name } from '../../src/wire/name.ts'
import { readDs } from '../../src/wire/rdata/dnssec.ts'
import { dsFor, makeKey, type SigningKey } from '../../test/lab/signer/key.ts'
import { signZone } from '../../test/lab/signer/sign-zone.ts'
import { NOW } from './walk.ts'

export interface Forest {
  readonly anchors: TrustAnchors
  /** The root's DS record as a line of a master file. */
  readonly anchorText: string
  readonly zones: ZoneSet
  /** Hosts with an address, zone by zone. */
  readonly hosts: readonly (readonly string[])[]
}

/** ECDSA P-256, a key for keys and one for the rest in each zone, NSEC. */
export function makeForest(zoneCount: number, hostsEach: number): Forest {
  const names = Array.from({ length: zoneCount }, (_, zone) => `z${zone}.test.`)
  const root = keyPair()
  const tld = keyPair()
  const keys = names.map(keyPair)
  const hosts = names.map((zone) => Array.from({ length: hostsEach }, (_, host) => `h${host}.${zone}`))
  const delegation = (zone: string): string => `${zone} NS ns.${zone}\nns.${zone} A 192.0.2.1\n`
  const zones = new ZoneSet([
    signed('.', root, `test. NS ns.test.\nns.test. A 192.0.2.1\n`, [['test.', tld]]),
    signed(
      'test.',
      tld,
      names.map(delegation).join(''),
      names.map((name, index) => [name, keys[index]!]),
    ),
    ...names.map((name, index) =>
      signed(name, keys[index]!, hosts[index]!.map((host, i) => `${host} A 192.0.2.${i % 256}\n`).join(''), []),
    ),
  ])
  const ds = delegationSigner('.', root)
  return {
    anchors: new TrustAnchors([{ zone: Name.root, ds: [readDs(ds.rdata)], dnskeys: [] }]),
    anchorText: `. 3600 IN DS ${formatRdata(ds.type, ds.rdata)}\n`,
    zones,
    hosts,
  }
}

type KeyPair = readonly [ksk: SigningKey, zsk: SigningKey]

function keyPair(): KeyPair {
  return [makeKey({ role: 'ksk' }), makeKey({ role: 'zsk' })]
}

function signed(apex: string, keys: KeyPair, text: string, children: readonly (readonly [string, KeyPair])[]) {
  const name = Name.parse(apex)
  const whole = `@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n${text}`
  const records = parseMasterFile(whole, { origin: name, defaultTtl: 3600 })
  records.push(...children.map(([child, pair]) => delegationSigner(child, pair)))
  const validity = { inception: NOW - 2 * DAY, expiration: NOW + 14 * DAY }
  return signZone({ apex: name, records, keys, denial: { kind: 'nsec' }, ...validity })
}

function delegationSigner(apex: string, [ksk]: KeyPair) {
  return dsFor(ksk, Name.parse(apex))
}

const DAY = 86_400
