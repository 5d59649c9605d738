/** From the zone sections of a scenario to signed zones. */
import { RRType, rrTypeFromName } from '../../../src/wire/codes/rrtype.ts'
import { parseMasterFile, parseRecord } from '../../../src/wire/master-file/parse.ts'
import { formatRecord } from '../../../src/wire/presentation/record.ts'
import { Name } from '../../../src/wire/name.ts'
import { readNsec, readNsec3, readRrsig, writeNsec, writeNsec3 } from '../../../src/wire/rdata/dnssec.ts'
import { TypeBitMap } from '../../../src/wire/rdata/type-bit-map.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'
import { base32hex, nsec3HashOf } from '../../lab/signer/denial.ts'
import { dsFor } from '../../lab/signer/key.ts'
import { type RrsigFields, rrsigFields, signRRset } from '../../lab/signer/sign-rrset.ts'
import { type Denial, signZone } from '../../lab/signer/sign-zone.ts'
import { rrsetOf } from '../../lab/signer/zone-content.ts'
import { type ScenarioKey, scenarioKey } from './keys.ts'
import { type Line, type Options, type ZoneSection, at, fail, optionsFrom } from './parse.ts'
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

/** The owner of an NSEC3 record, written `{nsec3 NAME}`, or `{nsec3 NAME+1}` and `{nsec3 NAME-1}` for its neighbours. */
export function expandMacros(line: Line, options: Options): string {
  return line.text.replace(/\{nsec3 (\S+?)([+-]1)?\}/g, (_, text: string, neighbour: string | undefined) => {
    const hash = nsec3HashOf(
      at(line, () => Name.parse(text)),
      hashParameters(options),
    )
    if (neighbour !== undefined) hash[hash.length - 1]! += Number(neighbour)
    return base32hex(hash)
  })
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
  const { options, line } = section
  const { text, directives } = readBody(section)
  const records = parseMasterFile(text, { file: line.file, origin: apex, defaultTtl: 3600 })
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

const signedBefore = new Map<string, readonly ResourceRecord[]>()

interface Directive {
  readonly name: string
  readonly line: Line
  readonly words: readonly string[]
}

/** The body as a master file in which each record keeps its line number, and the directives of scenarios apart. */
function readBody({ line, body, options }: ZoneSection): { text: string; directives: Directive[] } {
  const directives: Directive[] = []
  const lines = body.map((content) => {
    const name = content.text.trim().split(/\s+/)[0]
    if (name !== '$SIGN' && name !== '$CHAIN' && name !== '$RAW') return expandMacros(content, options)
    directives.push({ name, line: content, words: expandMacros(content, options).trim().split(/\s+/).slice(1) })
    return ''
  })
  return { text: '\n'.repeat(line.number) + lines.join('\n'), directives }
}

interface Sign {
  readonly owner: Name
  readonly type: number
  readonly options: Options
  readonly also: boolean
  readonly by: number | undefined
  readonly key: ScenarioKey['key'] | undefined
}

function readSign({ line, words: [owner, type, ...rest] }: Directive, zones: readonly Draft[], apex: Name): Sign {
  const options = optionsFrom(rest)
  for (const option of options.keys())
    if (!SIGN_OPTIONS.has(option)) throw fail(line, `'${option}' is no option of $SIGN`)
  const by = options.get('by')
  const key = options.get('key')
  return {
    owner: at(line, () => Name.parse(owner!, apex)),
    type: typeFrom(line, type),
    options,
    also: options.has('also'),
    by: by === undefined ? undefined : Number(by),
    key: key === undefined ? undefined : keyFrom(line, key, zones),
  }
}

/** `example./2`: the second key of that zone. */
function keyFrom(line: Line, text: string, zones: readonly Draft[]): ScenarioKey['key'] {
  const slash = text.lastIndexOf('/')
  const zone = zones.find(({ label }) => label === text.slice(0, slash))
  const key = zone?.keys[Number(text.slice(slash + 1)) - 1]
  if (key === undefined) throw fail(line, `there is no key ${text}`)
  return key.key
}

function changeFields(fields: RrsigFields, { options }: Sign, clock: number): RrsigFields {
  const number = (option: string, otherwise: number): number => Number(options.get(option) ?? otherwise)
  const time = (option: string, otherwise: number): number =>
    options.has(option) ? parseTime(options.get(option)!, clock) % 2 ** 32 : otherwise
  return {
    ...fields,
    labels: number('labels', fields.labels),
    algorithm: number('alg', fields.algorithm),
    keyTag: number('tag', fields.keyTag),
    originalTtl: number('ttl', fields.originalTtl),
    inception: time('inception', fields.inception),
    expiration: time('expiration', fields.expiration),
    signerName: options.has('signer') ? Name.parse(options.get('signer')!) : fields.signerName,
  }
}

function tamperWith(rrsig: ResourceRecord, { options }: Sign): ResourceRecord {
  if (options.has('malformed')) return { ...rrsig, rdata: rrsig.rdata.slice(0, 12) }
  if (!options.has('flip')) return rrsig
  const rdata = rrsig.rdata.slice()
  rdata[rdata.length - 1]! ^= 1
  return { ...rrsig, rdata }
}

/** `$CHAIN OWNER NSEC|NSEC3 types=+SOA,-NS next=NAME flags=N …`: changes the denial record of a name before signing. */
function changeChain(
  content: readonly ResourceRecord[],
  directives: readonly Directive[],
  { apex, options }: ZoneSection,
): ResourceRecord[] {
  let records = [...content]
  for (const { line, words } of directives.filter(({ name }) => name === '$CHAIN')) {
    const [text, typeText, ...rest] = words
    const type = typeFrom(line, typeText)
    const change = optionsFrom(rest)
    for (const key of change.keys()) if (!CHAIN_OPTIONS.has(key)) throw fail(line, `'${key}' is no option of $CHAIN`)
    const name = at(line, () => Name.parse(text!, apex))
    const owner = type === RRType.NSEC3 ? apex.prepend(base32hex(nsec3HashOf(name, hashParameters(options)))) : name
    const index = records.findIndex((record) => record.type === type && record.name.equals(owner))
    if (index < 0) throw fail(line, `there is no ${typeText} at ${owner}`)
    const rdata = changeDenial(line, records[index]!, change)
    const changed = {
      ...records[index]!,
      rdata: change.has('malformed') ? Buffer.concat([rdata, EMPTY_WINDOW]) : rdata,
    }
    const moved = change.has('as') ? { ...changed, name: Name.parse(change.get('as')!, apex) } : changed
    records = change.has('drop') ? records.toSpliced(index, 1) : records.with(index, moved)
  }
  return records
}

function changeDenial(line: Line, { type, rdata }: ResourceRecord, change: Options): Uint8Array {
  const next = change.get('next')
  if (type === RRType.NSEC) {
    const nsec = readNsec(rdata)
    return writeNsec({
      nextDomainName: next === undefined ? nsec.nextDomainName : Name.parse(next),
      types: changeTypes(line, nsec.types, change),
    })
  }
  const nsec3 = readNsec3(rdata)
  const number = (option: string, otherwise: number): number => Number(change.get(option) ?? otherwise)
  return writeNsec3({
    hashAlgorithm: number('hash', nsec3.hashAlgorithm),
    flags: number('flags', nsec3.flags),
    iterations: number('iterations', nsec3.iterations),
    salt: change.has('salt') ? Buffer.from(change.get('salt')!, 'hex') : nsec3.salt,
    nextHashedOwnerName: next === undefined ? nsec3.nextHashedOwnerName : fromBase32hex(next),
    types: changeTypes(line, nsec3.types, change),
  })
}

/** `types=A,NSEC` sets the bit map, `types=+SOA,-NS` changes it. */
function changeTypes(line: Line, map: TypeBitMap, change: Options): TypeBitMap {
  const words = change.get('types')?.split(',')
  if (words === undefined) return map
  const relative = words.every((word) => /^[+-]/.test(word))
  const types = new Set(relative ? map.types : [])
  for (const word of words) {
    const type = typeFrom(line, word.replace(/^[+-]/, ''))
    if (word.startsWith('-')) types.delete(type)
    else types.add(type)
  }
  return new TypeBitMap(types)
}

function fromBase32hex(text: string): Buffer {
  let value = 0n
  for (const character of text) value = (value << 5n) | BigInt(Number.parseInt(character, 32))
  return Buffer.from(value.toString(16).padStart(40, '0'), 'hex')
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

function hashParameters(options: Options): { salt: Buffer; iterations: number } {
  return { salt: Buffer.from(options.get('salt') ?? '', 'hex'), iterations: Number(options.get('iterations') ?? 0) }
}

function typeFrom(line: Line, text: string | undefined): number {
  const type = text === undefined ? undefined : rrTypeFromName(text)
  if (type === undefined) throw fail(line, `'${text}' is not an RR type`)
  return type
}

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
const SIGN_OPTIONS: ReadonlySet<string> = new Set([
  'alg',
  'also',
  'by',
  'expiration',
  'flip',
  'inception',
  'key',
  'labels',
  'malformed',
  'none',
  'signer',
  'tag',
  'ttl',
])
const CHAIN_OPTIONS: ReadonlySet<string> = new Set([
  'as',
  'drop',
  'flags',
  'hash',
  'iterations',
  'malformed',
  'next',
  'salt',
  'types',
])
/** Of a bit map, where none may be empty (RFC 4034 section 4.1.2). */
const EMPTY_WINDOW = Buffer.of(0, 0)
