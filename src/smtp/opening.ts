import { DanelawError } from '../errors.ts'
import { Extensions } from './extensions.ts'
import type { Reply } from './reply-parser.ts'
import { Authentication } from './sasl/authentication.ts'
import { chooseMechanism } from './sasl/choose.ts'
import type { Credentials } from './sasl/credentials.ts'
import { said } from './session-texts.ts'
import type { Approval, SessionFailureKind, SessionResult, TlsLevel } from './session-types.ts'

export interface OpeningOptions {
  readonly level: TlsLevel
  readonly implicitTls?: boolean | undefined
  readonly credentials?: Credentials | undefined
}

export type OpeningCommand =
  | { readonly verb: 'EHLO' | 'HELO' | 'STARTTLS' }
  | { readonly verb: 'AUTH'; readonly line: string }

export type OpeningStep =
  | { readonly kind: 'send'; readonly command: OpeningCommand }
  | { readonly kind: 'start-tls' }
  /** The policy is met as far as it can be, and we are logged in where we have to be. */
  | { readonly kind: 'ready' }
  /** It will not come to a mail: take leave, or without that. */
  | {
      readonly kind: 'quit' | 'drop'
      readonly failure: SessionFailureKind
      readonly text: string
      readonly reply?: Reply
    }

/** The way from the greeting to where a mail may be sent: EHLO, STARTTLS, AUTH (RFC 5321, RFC 3207, RFC 4954). */
export class Opening {
  readonly #options: OpeningOptions
  extensions: Extensions = Extensions.none
  greeted = false
  serverName: string | null = null
  starttls: boolean | null = null
  tlsRefused: string | null = null
  security: SessionResult['security'] = null
  #secured = false
  #loggedIn = false
  #authentication: Authentication | undefined
  #channelBinding: Uint8Array | null = null

  constructor(options: OpeningOptions) {
    this.#options = options
  }

  /** Whether TLS is owed and not there. */
  get owesTls(): boolean {
    const { level } = this.#options
    return !this.#secured && (level === 'encrypt' || level === 'authenticate')
  }

  /** What was learnt in the clear is forgotten (RFC 3207 section 4.2). False where the peer is not the one it has to be. */
  tlsEstablished(approval: Approval, channelBinding: Uint8Array | null): boolean {
    if (this.#options.level === 'authenticate' && !approval.authenticated) return false
    this.#secured = true
    this.security = approval.authenticated ? 'authenticated' : 'encrypted'
    this.#channelBinding = channelBinding
    this.extensions = Extensions.none
    return true
  }

  /** What follows once no other reply is outstanding; undefined where the reply makes no sense. */
  replied(verb: OpeningCommand['verb'] | 'greeting', reply: Reply): OpeningStep | undefined {
    switch (verb) {
      case 'greeting':
        if (reply.code < 400 && reply.code !== 220) return undefined
        if (reply.code !== 220) return refusal(reply)
        this.greeted = true
        return { kind: 'send', command: { verb: 'EHLO' } }
      case 'EHLO':
        return this.#afterEhlo(reply)
      case 'HELO':
        if (reply.code === 250) return this.#ready()
        return reply.code < 400 ? undefined : refusal(reply)
      case 'STARTTLS':
        return this.#afterStartTls(reply)
      case 'AUTH':
        return this.#afterAuth(reply)
    }
  }

  #afterEhlo(reply: Reply): OpeningStep | undefined {
    if (reply.code === 250) {
      this.extensions = Extensions.fromReply(reply)
      this.serverName = reply.lines[0]?.split(' ', 1)[0] || null
      // Behind STARTTLS it has nothing to say any more; with TLS from the first octet on it never had.
      if (this.#secured) {
        this.starttls ??= false
        return this.#ready()
      }
      this.starttls = this.extensions.has('STARTTLS')
      if (this.starttls && this.#options.level !== 'none') return { kind: 'send', command: { verb: 'STARTTLS' } }
      return this.owesTls ? notOffered('the server does not offer STARTTLS') : this.#ready()
    }
    if (reply.code < 400) return undefined
    if (reply.code < 500) return refusal(reply)
    // HELO has no STARTTLS (RFC 5321 section 3.2).
    if (this.owesTls) return notOffered(`the server refuses EHLO, so that there is no STARTTLS: ${said(reply)}`)
    return { kind: 'send', command: { verb: 'HELO' } }
  }

  #afterStartTls(reply: Reply): OpeningStep | undefined {
    if (reply.code === 220) return { kind: 'start-tls' }
    if (reply.code < 400) return undefined
    // Row 27: in the clear where nothing better is owed; the session goes on as if STARTTLS had not been said.
    this.tlsRefused = `the server refuses STARTTLS: ${said(reply)}`
    if (!this.owesTls) return this.#ready()
    return { kind: 'quit', failure: 'tls-refused', text: this.tlsRefused, reply }
  }

  #afterAuth(reply: Reply): OpeningStep | undefined {
    const step = this.#authentication?.replied(reply)
    switch (step?.kind) {
      case 'line':
        return { kind: 'send', command: { verb: 'AUTH', line: step.line } }
      case 'done':
        this.#loggedIn = true
        return this.#ready()
      case 'failed':
        return { kind: 'quit', failure: step.permanent ? 'auth-rejected' : 'auth-failed', text: step.text }
      case 'broken':
        return { kind: 'drop', failure: 'auth-failed', text: step.text }
      case undefined:
        return undefined
    }
  }

  #ready(): OpeningStep {
    this.security ??= 'clear'
    const { credentials } = this.#options
    if (credentials === undefined || this.#loggedIn) return { kind: 'ready' }
    if (this.security !== 'authenticated') throw new DanelawError('internal', 'AUTH before the server is authenticated')
    const exchange = chooseMechanism(credentials, this.extensions.parameters('AUTH'), this.#channelBinding)
    if (exchange === null) {
      const text = 'the server offers no AUTH mechanism that these credentials can use'
      return { kind: 'quit', failure: 'auth-not-offered', text }
    }
    this.#authentication = new Authentication(credentials, exchange)
    return { kind: 'send', command: { verb: 'AUTH', line: this.#authentication.start() } }
  }
}

/** A no before the transaction is about nobody's mail: no more than temporary, whatever its class. */
function refusal(reply: Reply): OpeningStep {
  return { kind: 'quit', failure: 'reply', text: said(reply), reply }
}

function notOffered(text: string): OpeningStep {
  return { kind: 'quit', failure: 'tls-not-offered', text }
}
