/** From the zone sections of a scenario to signed zones. */
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import { parseMasterFile, parseRecord } from '../../../src/wire/master-file/parse.ts'
import { formatRecord } from '../../../src/wire/presentation/record.ts'
import { Name } from '../../../src/wire/name.ts'
import { readRrsig } from '../../../src/wire/rdata/dnssec.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'
import { dsFor } from '../../lab/signer/key.ts'
import { type RrsigFields, rrsigFields, signRRset } from '../../lab/signer/sign-rrset.ts'
import { type Denial, signZone } from '../../lab/signer/sign-zone.ts'
import { rrsetOf } from '../../lab/signer/zone-content.ts'
import { type Directive, hashParameters, readBody, typeFrom } from './body.ts'
import { changeChain } from './chain-directive.ts'
import { type ScenarioKey, scenarioKey } from './keys.ts'
import { type ZoneSection, at, fail } from './parse.ts'
import { type Sign, changeFields, readSign, tamperWith } from './sign-directive.ts'
import { parseTime } from './time.ts'

export interface ScenarioZone {
  readonly section: ZoneSection
  readonly apex: Name
  /** How replies refer to it: its `as`, else its apex. */
  readonly label: string
  /** A zone with `as` gives records to replies, and answers nothing itself. */
  readonly served: boolean
  readonly keys: readonly ScenarioKey[]
  readonly records: readonly ResourceRecord[]
}

/** All zones of a scenario, the implied root included. */
export function buildZones(sections: readonly ZoneSection[], clock: number): ScenarioZone[] {
  const all = sections.some(isServedRoot) ? sections : [IMPLIED_ROOT, ...sections]
  const drafts = all.map(draft)
  return drafts.map((zone) => ({ ...zone, records: signedRecords(zone, drafts, clock) }))
}

/** RRSIGs by `TYPE OWNER` and unsigned records alike: everything in the zone of that owner and type. */
export function recordsAt(zone: ScenarioZone, owner: Name, type: number): ResourceRecord[] {
  return zone.records.filter(
    (record) => record.name.equals(owner) && (record.type === type || coveredType(record) === type),
  )
}

/** The Type Covered of an RRSIG record; undefined for other records. */
export function coveredType(record: ResourceRecord): number | undefined {
  if (record.type !== RRType.RRSIG || record.rdata.length < 2) return undefined
  return (record.rdata[0]! << 8) | record.rdata[1]!
}

type Draft = Omit<ScenarioZone, 'records'>

function isServedRoot({ apex, options }: ZoneSection): boolean {
  return apex.isRoot && !options.has('as')
}

function draft(section: ZoneSection): Draft {
  const { apex, options, line } = section
  for (const option of options.keys())
    if (!ZONE_OPTIONS.has(option)) throw fail(line, `'${option}' is no option of a zone`)
  const words = (options.get('keys') ?? '13:ksk,13:zsk').split(',')
  const seed = options.get('seed') ?? apex.toCanonicalString()
  const keys: ScenarioKey[] = []
  for (const word of words[0] === 'none' ? [] : words) {
    keys.push(at(line, () => scenarioKey(word, `${seed} ${keys.length + 1}`, keys)))
  }
  return { section, apex, label: options.get('as') ?? apex.toCanonicalString(), served: !options.has('as'), keys }
}

