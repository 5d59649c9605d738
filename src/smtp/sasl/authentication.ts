import { SMTP_LIMITS } from '../../limits.ts'
import type { Reply } from '../reply-parser.ts'
import { said } from '../session-texts.ts'
import { Credentials } from './credentials.ts'
import type { SaslExchange } from './mechanism.ts'

/** What follows from a reply within AUTH. */
export type AuthStep =
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly permanent: boolean; readonly text: string }
  /** The server can no longer be talked to. */
  | { readonly kind: 'broken'; readonly text: string }

/** The lines of AUTH around one exchange (RFC 4954 section 4). */
export class Authentication {
  readonly #credentials: Credentials
  readonly #exchange: SaslExchange
  /** Our lines as they went out, so that none of them comes back in a text. */
  readonly #sent: string[] = []
  #initial: Uint8Array | null
  #challenges = 0
  /** Why we have cancelled. */
  #cancelled: string | undefined

  constructor(credentials: Credentials, exchange: SaslExchange) {
    this.#credentials = credentials
    this.#exchange = exchange
    this.#initial = exchange.initial
  }

  /** The AUTH command: with what we have to say first, if it fits into a line. */
  start(): string {
    const command = `AUTH ${this.#exchange.mechanism}`
    if (this.#initial === null) return command
    const first = this.#encoded(this.#initial) || '='
    if (command.length + 1 + first.length + 2 > SMTP_LIMITS.authLineOctets.value) return command
    this.#initial = null
    return `${command} ${first}`
  }

  replied(reply: Reply): AuthStep {
    if (reply.code >= 400) return this.#refused(reply)
    if (this.#cancelled !== undefined) return { kind: 'broken', text: `${this.#cancelled}; and goes on all the same` }
    if (reply.code === 334) return this.#challenged(reply)
    if (reply.code !== 235) return { kind: 'broken', text: `AUTH got the reply ${reply.code}` }
    // A yes proves nothing where the mechanism has the server prove something.
    if (this.#exchange.complete && this.#initial === null) return { kind: 'done' }
    return { kind: 'broken', text: `the server says yes before ${this.#exchange.mechanism} is over` }
  }

  #challenged(reply: Reply): AuthStep {
    const text = reply.lines.join('')
    if (++this.#challenges > SMTP_LIMITS.authChallenges.value) return this.#cancel('the server asks without end')
    if (reply.lines.length !== 1 || !BASE64.test(text))
      return this.#cancel('a challenge of the server is not in base64')
    const challenge = Buffer.from(text, 'base64')
    if (this.#initial !== null) {
      const first = this.#initial
      this.#initial = null
      // What a mechanism in which we speak first has the server say before is nothing (RFC 4954 section 4).
      return challenge.length > 0 ? this.#cancel('the server speaks first') : this.#line(first)
    }
    const answer = this.#exchange.respond(challenge)
    return typeof answer === 'string' ? this.#cancel(answer) : this.#line(answer)
  }

  #line(octets: Uint8Array): AuthStep {
    return { kind: 'line', line: this.#encoded(octets) }
  }

  #cancel(why: string): AuthStep {
    this.#cancelled = `${this.#exchange.mechanism}: ${why}`
    return { kind: 'line', line: '*' }
  }

  #refused(reply: Reply): AuthStep {
    if (this.#cancelled !== undefined) return { kind: 'failed', permanent: false, text: this.#cancelled }
    const permanent = reply.code >= 500
    const text = `the server ${permanent ? 'refuses the credentials' : 'cannot check the credentials'}`
    return {
      kind: 'failed',
      permanent,
      text: `${text} (${this.#exchange.mechanism}): ${this.#withoutSecrets(said(reply))}`,
    }
  }

  #encoded(octets: Uint8Array): string {
    const text = Buffer.from(octets).toString('base64')
    if (text.length > 3) this.#sent.push(text)
    return text
  }

  /** Servers have been seen that repeat what they were told. */
  #withoutSecrets(text: string): string {
    const secrets = [Credentials.secretOf(this.#credentials), ...this.#sent]
    return secrets.some((secret) => text.includes(secret)) ? `${text.slice(0, 3)} (and what we had said)` : text
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
