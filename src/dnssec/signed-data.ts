import { type Rrsig, writeRrsigToSign } from '../wire/rdata/dnssec.ts'
import { canonicalRdataSet, signedOwner } from './canonical.ts'
import type { RRset } from './rrset.ts'

/**
 * What an RRSIG signs (RFC 4034 section 3.1.8.1): its own RDATA up to the signature, then the RRset in canonical
 * form. The canonical RDATA is made once for all signatures of the RRset.
 */
export class SignedData {
  readonly #rrset: RRset
  #rdatas: Uint8Array[] | undefined
  readonly #bodies = new Map<string, Uint8Array>()

  constructor(rrset: RRset) {
    this.#rrset = rrset
  }

  for(rrsig: Rrsig): Uint8Array {
    return writeRrsigToSign(rrsig).bytes(this.#body(rrsig)).finish()
  }

  #body(rrsig: Rrsig): Uint8Array {
    const key = `${rrsig.labels}/${rrsig.originalTtl}`
    let body = this.#bodies.get(key)
    if (body === undefined) {
      body = this.#write(rrsig)
      this.#bodies.set(key, body)
    }
    return body
  }

  #write(rrsig: Rrsig): Uint8Array {
    const { name, type, class: rrclass, records } = this.#rrset
    this.#rdatas ??= canonicalRdataSet(
      type,
      records.map((record) => record.rdata),
    )
    const owner = signedOwner(name, rrsig.labels).canonicalWire
    let length = 0
    for (const rdata of this.#rdatas) length += owner.length + 10 + rdata.length
    const octets = new Uint8Array(length)
    const view = new DataView(octets.buffer)
    let at = 0
    for (const rdata of this.#rdatas) {
      octets.set(owner, at)
      at += owner.length
      view.setUint16(at, type)
      view.setUint16(at + 2, rrclass)
      view.setUint32(at + 4, rrsig.originalTtl)
      view.setUint16(at + 8, rdata.length)
      octets.set(rdata, at + 10)
      at += 10 + rdata.length
    }
    return octets
  }
}
