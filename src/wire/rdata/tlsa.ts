import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'

/** TLSA and SMIMEA (RFC 6698 section 2.1, RFC 8162 section 2). The numbers are those of the record, known or not. */
export interface Tlsa {
  /** Certificate usage: 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE, 255 PrivCert (RFC 7218 section 2.1). */
  readonly usage: number
  /** Selector: 0 Cert, 1 SPKI, 255 PrivSel (RFC 7218 section 2.2). */
  readonly selector: number
  /** Matching type: 0 Full, 1 SHA2-256, 2 SHA2-512, 255 PrivMatch (RFC 7218 section 2.3). */
  readonly matchingType: number
  /** Certificate association data. */
  readonly data: Uint8Array
}

/** Takes any numbers and any data, also none. @throws {DanelawError} `bad-wire` where the three numbers are not there. */
export function readTlsa(rdata: Uint8Array): Tlsa {
  const reader = new Reader(rdata)
  return { usage: reader.u8(), selector: reader.u8(), matchingType: reader.u8(), data: reader.rest() }
}

export function writeTlsa(tlsa: Tlsa): Uint8Array {
  return new Writer(3 + tlsa.data.length)
    .u8(tlsa.usage)
    .u8(tlsa.selector)
    .u8(tlsa.matchingType)
    .bytes(tlsa.data)
    .finish()
}
