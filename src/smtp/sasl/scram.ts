import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import { SMTP_LIMITS } from '../../limits.ts'
import { Credentials } from './credentials.ts'
import type { SaslExchange } from './mechanism.ts'

export interface ScramOptions {
  /** What identifies the TLS connection, `tls-exporter` (RFC 9266); null where it cannot be had. */
  readonly channelBinding: Uint8Array | null
  /** Whether the server offers SCRAM-SHA-256-PLUS. */
  readonly serverBinds: boolean
  /** Ours, printable US-ASCII without comma; default: 24 random octets. */
  readonly nonce?: string
}

/**
 * SCRAM-SHA-256 and, where both sides can bind it to the TLS connection, SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the
 * password does not cross the line, and the server proves that it knows it too.
 */
export class Scram implements SaslExchange {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS'
  readonly initial: Uint8Array
  readonly #credentials: Credentials
  readonly #gs2: string
  readonly #binding: Uint8Array
  readonly #nonce: string
  readonly #firstBare: string
  #serverSignature: Buffer | undefined
  #complete = false

  constructor(credentials: Credentials, { channelBinding, serverBinds, nonce }: ScramOptions) {
    const bound = channelBinding !== null && serverBinds
    this.mechanism = bound ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256'
    this.#credentials = credentials
    this.#binding = bound ? channelBinding : new Uint8Array(0)
    // `y`: we could, and the server does not offer it. A server that does knows then that somebody has interfered.
    this.#gs2 = bound ? 'p=tls-exporter,,' : channelBinding === null ? 'n,,' : 'y,,'
    this.#nonce = nonce ?? randomBytes(24).toString('base64')
    const name = credentials.username.replaceAll('=', '=3D').replaceAll(',', '=2C')
    this.#firstBare = `n=${name},r=${this.#nonce}`
    this.initial = utf8(this.#gs2 + this.#firstBare)
  }

  get complete(): boolean {
    return this.#complete
  }

  respond(challenge: Uint8Array): Uint8Array | string {
    const text = Buffer.from(challenge).toString('utf8')
    if (this.#complete) return 'the server asks on, where SCRAM is over'
    return this.#serverSignature === undefined ? this.#prove(text) : this.#verify(text, this.#serverSignature)
  }

  #prove(serverFirst: string): Uint8Array | string {
    // `m` would be a mandatory extension, of which there is none; extensions behind `i` are to be ignored.
    const match = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9][0-9]{0,9})(?:,[A-Za-z]=[^,]*)*$/.exec(
      serverFirst,
    )
    if (match === null) return 'the first message of the server is not that of SCRAM'
    const [, nonce = '', salt = '', count = ''] = match
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length)
      return 'the server did not add to our nonce'
    const { min, max } = SMTP_LIMITS.scramIterations
    const iterations = Number(count)
    if (iterations < min) return `the server asks for ${iterations} iterations, where ${min} is the least (RFC 7677)`
    if (iterations > max) return `the server asks for ${iterations} iterations, where ${max} is the most`

    const secret = Credentials.secretOf(this.#credentials)
    const salted = pbkdf2Sync(secret, Buffer.from(salt, 'base64'), iterations, 32, 'sha256')
    const clientKey = hmac(salted, 'Client Key')
    const binding = Buffer.concat([utf8(this.#gs2), this.#binding]).toString('base64')
    const withoutProof = `c=${binding},r=${nonce}`
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`
    const storedKey = createHash('sha256').update(clientKey).digest()
    const signature = hmac(storedKey, authMessage)
    const proof = clientKey.map((octet, place) => octet ^ signature[place]!)
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage)
    return utf8(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`)
  }

  #verify(serverFinal: string, expected: Buffer): Uint8Array | string {
    const error = /^e=([^,]*)/.exec(serverFinal)?.[1]
    if (error !== undefined) return `the server says no: ${error.replace(/[^a-z0-9-]/gi, '?')}`
    const given = /^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/.exec(serverFinal)?.[1]
    const signature = Buffer.from(given ?? '', 'base64')
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      return 'the server does not know the password either: its signature is wrong'
    }
    this.#complete = true
    return new Uint8Array(0)
  }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
