import { DanelawError } from '../errors.ts'
import { checkEhloName, ehloLiteral } from './ehlo-name.ts'
import { Extensions } from './extensions.ts'
import type { Message } from './message.ts'
import { type Reply, ReplyParser, replyText } from './reply-parser.ts'
import type {
  Approval,
  SessionAction,
  SessionFailure,
  SessionFailureKind,
  SessionResult,
  SessionTimer,
  Stage,
  TlsLevel,
} from './session-types.ts'
import { type Envelope, Transaction, type TransactionCommand } from './transaction.ts'

export interface SessionOptions {
  readonly level: TlsLevel
  /** Our name in EHLO: a domain or an address literal. Null is the literal of the connection's own address. */
  readonly ehloName: string | null
  /** Without it the conversation goes as far as the first mail could be sent, and takes leave. */
  readonly mail?: { readonly envelope: Envelope; readonly message: Message } | undefined
}

/**
 * One conversation with one server, as a machine without I/O: it is told what happened and answers with what to do.
 *
 * What it holds to whatever it is told: at the levels `authenticate` and `encrypt` no command but EHLO, STARTTLS and
 * QUIT goes out before `tlsEstablished`, at `authenticate` not before it was called with an authenticated peer; nothing
 * learnt in the clear is remembered behind the handshake (RFC 3207 section 4.2); each reply belongs to one command, and
 * one that no command asked for ends the conversation.
 */
export class Session {
  readonly #level: TlsLevel
  readonly #transaction: Transaction | undefined
  #ehloName: string | null
  #parser = new ReplyParser()
  #extensions = Extensions.none
  /** Commands whose replies are to come, oldest first; several where the server takes PIPELINING. */
  #awaited: Awaited[] = [{ verb: 'greeting' }]
  #content: Iterator<Uint8Array, Uint8Array, undefined> | undefined
  #lastStage: Stage = 'greeting'
  #handshaking = false
  #secured = false
  #greeted = false
  #starttls: boolean | null = null
  #tlsRefused: string | null = null
  #security: SessionResult['security'] = null
  #failure: SessionFailure | null = null
  #result: SessionResult | undefined
  #steps = 0

  /** @throws {TypeError} for a bad EHLO name. */
  constructor(options: SessionOptions) {
    this.#level = options.level
    if (options.ehloName !== null) checkEhloName('ehloName', options.ehloName)
    this.#ehloName = options.ehloName
    this.#transaction = options.mail && new Transaction(options.mail.envelope, options.mail.message)
  }

