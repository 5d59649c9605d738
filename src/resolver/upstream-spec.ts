import { SocketAddress } from 'node:net'
import { DanelawError } from '../errors.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import { isIP } from './is-ip.ts'

/** An upstream as it was given: where it is, what it speaks, and who it has to be. */
export type UpstreamSpec = PlainUpstream | TlsUpstream | HttpsUpstream

/** An address, in its shortest form, with the zone of a link-local one (`fe80::1%eth0`). */
interface Endpoint {
  readonly address: string
  readonly family: 4 | 6
  readonly port: number
}

/** Plain DNS over UDP and TCP. Everyone on the path can read what is asked. */
export interface PlainUpstream extends Endpoint {
  readonly kind: 'plain'
  /** `192.0.2.1:53` or `[2001:db8::1]:53`: how messages and recordings name it. */
  readonly text: string
}

/**
 * DNS over TLS, never in the clear (RFC 7858). With a name or pins it is used only where the server proves to be the
 * one (the strict profile of RFC 8310); else it is whoever answers, and only those who merely listen are kept out.
 */
interface TlsUpstream extends Endpoint {
  readonly kind: 'tls'
  readonly name: string | undefined
  /** SHA-256 of the server's SubjectPublicKeyInfo in base64. */
  readonly pins: readonly string[]
  /** `tls://192.0.2.1:853#dns.example`. */
  readonly text: string
}

/** DNS over HTTPS (RFC 8484). The server always has to prove that it is the host of the URL. */
interface HttpsUpstream {
  readonly kind: 'https'
  /** The URL's host and port, as a request is addressed to. */
  readonly authority: string
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
  readonly path: string
  /** Where the host is; empty where its name is to be looked up. */
  readonly addresses: readonly string[]
  readonly pins: readonly string[]
  /** `https://dns.example/dns-query`. */
  readonly text: string
}

/**
 * Reads an upstream as users write it:
 *
 * - `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:53`: an address, with a port where it is not 53. An IPv6 address
 *   with a port stands in brackets; a link-local one carries its zone (RFC 4007 section 11).
 * - `tls://192.0.2.1`, with `:PORT` where it is not 853, `#NAME` and `?pin=BASE64` behind it.
 * - `https://HOST/PATH`, with `#ADDRESS,ADDRESS` where its name is not to be looked up, and `?pin=BASE64` behind the `#`.
 *
 * `pin` is the SHA-256 of the server's SubjectPublicKeyInfo; several are joined by `&`. A server with one of them
 * passes where no name is given, and has to have one as well where a name is.
 * @throws {DanelawError} `bad-address` that names the text.
 */
export function parseUpstream(text: string): UpstreamSpec {
  if (text.length > MAX_TEXT) throw bad(text, `it has ${text.length} characters, where ${MAX_TEXT} is the limit`)
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return { kind: 'plain', ...readPlain(text) }
  if (scheme === 'tls') return readTls(text)
  if (scheme === 'https') return readHttps(text)
  throw bad(text, `'${scheme}' is no protocol for upstreams`, 'write an address, tls://ADDRESS or https://HOST/PATH')
}

function readPlain(text: string): Endpoint & { readonly text: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text)
  if (bracketed !== null) {
    const [, address, port] = bracketed
    if (isIP(address!) !== 6) throw bad(text, `'${address}' is not an IPv6 address`)
    return endpoint(text, address!, port, DNS_PORT)
  }
  if (isIP(text) !== 0) return endpoint(text, text, undefined, DNS_PORT)
  const colon = text.lastIndexOf(':')
  if (colon >= 0 && isIP(text.slice(0, colon)) === 4) {
    return endpoint(text, text.slice(0, colon), text.slice(colon + 1), DNS_PORT)
  }
  if (text.includes(':')) throw bad(text, 'it is not an address, nor an address and a port', 'write [2001:db8::1]:53')
  throw bad(text, 'it is not an IP address', 'an upstream is given by address: a name would have to be looked up first')
}

