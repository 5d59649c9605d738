import { RRType } from '../wire/codes/rrtype.ts'
import type { Name } from '../wire/name.ts'
import { compareOctets } from '../wire/name.ts'
import { readNsec, readNsec3 } from '../wire/rdata/dnssec.ts'
import { signedOwner } from './canonical.ts'
import { failure, moreSpecific, placeText } from './failure.ts'
import { isWellFormed, type OwnedNsec } from './nsec.ts'
import { isUsable, type OwnedNsec3, ownerHash, parameterKey } from './nsec3.ts'
import type { RRset, RRsets } from './rrset.ts'
import { type VerifiedRRset, verifyRRset } from './rrsig.ts'
import type { Session } from './session.ts'
import type { Failure } from './status.ts'
import type { ZoneKeys } from './zone-keys.ts'

/** One NSEC or NSEC3 RRset that could be part of a proof; verified when it is used, not before. */
export interface Candidate<Record> {
  readonly record: Record
  readonly rrset: RRset
  /** The verified RRset, worked out once; undefined where it does not verify. */
  readonly verify: () => VerifiedRRset | undefined
}

/** The NSEC and NSEC3 records of an authority section that one zone may have signed. */
export class DenialRecords {
  readonly nsec: readonly Candidate<OwnedNsec>[]
  /** In groups of equal parameters. */
  readonly nsec3: readonly (readonly Candidate<OwnedNsec3>[])[]
  /** Why a record that was wanted could not be used, the most specific of all. */
  worst: Failure | undefined

  constructor(session: Session, authority: RRsets, zone: ZoneKeys) {
    const nsec: Candidate<OwnedNsec>[] = []
    const nsec3 = new Map<string, Candidate<OwnedNsec3>[]>()
    const { budget } = session.context
    let nsecCount = 0
    let nsec3Count = 0
    for (const rrset of authority) {
      if (rrset.type !== RRType.NSEC && rrset.type !== RRType.NSEC3) continue
      // Aliases bring proofs of other zones along; the limits are on what this zone is said to have signed.
      const labels = labelsSignedBy(rrset, zone.zone)
      if (labels === undefined) continue
      if (rrset.type === RRType.NSEC) {
        budget.require('nsecRecords', ++nsecCount)
        nsec.push(...this.#readNsec(session, rrset, zone, labels))
        continue
      }
      budget.require('nsec3Records', ++nsec3Count)
      const candidate = this.#readNsec3(session, rrset, zone, labels)
      if (candidate === undefined) continue
      const key = parameterKey(candidate.record.nsec3)
      const group = nsec3.get(key)
      if (group === undefined) nsec3.set(key, [candidate])
      else group.push(candidate)
    }
    this.nsec = nsec
    this.nsec3 = [...nsec3.values()]
  }

  get isEmpty(): boolean {
    return this.nsec.length === 0 && this.nsec3.length === 0
  }

  #readNsec(session: Session, rrset: RRset, zone: ZoneKeys, labels: number): Candidate<OwnedNsec>[] {
    // Two records at one owner cannot both be true (RFC 4034 section 4): such an RRset proves nothing.
    if (!holdsOneRecord(rrset)) return []
    try {
      const record: OwnedNsec = {
        // An NSEC that was expanded from a wildcard speaks for the wildcard, not for the name it was given.
        owner: signedOwner(rrset.name, labels),
        nsec: readNsec(rrset.records[0]!.rdata),
        zone: zone.zone,
      }
      return isWellFormed(record) ? [{ record, rrset, verify: this.#verifier(session, rrset, zone, labels) }] : []
    } catch {
      return this.#malformed(rrset)
    }
  }

  #readNsec3(session: Session, rrset: RRset, zone: ZoneKeys, labels: number): Candidate<OwnedNsec3> | undefined {
    const hash = ownerHash(rrset.name, zone.zone)
    if (hash === undefined || !holdsOneRecord(rrset) || labels !== rrset.name.labelCount) return undefined
    try {
      const nsec3 = readNsec3(rrset.records[0]!.rdata)
      if (!isUsable(nsec3)) return undefined
      const record = { owner: rrset.name, ownerHash: hash, nsec3, zone: zone.zone }
      return { record, rrset, verify: this.#verifier(session, rrset, zone, labels) }
    } catch {
      return this.#malformed(rrset)[0]
    }
  }

  #verifier(session: Session, rrset: RRset, zone: ZoneKeys, labels: number): () => VerifiedRRset | undefined {
    let result: VerifiedRRset | undefined
    let done = false
    return () => {
      if (done) return result
      done = true
      const outcome = verifyRRset(session, rrset, zone)
      if (outcome.verified) {
        const encloserLabels = outcome.wildcardEncloser?.labelCount
        if (encloserLabels === undefined || encloserLabels === labels) result = outcome
      } else this.worst = moreSpecific(this.worst, outcome.failure)
      return result
    }
  }

  #malformed(rrset: RRset): never[] {
    const text = `${placeText(rrset.name, rrset.type)} is malformed`
    this.worst = moreSpecific(this.worst, failure('denial-invalid', text, rrset.name, rrset.type))
    return []
  }
}

/** Duplicates are one record (RFC 4034 section 6.3). */
function holdsOneRecord({ records }: RRset): boolean {
  return records.every(({ rdata }) => compareOctets(rdata, records[0]!.rdata) === 0)
}

/** The Labels of the RRSIGs that name the zone as signer, which decide whose record this is; undefined without one. */
function labelsSignedBy(rrset: RRset, zone: Name): number | undefined {
  const own = rrset.signatures.filter(({ rrsig }) => rrsig.signerName.equals(zone))
  const labels = own[0]?.rrsig.labels
  if (labels === undefined || labels > rrset.name.labelCount || labels < zone.labelCount) return undefined
  // Signatures that disagree on Labels disagree on the owner: nothing can be said of such an RRset.
  return own.every(({ rrsig }) => rrsig.labels === labels) ? labels : undefined
}
