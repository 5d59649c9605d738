import { DanelawError } from '../errors.ts'
import type { Framed, Framing } from './content-framing.ts'
import { checkEhloName, ehloLiteral } from './ehlo-name.ts'
import type { Mail } from './envelope.ts'
import { Mailing } from './mailing.ts'
import { Opening, type OpeningCommand, type OpeningStep } from './opening.ts'
import { type Reply, ReplyParser } from './reply-parser.ts'
import type { Credentials } from './sasl/credentials.ts'
import { failureOf, reasonOf, said, TIMERS } from './session-texts.ts'
import type {
  Approval,
  ContentAction,
  SessionAction,
  SessionFailure,
  SessionFailureKind,
  SessionResult,
  SessionTimer,
  Stage,
  TlsLevel,
} from './session-types.ts'
import type { TransactionCommand } from './transaction.ts'

export interface SessionOptions {
  readonly level: TlsLevel
  /** Our name in EHLO: a domain or an address literal. Null is the literal of the connection's own address. */
  readonly ehloName: string | null
  /** Without it the conversation goes as far as the first mail could be sent, and takes leave. */
  readonly mail?: Mail | undefined
  /** TLS from the first octet on, in place of STARTTLS (RFC 8314 section 3). Default false. */
  readonly implicitTls?: boolean | undefined
  /** For AUTH (RFC 4954), only with the level `authenticate`. */
  readonly credentials?: Credentials | undefined
  /** Whether to stay for another mail (`take`) where everything went well. Default false. */
  readonly stay?: boolean | undefined
}

/**
 * One conversation with one server, as a machine without I/O: it is told what happened and answers with what to do.
 *
 * What it holds to whatever it is told: at the levels `authenticate` and `encrypt` no command but EHLO, STARTTLS and
 * QUIT goes out before `tlsEstablished`, at `authenticate` not before it was called with an authenticated peer; nothing
 * learnt in the clear is remembered behind the handshake (RFC 3207 section 4.2); each reply belongs to one command, and
 * one that no command asked for ends the conversation; credentials go to an authenticated peer and to nobody else.
 */
export class Session {
  readonly #options: SessionOptions
  #ehloName: string | null
  #parser = new ReplyParser()
  readonly #opening: Opening
  /** Commands whose replies are to come, oldest first; several where the server takes PIPELINING. */
  #awaited: Awaited[] = [{ verb: 'greeting' }]
  #mail: Mail | undefined
  #mailing: Mailing | undefined
  /** While the pieces of the message are on their way. */
  #sending: { readonly action: ContentAction; readonly framing: Framing } | undefined
  #lastStage: Stage = 'greeting'
  #state: 'talking' | 'handshaking' | 'idle' | 'over' = 'talking'
  /** Whether the server has answered anything that was said of the present mail. */
  #touched = false
  #mails = 0
  #failure: SessionFailure | null = null
  #steps = 0

  /** @throws {TypeError | RangeError} that names the option, or the field of the envelope, which is not what it should be. */
  constructor(options: SessionOptions) {
    const { level, ehloName, mail, implicitTls, credentials } = options
    if (ehloName !== null) checkEhloName('ehloName', ehloName)
    if (implicitTls === true && level === 'none') throw new TypeError("implicitTls: not with the level 'none'")
    if (credentials !== undefined && level !== 'authenticate') {
      throw new TypeError(`credentials: only for a server that is authenticated, and the level is '${level}'`)
    }
    this.#options = options
    this.#opening = new Opening(options)
    this.#ehloName = ehloName
    this.#mailing = mail && new Mailing(mail, false)
    this.#mail = mail
  }

