import { LRUCache } from 'lru-cache'
import { zoneCandidate } from '../../dnssec/answer-rrset.ts'
import type { DenialMemory } from '../../dnssec/denial-memory.ts'
import { ownerHash, parameterKey } from '../../dnssec/nsec3.ts'
import type { VerifiedRRset } from '../../dnssec/rrsig.ts'
import { RESOLVER_LIMITS } from '../../limits.ts'
import { RRType } from '../../wire/codes/rrtype.ts'
import { compareOctets, type Name } from '../../wire/name.ts'
import { readNsec, readNsec3 } from '../../wire/rdata/dnssec.ts'
import type { Question, ResourceRecord } from '../../wire/record.ts'
import { recordOctets } from '../memory-size.ts'
import { findNsec, findNsec3, type KeptDenial, type KeptNsec, type KeptNsec3 } from './find-denial.ts'
import { OrderedList } from './ordered-list.ts'

/** What is found, until it is used or forgotten. */
export interface FoundDenial {
  /** NSEC or NSEC3 records and their signatures, with what is left of their TTLs. */
  readonly records: readonly ResourceRecord[]
  /** Takes them out, where they have turned out to prove nothing. */
  readonly forget: () => void
}

/**
 * NSEC and NSEC3 records that verified, by zone and in the order of its chain, in a bounded space (RFC 8198). All
 * times come in. What is found is to be validated again.
 */
export class DenialCache implements DenialMemory {
  readonly #zones = new Map<string, Zone>()
  readonly #kept: LRUCache<string, Slot>

  /** @param octets Bound on what is kept; what was not used for longest makes room. */
  constructor(octets: number) {
    this.#kept = new LRUCache({
      maxSize: octets,
      sizeCalculation: (slot) => slot.octets,
      dispose: (slot) => slot.remove(),
    })
  }

  put(zone: Name, used: readonly VerifiedRRset[], ttl: number, now: number): void {
    const until = now + Math.min(ttl, RESOLVER_LIMITS.denialTtl.value)
    if (until <= now) return
    for (const verified of used) {
      const { rrset, signature, wildcardEncloser } = verified
      // One that was expanded from a wildcard has another owner than it was signed under.
      if (wildcardEncloser !== undefined) continue
      const rdata = rrset.records[0]!.rdata
      const common = { received: received(verified), from: signature.inception, until }
      if (rrset.type === RRType.NSEC) {
        const record = { owner: rrset.name, nsec: readNsec(rdata), zone }
        this.#keep(zone, 'NSEC', nsecChain, { key: rrset.name, record, ...common })
      }
      const hash = rrset.type === RRType.NSEC3 ? ownerHash(rrset.name, zone) : undefined
      if (hash !== undefined) {
        const record = { owner: rrset.name, ownerHash: hash, nsec3: readNsec3(rdata), zone }
        this.#keep(zone, parameterKey(record.nsec3), nsec3Chain, { key: hash, record, ...common })
      }
    }
  }

  /**
   * Records that may prove the absence of what is asked for. Only the deepest zone that has any here is looked into:
   * no zone speaks of what is below its cuts.
   */
  find(question: Question, now: number): FoundDenial | undefined {
    const zone = this.#deepest(zoneCandidate(question.name, question.type))
    if (zone === undefined) return undefined
    // Of a zone that has changed its parameters, the latest two are enough.
    for (const chain of [...zone.values()].slice(-2).reverse()) {
      const found = chain.find({ name: question.name, type: question.type, now })
      if (found === undefined) continue
      for (const { id } of found) this.#kept.get(id)
      return {
        records: found.flatMap((each) => each.received.map((record) => aged(record, each.until - now))),
        forget: () => {
          for (const { id } of found) this.#kept.delete(id)
        },
      }
    }
    return undefined
  }

  clear(): void {
    this.#kept.clear()
  }

  #deepest(name: Name): Zone | undefined {
    for (let labels = name.labelCount; labels >= 0; labels--) {
      const zone = this.#zones.get(name.suffix(labels).key)
      if (zone !== undefined) return zone
    }
    return undefined
  }

  #keep<K extends Kept>(zone: Name, parameters: string, create: () => Chain<K>, content: Omit<K, 'id'>): void {
    const id = `${zone.key}/${parameters}/${content.record.owner.key}`
    const kept = { ...content, id } as K
    const octets = OVERHEAD + kept.received.reduce((sum, record) => sum + recordOctets(record), 0)
    this.#kept.set(id, { octets, remove: () => this.#remove(zone, parameters, kept) })
    // What is larger than all of the space was not taken.
    if (!this.#kept.has(id)) return
    const chains = this.#zones.get(zone.key) ?? new Map<string, Chain<Kept>>()
    this.#zones.set(zone.key, chains)
    const chain = chains.get(parameters) ?? (create() as Chain<Kept>)
    chains.set(parameters, chain)
    chain.put(kept)
  }

  #remove(zone: Name, parameters: string, kept: Kept): void {
    const chains = this.#zones.get(zone.key)
    const chain = chains?.get(parameters)
    chain?.delete(kept)
    if (chain?.size === 0) chains?.delete(parameters)
    if (chains?.size === 0) this.#zones.delete(zone.key)
  }
}

type Kept = KeptNsec | KeptNsec3

interface Slot {
  readonly octets: number
  readonly remove: () => void
}

/** By their parameters, in the order they came up in. */
type Zone = Map<string, Chain<Kept>>

interface Chain<K extends Kept> {
  readonly size: number
  put(kept: K): void
  delete(kept: K): void
  find(wanted: { readonly name: Name; readonly type: number; readonly now: number }): readonly Kept[] | undefined
}

function nsecChain(): Chain<KeptNsec> {
  return chainOf(new OrderedList<Name, KeptNsec>((a, b) => a.compare(b)), findNsec)
}

function nsec3Chain(): Chain<KeptNsec3> {
  return chainOf(new OrderedList<Uint8Array, KeptNsec3>(compareOctets), findNsec3)
}

function chainOf<Key, K extends Kept & KeptDenial<Key, unknown>>(
  list: OrderedList<Key, K>,
  find: (list: OrderedList<Key, K>, wanted: Parameters<Chain<K>['find']>[0]) => readonly K[] | undefined,
): Chain<K> {
  return {
    get size() {
      return list.size
    },
    put: (kept) => list.put(kept),
    delete: (kept) => list.delete(kept),
    find: (wanted) => find(list, wanted),
  }
}

/** The record and the signature that verified it; another of the same key and time may stand beside it. */
function received({ rrset, signature }: VerifiedRRset): ResourceRecord[] {
  const signatures = rrset.signatures.filter(
    ({ rrsig }) =>
      rrsig.keyTag === signature.keyTag &&
      rrsig.algorithm === signature.algorithm &&
      rrsig.expiration === signature.expiration >>> 0 &&
      rrsig.signerName.equals(signature.signer),
  )
  return [rrset.records[0]!, ...signatures.slice(0, MAX_SIGNATURES).map(({ record }) => record)]
}

function aged(record: ResourceRecord, left: number): ResourceRecord {
  return { ...record, ttl: Math.min(record.ttl, left) }
}

/** Octets of an entry besides its records. */
const OVERHEAD = 768
const MAX_SIGNATURES = 2
