import { Reader } from './reader.ts'
import type { ResourceRecord } from './record.ts'
import type { Writer } from './writer.ts'
import { RRType } from './codes/rrtype.ts'

/** One EDNS option (RFC 6891 section 6.1.2). */
export interface EdnsOption {
  readonly code: number
  readonly data: Uint8Array
}

/** What an OPT record says (RFC 6891 section 6.1.3). */
export interface Edns {
  /** Largest UDP payload the sender can take, in octets. */
  readonly udpSize: number
  /** Upper eight bits of the extended RCODE. */
  readonly extendedRcode: number
  readonly version: number
  /** DNSSEC OK (RFC 3225). */
  readonly dnssecOk: boolean
  readonly options: readonly EdnsOption[]
}

/** One Extended DNS Error (RFC 8914 section 2). */
export interface ExtendedError {
  readonly infoCode: number
  readonly extraText: string
}

/** @throws {DanelawError} `bad-wire` where an option runs past the end, or the owner is not the root. */
export function readOpt(record: ResourceRecord): Edns {
  const reader = new Reader(record.rdata)
  if (!record.name.isRoot) throw reader.malformed('an OPT record whose owner is not the root')
  const options: EdnsOption[] = []
  while (reader.remaining > 0) {
    const code = reader.u16()
    options.push({ code, data: reader.bytes(reader.u16()) })
  }
  return {
    udpSize: record.class,
    extendedRcode: (record.ttl >>> 24) & 0xff,
    version: (record.ttl >>> 16) & 0xff,
    dnssecOk: (record.ttl & 0x8000) !== 0,
    options,
  }
}

/** Appends an OPT record. */
export function writeOpt(writer: Writer, edns: Edns): void {
  writer.u8(0).u16(RRType.OPT).u16(edns.udpSize).u8(edns.extendedRcode).u8(edns.version)
  writer.u16(edns.dnssecOk ? 0x8000 : 0)
  let length = 0
  for (const option of edns.options) length += 4 + option.data.length
  writer.u16(length)
  for (const option of edns.options) writer.u16(option.code).u16(option.data.length).bytes(option.data)
}

/** The Extended DNS Errors of a message; EXTRA-TEXT with control characters removed, as a peer wrote it. */
export function extendedErrors(edns: Edns | undefined): ExtendedError[] {
  const errors: ExtendedError[] = []
  for (const { code, data } of edns?.options ?? []) {
    if (code !== EdnsOptionCode.ExtendedError || data.length < 2) continue
    const text = new TextDecoder().decode(data.subarray(2, 2 + MAX_EXTRA_TEXT))
    errors.push({ infoCode: (data[0]! << 8) | data[1]!, extraText: text.replace(/\p{C}+/gu, ' ').trim() })
  }
  return errors
}

/** EDNS option codes: https://www.iana.org/assignments/dns-parameters, those this project reads or writes. */
export const EdnsOptionCode = { NSID: 3, Cookie: 10, Padding: 12, ExtendedError: 15 } as const

/** Octets of EXTRA-TEXT that are kept; it is for people, and a peer writes it. */
const MAX_EXTRA_TEXT = 512