  /** The timer that runs now, null for none. It starts anew whenever `step` changes, and not with every octet that comes in. */
  get timer(): { readonly name: SessionTimer | null; readonly step: number } {
    const final = this.#sending === undefined && this.#stage === 'content'
    return { name: final ? 'dataFinalTimeout' : TIMERS[this.#stage], step: this.#steps }
  }

  /** `localAddress` is that of our end of the connection. */
  connected(localAddress: string): SessionAction[] {
    this.#ehloName ??= ehloLiteral(localAddress)
    return this.#options.implicitTls === true ? this.#handshake() : []
  }

  received(octets: Uint8Array): SessionAction[] {
    if (this.#state === 'over' || octets.length === 0) return []
    if (this.#state === 'handshaking') return this.#injected()
    const actions: SessionAction[] = []
    for (let at = 0; at < octets.length && !this.#isOver; ) {
      const read = this.#parser.push(octets, at)
      at = read.next
      if (read.kind === 'error') return [...actions, ...this.#drop('protocol', read.error.text)]
      if (read.kind === 'more') break
      actions.push(...this.#reply(read.reply, at < octets.length))
    }
    if (!this.#isOver && this.#parser.midReply && this.#awaited.length === 0 && this.#sending === undefined) {
      actions.push(...this.#drop('protocol', 'the server speaks unasked'))
    }
    return actions
  }

  /** A piece of the message that the action `content` asked for; the next one once this one is written. */
  piece(content: ContentAction, octets: Uint8Array): SessionAction[] {
    return this.#sending?.action === content ? this.#sent(this.#sending.framing.piece(octets)) : []
  }

  /** The pieces are at their end. */
  contentEnd(content: ContentAction): SessionAction[] {
    return this.#sending?.action === content ? this.#sent(this.#sending.framing.end()) : []
  }

  /** The pieces end before the message does: the server must not take what it has for a message. */
  contentFailed(content: ContentAction, text: string): SessionAction[] {
    return this.#sending?.action === content ? this.#drop('content', text) : []
  }

  /** The handshake is done; `approval` says what the peer proved by it, `channelBinding` is `tls-exporter` (RFC 9266). */
  tlsEstablished(approval: Approval, channelBinding: Uint8Array | null = null): SessionAction[] {
    if (this.#isOver) return []
    if (this.#state !== 'handshaking') {
      throw new DanelawError('internal', 'TLS was established, and nobody asked for it')
    }
    this.#state = 'talking'
    const { implicitTls = false, mail, credentials } = this.#options
    if (!this.#opening.tlsEstablished(approval, channelBinding)) {
      const why = approval.why ?? ''
      // Without a greeting there is nobody to take leave of.
      return implicitTls ? this.#drop('not-authenticated', why) : this.#quit('not-authenticated', why)
    }
    this.#parser = new ReplyParser()
    this.#steps++
    if (implicitTls) return []
    return mail === undefined && credentials === undefined ? this.#quit() : this.#send([{ verb: 'EHLO' }])
  }

  tlsFailed(text: string): SessionAction[] {
    return this.#isOver ? [] : this.#drop('tls-failed', text)
  }

  timedOut(): SessionAction[] {
    if (this.#isOver) return []
    const text = `the server did not answer in time (${this.#stage})`
    return this.#drop(this.#state === 'handshaking' ? 'tls-failed' : 'timeout', text)
  }

  /** The connection is gone. `text` says how, where more is known than that. */
  closed(text = 'the server closed the connection'): SessionAction[] {
    if (this.#isOver) return []
    if (this.#stage === 'QUIT') return this.#done(true)
    return this.#drop(this.#state === 'handshaking' ? 'tls-failed' : 'closed', text)
  }

  /** The caller wants no more of it. */
  aborted(): SessionAction[] {
    return this.#isOver ? [] : this.#drop('aborted', 'cancelled by the caller')
  }

  /** Another mail, after the action `idle`. */
  take(mail: Mail): SessionAction[] {
    if (this.#state !== 'idle') throw new DanelawError('internal', 'a mail for a session that is not idle')
    this.#mailing = new Mailing(mail, true)
    this.#mail = mail
    this.#state = 'talking'
    this.#touched = false
    return this.#transact()
  }

  /** Nobody has another mail, after the action `idle`. */
  leave(): SessionAction[] {
    if (this.#state !== 'idle') return []
    this.#state = 'talking'
    return this.#quit()
  }

  get #isOver(): boolean {
    return this.#state === 'over'
  }

  get #stage(): Stage {
    if (this.#state === 'handshaking') return 'handshake'
    if (this.#state === 'idle') return 'idle'
    if (this.#sending !== undefined) return 'content'
    const verb = this.#awaited[0]?.verb
    return verb === 'chunk' ? 'content' : (verb ?? this.#lastStage)
  }

  #reply(reply: Reply, more: boolean): SessionAction[] {
    const command = this.#awaited[0]
    if (command?.verb === 'QUIT') return this.#done(true)
    if (command !== undefined && OF_THE_MAIL.has(command.verb)) this.#touched = true
    if (reply.code === 421) return this.#drop('reply', said(reply), reply)
    if (command === undefined) return this.#unasked(reply)
    const next = this.#next(command, reply)
    if (next === undefined) return this.#drop('protocol', `${command.verb} got the reply ${said(reply)}`)
    if (this.#isOver) return next()
    this.#lastStage = this.#stage
    this.#awaited.shift()
    this.#steps++
    if (this.#awaited.length > 0) return []
    if (!more || command.verb === 'chunk') return next()
    // What follows was sent before the server could have seen what we send next.
    return command.verb === 'STARTTLS' && reply.code === 220 ? this.#injected() : []
  }

  /** What to do once no reply is outstanding; undefined where the reply makes no sense. */
  #next(command: Awaited, reply: Reply): (() => SessionAction[]) | undefined {
    switch (command.verb) {
      case 'greeting':
      case 'EHLO':
      case 'HELO':
      case 'STARTTLS':
      case 'AUTH': {
        const step = this.#opening.replied(command.verb, reply)
        return step && (() => this.#open(step))
      }
      case 'RSET':
      case 'MAIL':
      case 'RCPT':
      case 'DATA':
        return this.#mailing?.replied(command, reply) === true ? () => this.#transact() : undefined
      case 'chunk':
        if (reply.code < 300) return () => []
        return this.#mailing?.interrupted(reply) === true ? this.#interrupted(reply) : undefined
      case 'content':
        return this.#mailing?.contentReplied(reply) === true ? () => this.#transact() : undefined
      case 'QUIT':
        return () => this.#done(true)
    }
  }

  #open(step: OpeningStep): SessionAction[] {
    switch (step.kind) {
      case 'send':
        return this.#send([step.command])
      case 'start-tls':
        return this.#handshake()
      case 'ready':
        return this.#mailing === undefined ? this.#quit() : this.#transact()
      case 'quit':
        return this.#quit(step.failure, step.text, step.reply)
      case 'drop':
        return this.#drop(step.failure, step.text)
    }
  }

  #handshake(): SessionAction[] {
    this.#state = 'handshaking'
    this.#steps++
    return [{ kind: 'start-tls' }]
  }

  #transact(): SessionAction[] {
    const { extensions, security, owesTls } = this.#opening
    if (this.#mailing === undefined || security === null || owesTls) {
      throw new DanelawError('internal', 'a transaction before the TLS it needs')
    }
    const most = extensions.limits.mailMax ?? Number.POSITIVE_INFINITY
    const step = this.#mailing.next({ extensions, security }, most - this.#mails)
    switch (step.kind) {
      case 'over':
        return this.#options.stay === true && this.#mails < most ? this.#idle() : this.#quit()
      case 'commands':
        this.#mails += step.commands.filter(({ verb }) => verb === 'MAIL').length
        return this.#send(step.commands)
      case 'nothing':
        return this.#send([{ verb: 'content', line: '.' }])
      case 'contradiction':
        return this.#drop('protocol', 'the server wants a message for recipients of a mail that it refused')
      case 'content':
        this.#steps++
        this.#sending = { action: { kind: 'content', message: this.#mail!.message }, framing: step.framing }
        return [this.#sending.action]
    }
  }

  #idle(): SessionAction[] {
    this.#state = 'idle'
    this.#steps++
    return [{ kind: 'idle', result: this.#result() }]
  }

  #sent({ octets, chunks, complete }: Framed): SessionAction[] {
    this.#steps++
    for (let chunk = 0; chunk < chunks; chunk++) this.#awaited.push({ verb: 'chunk' })
    if (complete) {
      this.#sending = undefined
      this.#awaited.push({ verb: 'content' })
    }
    return [{ kind: 'write', octets }]
  }

  #send(commands: readonly Awaited[]): SessionAction[] {
    this.#awaited = [...commands]
    this.#steps++
    const text = commands.map((command) => `${this.#line(command)}\r\n`).join('')
    return [{ kind: 'write', octets: new TextEncoder().encode(text) }]
  }

  #line(command: Awaited): string {
    let line: string = command.verb
    if ('line' in command && command.line !== undefined) line = command.line
    else if (command.verb === 'EHLO' || command.verb === 'HELO') {
      line = `${command.verb} ${this.#ehloName ?? '[127.0.0.1]'}`
    }
    // Whatever was checked at the edges: nothing that ends a line can be part of one.
    if (/[\r\n\0]/.test(line)) throw new DanelawError('internal', 'a line end inside a command')
    return line
  }

  /** Takes leave; because of a failure, where there is one. */
  #quit(kind?: SessionFailureKind, text = '', reply?: Reply): SessionAction[] {
    if (kind !== undefined) this.#failure ??= failureOf(kind, this.#stage, text, reply ?? null)
    return this.#send([{ verb: 'QUIT' }])
  }

  #injected(): SessionAction[] {
    this.#state = 'handshaking'
    return this.#drop('injected', 'octets in the clear behind the reply to STARTTLS: somebody interferes')
  }

  /** A reply while the content is on its way, or with nothing outstanding at all. */
  #unasked(reply: Reply): SessionAction[] {
    if (this.#sending !== undefined && this.#mailing?.interrupted(reply) === true) return this.#interrupted(reply)()
    return this.#drop('protocol', `the server replies unasked: ${said(reply)}`)
  }

  #interrupted(reply: Reply): () => SessionAction[] {
    const actions = this.#drop('reply', `in the middle of the message: ${said(reply)}`, reply)
    return () => actions
  }

  /** Ends without another octet: there is nobody to take leave of, or nobody to be trusted with it. */
  #drop(kind: SessionFailureKind, text: string, reply: Reply | null = null): SessionAction[] {
    // Everything is settled when we take leave.
    if (this.#stage === 'QUIT') return this.#done(false)
    // A reply of 421 is an answer: the message was not taken.
    const complete = this.#awaited.some(({ verb }) => verb === 'content')
    if (complete && reply === null) this.#mailing?.leftOpen(text)
    this.#failure ??= failureOf(kind, this.#stage, text, reply)
    return this.#done(false)
  }

  #done(polite: boolean): SessionAction[] {
    this.#state = 'over'
    this.#awaited = []
    this.#sending = undefined
    return [{ kind: 'done', result: this.#result(), polite }]
  }

  #result(): SessionResult {
    const { greeted, serverName, starttls, tlsRefused, security } = this.#opening
    return {
      greeted,
      serverName,
      starttls,
      tlsRefused,
      security,
      failure: this.#failure,
      recipients: this.#mailing?.results(reasonOf(this.#failure)) ?? [],
      unasked: this.#mailing?.unasked ?? [],
      untouched: !this.#touched,
    }
  }
}

type Awaited =
  | TransactionCommand
  | OpeningCommand
  | { readonly verb: 'content'; readonly line?: string }
  | { readonly verb: 'greeting' | 'chunk' | 'QUIT' }

/** Commands whose replies are about the mail. */
const OF_THE_MAIL: ReadonlySet<Awaited['verb']> = new Set(['MAIL', 'RCPT', 'DATA', 'chunk', 'content'])