function readTls(text: string): TlsUpstream {
  const match = /^tls:\/\/(?:\[([^\]]+)\]|([^:#/?[\]]+))(?::([^#?/]*))?(?:#([^?]*)(?:\?(.*))?)?$/is.exec(text)
  const written = match?.[1] ?? match?.[2] ?? ''
  if (match === null || isIP(written) !== (match[1] === undefined ? 4 : 6)) {
    throw bad(text, 'it is not tls:// and an address', 'write tls://192.0.2.1 or tls://[2001:db8::1], #NAME behind it')
  }
  const where = endpoint(text, written, match[3], TLS_PORT)
  const name = match[4] === undefined || match[4] === '' ? undefined : readHost(text, match[4])
  const pins = readPins(text, match[5])
  if (match[4] === '' && pins.length === 0)
    throw bad(text, 'nothing stands behind the #', 'write #NAME or #?pin=BASE64')
  return { kind: 'tls', ...where, name, pins, text: `tls://${where.text}${name === undefined ? '' : `#${name}`}` }
}

function readHttps(text: string): HttpsUpstream {
  const match = /^https:\/\/(?:\[([^\]]+)\]|([^:#/?[\]@]+))(?::([^#?/]*))?(\/[^#]*)(?:#([^?]*)(?:\?(.*))?)?$/is.exec(
    text,
  )
  if (match === null) throw bad(text, 'it is not https:// with a host and a path', 'write https://HOST/dns-query')
  const [, six, other, portText, written, list, parameters] = match
  if (six !== undefined && isIP(six) !== 6) throw bad(text, `'${six}' is not an IPv6 address`)
  const host = six === undefined ? readHost(text, other!) : shortest(six, 6)
  const port = portText === undefined ? HTTPS_PORT : readPort(text, portText)
  // RFC 8484 section 4.1.1: without variables, which only GET has, the template is the path.
  const path = written!.replace(/\{\?dns\}$/, '')
  if (!/^[\x21-\x7e]+$/.test(path)) throw bad(text, 'its path has characters that must be written as %XX')
  const given = list === undefined || list === '' ? [] : list.split(',').map((each) => readAddress(text, each))
  const pins = readPins(text, parameters)
  if (list === '' && pins.length === 0) throw bad(text, 'nothing stands behind the #', 'write #ADDRESS or #?pin=BASE64')
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}${port === HTTPS_PORT ? '' : `:${port}`}`
  const addresses = isIP(host) === 0 ? given : [host]
  if (isIP(host) !== 0 && given.length > 0) throw bad(text, 'its host is an address already')
  return { kind: 'https', authority, host, port, path, addresses, pins, text: `https://${authority}${path}` }
}

function endpoint(text: string, written: string, portText: string | undefined, usual: number) {
  const port = portText === undefined ? usual : readPort(text, portText)
  const family = isIP(written) === 6 ? 6 : 4
  const address = shortest(written, family)
  return { address, family, port, text: family === 6 ? `[${address}]:${port}` : `${address}:${port}` } as const
}

function shortest(written: string, family: 4 | 6): string {
  if (family === 4) return written
  const percent = written.indexOf('%')
  const bare = percent < 0 ? written : written.slice(0, percent)
  // As the system writes it, since that is what answers come with.
  const short = new SocketAddress({ address: bare, family: 'ipv6' }).address
  return percent < 0 ? short : `${short}${written.slice(percent)}`
}

function readPort(text: string, port: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65535) {
    throw bad(text, `'${port}' is not a port from 1 to 65535`)
  }
  return Number(port)
}

/** An address, or a host name in the letters, digits and hyphens that certificates have. */
function readHost(text: string, host: string): string {
  if (isIP(host) !== 0) return shortest(host, isIP(host) === 6 ? 6 : 4)
  const labels = host.toLowerCase().replace(/\.$/, '').split('.')
  const sound = labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  // What ends in a number is an address to some programs, and to others another one.
  const numeric = /^([0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1)!)
  if (!sound || numeric || host.length > MAX_HOST) {
    throw bad(text, `'${printable(host)}' is not a host name`, 'write names with other letters as xn--…')
  }
  return labels.join('.')
}

function readAddress(text: string, written: string): string {
  const bare = /^\[(.*)\]$/s.exec(written)?.[1] ?? written
  const family = isIP(bare)
  if (family === 0) throw bad(text, `'${printable(written)}' is not an address`)
  return shortest(bare, family === 6 ? 6 : 4)
}

function readPins(text: string, parameters: string | undefined): string[] {
  if (parameters === undefined) return []
  const pins = parameters.split('&').map((parameter) => {
    const pin = /^pin=([A-Za-z0-9+/]{43}=)$/.exec(parameter)?.[1]
    if (pin === undefined || Buffer.from(pin, 'base64').toString('base64') !== pin) {
      throw bad(text, `'${printable(parameter)}' is not pin= and a SHA-256 digest in base64`)
    }
    return pin
  })
  const { max } = RESOLVER_LIMITS.upstreamPins
  if (pins.length > max) throw bad(text, `${pins.length} pins, where ${max} is the limit`)
  return pins
}

function bad(text: string, why: string, hint?: string): DanelawError {
  const message = `'${printable(text)}' is not an upstream: ${why}`
  return new DanelawError('bad-address', message, hint === undefined ? {} : { hint })
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 200)).slice(1, -1)
}

/** RFC 1035 section 4.2, RFC 7858 section 3.1, RFC 8484. */
const DNS_PORT = 53
export const TLS_PORT = 853
const HTTPS_PORT = 443
const MAX_TEXT = 2048
const MAX_HOST = 253
