import { randomBytes } from 'node:crypto'
import { RESOLVER_LIMITS } from '../../limits.ts'
import { compareOctets } from '../../wire/name.ts'
import { type Edns, type EdnsOption, EdnsOptionCode } from '../../wire/edns.ts'

/** What the COOKIE option of a response says of it (RFC 7873 section 5.3). */
export type CookieVerdict =
  | 'fits'
  /** There is none, though this server has sent one before. */
  | 'missing'
  /** Not ours, or of no possible length: the response is to be thrown away. */
  | 'forged'

/**
 * The DNS cookies between this host and one upstream (RFC 7873): they make answers harder to forge, and show the
 * upstream that questions come from where they say. The client's part belongs to one pair of addresses, so that it
 * tells nobody that a host has moved (section 4.1).
 */
export class Cookies {
  #local: string | undefined
  #client: Uint8Array = new Uint8Array(0)
  #server: Uint8Array = new Uint8Array(0)
  /** Both parts, ready to be sent; undefined where one of them has changed since. */
  #option: EdnsOption | undefined
  #offUntil = Number.NEGATIVE_INFINITY

  /** The option for a query that leaves from the address `local`; undefined while cookies are off. */
  option(local: string, now: number): EdnsOption | undefined {
    if (now < this.#offUntil) return undefined
    if (local !== this.#local) {
      this.#local = local
      this.#client = randomBytes(CLIENT_OCTETS)
      this.forget()
    }
    this.#option ??= { code: EdnsOptionCode.Cookie, data: Uint8Array.of(...this.#client, ...this.#server) }
    return this.#option
  }

  /** Judges the response to a query that went out with `sent`, and remembers the server's part. */
  receive(edns: Edns | undefined, sent: EdnsOption): CookieVerdict {
    const data = edns?.options.find(({ code }) => code === EdnsOptionCode.Cookie)?.data
    if (data === undefined) return sent.data.length > CLIENT_OCTETS ? 'missing' : 'fits'
    if (data.length < LEAST_OCTETS || data.length > MOST_OCTETS) return 'forged'
    if (!sameClient(data, sent.data)) return 'forged'
    // Mostly it is what was sent, whole. Of two answers under way, one may still be to the client cookie of an address
    // that has changed since.
    if (this.#option !== undefined && compareOctets(data, this.#option.data) === 0) return 'fits'
    if (sameClient(data, this.#client)) {
      this.#server = data.slice(CLIENT_OCTETS)
      this.#option = undefined
    }
    return 'fits'
  }

  /** The server no longer sends cookies, or someone pretends so: the next query expects none. */
  forget(): void {
    this.#server = new Uint8Array(0)
    this.#option = undefined
  }

  /** No answer came. Where none has ever come with a cookie, that may be because of ours. */
  silence(now: number): void {
    if (this.#server.length === 0) this.turnOff(now)
  }

  /** Sends no cookies for some time: something on the way cannot bear them. */
  turnOff(now: number): void {
    this.#offUntil = now + RESOLVER_LIMITS.pathGood.value
    this.forget()
  }
}

function sameClient(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < CLIENT_OCTETS; at++) if (a[at] !== b[at]) return false
  return true
}

const CLIENT_OCTETS = 8
/** Client and server part, the latter of 8 to 32 octets (RFC 7873 section 4). */
const LEAST_OCTETS = 16
const MOST_OCTETS = 40