function signedRecords(zone: Draft, zones: readonly Draft[], clock: number): readonly ResourceRecord[] {
  const { section, apex, keys } = zone
  const { options } = section
  const { text, directives } = readBody(section)
  const records = unsignedRecords(zone, zones, text, directives)
  if (keys.length === 0) return records
  const time = (option: string, otherwise: string): number =>
    parseTime(options.get(option) ?? otherwise, clock) % 2 ** 32
  const validity = { inception: time('inception', '-2d'), expiration: time('expiration', '+12d') }
  // Most scenarios share their root; what has directives may look at other zones of its file.
  const cacheKey = JSON.stringify([`${apex}`, [...options], clock, records.map(formatRecord)])
  const cached = directives.length > 0 ? undefined : signedBefore.get(cacheKey)
  if (cached !== undefined) return cached
  const signs = directives.filter(({ name }) => name === '$SIGN').map((directive) => readSign(directive, zones, apex))
  const changes = signs.filter(({ also }) => !also)
  const fits = (sign: Sign, rrsig: RrsigFields, owner: Name, key: unknown): boolean =>
    sign.owner.equals(owner) &&
    sign.type === rrsig.typeCovered &&
    (sign.by === undefined || keys[sign.by - 1]!.key === key)
  const unpublished = keys.filter(({ published }) => !published).map(({ key }) => key.rdata)
  const signed = signZone({
    ...validity,
    apex,
    records,
    keys: keys.map(({ key }) => key),
    denial: denialOf(section),
    alter: (content) =>
      changeChain(content, directives, section).filter(({ rdata }) => !unpublished.some((key) => key === rdata)),
    mutate: (fields, rrset, key) => {
      const found = changes.filter((sign) => fits(sign, fields, rrset.name, key))
      if (found.some(({ options: given }) => given.has('none') || given.has('key'))) return null
      return found.reduce((changed, sign) => changeFields(changed, sign, clock), fields)
    },
    tamper: (rrsig, rrset, key) =>
      changes
        .filter((sign) => fits(sign, readRrsig(rrsig.rdata), rrset.name, key))
        .reduce((changed, sign) => tamperWith(changed, sign), rrsig),
  })
  for (const sign of signs.filter(({ also, options: given }) => also || given.has('key'))) {
    const rrset = rrsetOf(signed.filter(({ name, type }) => name.equals(sign.owner) && type === sign.type))
    const key = sign.key ?? keys[(sign.by ?? keys.length) - 1]!.key
    const fields = changeFields(rrsigFields(rrset, key, apex, validity), sign, clock)
    signed.push(tamperWith(signRRset(rrset, key, fields), sign))
  }
  if (directives.length === 0) signedBefore.set(cacheKey, signed)
  return signed
}

/** What the section says, and what is implied: SOA, NS, delegations of the zones below. */
function unsignedRecords(
  zone: Draft,
  zones: readonly Draft[],
  text: string,
  directives: readonly Directive[],
): ResourceRecord[] {
  const { apex, section } = zone
  const records = parseMasterFile(text, { file: section.line.file, origin: apex, defaultTtl: 3600 })
  const add = (implied: string): void => {
    records.push(parseRecord(implied, { origin: apex, defaultTtl: 3600 }))
  }
  const has = (type: number): boolean => records.some((record) => record.type === type && record.name.equals(apex))
  if (!has(RRType.SOA)) add('@ SOA ns.invalid. hostmaster.invalid. 1 7200 3600 1209600 300')
  if (!has(RRType.NS)) add('@ NS ns.invalid.')
  for (const child of zones.filter((other) => parentOf(other, zones) === zone)) {
    add(`${child.apex} NS ns.invalid.`)
    records.push(...dsRecords(child))
  }
  for (const { line: at, words } of directives.filter(({ name }) => name === '$RAW')) {
    const [owner, type, hex = ''] = words
    const rdata = Buffer.from(hex, 'hex')
    records.push({ name: Name.parse(owner!, apex), type: typeFrom(at, type), class: 1, ttl: 3600, rdata })
  }
  return records
}

/** The records a parent publishes for a child: by default one SHA-256 DS for each key that signs the DNSKEY RRset. */
function dsRecords({ section, apex, keys }: Draft): ResourceRecord[] {
  const given = section.options.get('ds')
  if (given === 'none') return []
  if (given !== undefined) {
    return given.split(',').map((word) => {
      const [index, digestType = '2'] = word.split('/')
      const key = keys[Number(index) - 1]
      if (key === undefined) throw fail(section.line, `there is no key ${index} for a DS`)
      return dsFor(key.key, apex, Number(digestType))
    })
  }
  return keys.filter(({ key }) => key.role === 'csk' || key.role === 'ksk').map(({ key }) => dsFor(key, apex))
}

/** The closest zone above that answers. */
function parentOf(zone: Draft, zones: readonly Draft[]): Draft | undefined {
  if (!zone.served) return undefined
  const above = zones.filter(({ served, apex }) => served && zone.apex.isBelow(apex))
  return above.sort((a, b) => b.apex.labelCount - a.apex.labelCount)[0]
}

function denialOf({ line, options }: ZoneSection): Denial {
  const kind = options.get('denial') ?? 'nsec'
  if (kind === 'nsec3') return { kind, ...hashParameters(options), optOut: options.has('opt-out') }
  if (kind !== 'nsec' && kind !== 'none') throw fail(line, `denial=${kind} is none of nsec, nsec3, none`)
  return { kind }
}

const signedBefore = new Map<string, readonly ResourceRecord[]>()

const IMPLIED_ROOT: ZoneSection = {
  line: { file: 'implied', number: 0, text: 'zone .' },
  apex: Name.root,
  options: new Map(),
  body: [],
}

const ZONE_OPTIONS: ReadonlySet<string> = new Set([
  'as',
  'denial',
  'ds',
  'expiration',
  'inception',
  'iterations',
  'keys',
  'opt-out',
  'salt',
  'seed',
])
