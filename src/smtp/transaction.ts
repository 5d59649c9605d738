import type { Mailbox } from './address.ts'
import type { Extensions } from './extensions.ts'
import type { Message } from './message.ts'
import { type Reply, replyText } from './reply-parser.ts'

/** Who sends to whom. `from` is null for the null reverse-path. */
export interface Envelope {
  readonly from: Mailbox | null
  /** At least one. */
  readonly to: readonly Mailbox[]
}

/** What one connection came to for one recipient. */
export interface RecipientResult {
  readonly outcome: 'delivered' | 'deferred' | 'rejected'
  /** Whether this is the last word, so that no other host is to be tried. */
  readonly final: boolean
  /** Of the server's reply, or null where it did not come to one. */
  readonly code: number | null
  readonly enhanced: string | null
  /** The server's words or our own, one line. */
  readonly text: string
}

/** A command of a transaction, and what its reply is about. */
export type TransactionCommand =
  | { readonly verb: 'MAIL' | 'DATA'; readonly line: string }
  | { readonly verb: 'RCPT'; readonly line: string; readonly recipient: number }

export type TransactionStep =
  | { readonly kind: 'commands'; readonly commands: readonly TransactionCommand[] }
  | { readonly kind: 'content'; readonly pieces: Iterator<Uint8Array, Uint8Array, undefined> }
  | { readonly kind: 'over' }

/**
 * One mail transaction: MAIL, RCPT, DATA and the content (RFC 5321 section 3.3). It knows neither sockets nor TLS:
 * `next` says what to send once every reply to what was sent before has come in.
 */
export class Transaction {
  readonly #envelope: Envelope
  readonly #message: Message
  readonly #results: (RecipientResult | undefined)[]
  readonly #accepted = new Set<number>()
  readonly #asked = new Set<number>()
  #stage: 'start' | 'envelope' | 'data' | 'content' | 'over' = 'start'

  constructor(envelope: Envelope, message: Message) {
    if (envelope.to.length === 0) throw new RangeError('envelope.to: no recipient')
    this.#envelope = envelope
    this.#message = message
    this.#results = envelope.to.map(() => undefined)
  }

  /** One for each recipient, in their order. Whoever was not spoken of is deferred for `reason`. */
  results(reason: Omit<RecipientResult, 'outcome' | 'final'>): RecipientResult[] {
    return this.#results.map((result) => result ?? { outcome: 'deferred', final: false, ...reason })
  }

