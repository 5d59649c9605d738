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
  readonly #byKey = new Map<string, MutableRRset>()
  /** Found last: the records of an RRset mostly stand together, and what is asked for is mostly the only one. */
  #last: MutableRRset | undefined

  constructor(section: readonly ResourceRecord[]) {
    const signatures: ResourceRecord[] = []
    for (const record of section) {
      if (record.type === RRType.RRSIG) signatures.push(record)
      else this.#add(record)
    }
    for (const record of signatures) this.#attach(record)
  }

  get(name: Name, type: number, rrclass = 1): RRset | undefined {
    return this.#find(name, type, rrclass)
  }

  *[Symbol.iterator](): IterableIterator<RRset> {
    yield* this.#byKey.values()
  }

  #add(record: ResourceRecord): void {
    const { name, type, class: rrclass, ttl } = record
    const rrset = this.#find(name, type, rrclass)
    if (rrset === undefined) {
      const added = { name, type, class: rrclass, ttl, records: [record], signatures: [], malformedSignatures: 0 }
      this.#byKey.set(key(name, type, rrclass), added)
      this.#last = added
      return
    }
    rrset.records.push(record)
    rrset.ttl = Math.min(rrset.ttl, record.ttl)
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
    if (last?.type === type && last.class === rrclass && last.name.equals(name)) return last
    const found = this.#byKey.get(key(name, type, rrclass))
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

function key(name: Name, type: number, rrclass: number): string {
  return `${type}/${rrclass}/${name.key}`
}
