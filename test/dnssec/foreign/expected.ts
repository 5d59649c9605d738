/**
 * What a validator must say of a question, worked out from the content of zones alone (RFC 1034 section 4.3.2,
 * RFC 4592, RFC 6672): no message, no signature and nothing of the validator is looked at.
 */
import type { Status } from '../../../src/dnssec/status.ts'
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import { compareOctets, Name } from '../../../src/wire/name.ts'
import type { Question, ResourceRecord } from '../../../src/wire/record.ts'
import { canonicalRdatas } from '../../lab/signer/canonical.ts'
import { base32hex, nsec3HashOf } from '../../lab/signer/denial.ts'

export interface Expected {
  readonly status: Extract<Status, 'secure' | 'insecure'>
  readonly rcode: number
  /** Of the last name, as `type rdata` with the RDATA in canonical form and hex, in order; owners are known. */
  readonly records: readonly string[]
  /** The aliases on the way. */
  readonly aliases: readonly { readonly via: 'CNAME' | 'DNAME'; readonly wildcard: boolean }[]
  /** How it was answered, for reports. */
  readonly kind: 'data' | 'wildcard' | 'nodata' | 'nxdomain' | 'long'
}

type Sets = Map<number, ResourceRecord[]>

interface Span {
  readonly hash: string
  readonly optOut: boolean
}

interface Zone {
  readonly apex: Name
  readonly nodes: Map<string, Sets>
  readonly signed: boolean
  readonly spans: readonly Span[]
  readonly hash: (name: Name) => string
}

/** One step, within one zone. */
type Step =
  | {
      readonly kind: Expected['kind']
      readonly records: readonly ResourceRecord[]
      readonly optOut: boolean
      /** The alias that is itself the answer. */
      readonly alias?: Expected['aliases'][0]
    }
  | { readonly kind: 'alias'; readonly target: Name; readonly optOut: boolean; readonly alias: Expected['aliases'][0] }

export class Expectation {
  readonly #zones = new Map<string, Zone>()
  readonly #secure = new Map<string, boolean>()

  constructor(zones: readonly (readonly ResourceRecord[])[]) {
    for (const records of zones) {
      const zone = readZone(records)
      this.#zones.set(zone.apex.key, zone)
    }
  }

  of(question: Question): Expected {
    const aliases: Expected['aliases'][0][] = []
    let status: Expected['status'] = 'secure'
    for (let name = question.name; ; ) {
      const zone = this.#zoneOf(name, question.type)
      const step = stepIn(zone, name, question.type)
      if (!this.#isSecure(zone) || step.optOut) status = 'insecure'
      if (step.alias !== undefined) aliases.push(step.alias)
      if (step.kind !== 'alias') {
        const rcode = step.kind === 'nxdomain' ? 3 : step.kind === 'long' ? 6 : 0
        return { status, rcode, records: shown(step.records), aliases, kind: step.kind }
      }
      name = step.target
    }
  }

  /** Whether the zone that would answer is reached by an unbroken chain of DS records. */
  isSecure(name: Name, type: number): boolean {
    return this.#isSecure(this.#zoneOf(name, type))
  }

  #zoneOf(name: Name, type: number): Zone {
    // DS is data of the parent (RFC 4035 section 3.1.4.1).
    const from = type === RRType.DS && !name.isRoot ? name.strip(1) : name
    for (let labels = from.labelCount; labels >= 0; labels--) {
      const zone = this.#zones.get(from.suffix(labels).key)
      if (zone !== undefined) return zone
    }
    throw new Error(`no zone for ${name}`)
  }

  #isSecure(zone: Zone): boolean {
    if (zone.apex.isRoot) return zone.signed
    const known = this.#secure.get(zone.apex.key)
    if (known !== undefined) return known
    const parent = this.#zoneOf(zone.apex, RRType.DS)
    const secure = this.#isSecure(parent) && parent.nodes.get(zone.apex.key)?.has(RRType.DS) === true
    this.#secure.set(zone.apex.key, secure)
    return secure
  }
}

/** Records of any kind, in the form of `Expected.records`. */
export function shown(records: readonly ResourceRecord[]): string[] {
  const lines = records.flatMap((record) =>
    canonicalRdatas([record]).map((rdata) => `${record.type} ${rdata.toString('hex')}`),
  )
  return [...new Set(lines)].sort()
}

function stepIn(zone: Zone, name: Name, type: number): Step {
  for (let labels = zone.apex.labelCount; labels < name.labelCount; labels++) {
    const at = name.suffix(labels)
    const node = zone.nodes.get(at.key)
    if (node === undefined) return missing(zone, name, type, at.strip(1))
    const dname = node.get(RRType.DNAME)?.[0]
    if (dname !== undefined) return renamed(name, at, dname, type)
  }
  const node = zone.nodes.get(name.key)
  return node === undefined ? missing(zone, name, type, name.strip(1)) : select(zone, name, node, type, 'data', false)
}

