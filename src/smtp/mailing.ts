import { SMTP_LIMITS } from '../limits.ts'
import { checkEnvelope, type Mail, type ServerFacts, takesRequireTls } from './envelope.ts'
import type { Limits } from './extensions.ts'
import { type RecipientResult, RecipientResults } from './recipient-results.ts'
import type { Reply } from './reply-parser.ts'
import { Transaction, type TransactionCommand, type TransactionStep } from './transaction.ts'

/**
 * One mail on one connection: as many transactions as its recipients need, with what the server announces as the most
 * for each (RFC 9422), and those it has no room for in the next (RFC 5321 section 4.5.3.1.10).
 */
export class Mailing {
  readonly #mail: Mail
  readonly #results: RecipientResults
  /** Not yet in a transaction. */
  #waiting: number[] | undefined
  #unasked: readonly number[] = []
  #current: Transaction | undefined
  #most: number = SMTP_LIMITS.recipients.value
  #reset: boolean
  /** Whether the server has taken MAIL from this sender on this connection before. */
  #welcome = false

  /**
   * `reset` where the connection has been used for something else.
   * @throws {TypeError | RangeError} that names the field of the envelope which is not what it should be.
   */
  constructor(mail: Mail, reset: boolean) {
    checkEnvelope(mail.envelope)
    this.#mail = mail
    this.#reset = reset
    this.#results = new RecipientResults(mail.envelope.to.length)
  }

  results(reason: Omit<RecipientResult, 'outcome' | 'final'>): RecipientResult[] {
    return this.#results.all(reason)
  }

  /** Recipients for whom the server's MAILMAX left no transaction; another connection to it may serve them. */
  get unasked(): readonly number[] {
    return this.#unasked
  }

  /** `mailsLeft`: how many more MAIL commands the connection may see. */
  next(server: ServerFacts, mailsLeft: number): TransactionStep {
    if (this.#waiting === undefined) {
      this.#refuseUnsupported(server)
      this.#waiting = this.#results.open()
    }
    const step = this.#current?.next()
    if (step !== undefined && step.kind !== 'over') return step
    this.#endOfTransaction()
    if (this.#waiting.length === 0) return { kind: 'over' }
    if (mailsLeft <= 0) return this.#noMore()
    const group = this.#nextGroup(server.extensions.limits)
    this.#current = new Transaction(this.#mail, group, this.#results, server)
    if (!this.#reset) return this.#current.next()
    this.#reset = false
    const first = server.extensions.has('PIPELINING') ? this.#current.next() : undefined
    const commands = first?.kind === 'commands' ? first.commands : []
    return { kind: 'commands', commands: [{ verb: 'RSET', line: 'RSET' }, ...commands] }
  }

  /** Takes in the reply to a command. False where the reply makes no sense there, and the connection is lost. */
  replied(command: TransactionCommand, reply: Reply): boolean {
    if (command.verb === 'RSET') return reply.code === 250
    if (command.verb === 'MAIL') {
      if (reply.code >= 400) {
        // About the sender or the message, so about all; but a sender who was welcome before has become too much.
        this.#results.refuse(this.#results.open(), reply, this.#welcome)
        this.#waiting = []
      } else this.#welcome = true
    }
    return this.#current?.replied(command, reply) === true
  }

  contentReplied(reply: Reply): boolean {
    return this.#current?.contentReplied(reply) === true
  }

  leftOpen(text: string): void {
    this.#current?.leftOpen(text)
  }

  interrupted(reply: Reply): boolean {
    return this.#current?.interrupted(reply) === true
  }

  #endOfTransaction(): void {
    const ended = this.#current
    if (ended === undefined) return
    if (ended.unfinished) this.#reset = true
    const { postponed } = ended
    if (postponed.length > 0) {
      // Somebody was accepted, so that each further transaction has fewer left to ask for.
      this.#most = Math.min(this.#most, ended.acceptedCount)
      this.#waiting = [...this.#results.open(postponed), ...this.#waiting!]
    }
    this.#current = undefined
  }

  #nextGroup(limits: Limits): number[] {
    const most = Math.min(this.#most, limits.rcptMax ?? Number.POSITIVE_INFINITY)
    const domains = new Set<string>()
    const group: number[] = []
    for (const place of this.#waiting!) {
      if (group.length >= most) break
      const { text, local } = this.#mail.envelope.to[place]!
      const domain = text.slice(local.length + 1).toLowerCase()
      if (!domains.has(domain) && domains.size >= (limits.rcptDomainMax ?? Number.POSITIVE_INFINITY)) continue
      domains.add(domain)
      group.push(place)
    }
    this.#waiting = this.#waiting!.filter((place) => !group.includes(place))
    return group
  }

  #noMore(): TransactionStep {
    this.#unasked = this.#waiting!
    this.#waiting = []
    const text = 'the server takes no more mails on one connection (MAILMAX)'
    this.#results.settle(this.#unasked, { outcome: 'deferred', final: false, code: null, enhanced: '4.5.3', text })
    return { kind: 'over' }
  }

  /** What this server cannot take it is not asked to; another host may be able to (RFC 6531 section 3.2). */
  #refuseUnsupported(server: ServerFacts): void {
    const { extensions } = server
    const { envelope, message } = this.#mail
    const refuse = (about: readonly number[], enhanced: string, text: string): void => {
      this.#results.settle(about, { outcome: 'rejected', final: false, code: null, enhanced, text })
    }
    if (envelope.requireTls === true && !takesRequireTls(server)) {
      const text = 'the server does not take mail that requires TLS all the way (REQUIRETLS)'
      refuse(this.#results.open(), '5.7.30', text)
    }
    // SMTPUTF8 without 8BITMIME is no offer (RFC 6531 section 3.1).
    if (!(extensions.has('SMTPUTF8') && extensions.has('8BITMIME'))) {
      const whole = message.needsUtf8 || envelope.from?.needsUtf8 === true
      const about = this.#results.open().filter((place) => whole || envelope.to[place]!.needsUtf8)
      refuse(about, '5.6.7', 'the server does not take internationalised mail (SMTPUTF8)')
    }
    if (message.eightBit && !extensions.has('8BITMIME')) {
      refuse(this.#results.open(), '5.6.3', 'the server does not take 8-bit content (8BITMIME)')
    }
    const limit = extensions.sizeLimit
    if (limit !== null && message.size > limit) {
      refuse(this.#results.open(), '5.3.4', `the message has ${message.size} octets, and the server takes ${limit}`)
    }
  }
}