  next(extensions: Extensions): TransactionStep {
    if (this.#stage === 'start') {
      this.#refuseUnsupported(extensions)
      if (this.#undecided().length === 0) return this.#over()
      this.#stage = 'envelope'
      const mail = { verb: 'MAIL', line: this.#mailLine(extensions) } as const
      const pipelined = extensions.has('PIPELINING') ? this.#undecided().map((index) => this.#rcpt(index)) : []
      return { kind: 'commands', commands: [mail, ...pipelined] }
    }
    if (this.#stage === 'envelope') {
      const unasked = this.#undecided().find((index) => !this.#asked.has(index))
      if (unasked !== undefined) return { kind: 'commands', commands: [this.#rcpt(unasked)] }
      if (this.#accepted.size === 0) return this.#over()
      this.#stage = 'data'
      return { kind: 'commands', commands: [{ verb: 'DATA', line: 'DATA' }] }
    }
    if (this.#stage === 'content') return { kind: 'content', pieces: this.#message.content() }
    return this.#over()
  }

  /** Takes in the reply to a command. False where the reply makes no sense there, and the connection is lost. */
  replied(command: TransactionCommand, reply: Reply): boolean {
    const kind = Math.trunc(reply.code / 100)
    if (kind === 4 || kind === 5) {
      const about = command.verb === 'RCPT' ? [command.recipient] : this.#undecided()
      this.#refuse(about, reply, command.verb === 'RCPT' && this.#isTooMany(reply))
      return true
    }
    if (command.verb === 'DATA') {
      if (reply.code !== 354) return false
      this.#stage = 'content'
      return true
    }
    if (kind !== 2) return false
    if (command.verb === 'RCPT' && this.#results[command.recipient] === undefined) {
      this.#accepted.add(command.recipient)
    }
    return true
  }

  /** Takes in the reply to the content. False where it makes no sense. */
  contentReplied(reply: Reply): boolean {
    const kind = Math.trunc(reply.code / 100)
    if (kind === 3) return false
    this.#stage = 'over'
    if (kind !== 2) this.#refuse(this.#undecided(), reply, false)
    else this.#settle(this.#undecided(), { outcome: 'delivered', final: true, ...facts(reply) })
    return true
  }

  /**
   * The final dot is out and no reply came: the server may have taken the message (RFC 1047). Trying another host at
   * once would then deliver it twice.
   */
  leftOpen(text: string): void {
    const unknown = `${text} after the whole message was sent: it may have been delivered`
    this.#settle(this.#undecided(), {
      outcome: 'deferred',
      final: true,
      code: null,
      enhanced: '4.4.2',
      text: unknown,
    })
  }

  /** The server replied while the content was on its way and will not take it. */
  interrupted(reply: Reply): boolean {
    if (reply.code < 400) return false
    this.#refuse(this.#undecided(), reply, false)
    return true
  }

  #over(): TransactionStep {
    this.#stage = 'over'
    return { kind: 'over' }
  }

  /** What this server cannot take it is not asked to; another host may be able to (RFC 6531 section 3.2). */
  #refuseUnsupported(extensions: Extensions): void {
    const all = this.#undecided()
    // SMTPUTF8 without 8BITMIME is no offer (RFC 6531 section 3.1).
    if (!(extensions.has('SMTPUTF8') && extensions.has('8BITMIME'))) {
      const whole = this.#message.needsUtf8 || this.#envelope.from?.needsUtf8 === true
      const about = all.filter((index) => whole || this.#envelope.to[index]!.needsUtf8)
      this.#settle(about, unsupported('5.6.7', 'the server does not take internationalised mail (SMTPUTF8)'))
    }
    if (this.#message.eightBit && !extensions.has('8BITMIME')) {
      this.#settle(this.#undecided(), unsupported('5.6.3', 'the server does not take 8-bit content (8BITMIME)'))
    }
    const limit = extensions.sizeLimit
    if (limit !== null && this.#message.size > limit) {
      const text = `the message has ${this.#message.size} octets, and the server takes ${limit}`
      this.#settle(this.#undecided(), unsupported('5.3.4', text))
    }
  }

  #mailLine(extensions: Extensions): string {
    const { from, to } = this.#envelope
    let line = `MAIL FROM:<${from?.text ?? ''}>`
    if (extensions.has('SIZE')) line += ` SIZE=${this.#message.size}`
    const utf8 =
      this.#message.needsUtf8 || from?.needsUtf8 === true || this.#undecided().some((index) => to[index]!.needsUtf8)
    if (this.#message.eightBit) line += ' BODY=8BITMIME'
    if (utf8) line += ' SMTPUTF8'
    return line
  }

  #rcpt(recipient: number): TransactionCommand {
    this.#asked.add(recipient)
    return { verb: 'RCPT', line: `RCPT TO:<${this.#envelope.to[recipient]!.text}>`, recipient }
  }

  #undecided(): number[] {
    return [...this.#results.keys()].filter((index) => this.#results[index] === undefined)
  }

  /** 552 for too many recipients, from RFC 821: temporary (RFC 5321 section 4.5.3.1.10). */
  #isTooMany(reply: Reply): boolean {
    return reply.code === 552 && this.#accepted.size > 0 && (reply.enhanced === null || reply.enhanced === '5.5.3')
  }

  #refuse(about: readonly number[], reply: Reply, temporary: boolean): void {
    const permanent = reply.code >= 500 && !temporary
    const outcome = permanent ? 'rejected' : 'deferred'
    this.#settle(about, { outcome, final: permanent, ...facts(reply) })
  }

  #settle(about: readonly number[], result: RecipientResult): void {
    for (const index of about) this.#results[index] ??= result
  }
}

function facts(reply: Reply): Pick<RecipientResult, 'code' | 'enhanced' | 'text'> {
  return { code: reply.code, enhanced: reply.enhanced, text: replyText(reply) }
}

function unsupported(enhanced: string, text: string): RecipientResult {
  return { outcome: 'rejected', final: false, code: null, enhanced, text }
}