function missing(zone: Zone, name: Name, type: number, below: Name): Step {
  const encloser = below.isAtOrBelow(zone.apex) ? below : zone.apex
  const nextCloser = name.suffix(encloser.labelCount + 1)
  const optOut = inOptOut(zone, nextCloser)
  const wildcard = encloser.wildcard
  const source = wildcard === undefined ? undefined : zone.nodes.get(wildcard.key)
  if (source === undefined) {
    return { kind: 'nxdomain', records: [], optOut: optOut || (wildcard !== undefined && inOptOut(zone, wildcard)) }
  }
  return select(zone, wildcard!, source, type, 'wildcard', optOut)
}

function select(zone: Zone, at: Name, node: Sets, type: number, kind: 'data' | 'wildcard', optOut: boolean): Step {
  if (type === RRType.ANY && node.size > 0) return { kind, records: [...node.values()].flat(), optOut }
  const set = node.get(type)
  if (set !== undefined) return { kind, records: set, optOut }
  const cname = node.get(RRType.CNAME)?.[0]
  if (cname !== undefined) {
    const alias = { via: 'CNAME', wildcard: kind === 'wildcard' } as const
    return { kind: 'alias', target: Name.fromWire(cname.rdata), optOut, alias }
  }
  // A name without an NSEC3 of its own is in a span of opt-out (RFC 5155 section 7.1): its absence is not proven.
  return { kind: 'nodata', records: [], optOut: optOut || (!hasNsec3(zone, at) && inOptOut(zone, at)) }
}

function renamed(name: Name, owner: Name, dname: ResourceRecord, type: number): Step {
  const target = Name.fromWire(dname.rdata)
  const kept = name.labels.slice(0, name.labelCount - owner.labelCount)
  const octets = kept.reduce((sum, label) => sum + 1 + label.length, target.wire.length)
  if (octets > 255) return { kind: 'long', records: [dname], optOut: false }
  const made = Name.fromLabels([...kept, ...target.labels])
  // The CNAME that follows from the DNAME is an answer of its own (RFC 6672 section 3.1).
  const cname = { ...dname, name, type: RRType.CNAME, rdata: made.wire }
  const alias = { via: 'DNAME', wildcard: false } as const
  if (type === RRType.CNAME) return { kind: 'data', records: [cname], optOut: false, alias }
  if (type === RRType.ANY) return { kind: 'data', records: [dname, cname], optOut: false, alias }
  return { kind: 'alias', target: made, optOut: false, alias }
}

/** Whether the NSEC3 that covers a name without one has the opt-out flag. */
function inOptOut(zone: Zone, name: Name): boolean {
  if (zone.spans.length === 0 || hasNsec3(zone, name)) return false
  const hash = zone.hash(name)
  const before = zone.spans.filter((span) => span.hash < hash)
  return (before.at(-1) ?? zone.spans.at(-1)!).optOut
}

function hasNsec3(zone: Zone, name: Name): boolean {
  if (zone.spans.length === 0) return true
  const hash = zone.hash(name)
  return zone.spans.some((span) => span.hash === hash)
}

function readZone(records: readonly ResourceRecord[]): Zone {
  const apex = records.find((record) => record.type === RRType.SOA)!.name
  const nodes = new Map<string, Sets>()
  const spans: Span[] = []
  let hash = (_: Name): string => ''
  for (const record of records) {
    if (record.type === RRType.RRSIG) continue
    if (record.type === RRType.NSEC3) {
      const { rdata } = record
      const salt = rdata.subarray(5, 5 + rdata[4]!)
      const iterations = (rdata[2]! << 8) | rdata[3]!
      spans.push({ hash: String.fromCharCode(...record.name.labels[0]!).toLowerCase(), optOut: (rdata[1]! & 1) === 1 })
      hash = (name) => base32hex(nsec3HashOf(name, { salt, iterations })).toLowerCase()
      continue
    }
    for (let labels = record.name.labelCount; labels >= apex.labelCount; labels--) {
      const key = record.name.suffix(labels).key
      if (!nodes.has(key)) nodes.set(key, new Map())
    }
    const node = nodes.get(record.name.key)!
    const set = node.get(record.type)
    if (set === undefined) node.set(record.type, [record])
    else if (!set.some((other) => compareOctets(other.rdata, record.rdata) === 0)) set.push(record)
  }
  spans.sort((a, b) => (a.hash < b.hash ? -1 : 1))
  const signed = records.some((record) => record.type === RRType.DNSKEY && record.name.equals(apex))
  return { apex, nodes, signed, spans, hash: memoized(hash) }
}

function memoized(hash: (name: Name) => string): (name: Name) => string {
  const known = new Map<string, string>()
  return (name) => {
    const found = known.get(name.key) ?? hash(name)
    known.set(name.key, found)
    return found
  }
}
