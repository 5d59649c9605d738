import { DanelawError } from '../errors.ts'
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../wire/address.ts'
import { Name } from '../wire/name.ts'

/** Where a message is to go next, as configured or as its recipient's address says. */
export type NextHop =
  /** A domain whose MX hosts are to be found. */
  | { readonly kind: 'domain'; readonly name: Name; readonly port: number | undefined }
  /** A host, without an MX lookup. */
  | { readonly kind: 'relay'; readonly name: Name; readonly port: number | undefined }
  | { readonly kind: 'address'; readonly name: Name; readonly address: string; readonly port: number | undefined }

/**
 * Reads a next hop: `example.com` for the domain's MX hosts; `[mail.example.com]` and `[mail.example.com]:587` for one
 * host without an MX lookup; `[192.0.2.1]`, `[2001:db8::1]` and `[IPv6:2001:db8::1]` for an address (RFC 5321 section
 * 4.1.3), each with an optional port.
 * @throws {DanelawError} `bad-name` or `bad-address` that shows the text.
 */
export function readNextHop(text: string): NextHop {
  if (!text.startsWith('[')) return { kind: 'domain', name: Name.parse(text), port: undefined }
  const match = /^\[([^[\]]*)\](?::([0-9]{1,5}))?$/.exec(text)
  const port = match?.[2] === undefined ? undefined : Number(match[2])
  if (match === null || (port !== undefined && (port < 1 || port > 65_535))) {
    throw new DanelawError('bad-address', `'${text.slice(0, 300)}' is not a next hop`, {
      hint: 'a host without MX lookup is written [host] or [host]:port',
    })
  }
  const inside = match[1]!
  const address = readAddress(inside.replace(/^ipv6:/i, ''))
  if (address !== undefined) return { kind: 'address', name: addressName(address), address, port }
  return { kind: 'relay', name: Name.parse(inside), port }
}

/** The address a host name spells, such as an MX target `192.0.2.1.`; undefined for a name. */
export function addressInName(name: Name): string | undefined {
  const { wire } = name
  // The last octet is the root's. What does not end in a digit is no IPv4 address, and no IPv6 address is without colons.
  const last = wire[wire.length - 2] ?? 0
  if (!(last >= DIGIT_0 && last <= DIGIT_9) && !wire.includes(COLON)) return undefined
  return readAddress(name.toCanonicalString().slice(0, -1))
}

function addressName(address: string): Name {
  return Name.parse(address)
}

function readAddress(text: string): string | undefined {
  const ipv4 = parseIpv4(text)
  if (ipv4 !== undefined) return formatIpv4(ipv4)
  const ipv6 = parseIpv6(text)
  return ipv6 === undefined ? undefined : formatIpv6(ipv6)
}

const DIGIT_0 = 0x30
const DIGIT_9 = 0x39
const COLON = 0x3a
