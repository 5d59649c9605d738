import { canonicalRdataSet, signedOwner } from './canonical.ts'
import type { RRset, SignatureRecord } from './rrset.ts'

/**
 * What an RRSIG signs (RFC 4034 section 3.1.8.1): its own RDATA up to the signature, as received and with the signer
 * in lower case, then the RRset in canonical form. The canonical RDATA is made once for all signatures of the RRset.
 */
export class SignedData {
  readonly #rrset: RRset
  #rdatas: Uint8Array[] | undefined

  constructor(rrset: RRset) {
    this.#rrset = rrset
  }

  for({ rrsig, record }: SignatureRecord): Uint8Array {
    const { name, type, class: rrclass, records } = this.#rrset
    this.#rdatas ??= canonicalRdataSet(
      type,
      records.map(({ rdata }) => rdata),
    )
    const owner = signedOwner(name, rrsig.labels).canonicalWire
    const signer = rrsig.signerName.canonicalWire
    let length = BEFORE_SIGNER + signer.length
    for (const rdata of this.#rdatas) length += owner.length + BEFORE_RDATA + rdata.length

    const octets = new Uint8Array(length)
    const view = new DataView(octets.buffer)
    octets.set(record.rdata.subarray(0, BEFORE_SIGNER))
    octets.set(signer, BEFORE_SIGNER)
    let at = BEFORE_SIGNER + signer.length
    for (const rdata of this.#rdatas) {
      octets.set(owner, at)
      at += owner.length
      view.setUint16(at, type)
      view.setUint16(at + 2, rrclass)
      view.setUint32(at + 4, rrsig.originalTtl)
      view.setUint16(at + 8, rdata.length)
      octets.set(rdata, at + BEFORE_RDATA)
      at += BEFORE_RDATA + rdata.length
    }
    return octets
  }
}

/** Octets of RRSIG RDATA before the Signer's Name (RFC 4034 section 3.1). */
const BEFORE_SIGNER = 18
/** Octets between the owner of a record and its RDATA: type, class, TTL and length. */
const BEFORE_RDATA = 10
