/** Reads the folders of `test/vectors/foreign`. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAnchorFile } from '../../../src/dnssec/anchor-file.ts'
import { TrustAnchors } from '../../../src/dnssec/trust-anchors.ts'
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import { parseMasterFile } from '../../../src/wire/master-file/parse.ts'
import { Name } from '../../../src/wire/name.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'

export const FOREIGN = join(import.meta.dirname, '..', '..', 'vectors', 'foreign')

/** Unix seconds at which all of it is valid. */
export const FOREIGN_CLOCK = Date.parse(readFileSync(join(FOREIGN, 'clock'), 'utf8').trim()) / 1000

interface ForeignZone {
  readonly apex: Name
  readonly file: string
  readonly records: readonly ResourceRecord[]
}

export interface ForeignSet {
  readonly name: string
  readonly zones: readonly ForeignZone[]
  readonly anchors: TrustAnchors
}

/** The folders that are whole by themselves. */
export function foreignSetNames(): string[] {
  const names = readdirSync(FOREIGN, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? entry.name : [],
  )
  return names.filter((name) => name !== 'source' && name !== 'all').sort()
}

export function loadForeignSet(name: string): ForeignSet {
  const folder = join(FOREIGN, name)
  const files = readdirSync(folder).filter((file) => file.endsWith('.zone'))
  const zones = files.map((file) => loadZone(join(folder, file)))
  return { name, zones, anchors: anchorsIn(name) }
}

/** Everything below one root. */
export function loadAll(): ForeignSet {
  const sets = foreignSetNames().map(loadForeignSet)
  const below = sets.flatMap(({ zones }) => zones.filter(({ apex }) => !apex.isRoot))
  return { name: 'all', zones: [loadZone(join(FOREIGN, 'all', 'root.zone')), ...below], anchors: anchorsIn('all') }
}

function loadZone(file: string): ForeignZone {
  const records = parseMasterFile(readFileSync(file, 'utf8'), { origin: Name.root, file })
  const soa = records.find((record) => record.type === RRType.SOA)
  if (soa === undefined) throw new Error(`${file}: no SOA`)
  return { apex: soa.name, file, records }
}

function anchorsIn(name: string): TrustAnchors {
  const file = join(FOREIGN, name, 'anchor.ds')
  return new TrustAnchors(parseAnchorFile(readFileSync(file, 'utf8'), file))
}
