import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../address.ts'
import { Reader } from '../reader.ts'

/** The address of an A record in dotted decimal (RFC 1035 section 3.4.1). @throws {DanelawError} `bad-wire` */
export function readA(rdata: Uint8Array): string {
  return formatIpv4(exactly(rdata, 4, 'an A record'))
}

/** @throws {RangeError} where `address` is no IPv4 address. */
export function writeA(address: string): Uint8Array {
  const octets = parseIpv4(address)
  if (octets === undefined) throw new RangeError(`address: '${address}' is not an IPv4 address`)
  return octets
}

/** The address of an AAAA record in the form of RFC 5952 (RFC 3596 section 2.2). @throws {DanelawError} `bad-wire` */
export function readAaaa(rdata: Uint8Array): string {
  return formatIpv6(exactly(rdata, 16, 'an AAAA record'))
}

/** @throws {RangeError} where `address` is no IPv6 address. */
export function writeAaaa(address: string): Uint8Array {
  const octets = parseIpv6(address)
  if (octets === undefined) throw new RangeError(`address: '${address}' is not an IPv6 address`)
  return octets
}

function exactly(rdata: Uint8Array, length: number, what: string): Uint8Array {
  const reader = new Reader(rdata)
  const octets = reader.bytes(length)
  reader.finish(what)
  return octets
}
