import { Message } from '../../src/smtp/message.ts'
import { parseMailbox } from '../../src/smtp/address.ts'
import type { Session } from '../../src/smtp/session.ts'
import type { Approval, SessionAction, SessionResult } from '../../src/smtp/session-types.ts'
import { ascii, latin1 } from './vectors.ts'

/** What a server says to each command; the first that fits counts. The text goes out as it stands. */
export interface Script {
  readonly greeting?: string
  readonly ehlo?: string
  /** Asked first, with each command and with `.` for the end of DATA. */
  readonly override?: (line: string, usual: () => string) => string | undefined
  /** The reply to EHLO behind the handshake; by default the same without STARTTLS. */
  readonly ehloAfterTls?: string
  readonly replies?: Readonly<Record<string, string | (() => string)>>
  /** What the handshake proves. A text is a handshake that fails. */
  readonly approval?: Approval | string
}

export const AUTHENTICATED: Approval = { authenticated: true, why: null }
export const NOT_AUTHENTICATED: Approval = { authenticated: false, why: 'no TLSA record matches' }
const MESSAGE = Message.parse('Subject: secret\r\n\r\nthe body\r\n')
export const MAIL = {
  envelope: { from: parseMailbox('from@sender.example'), to: [parseMailbox('to@example.com')] },
  message: MESSAGE,
}
export const EHLO = '250-mx.example.com\r\n250-STARTTLS\r\n250 SIZE 100000\r\n'
export const PLAIN_EHLO = '250-mx.example.com\r\n250 SIZE 100000\r\n'

/** A server in memory that plays a script, and keeps what it saw. */
export class MemoryServer {
  readonly #script: Script
  secure = false
  /** What came in the clear, and what came behind the handshake. */
  clear = ''
  tls = ''
  /** What came in chunks. */
  content = ''
  #chunk: { readonly line: string; readonly octets: number } | undefined
  #inContent = false
  #unread = ''

  constructor(script: Script = {}) {
    this.#script = script
  }

  get greeting(): string {
    return this.#script.greeting ?? '220 mx.example.com ESMTP\r\n'
  }

  get approval(): Approval | string {
    return this.#script.approval ?? AUTHENTICATED
  }

  get seen(): string {
    return this.clear + this.tls
  }

  /** The replies to these octets. */
  receive(octets: Uint8Array): string {
    const text = latin1(octets)
    if (this.secure) this.tls += text
    else this.clear += text
    this.#unread += text
    let replies = ''
    for (;;) {
      if (this.#chunk !== undefined) {
        if (this.#unread.length < this.#chunk.octets) return replies
        this.content += this.#unread.slice(0, this.#chunk.octets)
        this.#unread = this.#unread.slice(this.#chunk.octets)
        replies += this.#reply(this.#chunk.line)
        this.#chunk = undefined
        continue
      }
      const end = this.#inContent ? '\r\n.\r\n' : '\r\n'
      const at = this.#unread.indexOf(end)
      if (at < 0) return replies
      const line = this.#unread.slice(0, at)
      this.#unread = this.#unread.slice(at + end.length)
      if (this.#inContent) {
        this.#inContent = false
        replies += this.#reply('.')
        continue
      }
      const chunk = /^BDAT (\d+)/.exec(line)
      if (chunk !== null) {
        this.#chunk = { line, octets: Number(chunk[1]) }
        continue
      }
      const reply = this.#reply(line)
      if (line === 'DATA' && reply.startsWith('354')) {
        this.#inContent = true
        // A dot at once is one at the start of a line.
        this.#unread = `\r\n${this.#unread}`
      }
      replies += reply
    }
  }

  #scripted(line: string): string | undefined {
    for (const [prefix, reply] of Object.entries(this.#script.replies ?? {})) {
      if (line.startsWith(prefix)) return typeof reply === 'string' ? reply : reply()
    }
    return undefined
  }

  #reply(line: string): string {
    return this.#script.override?.(line, () => this.#usual(line)) ?? this.#usual(line)
  }

  #usual(line: string): string {
    const scripted = this.#scripted(line)
    if (scripted !== undefined) return scripted
    if (line === '.') return '250 2.0.0 queued\r\n'
    if (line.startsWith('EHLO')) {
      if (!this.secure) return this.#script.ehlo ?? EHLO
      return this.#script.ehloAfterTls ?? (this.#script.ehlo ?? PLAIN_EHLO).replace('250-STARTTLS\r\n', '')
    }
    if (line === 'STARTTLS') return '220 2.0.0 go ahead\r\n'
    if (line === 'DATA') return '354 go on\r\n'
    if (line.startsWith('BDAT')) return '250 2.0.0 queued\r\n'
    if (line === 'QUIT') return '221 2.0.0 bye\r\n'
    return '250 2.1.0 ok\r\n'
  }
}

/** Plays both ends until the session is done or idle, from the greeting on or from what was `begun`. Stops where neither has anything to say, and gives undefined. */
export function play(
  session: Session,
  server: MemoryServer,
  piece = Number.POSITIVE_INFINITY,
  begun?: SessionAction[],
): SessionResult | undefined {
  let actions = begun ?? [...session.connected('192.0.2.10'), ...hear(session, server.greeting, piece)]
  for (;;) {
    const action = actions.shift()
    if (action === undefined) return undefined
    if (action.kind === 'done') return action.result
    if (action.kind === 'write') {
      const replies = server.receive(action.octets)
      actions.push(...hear(session, replies, piece))
    } else if (action.kind === 'content') {
      for (const octets of action.message.pieces() as Iterable<Uint8Array>) {
        actions.push(...session.piece(action, octets))
      }
      actions.push(...session.contentEnd(action))
    } else if (action.kind === 'idle') {
      return action.result
    } else {
      const approval = server.approval
      server.secure = typeof approval !== 'string'
      actions = typeof approval === 'string' ? session.tlsFailed(approval) : session.tlsEstablished(approval)
    }
  }
}

function hear(session: Session, text: string, piece: number): SessionAction[] {
  const octets = ascii(text)
  const actions: SessionAction[] = []
  for (let at = 0; at < octets.length; at += piece) actions.push(...session.received(octets.subarray(at, at + piece)))
  return actions
}
