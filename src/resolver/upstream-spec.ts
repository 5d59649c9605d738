import { isIP, SocketAddress } from 'node:net'
import { DanelawError } from '../errors.ts'

/** Where an upstream listens, spoken to in plain DNS over UDP and TCP. */
export interface UpstreamSpec {
  /** Address in its shortest form, with the zone of a link-local one (`fe80::1%eth0`). */
  readonly address: string
  readonly family: 4 | 6
  readonly port: number
  /** `192.0.2.1:53` or `[2001:db8::1]:53`: how messages and recordings name it. */
  readonly text: string
}

/**
 * Reads an upstream as users write it: an address, with a port where it is not 53. An IPv6 address with a port
 * stands in brackets; a link-local one carries its zone (RFC 4007 section 11).
 * @throws {DanelawError} `bad-address` that names the text.
 */
export function parseUpstream(text: string): UpstreamSpec {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)
  if (scheme !== null) throw refuseScheme(text, scheme[1]!.toLowerCase())

  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text)
  if (bracketed !== null) {
    const [, address, port] = bracketed
    if (isIP(address!) !== 6) throw bad(text, `'${address}' is not an IPv6 address`)
    return spec(text, address!, port)
  }
  if (isIP(text) !== 0) return spec(text, text, undefined)
  const colon = text.lastIndexOf(':')
  if (colon >= 0 && isIP(text.slice(0, colon)) === 4) return spec(text, text.slice(0, colon), text.slice(colon + 1))
  if (text.includes(':')) throw bad(text, 'it is not an address, nor an address and a port', 'write [2001:db8::1]:53')
  throw bad(text, 'it is not an IP address', 'an upstream is given by address: a name would have to be looked up first')
}

/** The default port of plain DNS (RFC 1035 section 4.2). */
const DNS_PORT = 53

function spec(text: string, written: string, portText: string | undefined): UpstreamSpec {
  const port = portText === undefined ? DNS_PORT : readPort(text, portText)
  const [bare, zone] = splitZone(written)
  const family = isIP(written) === 6 ? 6 : 4
  const short = new SocketAddress({ address: bare, family: family === 6 ? 'ipv6' : 'ipv4' }).address
  const address = zone === undefined ? short : `${short}%${zone}`
  return { address, family, port, text: family === 6 ? `[${address}]:${port}` : `${address}:${port}` }
}

function splitZone(address: string): [string, string | undefined] {
  const percent = address.indexOf('%')
  return percent < 0 ? [address, undefined] : [address.slice(0, percent), address.slice(percent + 1)]
}

function readPort(text: string, port: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65535) {
    throw bad(text, `'${port}' is not a port from 1 to 65535`)
  }
  return Number(port)
}

/** Encrypted upstreams have a syntax of their own; what it cannot serve must not be asked in the clear instead. */
function refuseScheme(text: string, scheme: string): DanelawError {
  if (scheme === 'tls') {
    const match = /^tls:\/\/(\[[^\]]+\]|[^:#/]+)(?::([^#]*))?(?:#(.+))?$/i.exec(text)
    const host = match?.[1]?.replace(/^\[|\]$/g, '')
    if (match === null || isIP(host ?? '') === 0)
      return bad(text, 'write tls://192.0.2.1, with :PORT and #NAME as needed')
    if (match[2] !== undefined) readPort(text, match[2])
  } else if (scheme === 'https') {
    if (!URL.canParse(text)) return bad(text, 'it is not a URL')
  } else {
    return bad(text, `'${scheme}' is no protocol for upstreams`)
  }
  return bad(
    text,
    `DNS over ${scheme === 'tls' ? 'TLS' : 'HTTPS'} is not supported yet`,
    'give an address for plain DNS',
  )
}

function bad(text: string, why: string, hint?: string): DanelawError {
  const shown = JSON.stringify(text.slice(0, 200)).slice(1, -1)
  return new DanelawError('bad-address', `'${shown}' is not an upstream: ${why}`, hint === undefined ? {} : { hint })
}
