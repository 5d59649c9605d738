import { SMTP_LIMITS } from '../limits.ts'
import { Chunking, DotStuffing, type Framing } from './content-framing.ts'
import { asksForDsn, type Mail, mailLine, rcptLine, type ServerFacts } from './envelope.ts'
import { type RecipientResults, replyFacts } from './recipient-results.ts'
import type { Reply } from './reply-parser.ts'

/** A command of a transaction, and what its reply is about. */
export type TransactionCommand =
  | { readonly verb: 'RSET' | 'MAIL' | 'DATA'; readonly line: string }
  | { readonly verb: 'RCPT'; readonly line: string; readonly recipient: number }

export type TransactionStep =
  | { readonly kind: 'commands'; readonly commands: readonly TransactionCommand[] }
  | { readonly kind: 'content'; readonly framing: Framing }
  /** The server waits for a message, and there is nobody to get it: a dot alone (RFC 2920 section 3.1). */
  | { readonly kind: 'nothing' }
  /** The server waits for a message, and would give it to people in a mail it has refused. */
  | { readonly kind: 'contradiction' }
  | { readonly kind: 'over' }

/**
 * One mail transaction for some of a mail's recipients: MAIL, RCPT, then DATA or BDAT (RFC 5321 section 3.3, RFC 3030).
 * It knows neither sockets nor TLS: `next` says what to send once every reply to what was sent before has come in.
 */
export class Transaction {
  readonly #mail: Mail
  readonly #group: readonly number[]
  readonly #results: RecipientResults
  readonly #server: ServerFacts
  readonly #accepted = new Set<number>()
  readonly #asked = new Set<number>()
  /** Refused as one too many, since the last one who was accepted. */
  #tooMany: { readonly recipient: number; readonly reply: Reply }[] = []
  #mailAccepted = false
  /** Whether a recipient was accepted whose mail was refused. */
  #contradicted = false
  #stage: 'start' | 'envelope' | 'data' | 'content' | 'over' = 'start'

  /** `group` are places among the recipients of the envelope. */
  constructor(mail: Mail, group: readonly number[], results: RecipientResults, server: ServerFacts) {
    this.#mail = mail
    this.#group = group
    this.#results = results
    this.#server = server
  }

  /** Whether the server still holds what was said, so that RSET has to come before another MAIL. */
  get unfinished(): boolean {
    return this.#mailAccepted
  }

  /** Recipients the server had no room for in this transaction; empty as long as it took nobody. */
  get postponed(): number[] {
    return this.#stage === 'over' ? this.#tooMany.map(({ recipient }) => recipient) : []
  }

  get acceptedCount(): number {
    return this.#accepted.size
  }

