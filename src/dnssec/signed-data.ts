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

    const octets = room(length)
    for (let i = 0; i < BEFORE_SIGNER; i++) octets[i] = record.rdata[i]!
    octets.set(signer, BEFORE_SIGNER)
    let at = BEFORE_SIGNER + signer.length
    for (const rdata of this.#rdatas) {
      octets.set(owner, at)
      at += owner.length
      octets[at] = type >>> 8
      octets[at + 1] = type
      octets[at + 2] = rrclass >>> 8
      octets[at + 3] = rrclass
      octets[at + 4] = rrsig.originalTtl >>> 24
      octets[at + 5] = rrsig.originalTtl >>> 16
      octets[at + 6] = rrsig.originalTtl >>> 8
      octets[at + 7] = rrsig.originalTtl
      octets[at + 8] = rdata.length >>> 8
      octets[at + 9] = rdata.length
      octets.set(rdata, at + BEFORE_RDATA)
      at += BEFORE_RDATA + rdata.length
    }
    return octets
  }
}

/**
 * Octets that nobody else has. Signed data is needed for one check each time: cut out of one piece, it takes a fifth of
 * the time that pieces of its own take, and leaves nothing to be collected one by one (measured).
 */
function room(length: number): Uint8Array {
  if (length > PIECE / 8) return new Uint8Array(length)
  if (used + length > PIECE) {
    piece = new Uint8Array(PIECE)
    used = 0
  }
  used += length
  return piece.subarray(used - length, used)
}

const PIECE = 16_384
let piece = new Uint8Array(PIECE)
let used = 0

/** Octets of RRSIG RDATA before the Signer's Name (RFC 4034 section 3.1). */
const BEFORE_SIGNER = 18
/** Octets between the owner of a record and its RDATA: type, class, TTL and length. */
const BEFORE_RDATA = 10
