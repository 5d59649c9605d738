import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import { type Rrsig, readRrsig } from '../wire/rdata/dnssec.ts'
import type { ResourceRecord } from '../wire/record.ts'

/** An RRSIG record as received, read once. */
export interface SignatureRecord {
  readonly rrsig: Rrsig
  readonly record: ResourceRecord
}

/** All records of one owner, type and class in one section of a message, with the RRSIGs that cover them. */
export interface RRset {
  readonly name: Name
  readonly type: number
  readonly class: number
  /** The least of the TTLs received, in seconds (RFC 2181 section 5.2). */
  readonly ttl: number
  /** At least one. */
  readonly records: readonly ResourceRecord[]
  readonly signatures: readonly SignatureRecord[]
  /** RRSIG records here that could not be read. */
  readonly malformedSignatures: number
}

/** RRsets of a section by owner and type, in the order of their first record. */
export class RRsets {
  readonly #all: MutableRRset[] = []
  /** Once there are many: a section may bring thousands. Most have one or two, for which no keys need be made. */
  #byKey: Map<string, MutableRRset> | undefined
  /** Found last: the records of an RRset mostly stand together, and what is asked for is mostly the only one. */
  #last: MutableRRset | undefined

  constructor(section: readonly ResourceRecord[]) {
    for (const record of section) if (record.type !== RRType.RRSIG) this.#add(record)
    for (const record of section) if (record.type === RRType.RRSIG) this.#attach(record)
  }

  get(name: Name, type: number, rrclass = 1): RRset | undefined {
    return this.#find(name, type, rrclass)
  }

  /** Whether there is any of this type, at whatever name. */
  has(type: number): boolean {
    return this.#all.some((rrset) => rrset.type === type)
  }

  [Symbol.iterator](): IterableIterator<RRset> {
    return this.#all.values()
  }

  #add(record: ResourceRecord): void {
    const { name, type, class: rrclass, ttl } = record
    const rrset = this.#find(name, type, rrclass)
    if (rrset !== undefined) {
      rrset.records.push(record)
      rrset.ttl = Math.min(rrset.ttl, record.ttl)
      return
    }
    const added = { name, type, class: rrclass, ttl, records: [record], signatures: [], malformedSignatures: 0 }
    this.#all.push(added)
    this.#last = added
    if (this.#byKey !== undefined) this.#byKey.set(key(added), added)
    else if (this.#all.length > FEW) this.#byKey = new Map(this.#all.map((each) => [key(each), each]))
  }

  #attach(record: ResourceRecord): void {
    // The type covered is read first, so that a signature that cannot be read still counts at its RRset.
    const covered = record.rdata.length < 2 ? -1 : (record.rdata[0]! << 8) | record.rdata[1]!
    const rrset = this.#find(record.name, covered, record.class)
    if (rrset === undefined) return
    try {
      rrset.signatures.push({ rrsig: readRrsig(record.rdata), record })
    } catch {
      rrset.malformedSignatures++
    }
  }

  #find(name: Name, type: number, rrclass: number): MutableRRset | undefined {
    const last = this.#last
    if (last !== undefined && is(last, name, type, rrclass)) return last
    const found =
      this.#byKey === undefined
        ? this.#all.find((rrset) => is(rrset, name, type, rrclass))
        : this.#byKey.get(key({ name, type, class: rrclass }))
    if (found !== undefined) this.#last = found
    return found
  }
}

interface MutableRRset {
  name: Name
  type: number
  class: number
  ttl: number
  records: ResourceRecord[]
  signatures: SignatureRecord[]
  malformedSignatures: number
}

function is(rrset: RRset, name: Name, type: number, rrclass: number): boolean {
  return rrset.type === type && rrset.class === rrclass && rrset.name.equals(name)
}

function key({ name, type, class: rrclass }: Pick<RRset, 'name' | 'type' | 'class'>): string {
  return `${type}/${rrclass}/${name.key}`
}

/** RRsets of a section that are looked through one by one. */
const FEW = 8