  next(): TransactionStep {
    const { extensions } = this.#server
    const chunking = extensions.has('CHUNKING')
    if (this.#stage === 'start') {
      this.#stage = 'envelope'
      const commands: TransactionCommand[] = [{ verb: 'MAIL', line: this.#mailLine() }]
      if (extensions.has('PIPELINING')) {
        commands.push(...this.#group.map((recipient) => this.#rcpt(recipient)))
        // The last of a group, for its reply decides what follows (RFC 2920 section 3.1).
        if (!chunking) commands.push(this.#data())
      }
      return { kind: 'commands', commands }
    }
    if (this.#stage === 'envelope') {
      const unasked = this.#results.open(this.#group).find((recipient) => !this.#asked.has(recipient))
      if (unasked !== undefined) return { kind: 'commands', commands: [this.#rcpt(unasked)] }
      if (this.#accepted.size === 0) return this.#over()
      if (!chunking) return { kind: 'commands', commands: [this.#data()] }
      this.#stage = 'content'
    }
    if (this.#stage !== 'content') return this.#over()
    // A dot alone would be an empty message to them.
    if (this.#accepted.size === 0) return { kind: this.#contradicted ? 'contradiction' : 'nothing' }
    const { size } = this.#mail.message
    // Without PIPELINING each chunk would have to wait for the reply to the one before.
    const chunk = extensions.has('PIPELINING') ? SMTP_LIMITS.chunkOctets.value : size
    return { kind: 'content', framing: chunking ? new Chunking(size, chunk) : new DotStuffing() }
  }

  /** Takes in the reply to a command but RSET. False where it makes no sense there, and the connection is lost. */
  replied(command: TransactionCommand, reply: Reply): boolean {
    const kind = Math.trunc(reply.code / 100)
    if (command.verb === 'RCPT') return this.#recipientReplied(command.recipient, reply)
    if (kind === 4 || kind === 5) {
      // A recipient who is one too many has not been spoken of by this.
      this.#results.refuse(this.#results.open(this.#group.filter((place) => !this.#isPostponed(place))), reply)
      if (command.verb === 'DATA') this.#stage = 'over'
      return true
    }
    if (command.verb === 'DATA') {
      if (reply.code !== 354) return false
      this.#stage = 'content'
      return true
    }
    this.#mailAccepted = kind === 2
    return kind === 2
  }

  /** Takes in the reply to the content. False where it makes no sense. */
  contentReplied(reply: Reply): boolean {
    const kind = Math.trunc(reply.code / 100)
    if (kind === 3) return false
    this.#stage = 'over'
    this.#mailAccepted = false
    const about = this.#results.open(this.#accepted)
    if (kind !== 2) this.#results.refuse(about, reply)
    else for (const recipient of about) this.#results.settle([recipient], this.#delivered(recipient, reply))
    return true
  }

  /**
   * The whole message is out and no reply came: the server may have taken it (RFC 1047). Trying another host at once
   * would then deliver it twice.
   */
  leftOpen(text: string): void {
    const unknown = `${text} after the whole message was sent: it may have been delivered`
    const about = this.#results.open(this.#accepted)
    this.#results.settle(about, { outcome: 'deferred', final: true, code: null, enhanced: '4.4.2', text: unknown })
  }

  /** The server replied while the content was on its way and will not take it. */
  interrupted(reply: Reply): boolean {
    if (reply.code < 400) return false
    this.#results.refuse(this.#results.open(this.#accepted), reply)
    return true
  }

  #recipientReplied(recipient: number, reply: Reply): boolean {
    const kind = Math.trunc(reply.code / 100)
    if (kind === 3) return false
    if (kind === 2) {
      if (this.#results.open([recipient]).length === 0) {
        this.#contradicted = true
        return true
      }
      // There was room for this one, so that there was for those before: it was something else.
      for (const { recipient: other, reply: no } of this.#tooMany) this.#results.refuse([other], no, true)
      this.#tooMany = []
      this.#accepted.add(recipient)
    } else if (this.#accepted.size > 0 && isTooMany(reply)) this.#tooMany.push({ recipient, reply })
    else this.#results.refuse([recipient], reply)
    return true
  }

  #delivered(recipient: number, reply: Reply) {
    const { envelope } = this.#mail
    const dsn = asksForDsn(envelope, envelope.to[recipient]!)
      ? ({ dsn: this.#server.extensions.has('DSN') ? 'passed' : 'relayed' } as const)
      : {}
    return { outcome: 'delivered', final: true, ...replyFacts(reply), ...dsn } as const
  }

  #over(): TransactionStep {
    this.#stage = 'over'
    return { kind: 'over' }
  }

  #mailLine(): string {
    const recipients = this.#group.map((place) => this.#mail.envelope.to[place]!)
    return mailLine(this.#mail, recipients, this.#server)
  }

  #rcpt(recipient: number): TransactionCommand {
    this.#asked.add(recipient)
    return { verb: 'RCPT', line: rcptLine(this.#mail.envelope.to[recipient]!, this.#server), recipient }
  }

  #data(): TransactionCommand {
    this.#stage = 'data'
    return { verb: 'DATA', line: 'DATA' }
  }

  #isPostponed(place: number): boolean {
    return this.#tooMany.some(({ recipient }) => recipient === place)
  }
}

/** 452, or 552 from RFC 821 (RFC 5321 section 4.5.3.1.10); with an enhanced code only if that says so too. */
function isTooMany({ code, enhanced }: Reply): boolean {
  return (code === 452 || code === 552) && (enhanced === null || enhanced.slice(1) === '.5.3')
}