  /** The timer that runs now. It starts anew whenever `step` changes, and not with every octet that comes in. */
  get timer(): { readonly name: SessionTimer; readonly step: number } {
    const name = this.#awaited[0]?.verb === 'content' ? 'dataFinalTimeout' : TIMERS[this.#stage]
    return { name, step: this.#steps }
  }

  /** `localAddress` is that of our end of the connection. */
  connected(localAddress: string): SessionAction[] {
    this.#ehloName ??= ehloLiteral(localAddress)
    return []
  }

  received(octets: Uint8Array): SessionAction[] {
    if (this.#result !== undefined || octets.length === 0) return []
    if (this.#handshaking) return this.#injected()
    const actions: SessionAction[] = []
    for (let at = 0; at < octets.length && this.#result === undefined; ) {
      const read = this.#parser.push(octets, at)
      at = read.next
      if (read.kind === 'error') return [...actions, ...this.#drop('protocol', read.error.text)]
      if (read.kind === 'more') break
      actions.push(...this.#reply(read.reply, at < octets.length))
    }
    if (this.#result === undefined && this.#parser.midReply && this.#awaited.length === 0 && !this.#content) {
      actions.push(...this.#drop('protocol', 'the server speaks unasked'))
    }
    return actions
  }

  /** Everything handed out so far has been passed on, and there is room for more. */
  written(): SessionAction[] {
    if (this.#result !== undefined || this.#content === undefined) return []
    const piece = this.#content.next()
    this.#steps++
    if (piece.done === true) {
      this.#content = undefined
      this.#awaited = [{ verb: 'content' }]
    }
    return [{ kind: 'write', octets: piece.value }]
  }

  /** The handshake is done, and `approval` says what the peer proved by it. */
  tlsEstablished(approval: Approval): SessionAction[] {
    if (this.#result !== undefined) return []
    if (!this.#handshaking) throw new DanelawError('internal', 'TLS was established, and nobody asked for it')
    this.#handshaking = false
    if (this.#level === 'authenticate' && !approval.authenticated) {
      return this.#quit(this.#failed('not-authenticated', approval.why))
    }
    this.#secured = true
    this.#security = approval.authenticated ? 'authenticated' : 'encrypted'
    this.#parser = new ReplyParser()
    this.#extensions = Extensions.none
    return this.#transaction === undefined ? this.#quit() : this.#send([{ verb: 'EHLO' }])
  }

  tlsFailed(text: string): SessionAction[] {
    return this.#result === undefined ? this.#drop('tls-failed', text) : []
  }

  timedOut(): SessionAction[] {
    if (this.#result !== undefined) return []
    const text = `the server did not answer in time (${this.#stage})`
    return this.#drop(this.#handshaking ? 'tls-failed' : 'timeout', text)
  }

  /** The connection is gone. `text` says how, where more is known than that. */
  closed(text = 'the server closed the connection'): SessionAction[] {
    if (this.#result !== undefined) return []
    if (this.#stage === 'QUIT') return this.#done(true)
    return this.#drop(this.#handshaking ? 'tls-failed' : 'closed', text)
  }

  /** The caller wants no more of it. */
  aborted(): SessionAction[] {
    return this.#result === undefined ? this.#drop('aborted', 'cancelled by the caller') : []
  }

  get #owesTls(): boolean {
    return this.#level === 'encrypt' || this.#level === 'authenticate'
  }

  get #stage(): Stage {
    if (this.#handshaking) return 'handshake'
    return this.#content === undefined ? (this.#awaited[0]?.verb ?? this.#lastStage) : 'content'
  }

  #reply(reply: Reply, more: boolean): SessionAction[] {
    const command = this.#awaited[0]
    if (command?.verb === 'QUIT') return this.#done(true)
    if (reply.code === 421) return this.#drop('reply', said(reply), reply)
    if (command === undefined) return this.#unasked(reply)
    const next = this.#next(command, reply)
    if (next === undefined) return this.#drop('protocol', `${command.verb} got the reply ${said(reply)}`)
    this.#lastStage = command.verb
    this.#awaited.shift()
    this.#steps++
    if (this.#awaited.length > 0) return []
    if (!more) return next()
    // What follows was sent before the server could have seen what we send next.
    return command.verb === 'STARTTLS' && reply.code === 220 ? this.#injected() : []
  }

  /** What to do once no reply is outstanding; undefined where the reply makes no sense. */
  #next(command: Awaited, reply: Reply): (() => SessionAction[]) | undefined {
    switch (command.verb) {
      case 'greeting':
        if (reply.code < 400 && reply.code !== 220) return undefined
        if (reply.code !== 220) return () => this.#quit(this.#failed('reply', said(reply), reply))
        this.#greeted = true
        return () => this.#send([{ verb: 'EHLO' }])
      case 'EHLO':
        return this.#afterEhlo(reply)
      case 'HELO':
        if (reply.code === 250) return () => this.#ready()
        return reply.code < 400 ? undefined : () => this.#quit(this.#failed('reply', said(reply), reply))
      case 'STARTTLS':
        if (reply.code === 220) return () => this.#handshake()
        if (reply.code < 400) return undefined
        // Row 27: in the clear where nothing better is owed; the session goes on as if STARTTLS had not been said.
        this.#tlsRefused = `the server refuses STARTTLS: ${said(reply)}`
        if (this.#level === 'may') return () => this.#ready()
        return () => this.#quit(this.#failed('tls-refused', this.#tlsRefused ?? '', reply))
      case 'MAIL':
      case 'RCPT':
      case 'DATA':
        return this.#transaction?.replied(command, reply) === true ? () => this.#transact() : undefined
      case 'content':
        return this.#transaction?.contentReplied(reply) === true ? () => this.#transact() : undefined
      case 'QUIT':
        return () => this.#done(true)
    }
  }

  #afterEhlo(reply: Reply): (() => SessionAction[]) | undefined {
    const owed = this.#owesTls && !this.#secured
    if (reply.code === 250) {
      this.#extensions = Extensions.fromReply(reply)
      if (this.#secured) return () => this.#ready()
      this.#starttls = this.#extensions.has('STARTTLS')
      if (this.#starttls && this.#level !== 'none') return () => this.#send([{ verb: 'STARTTLS' }])
      return owed ? () => this.#notOffered('the server does not offer STARTTLS') : () => this.#ready()
    }
    if (reply.code < 400) return undefined
    if (reply.code < 500) return () => this.#quit(this.#failed('reply', said(reply), reply))
    // HELO has no STARTTLS (RFC 5321 section 3.2).
    if (owed) return () => this.#notOffered(`the server refuses EHLO, so that there is no STARTTLS: ${said(reply)}`)
    return () => this.#send([{ verb: 'HELO' }])
  }

  #notOffered(text: string): SessionAction[] {
    return this.#quit(this.#failed('tls-not-offered', text))
  }

  #handshake(): SessionAction[] {
    this.#handshaking = true
    return [{ kind: 'start-tls' }]
  }

  /** The policy is met as far as it can be: mail may be sent now, if there is any. */
  #ready(): SessionAction[] {
    this.#security ??= 'clear'
    return this.#transaction === undefined ? this.#quit() : this.#transact()
  }

  #transact(): SessionAction[] {
    if (this.#transaction === undefined || (this.#owesTls && !this.#secured)) {
      throw new DanelawError('internal', 'a transaction before the TLS it needs')
    }
    const step = this.#transaction.next(this.#extensions)
    if (step.kind === 'over') return this.#quit()
    if (step.kind === 'commands') return this.#send(step.commands)
    this.#content = step.pieces
    return this.written()
  }

  #send(commands: readonly Awaited[]): SessionAction[] {
    this.#awaited = [...commands]
    this.#steps++
    const text = commands.map((command) => `${this.#line(command)}\r\n`).join('')
    return [{ kind: 'write', octets: new TextEncoder().encode(text) }]
  }

  #line(command: Awaited): string {
    let line: string = command.verb
    if ('line' in command) line = command.line
    else if (command.verb === 'EHLO' || command.verb === 'HELO')
      line = `${command.verb} ${this.#ehloName ?? '[127.0.0.1]'}`
    // Whatever was checked at the edges: nothing that ends a line can be part of one.
    if (/[\r\n\0]/.test(line)) throw new DanelawError('internal', 'a line end inside a command')
    return line
  }

  #quit(failure: SessionFailure | null = null): SessionAction[] {
    this.#failure ??= failure
    return this.#send([{ verb: 'QUIT' }])
  }

  #injected(): SessionAction[] {
    this.#handshaking = true
    return this.#drop('injected', 'octets in the clear behind the reply to STARTTLS: somebody interferes')
  }

  /** A reply while the content is on its way, or with nothing outstanding at all. */
  #unasked(reply: Reply): SessionAction[] {
    if (this.#content !== undefined && this.#transaction?.interrupted(reply) === true) {
      return this.#drop('reply', `in the middle of the message: ${said(reply)}`, reply)
    }
    return this.#drop('protocol', `the server replies unasked: ${said(reply)}`)
  }

  #failed(kind: SessionFailureKind, text: string, reply: Reply | null = null): SessionFailure {
    const enhanced = reply?.enhanced && kind === 'reply' ? `4${reply.enhanced.slice(1)}` : ENHANCED[kind]
    return { kind, stage: this.#stage, text, enhanced, reply }
  }

  /** Ends without another octet: there is nobody to take leave of, or nobody to be trusted with it. */
  #drop(kind: SessionFailureKind, text: string, reply: Reply | null = null): SessionAction[] {
    // Everything is settled when we take leave.
    if (this.#stage === 'QUIT') return this.#done(false)
    // A reply of 421 is an answer: the message was not taken.
    if (this.#awaited[0]?.verb === 'content' && reply === null) this.#transaction?.leftOpen(text)
    this.#failure ??= this.#failed(kind, text, reply)
    return this.#done(false)
  }

  #done(polite: boolean): SessionAction[] {
    const failure = this.#failure
    // A no to STARTTLS is about TLS and about nobody's mail.
    const reply = failure?.kind === 'reply' ? failure.reply : null
    const reason = {
      code: reply?.code ?? null,
      enhanced: failure?.enhanced ?? null,
      text: (reply === null ? '' : replyText(reply)) || (failure?.text ?? ''),
    }
    this.#result = {
      greeted: this.#greeted,
      starttls: this.#starttls,
      tlsRefused: this.#tlsRefused,
      security: this.#security,
      failure,
      recipients: this.#transaction?.results(reason) ?? [],
    }
    this.#awaited = []
    this.#content = undefined
    return [{ kind: 'done', result: this.#result, polite }]
  }
}

type Awaited = TransactionCommand | { readonly verb: 'greeting' | 'EHLO' | 'HELO' | 'STARTTLS' | 'content' | 'QUIT' }

function said(reply: Reply): string {
  return `${reply.code} ${reply.lines.join(' ')}`.trim()
}

const TIMERS: Record<Stage, SessionTimer> = {
  connect: 'greetingTimeout',
  greeting: 'greetingTimeout',
  EHLO: 'commandTimeout',
  HELO: 'commandTimeout',
  STARTTLS: 'commandTimeout',
  handshake: 'handshakeTimeout',
  MAIL: 'commandTimeout',
  RCPT: 'commandTimeout',
  DATA: 'dataInitTimeout',
  content: 'dataBlockTimeout',
  QUIT: 'quitTimeout',
}

/** RFC 3463, with Postfix's choice among X.7.4 (not supported) and X.7.5 (cryptographic failure). */
const ENHANCED: Record<SessionFailureKind, string> = {
  reply: '4.3.0',
  protocol: '4.5.0',
  closed: '4.4.2',
  timeout: '4.4.2',
  aborted: '4.3.0',
  'tls-not-offered': '4.7.4',
  'tls-refused': '4.7.4',
  'tls-failed': '4.7.5',
  injected: '4.7.5',
  'not-authenticated': '4.7.5',
}
