import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'

/** SSHFP (RFC 4255 section 3.1). */
export interface Sshfp {
  readonly algorithm: number
  readonly fingerprintType: number
  readonly fingerprint: Uint8Array
}

/** @throws {DanelawError} `bad-wire` */
export function readSshfp(rdata: Uint8Array): Sshfp {
  const reader = new Reader(rdata)
  const sshfp = { algorithm: reader.u8(), fingerprintType: reader.u8(), fingerprint: reader.rest() }
  if (sshfp.fingerprint.length === 0) throw reader.malformed('an SSHFP record without a fingerprint')
  return sshfp
}

export function writeSshfp(sshfp: Sshfp): Uint8Array {
  return new Writer().u8(sshfp.algorithm).u8(sshfp.fingerprintType).bytes(sshfp.fingerprint).finish()
}
